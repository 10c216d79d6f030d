/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ML-KEM-768 (FIPS 203), the post-quantum half of every envelope.
 *
 * The one thing to know: it is constant time. No branch, index or division depends on a secret;
 * tests/crypto runs it under valgrind with the secrets marked, and the compiler's output is looked
 * at too. Randomness goes in as an argument only in the functions that end in _from, which exist
 * for keys kept as seeds, and for test vectors.
 *
 *   encapsulation key   1184 bytes   struct mlkem_public (wire/ids.h)
 *   decapsulation key   2400 bytes   dk_pke(1152) || ek(1184) || H(ek)(32) || z(32)
 *   ciphertext          1088 bytes
 *   shared secret         32 bytes
 */
#pragma once

#include "crypto/secret.h"
#include "wire/ids.h"

SECRET_TYPE(mlkem_seed, 64) /* d || z */
SECRET_TYPE(mlkem_secret, 2400)
SECRET_TYPE(mlkem_message, 32) /* the m of an encapsulation */
SECRET_TYPE(mlkem_shared, 32)
struct mlkem_ciphertext {
    uint8_t b[1088];
};

/* ML-KEM.KeyGen (algorithm 19) and ML-KEM.KeyGen_internal (16). */
void mlkem_generate(struct mlkem_secret *ret_secret, struct mlkem_public *ret_public);
void mlkem_generate_from(const struct mlkem_seed *seed, struct mlkem_secret *ret_secret,
                         struct mlkem_public *ret_public);

/* ML-KEM.Encaps (20) and ML-KEM.Encaps_internal (17), with the modulus check of section 7.2:
 * ERR_MALFORMED for a key that is not the encoding of numbers below q. */
enum err mlkem_encapsulate(const struct mlkem_public *to, struct mlkem_ciphertext *ret,
                           struct mlkem_shared *ret_shared);
enum err mlkem_encapsulate_from(const struct mlkem_public *to, const struct mlkem_message *m,
                                struct mlkem_ciphertext *ret, struct mlkem_shared *ret_shared);

/* ML-KEM.Decaps (21, 18). Cannot fail: a ciphertext that was not made for this key gives a shared
 * secret that nobody else knows (implicit rejection), in the same time. */
void mlkem_decapsulate(const struct mlkem_secret *secret, const struct mlkem_ciphertext *c,
                       struct mlkem_shared *ret);

/* The modulus check alone (7.2), for a key as it arrives. The key is public: not constant time. */
bool mlkem_public_valid(const struct mlkem_public *ek);

/* The hash check of section 7.3: whether a decapsulation key from outside is whole. */
bool mlkem_secret_valid(const struct mlkem_secret *dk);
