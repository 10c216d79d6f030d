/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/envelope.h"

#include <assert.h>
#include <sodium.h>

#include "crypto/kdf.h"
#include "wire/check.h"

#define VERSION 1
#define TAG crypto_aead_xchacha20poly1305_ietf_ABYTES
#define SENDER_FIELD 240

/* E, C1 and C2 of B5. */
#define AT_EKS_ID 1
#define AT_POINT 5
#define AT_KEM 37
#define AT_C1 1125
#define AT_C2 1381
_Static_assert(AT_C1 == AT_KEM + sizeof(struct mlkem_ciphertext), "B5");
_Static_assert(AT_C2 == AT_C1 + SENDER_FIELD + TAG, "B5");
_Static_assert(sizeof(struct hybrid_ciphertext) == AT_C1 - AT_POINT, "read and written as one");

#define BODY_FIELDS (1 + 2 + 4) /* type, length of the manifest, length of the message */

/* What libsignal adds to a content in an initial message with 5-byte ids and counters, its padding
 * to 16n - 1 aside. Lengths take a byte more each in B3. */
#define SIGNAL_OVERHEAD 151
#define SIGNAL_OVERHEAD_B3 153

static const size_t sizes[] = {ENVELOPE_B1, ENVELOPE_B2, ENVELOPE_B3};
#define SIZES (sizeof sizes / sizeof sizes[0])

SECRET_TYPE(sender_field, SENDER_FIELD)

/* What the two stages hand on. */
struct stage {
    struct sha256 th; /* salt and associated data */
    struct secret64 keys;
};

static void
stage_wipe(struct stage *s)
{
    secret_wipe(s, sizeof *s);
}

void
envelope_opened_done(struct envelope_opened *o)
{
    buf_done(&o->body);
    secret_wipe(o, sizeof *o);
}

static size_t
body_size(size_t size)
{
    return size - AT_C2 - TAG;
}

size_t
envelope_capacity(size_t size, size_t manifest_len)
{
    assert(envelope_size_valid(size));
    size_t room = body_size(size) - BODY_FIELDS;
    return manifest_len < room ? room - manifest_len : 0;
}

size_t
envelope_content_capacity(size_t size, size_t manifest_len)
{
    size_t overhead = size == ENVELOPE_B3 ? SIGNAL_OVERHEAD_B3 : SIGNAL_OVERHEAD;
    size_t room = envelope_capacity(size, manifest_len);
    if (room < overhead + 15)
        return 0;
    return (room - overhead + 1) / 16 * 16 - 1;
}

/* th1, and K1 || CK in the keys. */
static void
first_stage(struct span prefix, const struct envelope_to *to, const struct secret64 *ikm,
            struct stage *ret)
{
    assert(to->device >= 1 && to->device <= DEVICE_ID_MAX);
    uint8_t device = (uint8_t)to->device;
    struct span parts[] = {
        prefix, SPAN_OF(to->eks->x), SPAN_OF(to->eks->ek), SPAN_OF(to->account), SPAN(&device, 1),
    };
    label_hash(LABEL_ENV_TH1, parts, sizeof parts / sizeof parts[0], &ret->th);
    hkdf(&(struct hkdf_input){.salt = SPAN_OF(ret->th),
                              .ikm = SPAN_OF(*ikm),
                              .label = LABEL_ENV_SENDER},
         ret->keys.b, sizeof ret->keys.b);
}

/* th2, and K2 in the first half of the keys. */
static void
second_stage(const struct stage *first, struct span c1, const struct x25519_shared *dh,
             struct stage *ret)
{
    AUTO(secret64_wipe) struct secret64 ikm;
    struct span parts[] = {SPAN_OF(first->th), c1};

    label_hash(LABEL_ENV_TH2, parts, 2, &ret->th);
    memcpy(ikm.b, first->keys.b + 32, 32); /* CK */
    memcpy(ikm.b + 32, dh->b, 32);
    hkdf(&(struct hkdf_input){.salt = SPAN_OF(ret->th),
                              .ikm = SPAN_OF(ikm),
                              .label = LABEL_ENV_BODY},
         ret->keys.b, 32);
}

/* The zero nonce is sound because each stage's key is used once. */
static const uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];

/* Encrypt N bytes where they are; the tag goes behind them. */
static void
stage_seal(const struct stage *s, uint8_t *p, size_t n)
{
    crypto_aead_xchacha20poly1305_ietf_encrypt(p, NULL, p, n, s->th.b, sizeof s->th.b, NULL, nonce,
                                               s->keys.b);
}

/* Decrypt C, which ends with its tag, into RET of C.n - TAG bytes. */
static enum err
stage_open(const struct stage *s, struct span c, uint8_t *ret)
{
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(ret, NULL, NULL, c.p, c.n, s->th.b,
                                                   sizeof s->th.b, nonce, s->keys.b) != 0)
        return ERR_DECRYPT;
    return OK;
}

/* --- sealing --- */

static enum err
smallest_size(const struct envelope_sealing *in, size_t *ret)
{
    for (size_t i = 0; i < SIZES; i++) {
        size_t room = body_size(sizes[i]) - BODY_FIELDS;
        if (in->manifest.n <= room && in->message.n <= room - in->manifest.n) {
            *ret = sizes[i];
            return OK;
        }
    }
    return fail(ERR_TOO_LARGE, "the message does not fit into an envelope");
}

/* The 240 bytes: length, the packed sender, zeros. */
static enum err
write_sender(const struct envelope_sender *s, uint8_t ret[SENDER_FIELD])
{
    struct envelope_sender copy = *s; /* protobuf-c wants pointers to non-const */
    char address[ADDRESS_MAX + 1];
    AUTO(buf_done) struct buf packed = BUF(ENVELOPE_SENDER_MAX);
    Wire__Sender w;

    wire__sender__init(&w);
    address_write(&s->address, address);
    w.account_id = (ProtobufCBinaryData){sizeof copy.account.b, copy.account.b};
    w.device = s->device;
    w.dak = (ProtobufCBinaryData){sizeof copy.dak.b, copy.dak.b};
    w.address = address;
    w.manifest_seq = s->manifest_seq;
    w.manifest_hash = (ProtobufCBinaryData){sizeof copy.manifest_hash.b, copy.manifest_hash.b};
    wire_pack(&packed, &w.base);
    TRY(buf_ok(&packed));

    memset(ret, 0, SENDER_FIELD);
    ret[0] = (uint8_t)(packed.n >> 8);
    ret[1] = (uint8_t)packed.n;
    memcpy(ret + 2, packed.p, packed.n);
    return OK;
}

/* Append the N bytes of a body. */
static void
write_body(const struct envelope_sealing *in, struct buf *out, size_t n)
{
    size_t end = out->n + n;
    buf_put_u8(out, (uint8_t)in->type);
    buf_put_u16(out, (uint16_t)in->manifest.n);
    buf_put(out, in->manifest);
    buf_put_u32(out, (uint32_t)in->message.n);
    buf_put(out, in->message);
    uint8_t *padding = buf_grow(out, end - out->n);
    if (padding != NULL)
        memset(padding, 0, end - (size_t)(padding - out->p));
}

/* Both stages of a sealing, over the finished prefix in OUT. */
static enum err
seal_stages(const struct envelope_sealing *in, const struct secret64 *ikm, struct buf *out)
{
    AUTO(stage_wipe) struct stage first, second;
    AUTO(x25519_shared_wipe) struct x25519_shared dh;
    size_t body = body_size(out->max);

    if (x25519_agree(in->dak, &in->to.eks->x, &dh) != OK)
        return fail(ERR_MALFORMED, "a prekey of low order");

    uint8_t *c1 = buf_grow(out, SENDER_FIELD + TAG);
    TRY(buf_ok(out));
    TRY(write_sender(&in->sender, c1));
    first_stage(SPAN(out->p, AT_C1), &in->to, ikm, &first);
    stage_seal(&first, c1, SENDER_FIELD);
    second_stage(&first, SPAN(c1, SENDER_FIELD + TAG), &dh, &second);

    write_body(in, out, body);
    buf_grow(out, TAG);
    TRY(buf_ok(out));
    stage_seal(&second, out->p + AT_C2, body);
    return OK;
}

enum err
envelope_seal(const struct envelope_sealing *in, struct buf *ret)
{
    AUTO(secret64_wipe) struct secret64 ikm;
    struct hybrid_ciphertext c;
    size_t size = 0;

    assert(envelope_type_known((uint8_t)in->type));
    assert(in->to.eks_id != 0);
    TRY(smallest_size(in, &size));
    TRY(hybrid_encapsulate(in->to.eks, &c, &ikm));

    AUTO(buf_done) struct buf out = BUF(size);
    buf_put_u8(&out, VERSION);
    buf_put_u32(&out, in->to.eks_id);
    buf_put(&out, SPAN_OF(c.e));
    buf_put(&out, SPAN_OF(c.kem));
    TRY(seal_stages(in, &ikm, &out));

    assert(out.n == size);
    buf_done(ret);
    *ret = out;
    out = BUF(0);
    return OK;
}

/* --- opening --- */

enum err
envelope_eks_id(struct span envelope, uint32_t *ret)
{
    if (!envelope_size_valid(envelope.n) || envelope.p[0] != VERSION)
        return fail(ERR_MALFORMED, "an envelope of another size or version");
    struct reader r = READER(SPAN(envelope.p + AT_EKS_ID, 4));
    uint32_t id = read_u32(&r);
    if (id == 0)
        return fail(ERR_MALFORMED, "an envelope for no prekey");
    *ret = id;
    return OK;
}

static bool
all_zero(struct span bytes)
{
    return bytes.n == 0 || sodium_is_zero(bytes.p, bytes.n) == 1;
}

static enum err
read_sender(const struct sender_field *field, struct envelope_sender *ret)
{
    AUTO(sender_freep) Wire__Sender *w = NULL;
    struct reader r = READER(SPAN_OF(*field));
    struct span packed = read_span(&r, read_u16(&r));

    if (!r.ok || !all_zero(r.rest))
        return ERR_MALFORMED;
    TRY(sender_read(packed, &w));
    TRY(address_read(SPAN_STR(w->address), &ret->address));
    memcpy(ret->account.b, w->account_id.data, sizeof ret->account.b);
    memcpy(ret->dak.b, w->dak.data, sizeof ret->dak.b);
    memcpy(ret->manifest_hash.b, w->manifest_hash.data, sizeof ret->manifest_hash.b);
    ret->device = w->device;
    ret->manifest_seq = w->manifest_seq;
    return OK;
}

/* The fields of O's body. */
static enum err
read_body(struct envelope_opened *o)
{
    struct reader r = READER(buf_span(&o->body));
    uint8_t type = read_u8(&r);
    o->manifest = read_span(&r, read_u16(&r));
    o->message = read_span(&r, read_u32(&r));
    if (!r.ok || !all_zero(r.rest))
        return ERR_MALFORMED;
    if (!envelope_type_known(type))
        return ERR_MALFORMED;
    o->type = (enum envelope_type)type;
    return OK;
}

static enum err
open_stages(struct span envelope, const struct envelope_to *to, const struct hybrid_secret *secret,
            struct envelope_opened *o)
{
    AUTO(stage_wipe) struct stage first, second;
    AUTO(secret64_wipe) struct secret64 ikm;
    AUTO(x25519_shared_wipe) struct x25519_shared dh;
    AUTO(sender_field_wipe) struct sender_field field;
    struct hybrid_ciphertext c;
    struct span c1 = SPAN(envelope.p + AT_C1, SENDER_FIELD + TAG);
    struct span c2 = SPAN(envelope.p + AT_C2, envelope.n - AT_C2);

    memcpy(c.e.b, envelope.p + AT_POINT, sizeof c.e.b);
    memcpy(c.kem.b, envelope.p + AT_KEM, sizeof c.kem.b);
    TRY(hybrid_decapsulate(secret, &c, &ikm));
    first_stage(SPAN(envelope.p, AT_C1), to, &ikm, &first);
    TRY(stage_open(&first, c1, field.b));
    TRY(read_sender(&field, &o->sender));

    TRY(x25519_agree(&secret->x, &o->sender.dak, &dh));
    second_stage(&first, c1, &dh, &second);
    o->body = BUF(body_size(envelope.n));
    uint8_t *body = buf_grow(&o->body, body_size(envelope.n));
    if (body == NULL)
        return ERR_MEMORY;
    TRY(stage_open(&second, c2, body));
    return read_body(o);
}

enum err
envelope_open(struct span envelope, const struct envelope_to *to,
              const struct hybrid_secret *secret, struct envelope_opened *ret)
{
    AUTO(envelope_opened_done) struct envelope_opened o = {0};
    uint32_t eks_id = 0;

    enum err e = envelope_eks_id(envelope, &eks_id);
    if (e == OK && eks_id != to->eks_id)
        e = ERR_MALFORMED;
    if (e == OK)
        e = open_stages(envelope, to, secret, &o);
    if (e == ERR_MEMORY)
        return fail(ERR_MEMORY, "no memory to open an envelope");
    if (e != OK)
        return fail(ERR_DECRYPT, "the envelope does not open");
    *ret = o;
    o = (struct envelope_opened){0};
    return OK;
}
