/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/anchor.h"

#include <assert.h>
#include <sodium.h>

#include "wire/labels.h"

#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define PLAIN 88
static_assert(NONCE + PLAIN + crypto_aead_xchacha20poly1305_ietf_ABYTES == ANCHOR_BYTES);

static void
put_ad(const struct anchor_owner *o, struct buf *ret)
{
    const char *label = label_text(LABEL_ANCHOR);

    buf_put(ret, SPAN(label, strlen(label) + 1));
    buf_put(ret, SPAN_OF(o->account));
    buf_put_u8(ret, (uint8_t)o->device);
    assert(!ret->failed);
}

void
anchor_seal(const struct anchor_owner *o, const struct anchor *a, uint8_t ret[ANCHOR_BYTES])
{
    AUTO(buf_done) struct buf ad = BUF(128), plain = BUF(PLAIN);

    put_ad(o, &ad);
    buf_put_u64(&plain, a->gen);
    buf_put(&plain, SPAN(a->sum, sizeof a->sum));
    buf_put_u64(&plain, (uint64_t)a->time_s);
    while (plain.n < PLAIN)
        buf_put_u8(&plain, 0);
    assert(!plain.failed);
    randombytes_buf(ret, NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(ret + NONCE, NULL, plain.p, plain.n, ad.p, ad.n,
                                               NULL, ret, o->key->b);
}

enum err
anchor_unseal(const struct anchor_owner *o, struct span data, struct anchor *ret)
{
    AUTO(buf_done) struct buf ad = BUF(128);
    uint8_t plain[PLAIN];
    struct anchor a;

    if (data.n != ANCHOR_BYTES)
        return fail(ERR_DECRYPT, "an anchor of the wrong length");
    put_ad(o, &ad);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            plain, NULL, NULL, data.p + NONCE, data.n - NONCE, ad.p, ad.n, data.p, o->key->b) != 0)
        return fail(ERR_DECRYPT, "an anchor that is not of this device's store");
    struct reader r = READER(SPAN(plain, sizeof plain));
    a.gen = read_u64(&r);
    read_bytes(&r, a.sum, sizeof a.sum);
    a.time_s = (int64_t)read_u64(&r);
    *ret = a;
    return OK;
}
