/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Randomness out of a counter for fuzz targets that need keys: an input does the same in every run
 * and in every process.
 */
#pragma once

#include <sodium.h>

static inline void
counted_buf(void *const p, const size_t n)
{
    static uint8_t seed[randombytes_SEEDBYTES];
    sodium_increment(seed, sizeof seed);
    randombytes_buf_deterministic(p, n, seed);
}

static inline uint32_t
counted_random(void)
{
    uint32_t v;
    counted_buf(&v, sizeof v);
    return v;
}

static inline const char *
counted_name(void)
{
    return "counted";
}

/* Before anything asks for randomness. */
static inline void
counted_randomness(void)
{
    static struct randombytes_implementation counted = {
        .implementation_name = counted_name,
        .random = counted_random,
        .buf = counted_buf,
    };
    randombytes_set_implementation(&counted);
}
