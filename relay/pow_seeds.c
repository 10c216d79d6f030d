/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/pow_seeds.h"

#include <sodium.h>
#include <stdlib.h>

#include "relay/seen.h"
#include "wire/limits.h"

#define SOLVED_MAX (1u << 20)

struct pow_seeds {
    struct pow_seed current, previous;
    uint64_t since; /* when `current` began */
    struct seen *solved;
};

enum err
pow_seeds_new(uint64_t now, struct pow_seeds **ret)
{
    struct pow_seeds *p = calloc(1, sizeof *p);

    if (p == NULL)
        return fail(ERR_MEMORY, "no memory for seeds");
    enum err e = seen_new(2 * POW_SEED_LIFE, SOLVED_MAX, &p->solved);
    if (e != OK) {
        free(p);
        return e;
    }
    randombytes_buf(&p->current, sizeof p->current);
    randombytes_buf(&p->previous, sizeof p->previous);
    p->since = now;
    *ret = p;
    return OK;
}

void
pow_seeds_free(struct pow_seeds *p)
{
    if (p == NULL)
        return;
    seen_free(p->solved);
    free(p);
}

static void
rotate(struct pow_seeds *p, uint64_t now)
{
    if (now < p->since + POW_SEED_LIFE)
        return;
    p->previous = p->current;
    if (now >= p->since + 2 * POW_SEED_LIFE) /* nobody asked for a while: both are too old */
        randombytes_buf(&p->previous, sizeof p->previous);
    randombytes_buf(&p->current, sizeof p->current);
    p->since = now;
}

struct pow_seed
pow_seeds_current(struct pow_seeds *p, uint64_t now)
{
    rotate(p, now);
    return p->current;
}

enum err
pow_seeds_check(struct pow_seeds *p, const struct pow_seed *seed, uint64_t nonce, struct span body,
                unsigned bits, uint64_t now)
{
    struct proof {
        struct pow_seed seed;
        struct sha256 body;
        uint8_t nonce[8];
    } proof = {.seed = *seed};

    rotate(p, now);
    if (memcmp(seed, &p->current, sizeof *seed) != 0 &&
        memcmp(seed, &p->previous, sizeof *seed) != 0)
        return fail(ERR_REFUSED, "the seed of the proof of work is not valid any more");
    if (!pow_check(seed, body, bits, nonce))
        return fail(ERR_REFUSED, "the proof of work is not one");
    sha256_of(body, &proof.body);
    memcpy(proof.nonce, &nonce, sizeof nonce);
    if (seen_add(p->solved, SPAN(&proof, sizeof proof), now) != OK)
        return fail(ERR_REFUSED, "the proof of work was used before");
    return OK;
}
