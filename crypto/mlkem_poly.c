/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/mlkem_poly.h"

#include "crypto/keccak.h"
#include "crypto/secret.h"

#define Q MLKEM_Q
#define N MLKEM_N
#define Q_INVERSE 62209u /* q^-1 modulo 2^16 */
#define R_SQUARED 1353   /* 2^32 modulo q */
#define R_SQUARED_BY_128 1441

/* 17^BitRev7(i) * 2^16 modulo q, between -q/2 and q/2 (FIPS 203, appendix A). */
static const int16_t zetas[N / 2] = {
    -1044, -758,  -359,  -1517, 1493,  1422,  287,   202,   -171,  622,   1577,  182,   962,
    -1202, -1474, 1468,  573,   -1325, 264,   383,   -829,  1458,  -1602, -130,  -681,  1017,
    732,   608,   -1542, 411,   -205,  -1571, 1223,  652,   -552,  1015,  -1293, 1491,  -282,
    -1544, 516,   -8,    -320,  -666,  -1618, -1162, 126,   1469,  -853,  -90,   -271,  830,
    107,   -1421, -247,  -951,  -398,  961,   -1508, -725,  448,   -1065, 677,   -1275, -1103,
    430,   555,   843,   -1251, 871,   1550,  105,   422,   587,   177,   -235,  -291,  -460,
    1574,  1653,  -246,  778,   1159,  -147,  -777,  1483,  -602,  1119,  -1590, 644,   -872,
    349,   418,   329,   -156,  -75,   817,   1097,  603,   610,   1322,  -1285, -1465, 384,
    -1215, -136,  1218,  -1335, -874,  220,   -1187, -1659, -1185, -1530, -1278, 794,   -1510,
    -854,  -870,  478,   -108,  -308,  996,   991,   958,   -1460, 1522,  1628,
};

/* A * B / 2^16 modulo q, reduced, for |A * B| below q * 2^15 (Montgomery). */
static inline int16_t
multiply(int16_t a, int16_t b)
{
    int32_t product = (int32_t)a * b;
    int16_t quotient = (int16_t)((uint32_t)product * Q_INVERSE);
    return (int16_t)((product - (int32_t)quotient * Q) >> 16);
}

/* A modulo q between -q/2 and q/2, for any A (Barrett: 20159 is 2^26 / q). */
static inline int16_t
reduce(int16_t a)
{
    int32_t quotient = (20159 * a + (1 << 25)) >> 26;
    return (int16_t)(a - quotient * Q);
}

static void
reduce_all(struct poly *p)
{
    for (unsigned i = 0; i < N; i++)
        p->c[i] = reduce(p->c[i]);
}

static void
multiply_all(struct poly *p, int16_t by)
{
    for (unsigned i = 0; i < N; i++)
        p->c[i] = multiply(p->c[i], by);
}

void
poly_wipe(struct poly *p)
{
    secret_wipe(p, sizeof *p);
}

void
poly_ntt(struct poly *p)
{
    /* Each of the seven layers adds less than q: below 8q < 2^15 at the end. */
    const int16_t *zeta = zetas + 1;
    for (unsigned half = N / 2; half >= 2; half /= 2)
        for (unsigned start = 0; start < N; start += 2 * half, zeta++)
            for (unsigned j = start; j < start + half; j++) {
                int16_t t = multiply(*zeta, p->c[j + half]);
                p->c[j + half] = (int16_t)(p->c[j] - t);
                p->c[j] = (int16_t)(p->c[j] + t);
            }
    reduce_all(p);
}

void
poly_inverse_ntt(struct poly *p)
{
    const int16_t *zeta = zetas + N / 2 - 1;
    for (unsigned half = 2; half <= N / 2; half *= 2)
        for (unsigned start = 0; start < N; start += 2 * half, zeta--)
            for (unsigned j = start; j < start + half; j++) {
                int16_t t = p->c[j];
                p->c[j] = reduce((int16_t)(t + p->c[j + half]));
                p->c[j + half] = multiply(*zeta, (int16_t)(p->c[j + half] - t));
            }
    multiply_all(p, R_SQUARED_BY_128);
}

/* Two coefficients at once, as polynomials modulo X^2 - gamma (algorithm 12). */
static inline void
multiply_add_pair(int16_t *sum, const int16_t *a, const int16_t *b, int16_t gamma)
{
    int16_t low = (int16_t)(multiply(a[0], b[0]) + multiply(multiply(a[1], b[1]), gamma));
    int16_t high = (int16_t)(multiply(a[0], b[1]) + multiply(a[1], b[0]));
    sum[0] = reduce((int16_t)(sum[0] + low));
    sum[1] = reduce((int16_t)(sum[1] + high));
}

void
poly_multiply_add(struct poly *sum, const struct poly *a, const struct poly *b)
{
    for (unsigned i = 0; i < N / 4; i++) {
        int16_t gamma = zetas[N / 4 + i];
        unsigned at = 4 * i;
        multiply_add_pair(sum->c + at, a->c + at, b->c + at, gamma);
        multiply_add_pair(sum->c + at + 2, a->c + at + 2, b->c + at + 2, (int16_t)-gamma);
    }
}

void
poly_to_plain(struct poly *p)
{
    multiply_all(p, R_SQUARED);
}

void
poly_add(struct poly *a, const struct poly *b)
{
    for (unsigned i = 0; i < N; i++)
        a->c[i] = reduce((int16_t)(a->c[i] + b->c[i]));
}

void
poly_subtract_from(struct poly *a, const struct poly *b)
{
    for (unsigned i = 0; i < N; i++)
        a->c[i] = reduce((int16_t)(b->c[i] - a->c[i]));
}

void
poly_sample_uniform(const uint8_t rho[32], uint8_t x, uint8_t y, struct poly *ret)
{
    uint8_t input[34] = {[32] = x, [33] = y};
    uint8_t block[168]; /* one permutation's worth */
    struct keccak stream;

    memcpy(input, rho, 32);
    shake128_start(&stream, SPAN(input, sizeof input));
    for (unsigned n = 0; n < N;) {
        shake_read(&stream, block, sizeof block);
        for (unsigned i = 0; i < sizeof block; i += 3) {
            unsigned first = block[i] | (block[i + 1] & 15u) << 8;
            unsigned second = block[i + 1] >> 4 | (unsigned)block[i + 2] << 4;
            if (first < Q && n < N)
                ret->c[n++] = (int16_t)first;
            if (second < Q && n < N)
                ret->c[n++] = (int16_t)second;
        }
    }
}

SECRET_TYPE(noise, 128)

void
poly_sample_small(const uint8_t seed[32], uint8_t number, struct poly *ret)
{
    AUTO(noise_wipe) struct noise noise;
    struct span input[2] = {SPAN(seed, 32), SPAN(&number, 1)};

    shake256(input, 2, noise.b, sizeof noise.b);
    for (unsigned i = 0; i < N; i++) {
        unsigned four = noise.b[i / 2] >> (4 * (i % 2));
        int plus = (int)((four & 1) + (four >> 1 & 1));
        int minus = (int)((four >> 2 & 1) + (four >> 3 & 1));
        ret->c[i] = (int16_t)(plus - minus);
    }
}

/* V itself, but the compiler does not know it: no reasoning that a value is one bit, or a mask of
 * equal bits, can make a branch of what is written as arithmetic. */
static inline uint32_t
opaque(uint32_t v)
{
    __asm__("" : "+r"(v));
    return v;
}

/* The same number modulo q from 0 to q - 1, for a reduced A. */
static inline uint32_t
canonical(int16_t a)
{
    uint32_t negative = opaque((uint32_t)(a >> 15));
    return (uint32_t)a + (Q & negative);
}

/* V / q for V below 2^24, without a division, whose time would tell of V. 20642679 is 2^36 / q
 * rounded up by less than one part in 2^25, too little to reach the next quotient. */
static inline uint32_t
divide_by_q(uint32_t v)
{
    return (uint32_t)(((uint64_t)v * 20642679) >> 36);
}

static inline uint32_t
compress(int16_t a, unsigned d)
{
    if (d == 12) /* not compressed, FIPS 203 has no Compress_12 */
        return canonical(a);
    return divide_by_q((canonical(a) << d) + Q / 2) & ((1u << d) - 1);
}

static inline int16_t
decompress(uint32_t v, unsigned d)
{
    if (d == 12)
        return (int16_t)v;
    return (int16_t)((opaque(v) * Q + (1u << (d - 1))) >> d);
}

void
poly_encode(const struct poly *p, unsigned d, uint8_t *ret)
{
    uint32_t bits = 0;
    unsigned held = 0;

    for (unsigned i = 0; i < N; i++) {
        bits |= compress(p->c[i], d) << held;
        for (held += d; held >= 8; held -= 8) {
            *ret++ = (uint8_t)bits;
            bits >>= 8;
        }
    }
}

void
poly_decode(const uint8_t *bytes, unsigned d, struct poly *ret)
{
    uint32_t bits = 0;
    unsigned held = 0;

    for (unsigned i = 0; i < N; i++) {
        for (; held < d; held += 8)
            bits |= (uint32_t)*bytes++ << held;
        ret->c[i] = decompress(bits & ((1u << d) - 1), d);
        bits >>= d;
        held -= d;
    }
}
