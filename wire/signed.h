/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Verification of signed objects (B1.4, B2, B4): public data in, verdict out, no secret, libsodium
 * only, so that a relay can refuse junk with the same code by which a client decides. XEdDSA
 * signatures are the one thing not checked here (libsodium cannot): clients do that in
 * crypto/manifest and crypto/bundle.
 *
 * The one thing to know: a `Signed` is verified as the bytes it came in, then parsed, and kept as
 * those bytes. Re-encoding never happens.
 */
#pragma once

#include "wire/address.h"
#include "wire/labels.h"

struct device_entry {
    uint32_t id;
    uint32_t registration_id;
    struct signal_public dik;
    struct ed25519_public dsk;
    struct x25519_public dak;
    uint64_t created;
    uint64_t caps;
    struct ed25519_signature dsk_sig;
    struct signal_signature dik_sig;
};

struct lineage_entry {
    struct ed25519_public aik;
    struct sha256 next;
    struct ed25519_signature sig;
};

struct manifest {
    struct account_id account;
    uint32_t seq;
    struct sha256 prev;
    uint64_t created;
    struct ed25519_public aik;
    struct sha256 next;
    struct address address;
    struct spki_pin pins[PINS_MAX];
    size_t pin_count;
    struct device_entry devices[DEVICES_MAX];
    size_t device_count;
    uint64_t caps;
    struct lineage_entry lineage[LINEAGE_MAX];
    size_t lineage_count;
    struct sha256 hash; /* of the payload: what `prev` and `own` refer to */
};

/* Rule 1 of B2.4 but for the XEdDSA signatures: size, parse, signature by the aik inside, DSK
 * cross-signatures, seq at least 1, 1 to 8 devices with unique ids 1..63, every field of its exact
 * size, address valid, lineage well-formed. OBJECT is the serialised Signed. ERR_TOO_LARGE,
 * ERR_MALFORMED, ERR_SIGNATURE; RET untouched then. */
enum err manifest_read(struct span object, struct manifest *ret);

/* Rule 2 of B2.4. STORED is what is held for the account, or NULL for an unknown account.
 * ERR_FORGED when M is not bound to ACCOUNT. */
enum err manifest_binds(const struct manifest *m, const struct account_id *account,
                        const struct manifest *stored);

enum manifest_order {
    MANIFEST_NEXT,  /* stored + 1 with the right prev */
    MANIFEST_AHEAD, /* the ones between have to be fetched and checked first */
    MANIFEST_SAME,
    MANIFEST_OLD,
    MANIFEST_FORK,
};

/* Rule 4 of B2.4, for two manifests of one account. */
enum manifest_order manifest_compare(const struct manifest *m, const struct manifest *stored);

/* The entry with this id, or NULL. Borrowed from M. */
const struct device_entry *manifest_device(const struct manifest *m, uint32_t id);

/* The bytes that dsk_sig and dik_sig cover, without the label (B2.3). */
void device_entry_text(struct buf *out, const struct account_id *account,
                       const struct device_entry *d);

/* What a lineage signature covers: account_id || aik || next (B2.4). */
void lineage_text(struct buf *out, const struct account_id *account, const struct lineage_entry *e);

/* What a deletion says, signed by the aik (row 3 of B21): account_id || relay_id || time(8). */
void delete_statement_text(struct buf *out, const struct account_id *account,
                           const struct relay_id *relay, uint64_t time);

/* Whether OBJECT, a serialised Signed, is AIK's word that ACCOUNT is to be deleted at RELAY, spoken
 * at *RET_TIME. ERR_SIGNATURE, ERR_MALFORMED, ERR_TOO_LARGE. */
struct delete_subject {
    struct account_id account;
    struct relay_id relay;
    struct ed25519_public aik;
};
enum err delete_statement_read(struct span object, const struct delete_subject *subject,
                               uint64_t *ret_time);

struct bundle {
    struct account_id account;
    uint32_t device;
    uint64_t created;
    uint32_t spk_id;
    struct signal_public spk;
    struct signal_signature spk_sig; /* XEdDSA by DIK over the bare key */
    uint32_t eks_id;
    struct x25519_public eks_x;
    struct mlkem_public eks_ek;
    uint64_t eks_not_after;
    uint32_t manifest_seq;
};

/* Size, DSK's signature, parse, exact field sizes, eks_id not 0, device id in range. Not checked:
 * whose it is, its age, XEdDSA, curve points, the ML-KEM modulus (crypto/bundle does all of B4.3).
 */
enum err bundle_read(struct span object, const struct ed25519_public *dsk, struct bundle *ret);

struct one_time_key {
    uint32_t id;
    struct signal_public key;
    struct ed25519_signature sig;
};

/* What OPK's signature covers: account_id || device || id(4) || key (B4.2). */
void one_time_key_text(struct buf *out, const struct account_id *account, uint32_t device,
                       const struct one_time_key *k);
enum err one_time_key_verify(const struct one_time_key *k, const struct account_id *account,
                             uint32_t device, const struct ed25519_public *dsk);

/* Wrap PAYLOAD and SIG as a Signed. For crypto/ and tests; no secret here. */
void signed_write(struct buf *out, struct span payload, const struct ed25519_signature *sig);

/* Split a Signed into its two parts, borrowed from a copy in RET (kept by the caller).
 * ERR_TOO_LARGE when the payload is longer than MAX. */
struct signed_parts {
    struct buf payload;
    struct ed25519_signature sig;
};
enum err signed_read(struct span object, size_t max, struct signed_parts *ret);
void signed_parts_done(struct signed_parts *p);
