/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/pow.h"

static unsigned
leading_zeros(const struct sha256 *h)
{
    unsigned n = 0;
    while (n < 256 && (h->b[n / 8] >> (7 - n % 8) & 1) == 0)
        n++;
    return n;
}

static unsigned
bits_of(const struct pow_seed *seed, const struct sha256 *body, uint64_t nonce)
{
    uint8_t number[8];
    struct sha256 h;

    for (unsigned i = 0; i < sizeof number; i++)
        number[i] = (uint8_t)(nonce >> (8 * (7 - i)));
    const struct span parts[] = {SPAN_OF(*seed), SPAN_OF(*body), SPAN(number, sizeof number)};
    label_hash(LABEL_POW, parts, 3, &h);
    return leading_zeros(&h);
}

bool
pow_check(const struct pow_seed *seed, struct span body, unsigned bits, uint64_t nonce)
{
    struct sha256 h;
    sha256_of(body, &h);
    return bits_of(seed, &h, nonce) >= bits;
}

enum err
pow_search(const struct pow_seed *seed, struct span body, unsigned bits, uint64_t tries,
           uint64_t *nonce)
{
    struct sha256 h;

    sha256_of(body, &h);
    for (; tries > 0; tries--, ++*nonce)
        if (bits_of(seed, &h, *nonce) >= bits)
            return OK;
    return fail(ERR_NOT_FOUND, "no proof of work among the numbers tried");
}
