/* SPDX-License-Identifier: GPL-3.0-or-later */
#define OPENSSL_SUPPRESS_DEPRECATED /* the SHA256_* calls, which are the point of this file */
#include "crypto/hmac.h"

#include <openssl/sha.h>
#include <stdlib.h>

#include "crypto/secret.h"

struct hmac {
    SHA256_CTX inner, outer; /* after the key block */
    SHA256_CTX running;
};

static void
hmac_init(struct hmac *h, struct span key)
{
    uint8_t block[SHA256_CBLOCK] = {0};

    if (key.n > sizeof block)
        SHA256(key.p, key.n, block);
    else if (key.n > 0)
        memcpy(block, key.p, key.n);
    for (size_t i = 0; i < sizeof block; i++)
        block[i] ^= 0x36;
    SHA256_Init(&h->inner);
    SHA256_Update(&h->inner, block, sizeof block);
    for (size_t i = 0; i < sizeof block; i++)
        block[i] ^= 0x36 ^ 0x5c;
    SHA256_Init(&h->outer);
    SHA256_Update(&h->outer, block, sizeof block);
    h->running = h->inner;
    secret_wipe(block, sizeof block);
}

struct hmac *
hmac_new(struct span key)
{
    struct hmac *h = malloc(sizeof *h);

    if (h != NULL)
        hmac_init(h, key);
    return h;
}

void
hmac_update(struct hmac *h, struct span bytes)
{
    if (bytes.n > 0)
        SHA256_Update(&h->running, bytes.p, bytes.n);
}

void
hmac_final(struct hmac *h, uint8_t ret[32])
{
    uint8_t inner[SHA256_DIGEST_LENGTH];
    SHA256_CTX outer = h->outer;

    SHA256_Final(inner, &h->running);
    SHA256_Update(&outer, inner, sizeof inner);
    SHA256_Final(ret, &outer);
    h->running = h->inner;
    secret_wipe(inner, sizeof inner);
    secret_wipe(&outer, sizeof outer);
}

void
hmac_free(struct hmac *h)
{
    if (h != NULL)
        secret_wipe(h, sizeof *h);
    free(h);
}

void
hmac_sha256(struct span key, struct span bytes, uint8_t ret[32])
{
    struct hmac h;

    hmac_init(&h, key);
    hmac_update(&h, bytes);
    hmac_final(&h, ret);
    secret_wipe(&h, sizeof h);
}
