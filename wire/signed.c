/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/signed.h"

#include <assert.h>

#include "wire/account.pb-c.h"
#include "wire/fields.h"
#include "wire/keys.pb-c.h"
#include "wire/pack.h"

static void
unpacked_freep(ProtobufCMessage **m)
{
    wire_unpacked_free(*m);
}

void
signed_write(struct buf *out, struct span payload, const struct ed25519_signature *sig)
{
    struct ed25519_signature copy = *sig;
    Wire__Signed s = WIRE__SIGNED__INIT;

    /* protobuf-c has no pointers to const, and only reads. */
    s.payload = (ProtobufCBinaryData){payload.n, (uint8_t *)(uintptr_t)payload.p};
    s.sig = (ProtobufCBinaryData){sizeof copy.b, copy.b};
    wire_pack(out, &s.base);
}

enum err
signed_read(struct span object, size_t max, struct signed_parts *ret)
{
    AUTO(unpacked_freep) ProtobufCMessage *m = NULL;
    struct signed_parts p = {.payload = BUF(max)};

    TRY(wire_unpack(&wire__signed__descriptor, object, max + SIGNED_OVERHEAD, &m));
    const Wire__Signed *s = (const Wire__Signed *)m;
    TRY(field_copy(s->sig, p.sig.b, sizeof p.sig.b, "the signature"));
    TRY(field_some(s->payload, max, "the payload"));
    buf_put(&p.payload, span_pb(s->payload));
    TRY(buf_ok(&p.payload));
    *ret = p;
    return OK;
}

void
signed_parts_done(struct signed_parts *p)
{
    buf_done(&p->payload);
}

void
device_entry_text(struct buf *out, const struct account_id *account, const struct device_entry *d)
{
    buf_put(out, SPAN_OF(*account));
    buf_put_u8(out, (uint8_t)d->id);
    buf_put_u32(out, d->registration_id);
    buf_put(out, SPAN_OF(d->dik));
    buf_put(out, SPAN_OF(d->dsk));
    buf_put(out, SPAN_OF(d->dak));
    buf_put_u64(out, d->created);
    buf_put_u64(out, d->caps);
}

void
lineage_text(struct buf *out, const struct account_id *account, const struct lineage_entry *e)
{
    buf_put(out, SPAN_OF(*account));
    buf_put(out, SPAN_OF(e->aik));
    buf_put(out, SPAN_OF(e->next));
}

void
one_time_key_text(struct buf *out, const struct account_id *account, uint32_t device,
                  const struct one_time_key *k)
{
    buf_put(out, SPAN_OF(*account));
    buf_put_u8(out, (uint8_t)device);
    buf_put_u32(out, k->id);
    buf_put(out, SPAN_OF(k->key));
}

enum err
one_time_key_verify(const struct one_time_key *k, const struct account_id *account, uint32_t device,
                    const struct ed25519_public *dsk)
{
    AUTO(buf_done) struct buf text = BUF(128);

    TRY(field_range(device, 1, DEVICE_ID_MAX, "the device")); /* it is signed as one byte */
    one_time_key_text(&text, account, device, k);
    TRY(buf_ok(&text));
    return label_verify(LABEL_OPK, buf_span(&text), dsk, &k->sig);
}

void
delete_statement_text(struct buf *out, const struct account_id *account,
                      const struct relay_id *relay, uint64_t time)
{
    buf_put(out, SPAN_OF(*account));
    buf_put(out, SPAN_OF(*relay));
    buf_put_u64(out, time);
}

enum err
delete_statement_read(struct span object, const struct delete_subject *subject, uint64_t *ret_time)
{
    AUTO(signed_parts_done) struct signed_parts parts = {0};
    struct account_id account;
    struct relay_id relay;

    TRY(signed_read(object, DELETE_STATEMENT_BYTES, &parts));
    TRY(label_verify(LABEL_DELETE, buf_span(&parts.payload), &subject->aik, &parts.sig));
    struct reader r = READER(buf_span(&parts.payload));
    read_bytes(&r, account.b, sizeof account.b);
    read_bytes(&r, relay.b, sizeof relay.b);
    uint64_t time = read_u64(&r);
    if (!r.ok || r.rest.n != 0)
        return fail(ERR_MALFORMED, "the statement has another size");
    if (memcmp(&account, &subject->account, sizeof account) != 0 ||
        memcmp(&relay, &subject->relay, sizeof relay) != 0)
        return fail(ERR_SIGNATURE, "the statement is about another account or relay");
    *ret_time = time;
    return OK;
}

static enum err
bundle_fields(const Wire__Bundle *w, struct bundle *b)
{
    TRY(field_copy(w->account_id, b->account.b, sizeof b->account.b, "the account"));
    TRY(field_range(w->device, 1, DEVICE_ID_MAX, "the device"));
    TRY(field_number(w->created, "the time"));
    TRY(field_signal_key(w->spk, &b->spk, "the signed prekey"));
    TRY(field_copy(w->spk_sig, b->spk_sig.b, sizeof b->spk_sig.b, "the prekey's signature"));
    TRY(field_present(w->eks, "the envelope key"));
    TRY(field_range(w->eks->id, 1, UINT32_MAX, "the envelope key's number"));
    TRY(field_copy(w->eks->x25519, b->eks_x.b, sizeof b->eks_x.b, "the envelope key"));
    TRY(field_copy(w->eks->mlkem, b->eks_ek.b, sizeof b->eks_ek.b, "the envelope key"));
    TRY(field_number(w->eks->not_after, "the time"));
    TRY(field_range(w->manifest_seq, 1, UINT32_MAX, "the manifest's number"));
    b->device = w->device;
    b->created = w->created;
    b->spk_id = w->spk_id;
    b->eks_id = w->eks->id;
    b->eks_not_after = w->eks->not_after;
    b->manifest_seq = w->manifest_seq;
    return OK;
}

enum err
bundle_read(struct span object, const struct ed25519_public *dsk, struct bundle *ret)
{
    AUTO(signed_parts_done) struct signed_parts parts = {0};
    AUTO(unpacked_freep) ProtobufCMessage *m = NULL;
    struct bundle b = {0};

    TRY(signed_read(object, BUNDLE_MAX, &parts));
    TRY(label_verify(LABEL_BUNDLE, buf_span(&parts.payload), dsk, &parts.sig));
    TRY(wire_unpack(&wire__bundle__descriptor, buf_span(&parts.payload), BUNDLE_MAX, &m));
    TRY(bundle_fields((const Wire__Bundle *)m, &b));
    *ret = b;
    return OK;
}
