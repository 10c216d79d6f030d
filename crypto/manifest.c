/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/manifest.h"

#include <assert.h>

#include "wire/account.pb-c.h"
#include "wire/pack.h"

void
manifest_draft_first(const struct account_key *aik, const struct sha256 *next, struct manifest *ret)
{
    *ret = (struct manifest){
        .account = account_id_of(&aik->public),
        .seq = 1,
        .aik = aik->public,
        .next = *next,
    };
}

void
manifest_draft_next(const struct manifest *held, struct manifest *ret)
{
    struct manifest m = *held;

    m.seq++;
    m.prev = held->hash;
    *ret = m;
}

static Wire__Device
device_message(const struct device_entry *d)
{
    Wire__Device m;

    wire__device__init(&m);
    m.id = d->id;
    m.registration_id = d->registration_id;
    m.dik = PB_OF(d->dik);
    m.dsk = PB_OF(d->dsk);
    m.dak = PB_OF(d->dak);
    m.created = d->created;
    m.caps = d->caps;
    m.dsk_sig = PB_OF(d->dsk_sig);
    m.dik_sig = PB_OF(d->dik_sig);
    return m;
}

static Wire__Lineage
lineage_message(const struct lineage_entry *e)
{
    Wire__Lineage m;

    wire__lineage__init(&m);
    m.aik = PB_OF(e->aik);
    m.next = PB_OF(e->next);
    m.sig = PB_OF(e->sig);
    return m;
}

static void
payload_write(const struct manifest *d, struct buf *out)
{
    Wire__Manifest m;
    ProtobufCBinaryData pins[PINS_MAX];
    Wire__Device devices[DEVICES_MAX], *device_list[DEVICES_MAX];
    Wire__Lineage lineage[LINEAGE_MAX], *lineage_list[LINEAGE_MAX];
    char address[ADDRESS_MAX + 1];

    wire__manifest__init(&m);
    for (size_t i = 0; i < d->pin_count; i++)
        pins[i] = PB_OF(d->pins[i]);
    for (size_t i = 0; i < d->device_count; i++) {
        devices[i] = device_message(&d->devices[i]);
        device_list[i] = &devices[i];
    }
    for (size_t i = 0; i < d->lineage_count; i++) {
        lineage[i] = lineage_message(&d->lineage[i]);
        lineage_list[i] = &lineage[i];
    }
    address_write(&d->address, address);
    m.account_id = PB_OF(d->account);
    m.seq = d->seq;
    m.prev = PB_OF(d->prev);
    m.created = d->created;
    m.aik = PB_OF(d->aik);
    m.next = PB_OF(d->next);
    m.address = address;
    m.n_pins = d->pin_count;
    m.pins = pins;
    m.n_devices = d->device_count;
    m.devices = device_list;
    m.caps = d->caps;
    m.n_lineage = d->lineage_count;
    m.lineage = lineage_list;
    wire_pack(out, &m.base);
}

enum err
manifest_sign(const struct manifest *draft, const struct account_key *aik, struct buf *ret_object,
              struct manifest *ret)
{
    AUTO(buf_done) struct buf payload = BUF(MANIFEST_MAX);
    AUTO(buf_done) struct buf object = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    struct ed25519_signature sig;
    struct manifest m;

    if (memcmp(draft->aik.b, aik->public.b, sizeof aik->public.b) != 0)
        return fail(ERR_STATE, "this is not the account key that signs the manifest");
    if (draft->pin_count > PINS_MAX || draft->device_count > DEVICES_MAX ||
        draft->lineage_count > LINEAGE_MAX)
        return fail(ERR_MALFORMED, "the manifest has more than it may hold");
    payload_write(draft, &payload);
    TRY(buf_ok(&payload));
    TRY(account_key_sign(aik, LABEL_MANIFEST, buf_span(&payload), &sig));
    signed_write(&object, buf_span(&payload), &sig);
    TRY(buf_ok(&object));
    TRY(manifest_verify(buf_span(&object), &m)); /* what we hand out, others must accept */
    buf_put(ret_object, buf_span(&object));
    TRY(buf_ok(ret_object));
    *ret = m;
    return OK;
}

enum err
manifest_verify(struct span object, struct manifest *ret)
{
    struct manifest m;

    TRY(manifest_read(object, &m));
    for (size_t i = 0; i < m.device_count; i++)
        TRY(device_entry_verify(&m.account, &m.devices[i]));
    *ret = m;
    return OK;
}

/* Rule 2. One that is older than what is held was bound by an account key that has been rotated
 * away since: it is old, not forged, if it leads back to the account's own id. */
static enum err
binding_check(const struct manifest *m, const struct account_id *account,
              const struct manifest *held)
{
    enum err e = manifest_binds(m, account, held);

    if (e == ERR_FORGED && held != NULL && m->seq < held->seq)
        return manifest_binds(m, account, NULL);
    return e;
}

/* Rule 4. */
static enum err
order_find(const struct manifest *m, const struct manifest *held, enum manifest_verdict *ret)
{
    if (held == NULL) {
        *ret = MANIFEST_IS_FIRST;
        return OK;
    }
    switch (manifest_compare(m, held)) {
    case MANIFEST_NEXT:
        *ret = MANIFEST_IS_NEXT;
        return OK;
    case MANIFEST_AHEAD:
        *ret = MANIFEST_IS_AHEAD;
        return OK;
    case MANIFEST_SAME:
        *ret = MANIFEST_IS_SAME;
        return OK;
    case MANIFEST_OLD:
        *ret = MANIFEST_IS_OLD;
        return OK;
    case MANIFEST_FORK:
        break;
    }
    return fail(ERR_FORK, "two device lists with one number were signed for this account");
}

enum err
manifest_judge(struct span object, const struct account_id *account, const struct manifest *held,
               struct manifest *ret, enum manifest_verdict *ret_verdict)
{
    enum manifest_verdict verdict;
    struct manifest m;

    TRY(manifest_verify(object, &m));
    TRY(binding_check(&m, account, held));
    TRY(order_find(&m, held, &verdict));
    *ret = m;
    *ret_verdict = verdict;
    return OK;
}

static bool
follows(const struct manifest *m, const struct manifest *before)
{
    return m->seq == before->seq + 1 && memcmp(m->prev.b, before->hash.b, sizeof m->prev.b) == 0;
}

bool
manifest_ends_fork(const struct manifest *m, const struct manifest *held,
                   const struct manifest *other)
{
    return memcmp(m->aik.b, held->aik.b, sizeof m->aik.b) != 0 &&
           manifest_binds(m, &held->account, held) == OK && (follows(m, held) || follows(m, other));
}
