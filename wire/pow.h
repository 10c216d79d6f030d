/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proof of work (B9.6): find NONCE so that H("pow", seed, SHA-256(body), nonce u64be) has BITS
 * leading zero bits. It prices requests by strangers; it protects no secret.
 */
#pragma once

#include "wire/labels.h"

struct pow_seed {
    uint8_t b[16];
};

/* One hash. */
bool pow_check(const struct pow_seed *seed, struct span body, unsigned bits, uint64_t nonce);

/* Try nonces from *nonce on, at most TRIES of them. OK with *nonce the answer, or ERR_NOT_FOUND
 * with *nonce the next to try, so that a caller can search in slices and stop in between. */
enum err pow_search(const struct pow_seed *seed, struct span body, unsigned bits, uint64_t tries,
                    uint64_t *nonce);
