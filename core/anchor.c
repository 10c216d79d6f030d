/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/anchor.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "core/account.h"
#include "core/anchor_work.h"
#include "core/outbox.h"
#include "core/relay_link.h"
#include "core/trust.h"
#include "wire/check.h"

#define GATE_MS (30 * 1000)
#define EVERY_MS (10 * 60 * 1000)
#define JITTER_MS (60 * 1000)
#define PATIENCE_MS (10 * 1000)
#define TRY_MIN 2000
#define TRY_MAX (60 * 1000)

/* --- opening --- */

static enum err
next_run(struct engine *e)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(tx_begin(e->db, &tx));
    TRY(db_run(e->db, "UPDATE runs SET run=run+1", ""));
    return tx_commit(&tx);
}

enum err
anchor_open(struct engine *e)
{
    struct anchor_work *w = calloc(1, sizeof *w);
    struct ledger now;

    if (w == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    e->anchor_work = w;
    TRY(anchor_known_read(e, &w->known));
    TRY(accumulator_get(e->db, &now));
    w->open_clean = w->known.closed && !accumulator_mixed(e->db) && now.gen == w->known.last.gen &&
                    sodium_memcmp(now.sum, w->known.last.sum, LEDGER_SUM) == 0;
    w->unread = true;
    w->gate = engine_monotonic_ms(e) + GATE_MS;
    engine_heed(e, next_run(e)); /* on a full disk it can still be read */
    return OK;
}

void
anchor_close(struct engine *e)
{
    free(e->anchor_work);
    e->anchor_work = NULL;
}

void
anchor_wake(struct engine *e)
{
    backoff_clear(&e->anchor_work->backoff);
}

/* --- asking --- */

/* The relay was asked, and what it has is dealt with. */
static void
settled(struct engine *e)
{
    struct anchor_work *w = e->anchor_work;

    w->unread = false;
    w->due = engine_monotonic_ms(e);
    backoff_clear(&w->backoff);
    outbox_wake_all(e);
}

static void
try_later(struct engine *e, const struct relay_reply *reply)
{
    struct anchor_work *w = e->anchor_work;

    backoff_fail(e, &w->backoff, TRY_MIN, TRY_MAX);
    if (reply->err != OK || reply->retry_after == 0)
        return;
    int64_t asked = engine_monotonic_ms(e) + 1000 * (int64_t)(reply->retry_after % SECONDS_A_DAY);
    if (asked > w->backoff.due)
        w->backoff.due = asked;
}

static void
asked(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    enum err r = reply->err;

    e->anchor_work->asking = false;
    if (r == OK && reply->status == 401)
        account_on_unknown(e);
    if (r == OK && reply->status == 404)
        r = anchor_take_none(e);
    else if (r == OK)
        r = reply->status == 200 ? anchor_take(e, reply->body) : ERR_REFUSED;
    engine_heed(e, r);
    if (r == OK)
        settled(e);
    else
        try_later(e, reply);
}

static enum err
ask(struct engine *e)
{
    TRY(relay_call_own(e, &(struct relay_call){.method = "GET",
                                               .path = "/v1/anchor/stored",
                                               .patience_ms = PATIENCE_MS,
                                               .done = asked}));
    e->anchor_work->asking = true;
    return OK;
}

/* --- putting --- */

static enum err
arrived(struct engine *e)
{
    struct anchor_work *w = e->anchor_work;
    struct known k = w->known;

    k.version++;
    k.last = k.sent_as;
    k.closed = k.closing;
    k.sent = false;
    TRY(anchor_known_set(e, &k));
    w->goes_on = w->goes_on || w->open_clean;
    return OK;
}

static void
put(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    struct anchor_work *w = e->anchor_work;
    enum err r = reply->err;

    w->putting = false;
    if (w->leaving_put)
        w->leaving = w->leaving_put = false;
    if (r == OK && reply->status == 204)
        r = arrived(e);
    else if (r == OK && reply->status == 409)
        r = anchor_take(e, reply->body);
    else if (r == OK)
        r = ERR_REFUSED;
    engine_heed(e, r);
    if (r != OK) {
        w->unread = reply->err != OK; /* it may have arrived */
        w->leaving = false;
        try_later(e, reply);
        return;
    }
    w->due = engine_monotonic_ms(e) + EVERY_MS + engine_random_between(e, 0, JITTER_MS);
    if (reply->status == 409) { /* again, but not as fast as a relay can say so */
        w->due = engine_monotonic_ms(e);
        backoff_fail(e, &w->backoff, TRY_MIN, TRY_MAX);
    } else {
        backoff_clear(&w->backoff);
    }
    if (w->leaving)
        anchor_put_now(e);
}

static enum err
send_anchor(struct engine *e, const struct known *k)
{
    AUTO(buf_done) struct buf body = BUF(256);
    Wire__AnchorPut m = WIRE__ANCHOR_PUT__INIT;
    struct anchor_owner owner = anchor_owner(e);
    struct anchor a = {.gen = k->sent_as.gen, .time_s = engine_now_s(e)};
    uint8_t data[ANCHOR_BYTES];

    memcpy(a.sum, k->sent_as.sum, LEDGER_SUM);
    anchor_seal(&owner, &a, data);
    m.expected = (uint64_t)k->version;
    m.data = (ProtobufCBinaryData){sizeof data, data};
    wire_pack(&body, &m.base);
    TRY(buf_ok(&body));
    TRY(relay_call_own(e, &(struct relay_call){.method = "PUT",
                                               .path = "/v1/anchor",
                                               .body = buf_span(&body),
                                               .patience_ms = PATIENCE_MS,
                                               .done = put}));
    e->anchor_work->putting = true;
    return OK;
}

/* The state is committed, and that it is sent is noted before it goes: if the answer gets lost,
 * the relay's anchor is known for ours. */
static enum err
begin_put(struct engine *e, bool closing)
{
    struct known k = e->anchor_work->known;

    TRY(accumulator_get(e->db, &k.sent_as));
    k.sent = true;
    k.closing = closing;
    TRY(anchor_known_set(e, &k));
    return send_anchor(e, &k);
}

static enum err
is_changed(struct engine *e, bool *ret)
{
    struct ledger now;

    TRY(accumulator_get(e->db, &now));
    *ret = now.gen != e->anchor_work->known.last.gen;
    return OK;
}

/* --- leaving --- */

static enum err
leave(struct engine *e)
{
    struct anchor_work *w = e->anchor_work;
    struct known k = w->known;
    bool changed;

    TRY(is_changed(e, &changed));
    if (changed) {
        TRY(begin_put(e, true));
        w->leaving_put = true;
        return OK;
    }
    k.closed = k.version != 0;
    TRY(anchor_known_set(e, &k));
    w->leaving = false;
    return OK;
}

void
anchor_put_now(struct engine *e)
{
    struct anchor_work *w = e->anchor_work;

    w->leaving = false;
    if (w->unread || w->yielded || w->asking || e->ended || e->trouble != OK || !relay_online(e))
        return;
    w->leaving = true;
    if (w->putting)
        return; /* once that is over */
    enum err r = leave(e);
    engine_heed(e, r);
    if (r != OK)
        w->leaving = false;
}

bool
anchor_putting(const struct engine *e)
{
    return e->anchor_work->leaving;
}

/* --- working --- */

/* What is due; *RET_DUE: when the next is. */
static enum err
work(struct engine *e, int64_t now, int64_t *ret_due)
{
    struct anchor_work *w = e->anchor_work;
    bool changed;

    *ret_due = NEVER;
    if (w->unread)
        return ask(e);
    if (w->due > now) {
        *ret_due = w->due;
        return OK;
    }
    TRY(is_changed(e, &changed)); /* after each change there is a step */
    return changed ? begin_put(e, false) : OK;
}

int64_t
anchor_step(struct engine *e)
{
    struct anchor_work *w = e->anchor_work;
    int64_t now = engine_monotonic_ms(e), due = NEVER;

    if (accumulator_mixed(e->db))
        engine_heed(e, anchor_put_together(e));
    if (w->yielded || w->asking || w->putting || e->ended || !relay_online(e))
        return NEVER;
    if (w->backoff.due > now)
        return w->backoff.due;
    enum err r = work(e, now, &due);
    engine_heed(e, r);
    if (r != OK) {
        backoff_fail(e, &w->backoff, TRY_MIN, TRY_MAX);
        return w->backoff.due;
    }
    return due;
}

bool
anchor_lets_send(struct engine *e, int64_t *ret_due)
{
    struct anchor_work *w = e->anchor_work;
    enum err why;

    *ret_due = w->yielded ? NEVER : w->gate;
    if (w->yielded || accumulator_mixed(e->db))
        return false;
    return !w->unread || w->gate <= engine_monotonic_ms(e) ||
           account_registration(e, &why) != REGISTRATION_DONE;
}

bool
anchor_lets_go_on(const struct engine *e)
{
    return e->anchor_work->goes_on;
}

enum err
anchor_new_run(struct engine *e)
{
    e->anchor_work->open_clean = e->anchor_work->goes_on = false;
    return db_run(e->db, "UPDATE runs SET run=run+1", "");
}

void
anchor_on_hello(struct engine *e, uint64_t version)
{
    struct anchor_work *w = e->anchor_work;

    if (!w->putting && version != (uint64_t)w->known.version)
        w->unread = true;
}

enum err
anchor_moved(struct engine *e)
{
    struct anchor_work *w = e->anchor_work;
    struct known k = w->known;

    if (k.sent) /* it may be there when we come back */
        k.last = k.sent_as;
    k.version = 0;
    k.sent = k.closed = false;
    w->unread = true;
    backoff_clear(&w->backoff);
    return anchor_known_set(e, &k);
}

/* --- two copies --- */

enum anchor_state
anchor_state(const struct engine *e)
{
    const struct anchor_work *w = e->anchor_work;

    return w->yielded ? ANCHOR_YIELDED : w->unread ? ANCHOR_UNREAD : ANCHOR_GOOD;
}

void
anchor_yield(struct engine *e)
{
    e->anchor_work->yielded = true;
}

enum err
anchor_take_over(struct engine *e)
{
    struct anchor_work *w = e->anchor_work;

    if (!w->yielded)
        return fail(ERR_STATE, "no other copy of this profile has taken over");
    w->yielded = false;
    w->unread = true;
    w->gate = engine_monotonic_ms(e) + GATE_MS;
    engine_wake(e);
    return OK;
}
