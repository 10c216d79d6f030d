/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Prekeys (B4): what a device leaves at its relay so that others can write to it while it is away.
 *
 * Making: the private parts come back to the caller, who stores them before the public parts leave.
 * Checking: bundle_check makes all the checks of B4.3 in order and is the only source of a `struct
 * peer_bundle`, which is the only thing pairwise_start takes (L12).
 */
#pragma once

#include "crypto/hybrid.h"
#include "crypto/identity.h"
#include "crypto/point.h"

/* SPK: a fresh signed prekey with number ID, signed by OWN's DIK. */
struct signed_prekey {
    uint32_t id;
    struct signal_public key;
    struct signal_signature sig;
};
enum err signed_prekey_make(const struct device_keys *own, uint32_t id,
                            struct signal_secret *ret_secret, struct signed_prekey *ret);

/* OPK: a fresh one-time key with number ID, signed by OWN's DSK (B4.2). */
enum err one_time_key_make(const struct device_keys *own, uint32_t id,
                           struct signal_secret *ret_secret, struct one_time_key *ret);

/* What a bundle says besides whose it is. EKS comes from hybrid_generate (crypto/hybrid). */
struct bundle_parts {
    uint64_t created;
    uint32_t manifest_seq;
    const struct signed_prekey *spk;
    uint32_t eks_id; /* rising, never 0 */
    const struct hybrid_public *eks;
    uint64_t eks_not_after;
};

/* The signed bundle of OWN as it travels (a serialised Signed), appended to RET_OBJECT. */
enum err bundle_make(const struct device_keys *own, const struct bundle_parts *parts,
                     struct buf *ret_object);

/* A bundle that passed every check, with what of the device's manifest entry belongs to it. */
struct peer_bundle {
    struct bundle bundle;
    uint32_t registration_id;
    struct signal_public dik;
    bool has_opk;
    struct one_time_key opk;
};

/* What the fetcher knows: whom it asked for, and the newest bundle it saw of that device (B4.6; 0:
 * none). DEVICE is the entry of the verified manifest. */
struct bundle_subject {
    const struct account_id *account;
    const struct device_entry *device;
    uint64_t now;
    uint64_t newest_created;
    uint64_t told; /* what our relay says that it is, seconds UTC; 0: nothing */
};

/* Judge OBJECT and OPK (NULL: none came). The one error is ERR_UNTRUSTED "bad keys from relay",
 * whatever was wrong; but ERR_STALE for a sound bundle over 90 days old, which is no fault of the
 * relay: the device is long gone. RET is untouched on failure. */
enum err bundle_check(struct span object, const struct one_time_key *opk,
                      const struct bundle_subject *subject, struct peer_bundle *ret);
