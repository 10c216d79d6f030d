/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * SHA-3 and SHAKE (FIPS 202), as far as ML-KEM needs them. Everything else hashes with libsodium.
 *
 * Constant time as it stands: Keccak has no table and no branch on data. The state may hold a
 * secret, so keccak_wipe belongs to it.
 */
#pragma once

#include "wire/buf.h"

struct keccak {
    uint64_t lanes[25];
    size_t rate; /* bytes taken or given per permutation */
    size_t at;   /* how many of them so far */
};
void keccak_wipe(struct keccak *k);

/* SHA3-256 and SHA3-512 of the PARTS one after the other. */
void sha3_256(const struct span *parts, size_t count, uint8_t ret[32]);
void sha3_512(const struct span *parts, size_t count, uint8_t ret[64]);

/* N bytes of SHAKE256 over the PARTS. */
void shake256(const struct span *parts, size_t count, uint8_t *ret, size_t n);

/* A stream of SHAKE128 over INPUT; read from it as often as wanted. */
void shake128_start(struct keccak *k, struct span input);
void shake_read(struct keccak *k, uint8_t *ret, size_t n);
