/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/curve25519_donna.h"

#include <sodium.h>
#include <stdatomic.h>
#include <string.h>

static atomic_ulong calls;

int
curve25519_donna(uint8_t *out, const uint8_t *secret, const uint8_t *point)
{
    static const uint8_t base[32] = {9};
    int r;

    atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
    if (memcmp(point, base, sizeof base) == 0)
        r = crypto_scalarmult_base(out, secret);
    else
        r = crypto_scalarmult(out, secret, point);
    if (r != 0)
        memset(out, 0, 32);
    return 0;
}

unsigned long
curve25519_donna_calls(void)
{
    return atomic_load_explicit(&calls, memory_order_relaxed);
}
