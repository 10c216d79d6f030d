/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/kdf.h"

#include <assert.h>
#include <sodium.h>

#define HASH 32
_Static_assert(crypto_auth_hmacsha256_BYTES == HASH, "SHA-256");

typedef crypto_auth_hmacsha256_state hmac_state; /* libsodium's name is too long for a line */

static void
hmac_state_wipe(hmac_state *s)
{
    secret_wipe(s, sizeof *s);
}

static void
update(hmac_state *s, struct span bytes)
{
    if (bytes.n > 0)
        crypto_auth_hmacsha256_update(s, bytes.p, bytes.n);
}

/* RFC 5869, 2.2. HMAC fills a short key up with zeros, so no salt and a zero salt are the same. */
static void
extract(struct span salt, struct span ikm, struct secret32 *ret)
{
    AUTO(hmac_state_wipe) hmac_state s;

    crypto_auth_hmacsha256_init(&s, salt.n > 0 ? salt.p : (const uint8_t *)"", salt.n);
    update(&s, ikm);
    crypto_auth_hmacsha256_final(&s, ret->b);
}

/* RFC 5869, 2.3, with the info in two parts. */
static void
expand(const struct secret32 *prk, const struct span info[2], uint8_t *ret, size_t n)
{
    AUTO(secret32_wipe) struct secret32 block = {0};
    uint8_t counter = 1;

    for (size_t done = 0; done < n; counter++) {
        AUTO(hmac_state_wipe) hmac_state s;
        crypto_auth_hmacsha256_init(&s, prk->b, sizeof prk->b);
        if (done > 0)
            update(&s, SPAN_OF(block));
        update(&s, info[0]);
        update(&s, info[1]);
        update(&s, SPAN(&counter, 1));
        crypto_auth_hmacsha256_final(&s, block.b);

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
