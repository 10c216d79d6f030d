/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/call.h"

#include <assert.h>

#define WAIT_WHEN_BUSY 2 /* seconds, with 503 */

void
call_writes(struct call *c, size_t bytes)
{
    c->writes = true;
    c->written += bytes;
}

static bool
unlimited(const struct call *c)
{
    return c->request->source.loopback && !c->s->limit_loopback;
}

uint32_t
call_limit(struct call *c, enum quota_kind kind, struct span who, uint64_t amount)
{
    return unlimited(c) ? 0 : quota_take(c->s->quota, kind, who, amount, c->now_ms);
}

uint32_t
call_source_limit(struct call *c, enum quota_kind kind)
{
    return call_limit(c, kind, SPAN_OF(c->request->source), 1);
}

bool
call_pow_paid(struct call *c, const Wire__WithPow *body, unsigned bits)
{
    struct pow_seed seed;

    if (body->pow == NULL)
        return false;
    assert(body->pow->seed.len == sizeof seed.b);
    memcpy(seed.b, body->pow->seed.data, sizeof seed.b);
    return pow_seeds_check(c->s->pow, &seed, body->pow->nonce, span_pb(body->request), bits,
                           c->now) == OK;
}

static const char *
text_of(unsigned status)
{
    switch (status) {
    case 400:
        return "The request is malformed.";
    case 401:
        return "The request is not signed as it has to be.";
    case 403:
        return "This relay takes no new accounts.";
    case 404:
        return "There is no such thing, or the token does not open it.";
    case 405:
        return "This path takes another method.";
    case 409:
        return "That is taken, or no longer as you think.";
    case 412:
        return "That was to be here earlier.";
    case 413:
        return "That is larger or otherwise sized than allowed.";
    case 422:
        return "That is not valid.";
    case 428:
        return "A proof of work or an invitation is needed.";
    case 429:
        return "Too much; come back later.";
    case 507:
        return "There is no room for it.";
    default:
        return "The relay cannot do this now.";
    }
}

enum err
answer_empty(struct call *c, unsigned status)
{
    c->answer->status = status;
    return OK;
}

enum err
answer_message(struct call *c, unsigned status, const ProtobufCMessage *m)
{
    c->answer->status = status;
    buf_clear(&c->answer->body);
    wire_pack(&c->answer->body, m);
    return buf_ok(&c->answer->body);
}

static enum err
answer_with(struct call *c, Wire__Error *m)
{
    m->text = (char *)(uintptr_t)text_of(m->code);
    c->answer->retry_after = m->retry_after;
    return answer_message(c, m->code, &m->base);
}

enum err
answer_error(struct call *c, unsigned status)
{
    Wire__Error m;
    wire__error__init(&m);

    m.code = status;
    if (status == 401 || status == 412)
        m.server_time = c->now;
    return answer_with(c, &m);
}

enum err
answer_wait(struct call *c, unsigned status, uint32_t seconds)
{
    Wire__Error m;
    wire__error__init(&m);

    m.code = status;
    m.retry_after = seconds;
    return answer_with(c, &m);
}

enum err
answer_pow(struct call *c, unsigned bits)
{
    struct pow_seed seed = pow_seeds_current(c->s->pow, c->now);
    Wire__PowOffer offer = WIRE__POW_OFFER__INIT;
    Wire__Error m;
    wire__error__init(&m);

    offer.seed = pb_span(SPAN_OF(seed));
    offer.bits = bits;
    m.code = 428;
    m.pow = bits > 0 ? &offer : NULL;
    return answer_with(c, &m);
}

enum err
answer_unknown(struct call *c)
{
    uint32_t wait = call_source_limit(c, QUOTA_SOURCE_UNKNOWN);
    return wait > 0 ? answer_wait(c, 429, wait) : answer_error(c, 404);
}

enum err
answer_device_set(struct call *c, const struct kept_name *who)
{
    AUTO(buf_done) struct buf manifest = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    Wire__Changed m = WIRE__CHANGED__INIT;
    struct kept_account account;

    TRY(kept_account_get(c->s->store, &who->id, &account));
    TRY(kept_manifest_get(c->s->store, account.number, account.manifest_seq, &manifest));
    m.manifest = pb_span(buf_span(&manifest));
    return answer_message(c, 409, &m.base);
}

enum err
answer_bundle(struct call *c, const struct kept_device *d)
{
    AUTO(buf_done) struct buf bundle = BUF(BUNDLE_MAX + SIGNED_OVERHEAD);
    Wire__Changed m = WIRE__CHANGED__INIT;
    struct kept_device again;

    TRY(kept_device_get(c->s->store, d->account, d->id, &again, &bundle));
    m.bundle = pb_span(buf_span(&bundle));
    m.device = d->id;
    return answer_message(c, 410, &m.base);
}

enum err
answer_failure(struct call *c, enum err e)
{
    switch (e) {
    case ERR_MALFORMED:
        return answer_error(c, 400);
    case ERR_SIGNATURE:
        return answer_error(c, 422);
    case ERR_TOO_LARGE:
        return answer_error(c, 413);
    case ERR_FULL:
        return answer_error(c, 507);
    default:
        return answer_wait(c, 503, WAIT_WHEN_BUSY);
    }
}
