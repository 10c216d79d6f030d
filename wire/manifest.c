/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The account's signed device list: what of B2.3 and B2.4 needs no secret and no XEdDSA. Declared
 * in wire/signed.h.
 */
#include <assert.h>

#include "wire/account.pb-c.h"
#include "wire/fields.h"
#include "wire/pack.h"
#include "wire/signed.h"

static void
unpacked_freep(ProtobufCMessage **m)
{
    wire_unpacked_free(*m);
}

static enum err
device_read(const Wire__Device *w, const struct account_id *account, struct device_entry *d)
{
    AUTO(buf_done) struct buf text = BUF(256);

    TRY(field_range(w->id, 1, DEVICE_ID_MAX, "a device's number"));
    TRY(field_signal_key(w->dik, &d->dik, "a device's identity key"));
    TRY(field_copy(w->dsk, d->dsk.b, sizeof d->dsk.b, "a device's signing key"));
    TRY(field_copy(w->dak, d->dak.b, sizeof d->dak.b, "a device's envelope key"));
    TRY(field_number(w->created, "the time"));
    TRY(field_copy(w->dsk_sig, d->dsk_sig.b, sizeof d->dsk_sig.b, "a device's signature"));
    TRY(field_copy(w->dik_sig, d->dik_sig.b, sizeof d->dik_sig.b, "a device's signature"));
    d->id = w->id;
    d->registration_id = w->registration_id;
    d->created = w->created;
    d->caps = w->caps;
    device_entry_text(&text, account, d);
    TRY(buf_ok(&text));
    return label_verify(LABEL_DEVICE_DSK, buf_span(&text), &d->dsk, &d->dsk_sig);
}

static enum err
devices_read(const Wire__Manifest *w, struct manifest *m)
{
    TRY(field_count(w->n_devices, 1, DEVICES_MAX, "devices"));
    for (size_t i = 0; i < w->n_devices; i++) {
        TRY(device_read(w->devices[i], &m->account, &m->devices[i]));
        if (manifest_device(m, m->devices[i].id) != NULL)
            return fail(ERR_MALFORMED, "two devices have one number");
        m->device_count = i + 1;
    }
    return OK;
}

static enum err
lineage_read(const Wire__Manifest *w, struct manifest *m)
{
    TRY(field_count(w->n_lineage, 0, LINEAGE_MAX, "former account keys"));
    for (size_t i = 0; i < w->n_lineage; i++) {
        const Wire__Lineage *from = w->lineage[i];
        struct lineage_entry *e = &m->lineage[i];
        TRY(field_copy(from->aik, e->aik.b, sizeof e->aik.b, "a former account key"));
        TRY(field_copy(from->next, e->next.b, sizeof e->next.b, "a former successor"));
        TRY(field_copy(from->sig, e->sig.b, sizeof e->sig.b, "a former key's signature"));
    }
    m->lineage_count = w->n_lineage;
    return OK;
}

static enum err
pins_read(const Wire__Manifest *w, struct manifest *m)
{
    TRY(field_count(w->n_pins, 0, PINS_MAX, "pins"));
    for (size_t i = 0; i < w->n_pins; i++)
        TRY(field_copy(w->pins[i], m->pins[i].b, sizeof m->pins[i].b, "a pin"));
    m->pin_count = w->n_pins;
    return OK;
}

/* All but the signing key, which was needed before. */
static enum err
manifest_fields(const Wire__Manifest *w, struct manifest *m)
{
    static const struct sha256 none = {0};

    TRY(field_copy(w->account_id, m->account.b, sizeof m->account.b, "the account"));
    TRY(field_range(w->seq, 1, UINT32_MAX, "the manifest's number"));
    TRY(field_copy(w->prev, m->prev.b, sizeof m->prev.b, "the link to the manifest before"));
    if (w->seq == 1 && memcmp(&m->prev, &none, sizeof none) != 0)
        return fail(ERR_MALFORMED, "a first manifest that names one before it");
    TRY(field_number(w->created, "the time"));
    TRY(field_copy(w->next, m->next.b, sizeof m->next.b, "the successor"));
    TRY(address_read(wire_unpacked_text(w->address), &m->address));
    TRY(pins_read(w, m));
    TRY(devices_read(w, m));
    TRY(lineage_read(w, m));
    m->seq = w->seq;
    m->created = w->created;
    m->caps = w->caps;
    return OK;
}

enum err
manifest_read(struct span object, struct manifest *ret)
{
    AUTO(signed_parts_done) struct signed_parts parts = {0};
    AUTO(unpacked_freep) ProtobufCMessage *unpacked = NULL;
    struct manifest m = {0};

    TRY(signed_read(object, MANIFEST_MAX, &parts));
    struct span payload = buf_span(&parts.payload);
    /* The key that signs stands inside, so this one object is parsed before it is verified. What
     * that key is worth, manifest_binds decides. */
    TRY(wire_unpack(&wire__manifest__descriptor, payload, MANIFEST_MAX, &unpacked));
    const Wire__Manifest *w = (const Wire__Manifest *)unpacked;
    TRY(field_copy(w->aik, m.aik.b, sizeof m.aik.b, "the account key"));
    TRY(label_verify(LABEL_MANIFEST, payload, &m.aik, &parts.sig));
    TRY(manifest_fields(w, &m));
    sha256_of(payload, &m.hash);
    *ret = m;
    return OK;
}

const struct device_entry *
manifest_device(const struct manifest *m, uint32_t id)
{
    for (size_t i = 0; i < m->device_count; i++)
        if (m->devices[i].id == id)
            return &m->devices[i];
    return NULL;
}

/* Whether COMMITMENT, the `next` of some key, was made for AIK. */
static bool
commits_to(const struct sha256 *commitment, const struct ed25519_public *aik)
{
    struct sha256 h;
    label_hash1(LABEL_AIK_NEXT, SPAN_OF(*aik), &h);
    return memcmp(&h, commitment, sizeof h) == 0;
}

/* Whether the lineage leads from its entry FIRST to the manifest's own key: every link signed by
 * the key before and made for the key after it. */
static bool
lineage_leads(const struct manifest *m, size_t first)
{
    for (size_t i = first; i < m->lineage_count; i++) {
        const struct lineage_entry *e = &m->lineage[i];
        const struct ed25519_public *after =
            i + 1 < m->lineage_count ? &m->lineage[i + 1].aik : &m->aik;
        AUTO(buf_done) struct buf text = BUF(128);
        lineage_text(&text, &m->account, e);
        if (!commits_to(&e->next, after) || buf_ok(&text) != OK ||
            label_verify(LABEL_AIK_LINEAGE, buf_span(&text), &e->aik, &e->sig) != OK)
            return false;
    }
    return first < m->lineage_count;
}

static bool
binds_unknown(const struct manifest *m)
{
    struct account_id id = account_id_of(&m->aik);
    if (memcmp(&id, &m->account, sizeof id) == 0)
        return true;
    for (size_t i = 0; i < m->lineage_count; i++) {
        id = account_id_of(&m->lineage[i].aik);
        if (memcmp(&id, &m->account, sizeof id) == 0 && lineage_leads(m, i))
            return true;
    }
    return false;
}

static bool
binds_known(const struct manifest *m, const struct manifest *stored)
{
    if (memcmp(&m->aik, &stored->aik, sizeof m->aik) == 0)
        return memcmp(&m->next, &stored->next, sizeof m->next) == 0;
    if (commits_to(&stored->next, &m->aik))
        return true;
    for (size_t i = 0; i < m->lineage_count; i++) {
        const struct lineage_entry *e = &m->lineage[i];
        /* A thief of the old key can sign another successor: only the one that we know counts. */
        if (memcmp(&e->aik, &stored->aik, sizeof e->aik) == 0 &&
            memcmp(&e->next, &stored->next, sizeof e->next) == 0 && lineage_leads(m, i))
            return true;
    }
    return false;
}

enum err
manifest_binds(const struct manifest *m, const struct account_id *account,
               const struct manifest *stored)
{
    assert(stored == NULL || memcmp(&stored->account, account, sizeof *account) == 0);
    if (memcmp(&m->account, account, sizeof *account) != 0)
        return fail(ERR_FORGED, "a manifest of another account");
    if (stored == NULL ? !binds_unknown(m) : !binds_known(m, stored))
        return fail(ERR_FORGED, "a manifest that the account's keys do not lead to");
    return OK;
}

enum manifest_order
manifest_compare(const struct manifest *m, const struct manifest *stored)
{
    assert(memcmp(&m->account, &stored->account, sizeof m->account) == 0);
    if (m->seq < stored->seq)
        return MANIFEST_OLD;
    if (m->seq == stored->seq)
        return memcmp(&m->hash, &stored->hash, sizeof m->hash) == 0 ? MANIFEST_SAME : MANIFEST_FORK;
    if (m->seq - stored->seq > 1)
        return MANIFEST_AHEAD;
    return memcmp(&m->prev, &stored->hash, sizeof m->prev) == 0 ? MANIFEST_NEXT : MANIFEST_FORK;
}
