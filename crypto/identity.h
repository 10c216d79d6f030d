/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The keys an account and a device are (B2.2), and the signatures they make.
 *
 * The one thing to know: one key, one use. Each private key has a type of its own and signs only
 * under its own labels; giving it a foreign one is our mistake and asserts. Public parts are always
 * computed from the private ones, never stored beside them. The types are plain structs: a caller
 * who keeps one longer than a call keeps it in locked memory (crypto/secret), and wipes it.
 */
#pragma once

#include "crypto/secret.h"
#include "wire/labels.h"
#include "wire/signed.h"

/* The account key AIK: manifests, lineage, account deletion. */
struct account_key {
    struct ed25519_public public;
    struct ed25519_secret secret;
};
/* The device signing key DSK: relay requests, bundles, one-time keys, exports. */
struct device_signing_key {
    struct ed25519_public public;
    struct ed25519_secret secret;
};
/* The device identity key DIK: X3DH, and XEdDSA over prekeys and its own device entry. */
struct device_identity_key {
    struct signal_public public;
    struct signal_secret secret;
};
/* The device authentication key DAK: who sealed an envelope. */
struct device_auth_key {
    struct x25519_public public;
    struct x25519_secret secret;
};

/* The fetch key FK of a device: reads sealed mail while it is locked (B3.6), and nothing else. */
struct fetch_key {
    struct account_id account;
    uint32_t device;
    struct ed25519_public public;
    struct ed25519_secret secret;
};

/* Everything a device is. */
struct device_keys {
    struct account_id account;
    uint32_t id;              /* 1..63 */
    uint32_t registration_id; /* random, 1..16380, as libsignal has it */
    uint64_t created;
    uint64_t caps;
    struct device_signing_key dsk;
    struct device_identity_key dik;
    struct device_auth_key dak;
};

/* The account key of a 32-byte Ed25519 seed (crypto/recovery makes those from the kit). */
void account_key_from_seed(const struct ed25519_seed *seed, struct account_key *ret);
void account_key_wipe(struct account_key *k);

/* H("aik-next", public): what a manifest commits its successor to. */
struct sha256 account_key_commitment(const struct ed25519_public *next);

/* Fresh keys for device ID of ACCOUNT, made at CREATED. */
void device_keys_generate(const struct account_id *account, uint32_t id, uint64_t created,
                          struct device_keys *ret);
void device_keys_wipe(struct device_keys *k);

/* A fresh one for DEVICE. */
void fetch_key_make(const struct device_keys *device, struct fetch_key *ret);

/* Both as they rest in the encrypted store: secrets, fixed size. ERR_DAMAGED when BYTES is not one,
 * with RET untouched. */
#define ACCOUNT_KEY_BYTES 33
#define DEVICE_KEYS_BYTES 150
void account_key_write(const struct account_key *k, uint8_t ret[ACCOUNT_KEY_BYTES]);
enum err account_key_read(struct span bytes, struct account_key *ret);
void device_keys_write(const struct device_keys *k, uint8_t ret[DEVICE_KEYS_BYTES]);
enum err device_keys_read(struct span bytes, struct device_keys *ret);

/* Sign(label || 0x00 || PAYLOAD). ERR_MEMORY is the only way to fail. account_key: MANIFEST,
 * AIK_LINEAGE, DELETE. dsk: DEVICE_DSK, BUNDLE, OPK, REQUEST, EXPORT. fk: FETCH. */
enum err account_key_sign(const struct account_key *k, enum label l, struct span payload,
                          struct ed25519_signature *ret);
enum err dsk_sign(const struct device_signing_key *k, enum label l, struct span payload,
                  struct ed25519_signature *ret);
enum err fk_sign(const struct fetch_key *k, enum label l, struct span payload,
                 struct ed25519_signature *ret);

/* XEdDSA over label || 0x00 || PAYLOAD (label DEVICE_DIK), and its check: ERR_SIGNATURE. */
enum err dik_sign(const struct device_identity_key *k, enum label l, struct span payload,
                  struct signal_signature *ret);
enum err dik_verify(const struct signal_public *dik, enum label l, struct span payload,
                    const struct signal_signature *sig);

/* XEdDSA over the bare 33 bytes of a signed prekey, as libsignal has it, and its check. */
enum err dik_sign_prekey(const struct device_identity_key *k, const struct signal_public *spk,
                         struct signal_signature *ret);
enum err dik_verify_prekey(const struct signal_public *dik, const struct signal_public *spk,
                           const struct signal_signature *sig);

/* The entry of a manifest for this device, with both cross-signatures (B2.3). */
enum err device_entry_make(const struct device_keys *k, struct device_entry *ret);

/* Both cross-signatures of E, and that DIK and DAK are sound points (L5). ERR_SIGNATURE,
 * ERR_MALFORMED. */
enum err device_entry_verify(const struct account_id *account, const struct device_entry *e);
