/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Contact requests by strangers (row 13 of B21; B9.3). The order of checks is as for deliveries,
 * with an invitation or a proof of work in the token's place.
 */
#include "relay/bearer.h"
#include "relay/handlers.h"
#include "relay/repeats.h"

#define OPEN_MAX (REQUESTS_PENDING_MAX - REQUESTS_RESERVED)
#define BITS_STEP 8 /* one bit of work more for so many open requests that wait */
#define BESIDE_AN_ITEM 256

struct stranger {
    const Wire__WithPow *body;
    const Wire__Request *m;
    struct repeat repeat;
    struct kept_name to;
    bool invited;
    struct bearer invitation; /* only then */
    struct kept_device primary;
};

static struct queue_name
requests_of(const struct stranger *r)
{
    return (struct queue_name){.account = r->to.number, .device = 0};
}

/* What an item is tagged with: an open request with 0. */
static uint32_t
tag_of(const struct stranger *r)
{
    return r->invited ? r->invitation.token.tag : 0;
}

/* An answered refusal is ERR_REFUSED from here on. */
static enum err
refused(enum err answered)
{
    TRY(answered);
    return ERR_REFUSED;
}

static enum err
check_invitation(struct call *c, struct stranger *r)
{
    enum err e =
        bearer_check(c, SPAN_STR(r->m->name), span_pb(r->m->token), BEARER_REQUEST, &r->invitation);
    if (e == ERR_NOT_FOUND)
        return refused(answer_unknown(c));
    TRY(e);
    r->to = r->invitation.who;
    uint32_t wait = bearer_limit(c, &r->invitation, 1);
    return wait > 0 ? refused(answer_wait(c, 429, wait)) : OK;
}

static enum err
check_open(struct call *c, struct stranger *r)
{
    struct kept_account account;
    struct queue_share open;

    if (r->to.number == 0)
        return refused(answer_unknown(c));
    TRY(kept_account_get(c->s->store, &r->to.id, &account));
    if (account.requests == WIRE__REQUEST_POLICY__POLICY_CLOSED)
        return refused(answer_unknown(c));
    if (account.requests == WIRE__REQUEST_POLICY__POLICY_INVITE)
        return refused(answer_pow(c, 0));
    uint32_t wait = call_source_limit(c, QUOTA_SOURCE_UNKNOWN);
    if (wait > 0)
        return refused(answer_wait(c, 429, wait));
    TRY(queue_share(c->s->queues, requests_of(r), 0, c->now, &open));
    unsigned bits = c->s->pow_bits + open.items / BITS_STEP;
    return call_pow_paid(c, r->body, bits) ? OK : refused(answer_pow(c, bits));
}

/* 64 places, 32 of them for the invited (B9.3). ERR_FULL, or OK with *ret_make_room when the oldest
 * open request has to go first. */
static enum err
check_room(struct call *c, const struct stranger *r, bool *ret_make_room)
{
    struct queue_facts facts;
    struct queue_share open;

    TRY(queue_facts(c->s->queues, requests_of(r), c->now, &facts));
    TRY(queue_share(c->s->queues, requests_of(r), 0, c->now, &open));
    bool counts_as_open = tag_of(r) == 0;
    *ret_make_room = counts_as_open && open.items >= OPEN_MAX;
    if (!counts_as_open && facts.items >= REQUESTS_PENDING_MAX)
        return ERR_FULL;
    return counts_as_open && !*ret_make_room && facts.items >= REQUESTS_PENDING_MAX ? ERR_FULL : OK;
}

static enum err
store_request(struct call *c, const struct stranger *r)
{
    struct frame frame = {.kind = FRAME_REQUEST_WAITING};

    call_writes(c, r->m->envelope.len + BESIDE_AN_ITEM);
    TRY(repeat_remember(c, &r->repeat, r->invited ? IDEM_INVITATION_LIFE : IDEM_LIFE));
    if (r->invited)
        TRY(bearer_use(c, &r->invitation));
    if (!r->invited || !r->invitation.sink) {
        TRY(queue_add(c->s->queues, requests_of(r), tag_of(r), span_pb(r->m->envelope), c->now,
                      &frame.n));
        c->s->host.push(c->s->host.ctx, &r->to.id, r->primary.id, &frame);
    }
    return answer_empty(c, 202);
}

static enum err
request_new(struct call *c, struct stranger *r)
{
    struct kept_device devices[DEVICES_MAX];
    bool make_room = false;
    size_t count = 0;

    TRY(r->invited ? check_invitation(c, r) : check_open(c, r));
    TRY(kept_devices(c->s->store, r->to.number, devices, &count));
    if (count == 0)
        return refused(answer_unknown(c));
    if (r->to.moved_until != 0)
        return answer_device_set(c, &r->to);
    r->primary = devices[0];
    if (!eks_accepted(&r->primary, span_pb(r->m->envelope), c->now))
        return answer_bundle(c, &r->primary);
    enum err e = check_room(c, r, &make_room);
    if (e == OK && make_room) {
        call_writes(c, 0);
        e = queue_give_way(c->s->queues, requests_of(r), c->now);
        e = e == ERR_NOT_FOUND ? ERR_FULL : e;
    }
    if (e == ERR_FULL)
        return answer_error(c, 507);
    TRY(e);
    return store_request(c, r);
}

static enum err
check_repeat(struct call *c, struct stranger *r, enum repeat_verdict *ret)
{
    struct span scope = SPAN_OF(r->to.id);
    struct token_hash hash;
    struct token token;

    if (r->invited) {
        memcpy(token.b, r->m->token.data, sizeof token.b);
        hash = token_hash_of(&token);
        scope = SPAN_OF(hash);
    }
    /* Over the request alone: who repeats it may have had to work under a new seed. */
    return repeat_check(c, scope, span_pb(r->m->idem), span_pb(r->body->request), &r->repeat, ret);
}

enum err
handle_request(struct call *c)
{
    AUTO(with_pow_freep) Wire__WithPow *body = NULL;
    AUTO(request_freep) Wire__Request *m = NULL;
    enum repeat_verdict verdict = REPEAT_NEW;
    struct stranger r = {0};

    TRY(with_pow_read(c->request->body, &body));
    TRY(request_read(span_pb(body->request), &m));
    r.body = body;
    r.m = m;
    r.invited = m->token.len > 0;
    TRY(kept_name_get(c->s->store, SPAN_STR(m->name), &r.to));
    TRY(check_repeat(c, &r, &verdict));
    if (verdict != REPEAT_NEW)
        return answer_repeat(c, verdict);
    enum err e = request_new(c, &r);
    return e == ERR_REFUSED ? OK : e;
}
