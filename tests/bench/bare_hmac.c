/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * crypto/hmac on libsodium, linked with --wrap into the benchmark that shows what ours is for.
 */
#include <sodium.h>
#include <stdlib.h>

#include "crypto/hmac.h"

struct hmac *__wrap_hmac_new(struct span key);
void __wrap_hmac_update(struct hmac *h, struct span bytes);
void __wrap_hmac_final(struct hmac *h, uint8_t ret[32]);
void __wrap_hmac_free(struct hmac *h);

struct hmac {
    crypto_auth_hmacsha256_state state;
};

struct hmac *
__wrap_hmac_new(struct span key)
{
    struct hmac *h = malloc(sizeof *h);

    if (h != NULL)
        crypto_auth_hmacsha256_init(&h->state, key.p, key.n);
    return h;
}

void
__wrap_hmac_update(struct hmac *h, struct span bytes)
{
    crypto_auth_hmacsha256_update(&h->state, bytes.p, bytes.n);
}

void
__wrap_hmac_final(struct hmac *h, uint8_t ret[32])
{
    crypto_auth_hmacsha256_final(&h->state, ret);
}

void
__wrap_hmac_free(struct hmac *h)
{
    if (h != NULL)
        sodium_memzero(h, sizeof *h);
    free(h);
}
