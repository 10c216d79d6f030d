/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/keccak.h"

#include <endian.h>

#include "crypto/secret.h"

#define ROUNDS 24
#define LANES 25

/* FIPS 202, 3.2.5. (The loops below are unrolled so that every index is a constant.) */
static const uint64_t round_constants[ROUNDS] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

/* rho and pi as one walk over the lanes: the lane that step T writes, and by how much the lane
 * that goes there is rotated (3.2.2, 3.2.3). */
static const uint8_t walk_lane[LANES - 1] = {
    10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1,
};
static const uint8_t walk_rotation[LANES - 1] = {
    1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44,
};

static inline uint64_t
rotate(uint64_t v, unsigned by)
{
    return v << by | v >> (64 - by);
}

static inline void
theta(uint64_t a[LANES])
{
    uint64_t column[5];

#pragma GCC unroll 25
    for (unsigned x = 0; x < 5; x++)
        column[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
#pragma GCC unroll 25
    for (unsigned i = 0; i < LANES; i++)
        a[i] ^= column[(i + 4) % 5] ^ rotate(column[(i + 1) % 5], 1);
}

static inline void
rho_and_pi(uint64_t a[LANES])
{
    uint64_t carried = a[1];

#pragma GCC unroll 25
    for (unsigned t = 0; t < LANES - 1; t++) {
        uint64_t next = a[walk_lane[t]];
        a[walk_lane[t]] = rotate(carried, walk_rotation[t]);
        carried = next;
    }
}

static inline void
chi(uint64_t a[LANES])
{
#pragma GCC unroll 25
    for (unsigned y = 0; y < LANES; y += 5) {
        uint64_t row[5] = {a[y], a[y + 1], a[y + 2], a[y + 3], a[y + 4]};
#pragma GCC unroll 25
        for (unsigned x = 0; x < 5; x++)
            a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
    }
}

/* Keccak-f[1600] */
static void
permute(uint64_t a[LANES])
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        theta(a);
        rho_and_pi(a);
        chi(a);
        a[0] ^= round_constants[round];
    }
}

static void
xor_byte(struct keccak *k, size_t at, uint8_t byte)
{
    k->lanes[at / 8] ^= (uint64_t)byte << (8 * (at % 8));
}

static void
absorb(struct keccak *k, struct span in)
{
    while (in.n > 0) {
        size_t step = 1;
        if (k->at % 8 == 0 && in.n >= 8) { /* the rate is whole lanes */
            uint64_t lane;
            memcpy(&lane, in.p, sizeof lane);
            k->lanes[k->at / 8] ^= le64toh(lane);
            step = sizeof lane;
        } else {
            xor_byte(k, k->at, *in.p);
        }
        in = SPAN(in.p + step, in.n - step);
        k->at += step;
        if (k->at == k->rate) {
            permute(k->lanes);
            k->at = 0;
        }
    }
}

/* Domain bits and padding (FIPS 202, B.2); the first read permutes. */
static void
pad(struct keccak *k, uint8_t domain)
{
    xor_byte(k, k->at, domain);
    xor_byte(k, k->rate - 1, 0x80);
    k->at = k->rate;
}

#define DOMAIN_SHA3 0x06
#define DOMAIN_SHAKE 0x1f

static void
sponge(size_t rate, uint8_t domain, const struct span *parts, size_t count, struct keccak *ret)
{
    *ret = (struct keccak){.rate = rate};
    for (size_t i = 0; i < count; i++)
        absorb(ret, parts[i]);
    pad(ret, domain);
}

void
keccak_wipe(struct keccak *k)
{
    secret_wipe(k, sizeof *k);
}

void
shake_read(struct keccak *k, uint8_t *ret, size_t n)
{
    while (n > 0) {
        if (k->at == k->rate) {
            permute(k->lanes);
            k->at = 0;
        }
        size_t step = 1;
        if (k->at % 8 == 0 && n >= 8) {
            uint64_t lane = htole64(k->lanes[k->at / 8]);
            memcpy(ret, &lane, sizeof lane);
            step = sizeof lane;
        } else {
            *ret = (uint8_t)(k->lanes[k->at / 8] >> (8 * (k->at % 8)));
        }
        ret += step;
        n -= step;
        k->at += step;
    }
}

void
sha3_256(const struct span *parts, size_t count, uint8_t ret[32])
{
    AUTO(keccak_wipe) struct keccak k;
    sponge(136, DOMAIN_SHA3, parts, count, &k);
    shake_read(&k, ret, 32);
}

void
sha3_512(const struct span *parts, size_t count, uint8_t ret[64])
{
    AUTO(keccak_wipe) struct keccak k;
    sponge(72, DOMAIN_SHA3, parts, count, &k);
    shake_read(&k, ret, 64);
}

void
shake256(const struct span *parts, size_t count, uint8_t *ret, size_t n)
{
    AUTO(keccak_wipe) struct keccak k;
    sponge(136, DOMAIN_SHAKE, parts, count, &k);
    shake_read(&k, ret, n);
}

void
shake128_start(struct keccak *k, struct span input)
{
    sponge(168, DOMAIN_SHAKE, &input, 1, k);
}
