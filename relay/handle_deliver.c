/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Delivery (row 12 of B21). The order of checks is note 3's: form, repeat, time, token, rate,
 * devices, envelope keys, quota; then store, push, and 202 after the commit (note 6).
 */
#include <assert.h>

#include "relay/bearer.h"
#include "relay/handlers.h"
#include "relay/repeats.h"

#define WAIT_FOR_ROOM 3600 /* seconds; until the owner has fetched some */
#define BESIDE_AN_ITEM 256 /* bytes of records and indexes, about */

struct delivery {
    const Wire__Deliver *m;
    struct repeat repeat;
    struct bearer from;
    struct kept_device devices[DEVICES_MAX];
    size_t device_count;
};

/* The key an envelope is sealed to (B5: after the version, before anything secret). */
static uint32_t
envelope_key(struct span envelope)
{
    struct reader r = READER(envelope);
    read_u8(&r);
    return read_u32(&r);
}

bool
eks_accepted(const struct kept_device *d, struct span envelope, uint64_t now)
{
    uint32_t id = envelope_key(envelope);

    if (id == d->eks_id)
        return true;
    for (size_t i = 0; i < d->eks_old_count; i++)
        if (d->eks_old[i].id == id && now < d->eks_old[i].until)
            return true;
    return false;
}

static const struct kept_device *
device_of(const struct delivery *d, uint32_t id)
{
    for (size_t i = 0; i < d->device_count; i++)
        if (d->devices[i].id == id)
            return &d->devices[i];
    return NULL;
}

/* Exactly the account's devices; wire/check has seen to it that none is named twice. */
static bool
device_set_right(const struct delivery *d)
{
    if (d->m->n_envelopes != d->device_count)
        return false;
    for (size_t i = 0; i < d->m->n_envelopes; i++)
        if (device_of(d, d->m->envelopes[i]->device) == NULL)
            return false;
    return true;
}

/* The first device whose envelope is for a key that is gone, or NULL. */
static const struct kept_device *
stale_device(const struct call *c, const struct delivery *d)
{
    for (size_t i = 0; i < d->m->n_envelopes; i++) {
        const struct kept_device *k = device_of(d, d->m->envelopes[i]->device);
        assert(k != NULL); /* device_set_right came first */
        if (!eks_accepted(k, span_pb(d->m->envelopes[i]->envelope), c->now))
            return k;
    }
    return NULL;
}

/* *ret: 0, or 507 when a queue is full, or 429 when the token's share of one is (B9.7). */
static enum err
queue_room(struct call *c, const struct delivery *d, unsigned *ret)
{
    unsigned refused = 0;

    for (size_t i = 0; i < d->m->n_envelopes && refused == 0; i++) {
        struct queue_name name = {d->from.who.number, d->m->envelopes[i]->device};
        size_t size = d->m->envelopes[i]->envelope.len;
        struct queue_facts facts;
        struct queue_share share;
        TRY(queue_facts(c->s->queues, name, c->now, &facts));
        TRY(queue_share(c->s->queues, name, d->from.token.tag, c->now, &share));
        if (facts.items >= QUEUE_ITEMS_MAX || facts.bytes + size > QUEUE_BYTES_MAX)
            refused = 507;
        else if (share.items >= QUEUE_ITEMS_MAX / TOKEN_QUEUE_SHARE ||
                 share.bytes + size > QUEUE_BYTES_MAX / TOKEN_QUEUE_SHARE)
            refused = 429;
    }
    *ret = refused;
    return OK;
}

static size_t
total_bytes(const Wire__Deliver *m)
{
    size_t sum = 0;
    for (size_t i = 0; i < m->n_envelopes; i++)
        sum += m->envelopes[i]->envelope.len;
    return sum;
}

static uint32_t
bytes_a_day(struct call *c, const struct delivery *d)
{
    if (c->request->source.loopback && !c->s->limit_loopback)
        return 0;
    return quota_take_of(c->s->quota, QUOTA_TOKEN_BYTES, SPAN_OF(d->from.token.hash),
                         total_bytes(d->m), d->from.token.bytes_a_day, c->now_ms);
}

static enum err
store_one(struct call *c, const struct delivery *d, const Wire__DeviceEnvelope *e)
{
    struct queue_name name = {d->from.who.number, e->device};
    struct frame frame = {
        .kind = FRAME_ITEM, .tag = d->from.token.tag, .envelope = span_pb(e->envelope)};

    TRY(queue_add(c->s->queues, name, frame.tag, frame.envelope, c->now, &frame.n));
    c->s->host.push(c->s->host.ctx, &d->from.who.id, e->device, &frame);
    return OK;
}

static enum err
store_all(struct call *c, const struct delivery *d)
{
    call_writes(c, total_bytes(d->m) + BESIDE_AN_ITEM);
    for (size_t i = 0; i < d->m->n_envelopes && !d->from.sink; i++)
        TRY(store_one(c, d, d->m->envelopes[i]));
    TRY(repeat_remember(c, &d->repeat, IDEM_LIFE));
    TRY(bearer_use(c, &d->from));
    return answer_empty(c, 202);
}

/* To who is connected now; to nobody else, and nothing is kept. Too many are dropped in silence. */
static enum err
pass_on(struct call *c, const struct delivery *d)
{
    uint32_t wait = call_limit(c, QUOTA_TRANSIENT, SPAN_OF(d->from.token.hash), d->m->n_envelopes);

    for (size_t i = 0; i < d->m->n_envelopes && wait == 0 && !d->from.sink; i++) {
        const Wire__DeviceEnvelope *e = d->m->envelopes[i];
        struct frame frame = {.kind = FRAME_TRANSIENT, .envelope = span_pb(e->envelope)};
        c->s->host.push(c->s->host.ctx, &d->from.who.id, e->device, &frame);
    }
    return answer_empty(c, 202);
}

/* From the token on. */
static enum err
deliver_new(struct call *c, struct delivery *d)
{
    const Wire__Deliver *m = d->m;
    unsigned refused = 0;
    uint32_t wait;

    enum err e = bearer_check(c, SPAN_STR(m->name), span_pb(m->token), BEARER_DELIVER, &d->from);
    if (e == ERR_NOT_FOUND)
        return answer_unknown(c);
    TRY(e);
    wait = m->transient ? call_source_limit(c, QUOTA_SOURCE_TOKEN)
                        : bearer_limit(c, &d->from, m->n_envelopes);
    if (wait > 0)
        return answer_wait(c, 429, wait);
    TRY(kept_devices(c->s->store, d->from.who.number, d->devices, &d->device_count));
    if (d->from.who.moved_until != 0 || !device_set_right(d))
        return answer_device_set(c, &d->from.who);
    const struct kept_device *stale = stale_device(c, d);
    if (stale != NULL)
        return answer_bundle(c, stale);
    if (m->transient)
        return pass_on(c, d);
    TRY(queue_room(c, d, &refused));
    if (refused == 429)
        return answer_wait(c, 429, WAIT_FOR_ROOM);
    if (refused != 0)
        return answer_error(c, refused);
    wait = bytes_a_day(c, d);
    return wait > 0 ? answer_wait(c, 429, wait) : store_all(c, d);
}

/* Over all but `until`: who repeats it says another one. */
static enum err
check_repeat(struct call *c, struct delivery *d, enum repeat_verdict *ret)
{
    AUTO(buf_done) struct buf body = BUF(DELIVER_BODY_MAX);
    Wire__Deliver m = *d->m;
    struct token token;

    memcpy(token.b, m.token.data, sizeof token.b);
    struct token_hash scope = token_hash_of(&token);
    m.until = 0;
    wire_pack(&body, &m.base);
    TRY(buf_ok(&body));
    return repeat_check(c, SPAN_OF(scope), span_pb(m.idem), buf_span(&body), &d->repeat, ret);
}

enum err
handle_deliver(struct call *c)
{
    AUTO(deliver_freep) Wire__Deliver *m = NULL;
    enum repeat_verdict verdict = REPEAT_NEW;
    struct delivery d = {0};

    TRY(deliver_read(c->request->body, &m));
    d.m = m;
    TRY(check_repeat(c, &d, &verdict));
    if (verdict != REPEAT_NEW)
        return answer_repeat(c, verdict);
    if (m->until != 0 && m->until < c->now)
        return answer_error(c, 412);
    return deliver_new(c, &d);
}
