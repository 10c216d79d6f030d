/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/transient.h"

#include <sodium.h>
#include <stdlib.h>

#include "core/content.h"
#include "core/opening.h"
#include "core/presence.h"
#include "core/resumed.h"
#include "core/trust.h"

#define UNDER_WAY_MAX 16              /* of the calls that are possible at once */
#define AGE_MAX_MS (60 * 60 * 1000LL) /* an older one was held back; clocks differ by less */

/* A bucket that a token drips into every so often. */
struct bucket {
    unsigned used;
    int64_t since; /* monotonic ms from when the next token counts */
};
struct bucket_size {
    unsigned size;
    int64_t drip_ms;
};
static const struct bucket_size for_all = {100, 20}, for_one = {10, 1000};

struct rate {
    int64_t contact;
    struct bucket bucket;
};

struct transient_work {
    unsigned under_way;
    struct bucket all;
    struct rate *rates; /* of contacts that sent some */
    size_t count, space;
};

enum err
transient_open(struct engine *e)
{
    e->transient_work = calloc(1, sizeof *e->transient_work);
    return e->transient_work != NULL ? OK : fail(ERR_MEMORY, "not enough memory");
}

void
transient_close(struct engine *e)
{
    if (e->transient_work == NULL)
        return;
    free(e->transient_work->rates);
    free(STEAL(e->transient_work));
}

void
transient_done(struct transient *t)
{
    outbox_row_done(&t->row);
}

unsigned
transient_under_way(const struct engine *e)
{
    return e->transient_work->under_way;
}

/* --- sending --- */

enum err
transient_prepare(struct engine *e, const struct transient_content *content, struct transient *ret)
{
    AUTO(buf_done) struct buf shared = BUF(SHARED_MAX);
    struct content_parts parts = {
        .type = content->type, .sent_ms = engine_now_ms(e), .body = content->body};
    struct transient t = {0};

    if (e->resting || e->trouble != OK || !relay_online(e))
        return fail(ERR_OFFLINE, "the relay is not connected");
    TRY(contact_get(e, content->contact, &t.contact));
    TRY(contact_may_send(&t.contact));
    randombytes_buf(parts.msg_id.b, sizeof parts.msg_id.b);
    TRY(content_shared(&parts, &shared));
    TRY(sending_transient(e, &t.contact, buf_span(&shared), &t.row));
    *ret = t;
    return OK;
}

/* The keys it was sealed to are gone, and here are the new ones: for the next. */
static enum err
take_keys(struct engine *e, int64_t contact, struct span body)
{
    AUTO(changed_freep) Wire__Changed *changed = NULL;
    struct contact c;

    TRY(changed_read(body, &changed));
    TRY(contact_get(e, contact, &c));
    struct sending_bundle b = {
        .device = changed->device, .object = span_pb(changed->bundle), .start = START_NONE};
    return sending_take_bundle(e, &c, &b);
}

/* For the next one, and above all for what is kept. */
static enum err
too_late(struct engine *e, int64_t contact, struct span body)
{
    AUTO(error_freep) Wire__Error *error = NULL;
    struct relay_address relay;
    struct manifest m;
    struct contact c;

    TRY(error_read(body, &error));
    TRY(contact_get(e, contact, &c));
    TRY(trust_manifest(e, &c.account, &m));
    relay = relay_of(&m.address);
    return resumed_hears(e, &relay, error->server_time) ? resumed_doubt_now(e) : OK;
}

static void
passed(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    e->transient_work->under_way--;
    if (reply->err == OK && reply->status == 410) {
        enum err r = take_keys(e, ref, reply->body);
        engine_heed(e, r);
    }
    if (reply->err == OK && reply->status == 412) {
        enum err r = too_late(e, ref, reply->body);
        engine_heed(e, r);
    }
}

enum err
transient_launch(struct engine *e, const struct transient *t)
{
    e->transient_work->under_way++;
    enum err begun = delivery_pass(e, &t->contact, &t->row, passed);
    if (begun != OK)
        e->transient_work->under_way--;
    return begun;
}

static enum err
prepare_in_act(struct engine *e, const struct transient_content *content, struct transient *ret)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    return act_end(e, &tx, transient_prepare(e, content, ret));
}

enum err
transient_send(struct engine *e, const struct transient_content *content)
{
    AUTO(transient_done) struct transient t = {0};

    if (e->transient_work->under_way >= UNDER_WAY_MAX)
        return fail(ERR_BUSY, "many are on their way");
    TRY(prepare_in_act(e, content, &t));
    return transient_launch(e, &t);
}

/* --- receiving --- */

static bool
bucket_take(struct bucket *b, const struct bucket_size *size, int64_t now)
{
    int64_t dripped = (now - b->since) / size->drip_ms;

    if (dripped >= b->used) {
        *b = (struct bucket){.used = 0, .since = now};
    } else {
        b->used -= (unsigned)dripped;
        b->since += dripped * size->drip_ms;
    }
    if (b->used >= size->size)
        return false;
    b->used++;
    return true;
}

/* NULL without memory. */
static struct bucket *
bucket_of(struct transient_work *w, int64_t contact)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->rates[i].contact == contact)
            return &w->rates[i].bucket;
    if (w->count == w->space) {
        size_t space = w->space == 0 ? 16 : 2 * w->space;
        struct rate *more = reallocarray(w->rates, space, sizeof *more);
        if (more == NULL)
            return NULL;
        w->rates = more;
        w->space = space;
    }
    w->rates[w->count] = (struct rate){.contact = contact};
    return &w->rates[w->count++].bucket;
}

static struct arrival
arrival_of(const struct opening *o)
{
    return (struct arrival){.account = o->envelope.sender.account,
                            .device = o->envelope.sender.device,
                            .manifest = &o->manifest,
                            .known = true,
                            .contact = o->contact};
}

static enum err
decrypt(struct engine *e, const struct opening *o, struct buf *ret)
{
    struct arrival a = arrival_of(o);
    struct device_address from = {.account = a.account, .device = a.device};
    struct pairwise_incoming in = {.from = &from,
                                   .trusted = &o->device->dik,
                                   .type = ENVELOPE_MESSAGE,
                                   .bytes = o->envelope.message};

    TRY(pairwise_decrypt(e->pairwise, &in, ret));
    TRY(inbox_heard(e, &a));
    outbox_touch(e, a.contact.id);
    return OK;
}

static enum err
decrypt_in_act(struct engine *e, const struct opening *o, struct buf *ret)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    return act_end(e, &tx, decrypt(e, o, ret));
}

/* The ratchet moved and stays where it is, whatever the content is like (B8.2). Of `own` only whom
 * it is for is looked at. */
static enum err
apply(struct engine *e, const struct opening *o, struct span plaintext)
{
    AUTO(content_opened_done) struct content_opened c = {0};

    TRY(content_open(plaintext, &e->account, &c));
    if (!content_transient(c.shared->type) || c.shared->seq != 0)
        return fail(ERR_MALFORMED, "a content that is not a transient one");
    if ((int64_t)c.shared->sent_at < engine_now_ms(e) - AGE_MAX_MS)
        return fail(ERR_STALE, "a transient content from long ago");
    return presence_received(e, o->contact.id, c.shared);
}

static enum err
take(struct engine *e, struct span envelope)
{
    struct transient_work *w = e->transient_work;
    int64_t now = engine_monotonic_ms(e);
    AUTO(buf_done) struct buf plain = BUF(SIGNAL_MESSAGE_MAX);
    AUTO(opening_done) struct opening o = {0};

    if (!bucket_take(&w->all, &for_all, now))
        return fail(ERR_RATE, "too many transient envelopes");
    TRY(opening_take(e, QUEUE_NONE, envelope, &o));
    struct bucket *b = bucket_of(w, o.contact.id);
    if (b == NULL || !bucket_take(b, &for_one, now))
        return fail(ERR_RATE, "too many transient envelopes from a contact");
    TRY(decrypt_in_act(e, &o, &plain));
    return apply(e, &o, buf_span(&plain));
}

enum err
transient_take(struct engine *e, struct span envelope)
{
    enum err taken = take(e, envelope);
    return is_store_trouble(taken) ? taken : OK;
}
