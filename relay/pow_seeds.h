/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The seeds for proofs of work (B9.6): a new one every ten minutes, the last two valid, and each
 * solved proof good for one request.
 */
#pragma once

#include "wire/pow.h"

struct pow_seeds;

enum err pow_seeds_new(uint64_t now, struct pow_seeds **ret);
void pow_seeds_free(struct pow_seeds *p);

/* The seed to publish now (seconds). */
struct pow_seed pow_seeds_current(struct pow_seeds *p, uint64_t now);

/* Whether NONCE under SEED is a proof of BITS for BODY that was not used before; it is used then.
 * ERR_REFUSED otherwise. */
enum err pow_seeds_check(struct pow_seeds *p, const struct pow_seed *seed, uint64_t nonce,
                         struct span body, unsigned bits, uint64_t now);
