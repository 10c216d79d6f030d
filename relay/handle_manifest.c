/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A newer manifest (row 6 of B21, note 7): other devices, another address here, or the word that
 * the account has moved to another relay (B2.5).
 *
 * The one thing to know: the manifest's own signature is what counts, chained to the one that is
 * stored; who sent it matters little. A manifest that names another relay ends deliveries at once:
 * senders get it as the answer and go on there.
 */
#include "relay/auth.h"
#include "relay/departure.h"
#include "relay/handlers.h"

struct replacement {
    const Wire__ManifestPut *m;
    struct manifest manifest;
    size_t before_from; /* the first of m->before that is not here yet */
    uint32_t before_seq;
    struct kept_device stored[DEVICES_MAX];
    size_t stored_count;
    struct kept_device added[DEVICES_MAX]; /* in the order of m->added */
    struct kept_name name;
};

static const struct kept_device *
stored_device(const struct replacement *r, uint32_t id)
{
    for (size_t i = 0; i < r->stored_count; i++)
        if (r->stored[i].id == id)
            return &r->stored[i];
    return NULL;
}

static bool
is_added(const struct replacement *r, uint32_t id)
{
    for (size_t i = 0; i < r->m->n_added; i++)
        if (r->m->added[i]->device == id)
            return true;
    return false;
}

/* One that stays has the key that it had, for ids are never used again; one that is new comes with
 * its keys. */
static enum err
check_device(const struct replacement *r, const struct device_entry *d)
{
    const struct kept_device *before = stored_device(r, d->id);

    if (before == NULL)
        return is_added(r, d->id) ? OK : fail(ERR_SIGNATURE, "keys of a device are missing");
    if (memcmp(&before->dsk, &d->dsk, sizeof d->dsk) != 0)
        return fail(ERR_SIGNATURE, "a device's number is used again");
    return OK;
}

static enum err
check_added(struct call *c, struct replacement *r, size_t i)
{
    const Wire__AddedDevice *a = r->m->added[i];
    const struct device_entry *d = manifest_device(&r->manifest, a->device);
    struct kept_device *k = &r->added[i];
    struct bundle bundle;

    if (d == NULL || stored_device(r, a->device) != NULL)
        return fail(ERR_SIGNATURE, "keys of a device that is not added");
    *k = (struct kept_device){.account = c->account.number, .id = d->id, .dsk = d->dsk};
    TRY(bundle_acceptable(c, &c->account, k, span_pb(a->bundle), &bundle));
    TRY(opks_check(&c->account, k, a->n_opks, a->opks));
    k->eks_id = bundle.eks_id;
    k->bundle_created = bundle.created;
    return OK;
}

/* An account that stays, or comes back, keeps its name here: others know it by that. */
static enum err
check_address(struct call *c, struct replacement *r)
{
    const struct address *to = &r->manifest.address;

    TRY(kept_name_get(c->s->store, SPAN_STR(c->account.name), &r->name));
    if (!address_is_ours(c->s, to)) {
        if (r->name.moved_until == 0)
            r->name.moved_until = c->now + MOVED_LIFE;
        return OK;
    }
    r->name.moved_until = 0;
    return strcmp(to->name, c->account.name) == 0
               ? OK
               : fail(ERR_SIGNATURE, "an account keeps its name at a relay");
}

static enum err
check_all(struct call *c, struct replacement *r)
{
    TRY(kept_devices(c->s->store, c->account.number, r->stored, &r->stored_count));
    for (size_t i = 0; i < r->manifest.device_count; i++)
        TRY(check_device(r, &r->manifest.devices[i]));
    for (size_t i = 0; i < r->m->n_added; i++)
        TRY(check_added(c, r, i));
    return check_address(c, r);
}

static enum err
store_added(struct call *c, struct replacement *r, size_t i)
{
    static const struct kept_queue empty;
    const Wire__AddedDevice *a = r->m->added[i];
    struct kept_device *k = &r->added[i];

    TRY(opks_store(c, k, a->n_opks, a->opks));
    TRY(kept_device_put(c->s->store, k, span_pb(a->bundle)));
    return kept_queue_put(c->s->store, k->account, k->id, &empty);
}

static enum err
store_all(struct call *c, struct replacement *r)
{
    struct store *s = c->s->store;

    call_writes(c, c->request->body.n);
    c->account.manifest_seq = r->manifest.seq;
    for (size_t i = r->before_from; i < r->m->n_before; i++)
        TRY(kept_manifest_put(s, c->account.number, r->before_seq + (uint32_t)(i - r->before_from),
                              span_pb(r->m->before[i])));
    TRY(kept_manifest_put(s, c->account.number, r->manifest.seq, span_pb(r->m->manifest)));
    TRY(kept_account_put(s, &c->account));
    TRY(kept_name_put(s, SPAN_STR(c->account.name), &r->name));
    for (size_t i = 0; i < r->stored_count; i++)
        if (manifest_device(&r->manifest, r->stored[i].id) == NULL)
            TRY(device_leaves(c->s, &c->account.id, c->account.number, r->stored[i].id));
    for (size_t i = 0; i < r->m->n_added; i++)
        TRY(store_added(c, r, i));
    return answer_empty(c, 204);
}

/* Those in between that are not here yet, each of which has to continue HELD, which is then the
 * last of them: what an account signed and took back before anybody here saw it (B2.5). */
static enum err
go_on_from(struct call *c, struct replacement *r, struct manifest *held)
{
    struct manifest m;

    r->before_from = r->m->n_before;
    for (size_t i = 0; i < r->m->n_before; i++) {
        if (manifest_read(span_pb(r->m->before[i]), &m) != OK ||
            memcmp(&m.account, &c->account.id, sizeof m.account) != 0)
            return fail(ERR_SIGNATURE, "an earlier manifest is not valid");
        enum manifest_order order = manifest_compare(&m, held);
        if (order == MANIFEST_SAME || (order == MANIFEST_OLD && r->before_from == r->m->n_before))
            continue;
        if (manifest_binds(&m, &c->account.id, held) != OK)
            return fail(ERR_SIGNATURE, "the earlier manifests do not lead to this one");
        if (order != MANIFEST_NEXT)
            return fail(ERR_FORK, "the earlier manifests do not go on from what is here");
        if (r->before_from == r->m->n_before) {
            r->before_from = i;
            r->before_seq = m.seq;
        }
        *held = m;
    }
    return OK;
}

static enum err
replace(struct call *c, struct replacement *r)
{
    AUTO(buf_done) struct buf object = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    struct kept_name who = {.number = c->account.number, .id = c->account.id};
    struct manifest held;

    TRY(kept_manifest_get(c->s->store, c->account.number, c->account.manifest_seq, &object));
    if (manifest_read(buf_span(&object), &held) != OK)
        return fail(ERR_DAMAGED, "a record of the relay is damaged");
    enum err e = r->manifest.seq > held.seq ? go_on_from(c, r, &held) : OK;
    if (e == ERR_FORK)
        return answer_device_set(c, &who);
    TRY(e);
    if (manifest_binds(&r->manifest, &c->account.id, &held) != OK)
        return fail(ERR_SIGNATURE, "the manifest is not the account's");
    switch (manifest_compare(&r->manifest, &held)) {
    case MANIFEST_NEXT:
        TRY(check_all(c, r));
        return store_all(c, r);
    case MANIFEST_SAME: /* the first try may not be committed yet */
        call_writes(c, 0);
        return answer_empty(c, 204);
    default:
        return answer_device_set(c, &who);
    }
}

enum err
handle_manifest_put(struct call *c)
{
    AUTO(manifest_put_freep) Wire__ManifestPut *m = NULL;
    struct replacement r = {0};

    /* Until it is known who asks: three signatures are looked at before that. */
    uint32_t wait = call_source_limit(c, QUOTA_SOURCE_UNKNOWN);
    if (wait > 0)
        return answer_wait(c, 429, wait);
    TRY(manifest_put_read(c->request->body, &m));
    r.m = m;
    if (manifest_read(span_pb(m->manifest), &r.manifest) != OK)
        return fail(ERR_SIGNATURE, "the manifest is not valid");
    if (r.manifest.device_count > DEVICES_R1)
        return fail(ERR_SIGNATURE, "this relay takes one device an account");
    enum err e = auth_check_by(c, &r.manifest);
    if (e == ERR_REFUSED || e == ERR_RATE)
        return OK; /* answered */
    TRY(e);
    return replace(c, &r);
}
