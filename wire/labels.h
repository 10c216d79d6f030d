/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One key, one use: the table of every label (B24), and the labelled hash H() (B1.2).
 *
 * A label stands first in everything that is hashed, derived or signed, followed by one zero byte,
 * so that bytes made for one purpose mean nothing for another. The table is the only place where
 * one is spelled.
 */
#pragma once

#include "wire/buf.h"
#include "wire/ids.h"

#define LABEL_PREFIX "snug/1 "

/*        name          text           what takes it */
#define LABELS(X)                                                                                  \
    X(ACCOUNT_ID, "account-id")   /* H */                                                          \
    X(RELAY_ID, "relay-id")       /* H */                                                          \
    X(AIK_NEXT, "aik-next")       /* H */                                                          \
    X(ENV_TH1, "env th1")         /* H */                                                          \
    X(ENV_TH2, "env th2")         /* H */                                                          \
    X(TOKEN, "token")             /* H */                                                          \
    X(BLOB, "blob")               /* H */                                                          \
    X(POW, "pow")                 /* H */                                                          \
    X(SEEN, "seen")               /* H */                                                          \
    X(KIT, "kit")                 /* H */                                                          \
    X(FINGERPRINT, "fingerprint") /* SHA-512 */                                                    \
    X(ENV_SENDER, "env sender")   /* HKDF info, as all to `aik` */                                 \
    X(ENV_BODY, "env body")                                                                        \
    X(SLOT, "slot")                                                                                \
    X(DB, "db")                                                                                    \
    X(DB_SALT, "db-salt") /* the first bytes of the database file, from K_db */                    \
    X(FILES, "files")                                                                              \
    X(STATE, "state")                                                                              \
    X(ANCHOR, "anchor")                                                                            \
    X(LOG, "log")                                                                                  \
    X(VAULT, "vault")                                                                              \
    X(VAULT_DB, "vault-db")                                                                        \
    X(VAULT_FIELDS, "vault-fields")                                                                \
    X(BACKUP, "backup")                                                                            \
    X(AIK, "aik")                                                                                  \
    X(MANIFEST, "manifest")       /* Ed25519, AIK */                                               \
    X(AIK_LINEAGE, "aik-lineage") /* Ed25519, AIK */                                               \
    X(DELETE, "delete")           /* Ed25519, AIK */                                               \
    X(DEVICE_DSK, "device-dsk")   /* Ed25519, DSK */                                               \
    X(BUNDLE, "bundle")           /* Ed25519, DSK */                                               \
    X(OPK, "opk")                 /* Ed25519, DSK */                                               \
    X(REQUEST, "request")         /* Ed25519, DSK */                                               \
    X(EXPORT, "export")           /* Ed25519, DSK */                                               \
    X(FETCH, "fetch")             /* Ed25519, FK */                                                \
    X(NEXT_PIN, "next-pin")       /* Ed25519, RLK */                                               \
    X(HELD, "held")               /* Ed25519, RLK */                                               \
    X(DEVICE_DIK, "device-dik")   /* XEdDSA, DIK */

enum label {
#define LABEL_ENUM(name, text) LABEL_##name,
    LABELS(LABEL_ENUM)
#undef LABEL_ENUM
        LABEL_COUNT
};

/* The whole label with its prefix, such as "snug/1 manifest". Static. */
const char *label_text(enum label l);

/* H(label, parts...) = SHA-256(label || 0x00 || parts...) (B1.2). Whether the parts are of fixed
 * length or carry a length is the caller's business: every use is listed in docs/PROTOCOL.md. */
void label_hash(enum label l, const struct span *parts, size_t count, struct sha256 *ret);

/* The same for one part. */
void label_hash1(enum label l, struct span part, struct sha256 *ret);

/* SHA-256 of BYTES, without a label: `prev` of a manifest and the body in a request signature. */
void sha256_of(struct span bytes, struct sha256 *ret);

/* The first 16 bytes of HASH (B1.4). */
struct hash16 hash16_of(const struct sha256 *hash);

/* account_id = H("account-id", first AIK) */
struct account_id account_id_of(const struct ed25519_public *aik);

/* relay_id = H("relay-id", RLK) */
struct relay_id relay_id_of(const struct ed25519_public *rlk);

/* H("token", token): what a relay stores of it */
struct token_hash token_hash_of(const struct token *token);

/* Whether SIG is KEY's Ed25519 signature over label || 0x00 || payload. ERR_SIGNATURE otherwise. */
enum err label_verify(enum label l, struct span payload, const struct ed25519_public *key,
                      const struct ed25519_signature *sig);
