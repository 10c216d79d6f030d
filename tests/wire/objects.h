/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Signed objects for tests and fuzzers, made with libsodium and protobuf-c directly, so that
 * wire/signed is not judged by itself. XEdDSA signatures in them are filler: wire/ does not look.
 *
 * Change the fields of `w` (or what its pointers lead to) after the init, then ask for the object.
 */
#pragma once

#include "wire/account.pb-c.h"
#include "wire/keys.pb-c.h"
#include "wire/signed.h"

struct key_pair {
    struct ed25519_public public;
    uint8_t secret[64];
};

/* Always the same pair for the same SEED. */
struct key_pair key_pair_of(uint8_t seed);
struct ed25519_signature key_pair_sign(const struct key_pair *k, enum label l, struct span payload);

/* H("aik-next", key): the commitment to K. */
struct sha256 successor_of(const struct key_pair *k);

#define PLAN_MANY 9 /* one more than is allowed, of devices and of lineage */

struct manifest_plan {
    Wire__Manifest w;
    struct key_pair aik; /* signs; w.aik points to its public half */
    struct account_id account;
    struct sha256 prev, next;
    struct spki_pin pins[PINS_MAX + 1];
    ProtobufCBinaryData pin_list[PINS_MAX + 1];
    struct key_pair dsk[PLAN_MANY];
    struct device_entry entries[PLAN_MANY];
    Wire__Device devices[PLAN_MANY];
    Wire__Device *device_list[PLAN_MANY];
    struct lineage_entry links[PLAN_MANY];
    Wire__Lineage lineage[PLAN_MANY];
    Wire__Lineage *lineage_list[PLAN_MANY];
};

/* Manifest 1 of the account whose first key is key_pair_of(AIK), successor key_pair_of(AIK + 1),
 * one device. P must not move afterwards. */
void manifest_plan_init(struct manifest_plan *p, uint8_t aik);

/* From now on signed by key_pair_of(AIK) with successor key_pair_of(AIK + 1); account unchanged. */
void manifest_plan_key(struct manifest_plan *p, uint8_t aik);

/* N devices with ids 1..N, each signed by its own key. */
void manifest_plan_devices(struct manifest_plan *p, size_t n);

/* Sign entry I anew, after a change of entries[I] or of the account. */
void manifest_plan_sign_device(struct manifest_plan *p, size_t i);

/* N links, of keys key_pair_of(FIRST), key_pair_of(FIRST + 1), and so on. */
void manifest_plan_lineage(struct manifest_plan *p, uint8_t first, size_t n);
void manifest_plan_sign_link(struct manifest_plan *p, size_t i, const struct key_pair *signer);

/* The serialised Signed. */
void manifest_plan_object(const struct manifest_plan *p, struct buf *out);

struct bundle_plan {
    Wire__Bundle w;
    struct account_id account;
    uint8_t spk[33], spk_sig[64], x25519[32], mlkem[1184];
    Wire__EnvelopeKey eks;
};

void bundle_plan_init(struct bundle_plan *p, const struct account_id *account);
void bundle_plan_object(const struct bundle_plan *p, const struct key_pair *dsk, struct buf *out);
