/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The fixed-size public values of the protocol, each with a type of its own, so that a token cannot
 * be handed over where an account id is expected. All are plain bytes, compared with memcmp unless
 * the comment says otherwise, copied by assignment, and public: secrets have their types in
 * crypto/.
 */
#pragma once

#include <stdint.h>

struct account_id {
    uint8_t b[32];
}; /* B2.1, for life */
struct relay_id {
    uint8_t b[32];
}; /* H("relay-id", RLK), B3.2 */
struct sha256 {
    uint8_t b[32];
};
struct hash16 {
    uint8_t b[16];
}; /* the first 16 bytes of a SHA-256, B1.4 */
struct ed25519_public {
    uint8_t b[32];
}; /* AIK, DSK, FK, RLK */
struct ed25519_signature {
    uint8_t b[64];
};
struct x25519_public {
    uint8_t b[32];
}; /* DAK, envelope keys */
struct signal_public {
    uint8_t b[33];
}; /* a libsignal curve key with its 0x05: DIK, SPK, OPK */
struct signal_signature {
    uint8_t b[64];
}; /* XEdDSA */
struct mlkem_public {
    uint8_t b[1184];
};
struct token {
    uint8_t b[16];
}; /* a capability: compare with sodium_memcmp */
struct token_hash {
    uint8_t b[32];
}; /* H("token", token): all a relay ever stores */
struct blob_id {
    uint8_t b[16];
}; /* random; part of the path */
struct blob_secret {
    uint8_t b[16];
}; /* a capability: compare what it hashes to (wire/blob) with sodium_memcmp */
struct idem {
    uint8_t b[16];
}; /* idempotency key of deliver and request */
struct msg_id {
    uint8_t b[16];
};
struct chain_id {
    uint8_t b[8];
};
struct spki_pin {
    uint8_t b[32];
}; /* SHA-256 of a TLS certificate's SubjectPublicKeyInfo */
