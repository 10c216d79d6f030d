/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * X25519 and ML-KEM-768 side by side: the envelope prekey EKS (docs/PROTOCOL.md B2.2, B5), and one
 * encapsulation to it.
 *
 * The one thing to know: the result is secret as long as either of the two holds, but only after it
 * went through HKDF with the whole transcript as salt, which is the envelope's business: what comes
 * out here, `kem_ss || X25519`, is input to HKDF and no key.
 */
#pragma once

#include "crypto/mlkem.h"

struct hybrid_public {
    struct x25519_public x;
    struct mlkem_public ek;
};

/* Kept as these 2,432 bytes; one array, so that it is stored and read as such. */
struct hybrid_secret {
    struct x25519_secret x;
    struct mlkem_secret dk;
};
_Static_assert(sizeof(struct hybrid_secret) == 32 + 2400, "no padding");
void hybrid_secret_wipe(struct hybrid_secret *s);

struct hybrid_ciphertext {
    struct x25519_public e;
    struct mlkem_ciphertext kem;
};

SECRET_TYPE(x25519_shared, 32)

/* A new key pair from the system's randomness. */
void x25519_generate(struct x25519_secret *ret_secret, struct x25519_public *ret_public);
void hybrid_generate(struct hybrid_secret *ret_secret, struct hybrid_public *ret_public);

/* The Diffie-Hellman result; ERR_DECRYPT when it is zero, that is, when THEIRS is a point of low
 * order. */
enum err x25519_agree(const struct x25519_secret *ours, const struct x25519_public *theirs,
                      struct x25519_shared *ret);

/* A fresh encapsulation: its secrets are forgotten here, so it cannot be used twice. Randomness is
 * drawn for X25519 first, then for ML-KEM. ERR_MALFORMED: TO is of low order or fails the modulus
 * check. */
enum err hybrid_encapsulate(const struct hybrid_public *to, struct hybrid_ciphertext *ret,
                            struct secret64 *ret_ikm);

/* ERR_DECRYPT when the X25519 result is zero. A foreign ML-KEM ciphertext is no error here: it
 * gives an IKM that opens nothing. */
enum err hybrid_decapsulate(const struct hybrid_secret *secret, const struct hybrid_ciphertext *c,
                            struct secret64 *ret_ikm);
