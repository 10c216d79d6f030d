/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/point.h"

#include <sodium.h>

#define KEY_TYPE 0x05 /* libsignal's byte for Curve25519 */

void
point_generate(struct signal_secret *ret_secret, struct signal_public *ret_public)
{
    randombytes_buf(ret_secret->b, sizeof ret_secret->b);
    ret_secret->b[0] &= 248; /* kept clamped, as libsignal keeps its own */
    ret_secret->b[31] = (ret_secret->b[31] & 127) | 64;
    point_of(ret_secret, ret_public);
}

void
point_of(const struct signal_secret *secret, struct signal_public *ret)
{
    ret->b[0] = KEY_TYPE;
    crypto_scalarmult_base(ret->b + 1, secret->b);
}

/* 2^255 - 19, little-endian, is ed ff ... ff 7f. */
static bool
canonical(const uint8_t u[32])
{
    if (u[31] != 0x7f)
        return u[31] < 0x7f;
    for (size_t i = 30; i > 0; i--)
        if (u[i] != 0xff)
            return true;
    return u[0] < 0xed;
}

/* The points of order 1, 2, 4 and 8, on the curve and its twist, in their canonical form: what
 * crypto_scalarmult refuses, at the price of a comparison. */
static bool
low_order(const uint8_t u[32])
{
    static const uint8_t points[][32] = {
        {0},
        {1},
        {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
         0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
         0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
        {0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
         0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
         0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
        {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    };

    for (size_t i = 0; i < sizeof points / sizeof *points; i++)
        if (memcmp(u, points[i], sizeof points[i]) == 0)
            return true;
    return false;
}

static enum err
check(const uint8_t u[32])
{
    if (!canonical(u))
        return fail(ERR_MALFORMED, "a curve key is not in its canonical form");
    if (low_order(u))
        return fail(ERR_MALFORMED, "a curve key is of low order");
    return OK;
}

enum err
point_check(const struct signal_public *key)
{
    if (key->b[0] != KEY_TYPE)
        return fail(ERR_MALFORMED, "a curve key is of an unknown type");
    return check(key->b + 1);
}

enum err
point_check_x25519(const struct x25519_public *key)
{
    return check(key->b);
}
