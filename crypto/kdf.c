/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/kdf.h"

#include <assert.h>
#include <sodium.h>

#define HASH 32
_Static_assert(crypto_auth_hmacsha256_BYTES == HASH, "SHA-256");

struct hmac {
    crypto_auth_hmacsha256_state state;
};

static void
hmac_wipe(struct hmac *h)
{
    secret_wipe(h, sizeof *h);
}

static void
hmac_start(struct hmac *h, struct span key)
{
    crypto_auth_hmacsha256_init(&h->state, key.n > 0 ? key.p : (const uint8_t *)"", key.n);
}

static void
hmac_add(struct hmac *h, struct span bytes)
{
    if (bytes.n > 0)
        crypto_auth_hmacsha256_update(&h->state, bytes.p, bytes.n);
}

static void
hmac_end(struct hmac *h, struct secret32 *ret)
{
    crypto_auth_hmacsha256_final(&h->state, ret->b);
}

/* RFC 5869, 2.2. HMAC fills a short key up with zeros, so no salt and a zero salt are the same. */
static void
extract(struct span salt, struct span ikm, struct secret32 *ret)
{
    AUTO(hmac_wipe) struct hmac h;

    hmac_start(&h, salt);
    hmac_add(&h, ikm);
    hmac_end(&h, ret);
}

/* RFC 5869, 2.3, with the info in two parts. */
static void
expand(const struct secret32 *prk, const struct span info[2], uint8_t *ret, size_t n)
{
    AUTO(secret32_wipe) struct secret32 block = {0};
    uint8_t counter = 1;

    for (size_t done = 0; done < n; counter++) {
        AUTO(hmac_wipe) struct hmac h;
        hmac_start(&h, SPAN_OF(*prk));
        if (done > 0)
            hmac_add(&h, SPAN_OF(block));
        hmac_add(&h, info[0]);
        hmac_add(&h, info[1]);
        hmac_add(&h, SPAN(&counter, 1));
        hmac_end(&h, &block);

        size_t take = n - done < HASH ? n - done : HASH;
        memcpy(ret + done, block.b, take);
        done += take;
    }
}

static void
derive(struct span salt, struct span ikm, const struct span info[2], uint8_t *ret, size_t n)
{
    assert(n > 0 && n <= HKDF_OUT_MAX);
    AUTO(secret32_wipe) struct secret32 prk;
    extract(salt, ikm, &prk);
    expand(&prk, info, ret, n);
}

void
hkdf(const struct hkdf_input *in, uint8_t *ret, size_t n)
{
    struct span info[2] = {SPAN_STR(label_text(in->label)), in->suffix};
    derive(in->salt, in->ikm, info, ret, n);
}

void
hkdf_raw(struct span salt, struct span ikm, struct span info, uint8_t *ret, size_t n)
{
    struct span parts[2] = {info, SPAN_NONE};
    derive(salt, ikm, parts, ret, n);
}
