/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/crypto/envelope_forge.h"

#include <sodium.h>

#include "crypto/kdf.h"
#include "wire/check.h"

void
people_init(struct people *p)
{
    memset(p, 0, sizeof *p);
    hybrid_generate(&p->eks_secret, &p->eks);
    p->to = (struct envelope_to){.device = 1, .eks_id = 7, .eks = &p->eks};
    randombytes_buf(p->to.account.b, sizeof p->to.account.b);
    x25519_generate(&p->dak, &p->sender.dak);
    randombytes_buf(p->sender.account.b, sizeof p->sender.account.b);
    randombytes_buf(p->sender.manifest_hash.b, sizeof p->sender.manifest_hash.b);
    p->sender.device = 1;
    p->sender.manifest_seq = 1;
    assert_ok(address_read(SPAN_STR("alice@relay.example:8443"), &p->sender.address));
}

struct buf
filler(size_t n)
{
    struct buf b = BUF(n + 1);
    uint8_t *p = buf_grow(&b, n);
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(131 * i + (i >> 8));
    return b;
}

static void
put_number(uint8_t *at, size_t v)
{
    at[0] = (uint8_t)(v >> 8);
    at[1] = (uint8_t)v;
}

void
forged_init(const struct people *p, size_t size, struct span manifest, struct span message,
            struct forged *ret)
{
    struct envelope_sender s = p->sender;
    char address[ADDRESS_MAX + 1];
    AUTO(buf_done) struct buf packed = BUF(238);
    Wire__Sender w;

    *ret = (struct forged){0};
    wire__sender__init(&w);
    address_write(&s.address, address);
    w.account_id = (ProtobufCBinaryData){32, s.account.b};
    w.device = s.device;
    w.dak = (ProtobufCBinaryData){32, s.dak.b};
    w.address = address;
    w.manifest_seq = s.manifest_seq;
    w.manifest_hash = (ProtobufCBinaryData){32, s.manifest_hash.b};
    wire_pack(&packed, &w.base);
    assert_ok(buf_ok(&packed));
    put_number(ret->header, packed.n);
    memcpy(ret->header + 2, packed.p, packed.n);

    ret->body = BUF(ENVELOPE_B3);
    buf_put_u8(&ret->body, ENVELOPE_MESSAGE);
    buf_put_u16(&ret->body, (uint16_t)manifest.n);
    buf_put(&ret->body, manifest);
    buf_put_u32(&ret->body, (uint32_t)message.n);
    buf_put(&ret->body, message);
    assert_true(ret->body.n <= size - 1397);
    size_t padding = size - 1397 - ret->body.n;
    if (padding > 0)
        memset(buf_grow(&ret->body, padding), 0, padding);
    assert_ok(buf_ok(&ret->body));
}

void
forged_done(struct forged *f)
{
    buf_done(&f->body);
}

/* Append the AEAD of PLAIN. */
static void
put_sealed(struct buf *out, const uint8_t key[32], const uint8_t th[32], struct span plain)
{
    static const uint8_t nonce[24];
    uint8_t *c = buf_grow(out, plain.n + 16);
    assert_non_null(c);
    crypto_aead_xchacha20poly1305_ietf_encrypt(c, NULL, plain.p, plain.n, th, 32, NULL, nonce, key);
}

struct buf
forge(const struct people *p, const struct forged *f)
{
    struct buf out = BUF(2 * ENVELOPE_B3);
    struct hybrid_ciphertext c;
    struct secret64 ikm;
    struct x25519_shared dh = {0};
    struct sha256 th1, th2;
    uint8_t keys[64], ikm2[64], device = (uint8_t)p->to.device;

    assert_ok(hybrid_encapsulate(&p->eks, &c, &ikm));
    if (f->zero_point) {
        memset(c.e.b, 0, sizeof c.e.b);
        memset(ikm.b + 32, 0, 32);
    }
    buf_put_u8(&out, 1);
    buf_put_u32(&out, p->to.eks_id);
    buf_put(&out, SPAN_OF(c.e));
    buf_put(&out, SPAN_OF(c.kem));

    struct span first[] = {buf_span(&out), SPAN_OF(p->eks.x), SPAN_OF(p->eks.ek),
                           SPAN_OF(p->to.account), SPAN(&device, 1)};
    label_hash(LABEL_ENV_TH1, first, 5, &th1);
    hkdf_raw(SPAN_OF(th1), SPAN_OF(ikm), SPAN_STR("snug/1 env sender"), keys, 64);
    put_sealed(&out, keys, th1.b, SPAN(f->header, FORGED_HEADER));

    if (!f->zero_dak)
        assert_ok(x25519_agree(&p->dak, &p->eks.x, &dh));
    struct span second[] = {SPAN_OF(th1), SPAN(out.p + 1125, 256)};
    label_hash(LABEL_ENV_TH2, second, 2, &th2);
    memcpy(ikm2, keys + 32, 32);
    memcpy(ikm2 + 32, dh.b, 32);
    hkdf_raw(SPAN_OF(th2), SPAN(ikm2, 64), SPAN_STR("snug/1 env body"), keys, 32);
    put_sealed(&out, keys, th2.b, buf_span(&f->body));
    assert_ok(buf_ok(&out));
    return out;
}
