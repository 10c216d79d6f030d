/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/secret.h"

#include <assert.h>
#include <sodium.h>

enum err
crypto_init(void)
{
    /* FIPS 180-4, the example "abc". */
    static const uint8_t expected[crypto_hash_sha512_BYTES] = {
        0xdd, 0xaf, 0x35, 0xa1, 0x93, 0x61, 0x7a, 0xba, 0xcc, 0x41, 0x73, 0x49, 0xae,
        0x20, 0x41, 0x31, 0x12, 0xe6, 0xfa, 0x4e, 0x89, 0xa9, 0x7e, 0xa2, 0x0a, 0x9e,
        0xee, 0xe6, 0x4b, 0x55, 0xd3, 0x9a, 0x21, 0x92, 0x99, 0x2a, 0x27, 0x4f, 0xc1,
        0xa8, 0x36, 0xba, 0x3c, 0x23, 0xa3, 0xfe, 0xeb, 0xbd, 0x45, 0x4d, 0x44, 0x23,
        0x64, 0x3c, 0xe8, 0x0e, 0x2a, 0x9a, 0xc9, 0x4f, 0xa5, 0x4c, 0xa4, 0x9f,
    };
    uint8_t hash[crypto_hash_sha512_BYTES];

    if (sodium_init() < 0)
        return fail(ERR_STATE, "libsodium cannot start");
    if (crypto_hash_sha512(hash, (const uint8_t *)"abc", 3) != 0 ||
        memcmp(hash, expected, sizeof hash) != 0)
        return fail(ERR_STATE, "SHA-512 gives a wrong result: linked in the wrong order?");
    return OK;
}

void
secret_wipe(void *p, size_t n)
{
    sodium_memzero(p, n);
}

void *
secret_alloc(size_t n)
{
    assert(n > 0);
    void *p = sodium_malloc(n);
    if (p != NULL)
        memset(p, 0, n);
    return p;
}

void
secret_free(void *p)
{
    sodium_free(p);
}

void
secret_freep(void *pointer)
{
    void *p;
    memcpy(&p, pointer, sizeof p);
    sodium_free(p);
}

bool
secret_equal(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || sodium_memcmp(a.p, b.p, a.n) == 0);
}
