/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/wire/objects.h"

#include <assert.h>
#include <sodium.h>

#include "wire/pack.h"

#define PB(array) ((ProtobufCBinaryData){sizeof(array), (array)})

struct key_pair
key_pair_of(uint8_t seed)
{
    struct key_pair k;
    uint8_t bytes[32];
    memset(bytes, seed, sizeof bytes);
    crypto_sign_seed_keypair(k.public.b, k.secret, bytes);
    return k;
}

struct ed25519_signature
key_pair_sign(const struct key_pair *k, enum label l, struct span payload)
{
    struct ed25519_signature sig;
    AUTO(buf_done) struct buf m = BUF(payload.n + 64);
    buf_put(&m, SPAN(label_text(l), strlen(label_text(l)) + 1));
    buf_put(&m, payload);
    assert(!m.failed);
    crypto_sign_detached(sig.b, NULL, m.p, m.n, k->secret);
    return sig;
}

struct sha256
successor_of(const struct key_pair *k)
{
    struct sha256 h;
    label_hash1(LABEL_AIK_NEXT, SPAN_OF(k->public), &h);
    return h;
}

/* Signed{payload, sig} by hand: 0a len payload 12 40 sig. */
static void
put_signed(struct buf *out, enum label l, const ProtobufCMessage *m, const struct key_pair *k)
{
    AUTO(buf_done) struct buf payload = BUF(64 * 1024);
    wire_pack(&payload, m);
    assert(!payload.failed);
    struct ed25519_signature sig = key_pair_sign(k, l, buf_span(&payload));
    buf_put_u8(out, 0x0a);
    size_t n = payload.n;
    for (; n >= 128; n >>= 7)
        buf_put_u8(out, (uint8_t)(n | 128));
    buf_put_u8(out, (uint8_t)n);
    buf_put(out, buf_span(&payload));
    buf_put_u8(out, 0x12);
    buf_put_u8(out, 64);
    buf_put(out, SPAN_OF(sig));
    assert(!out->failed);
}

void
manifest_plan_sign_device(struct manifest_plan *p, size_t i)
{
    struct device_entry *d = &p->entries[i];
    AUTO(buf_done) struct buf t = BUF(256);

    p->devices[i].id = d->id;
    p->devices[i].registration_id = d->registration_id;
    p->devices[i].created = d->created;
    p->devices[i].caps = d->caps;
    buf_put(&t, SPAN_OF(p->account));
    buf_put_u8(&t, (uint8_t)d->id);
    buf_put_u32(&t, d->registration_id);
    buf_put(&t, SPAN_OF(d->dik));
    buf_put(&t, SPAN_OF(d->dsk));
    buf_put(&t, SPAN_OF(d->dak));
    buf_put_u64(&t, d->created);
    buf_put_u64(&t, d->caps);
    d->dsk_sig = key_pair_sign(&p->dsk[i], LABEL_DEVICE_DSK, buf_span(&t));
}

void
manifest_plan_devices(struct manifest_plan *p, size_t n)
{
    assert(n <= PLAN_MANY);
    for (size_t i = 0; i < n; i++) {
        struct device_entry *d = &p->entries[i];
        p->dsk[i] = key_pair_of((uint8_t)(100 + i));
        *d = (struct device_entry){.id = (uint32_t)i + 1,
                                   .registration_id = 4711,
                                   .dsk = p->dsk[i].public,
                                   .created = 1800000000,
                                   .caps = 1};
        memset(d->dik.b, (int)(0x10 + i), sizeof d->dik.b);
        d->dik.b[0] = 5;
        memset(d->dak.b, (int)(0x20 + i), sizeof d->dak.b);
        memset(d->dik_sig.b, (int)(0x30 + i), sizeof d->dik_sig.b);
        p->devices[i] = (Wire__Device)WIRE__DEVICE__INIT;
        p->devices[i].dik = PB(d->dik.b);
        p->devices[i].dsk = PB(d->dsk.b);
        p->devices[i].dak = PB(d->dak.b);
        p->devices[i].dsk_sig = PB(d->dsk_sig.b);
        p->devices[i].dik_sig = PB(d->dik_sig.b);
        p->device_list[i] = &p->devices[i];
        manifest_plan_sign_device(p, i);
    }
    p->w.n_devices = n;
    p->w.devices = p->device_list;
}

void
manifest_plan_key(struct manifest_plan *p, uint8_t aik)
{
    struct key_pair successor = key_pair_of((uint8_t)(aik + 1));
    p->aik = key_pair_of(aik);
    p->next = successor_of(&successor);
}

void
manifest_plan_init(struct manifest_plan *p, uint8_t aik)
{
    static char address[] = "alice@relay.example:8443";

    memset(p, 0, sizeof *p);
    wire__manifest__init(&p->w); /* the INIT macro casts a const away */
    manifest_plan_key(p, aik);
    p->account = account_id_of(&p->aik.public);
    memset(p->pins, 0x77, sizeof p->pins);
    for (size_t i = 0; i < PINS_MAX + 1; i++)
        p->pin_list[i] = PB(p->pins[i].b);
    p->w.account_id = PB(p->account.b);
    p->w.seq = 1;
    p->w.prev = PB(p->prev.b);
    p->w.created = 1800000000;
    p->w.aik = PB(p->aik.public.b);
    p->w.next = PB(p->next.b);
    p->w.address = address;
    p->w.n_pins = 1;
    p->w.pins = p->pin_list;
    p->w.caps = 3;
    manifest_plan_devices(p, 1);
}

void
manifest_plan_sign_link(struct manifest_plan *p, size_t i, const struct key_pair *signer)
{
    struct lineage_entry *e = &p->links[i];
    AUTO(buf_done) struct buf t = BUF(128);
    buf_put(&t, SPAN_OF(p->account));
    buf_put(&t, SPAN_OF(e->aik));
    buf_put(&t, SPAN_OF(e->next));
    e->sig = key_pair_sign(signer, LABEL_AIK_LINEAGE, buf_span(&t));
}

void
manifest_plan_lineage(struct manifest_plan *p, uint8_t first, size_t n)
{
    assert(n <= PLAN_MANY);
    for (size_t i = 0; i < n; i++) {
        struct key_pair key = key_pair_of((uint8_t)(first + i));
        struct key_pair successor = key_pair_of((uint8_t)(first + i + 1));
        p->links[i] = (struct lineage_entry){key.public, successor_of(&successor), {{0}}};
        manifest_plan_sign_link(p, i, &key);
        p->lineage[i] = (Wire__Lineage)WIRE__LINEAGE__INIT;
        p->lineage[i].aik = PB(p->links[i].aik.b);
        p->lineage[i].next = PB(p->links[i].next.b);
        p->lineage[i].sig = PB(p->links[i].sig.b);
        p->lineage_list[i] = &p->lineage[i];
    }
    p->w.n_lineage = n;
    p->w.lineage = p->lineage_list;
}

void
manifest_plan_object(const struct manifest_plan *p, struct buf *out)
{
    put_signed(out, LABEL_MANIFEST, &p->w.base, &p->aik);
}

void
bundle_plan_init(struct bundle_plan *p, const struct account_id *account)
{
    memset(p, 0, sizeof *p);
    p->w = (Wire__Bundle)WIRE__BUNDLE__INIT;
    p->eks = (Wire__EnvelopeKey)WIRE__ENVELOPE_KEY__INIT;
    p->account = *account;
    memset(p->spk, 0x11, sizeof p->spk);
    p->spk[0] = 5;
    memset(p->spk_sig, 0x22, sizeof p->spk_sig);
    memset(p->x25519, 0x33, sizeof p->x25519);
    memset(p->mlkem, 0x44, sizeof p->mlkem);
    p->eks.id = 1;
    p->eks.x25519 = PB(p->x25519);
    p->eks.mlkem = PB(p->mlkem);
    p->eks.not_after = 1801209600;
    p->w.account_id = PB(p->account.b);
    p->w.device = 1;
    p->w.created = 1800000000;
    p->w.spk_id = 1;
    p->w.spk = PB(p->spk);
    p->w.spk_sig = PB(p->spk_sig);
    p->w.eks = &p->eks;
    p->w.manifest_seq = 1;
}

void
bundle_plan_object(const struct bundle_plan *p, const struct key_pair *dsk, struct buf *out)
{
    put_signed(out, LABEL_BUNDLE, &p->w.base, dsk);
}
