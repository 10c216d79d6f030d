/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/labels.h"

#include <assert.h>
#include <sodium.h>

static const char *const texts[LABEL_COUNT] = {
#define LABEL_TEXT(name, text) LABEL_PREFIX text,
    LABELS(LABEL_TEXT)
#undef LABEL_TEXT
};

const char *
label_text(enum label l)
{
    assert(l >= 0 && l < LABEL_COUNT);
    return texts[l];
}

void
label_hash(enum label l, const struct span *parts, size_t count, struct sha256 *ret)
{
    crypto_hash_sha256_state state;
    const char *text = label_text(l);

    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const uint8_t *)text, strlen(text) + 1);
    for (size_t i = 0; i < count; i++)
        crypto_hash_sha256_update(&state, parts[i].p, parts[i].n);
    crypto_hash_sha256_final(&state, ret->b);
    sodium_memzero(&state, sizeof state);
}

void
label_hash1(enum label l, struct span part, struct sha256 *ret)
{
    label_hash(l, &part, 1, ret);
}

void
sha256_of(struct span bytes, struct sha256 *ret)
{
    crypto_hash_sha256(ret->b, bytes.p, bytes.n);
}

struct hash16
hash16_of(const struct sha256 *hash)
{
    struct hash16 h;
    memcpy(h.b, hash->b, sizeof h.b);
    return h;
}

struct account_id
account_id_of(const struct ed25519_public *aik)
{
    struct sha256 h;
    struct account_id id;
    label_hash1(LABEL_ACCOUNT_ID, SPAN_OF(*aik), &h);
    memcpy(id.b, h.b, sizeof id.b);
    return id;
}

struct relay_id
relay_id_of(const struct ed25519_public *rlk)
{
    struct sha256 h;
    struct relay_id id;
    label_hash1(LABEL_RELAY_ID, SPAN_OF(*rlk), &h);
    memcpy(id.b, h.b, sizeof id.b);
    return id;
}

struct token_hash
token_hash_of(const struct token *token)
{
    struct sha256 h;
    struct token_hash t;
    label_hash1(LABEL_TOKEN, SPAN_OF(*token), &h);
    memcpy(t.b, h.b, sizeof t.b);
    return t;
}

enum err
label_verify(enum label l, struct span payload, const struct ed25519_public *key,
             const struct ed25519_signature *sig)
{
    const char *text = label_text(l);
    AUTO(buf_done) struct buf m = BUF(payload.n + 64);

    buf_put(&m, SPAN(text, strlen(text) + 1));
    buf_put(&m, payload);
    TRY(buf_ok(&m));
    if (crypto_sign_verify_detached(sig->b, m.p, m.n, key->b) != 0)
        return fail(ERR_SIGNATURE, "a signature for \"%s\" is not valid", text);
    return OK;
}
