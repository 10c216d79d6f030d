/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The time that new messages of a conversation are kept for: set by either side, the same on both.
 */
#include <sodium.h>

#include "core/conversations.h"
#include "core/disappearing.h"
#include "core/engine_state.h"
#include "core/outbox.h"
#include "wire/check.h"

#define SENT_MAX ((int64_t)1 << 53) /* a later sent_at counts as this: no clock comes to it */

/* The setting in force. */
struct timer {
    int64_t seconds, sent_ms;
};

static enum err
timer_held(struct engine *e, int64_t contact, struct timer *ret)
{
    struct timer t = {0};
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q, "SELECT timer_s,timer_ms FROM conversations WHERE contact=?1", "i",
                 contact));
    if (query_next(&q))
        t = (struct timer){query_int(&q, 0), query_int(&q, 1)};
    TRY(query_end(&q));
    *ret = t;
    return OK;
}

enum err
timer_get(struct engine *e, int64_t contact, uint32_t *ret_seconds)
{
    struct timer t;

    TRY(timer_held(e, contact, &t));
    *ret_seconds = (uint32_t)t.seconds;
    return OK;
}

static enum err
timer_put(struct engine *e, int64_t contact, const struct timer *t)
{
    TRY(db_run(e->db, "INSERT OR IGNORE INTO conversations(contact) VALUES(?1)", "i", contact));
    TRY(db_run(e->db, "UPDATE conversations SET timer_s=?2,timer_ms=?3 WHERE contact=?1", "iii",
               contact, t->seconds, t->sent_ms));
    engine_note(e, (struct event){.kind = EVENT_CONVERSATION, .contact = contact});
    return OK;
}

/* --- ours --- */

static enum err
say(struct engine *e, const struct contact *c, const struct timer *t, int64_t *ret)
{
    AUTO(buf_done) struct buf body = BUF(SHARED_MAX);
    Wire__Timer timer = WIRE__TIMER__INIT;
    struct msg_id msg_id;
    int64_t outbox;

    randombytes_buf(msg_id.b, sizeof msg_id.b);
    timer.seconds = (uint32_t)t->seconds;
    wire_pack(&body, &timer.base);
    TRY(buf_ok(&body));
    struct span packed = body.n > 0 ? buf_span(&body) : SPAN("", 0);
    struct message_row row = {.contact = c->id,
                              .outgoing = true,
                              .msg_id = &msg_id,
                              .type = CONTENT_TIMER,
                              .state = c->state == CONTACT_SELF ? MESSAGE_KEPT : MESSAGE_QUEUED,
                              .text = SPAN("", 0),
                              .extra = packed,
                              .sent_ms = engine_now_ms(e)};
    TRY(message_insert(e, &row, ret));
    if (c->state == CONTACT_SELF)
        return OK;
    return outbox_add(e,
                      &(struct outgoing){.contact = c->id,
                                         .type = CONTENT_TIMER,
                                         .body = packed,
                                         .msg_id = &msg_id,
                                         .message = *ret,
                                         .sent_ms = t->sent_ms},
                      &outbox);
}

static enum err
set(struct engine *e, int64_t contact, int64_t seconds, int64_t *ret)
{
    struct timer held, t = {.seconds = seconds, .sent_ms = engine_now_ms(e)};
    struct contact c;

    TRY(contact_get(e, contact, &c));
    TRY(message_may_write(&c));
    TRY(timer_held(e, contact, &held));
    if (t.sent_ms <= held.sent_ms) /* theirs may come from a clock that is ahead */
        t.sent_ms = held.sent_ms + 1;
    TRY(timer_put(e, contact, &t));
    return say(e, &c, &t, ret);
}

enum err
timer_set(struct engine *e, int64_t contact, int64_t seconds, int64_t *ret)
{
    AUTO(tx_done) struct tx tx = {0};
    int64_t id = 0;

    if (seconds < 0 || seconds > EXPIRE_MAX)
        return fail(ERR_USAGE, "Messages disappear after at most %d days, or never (0).",
                    EXPIRE_MAX / SECONDS_A_DAY);
    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, set(e, contact, seconds, &id)));
    *ret = id;
    return OK;
}

/* --- theirs --- */

/* Whether THEIRS, sent by A's account, replaces what is HELD. */
static bool
holds(const struct engine *e, const struct arrival *a, const struct timer *theirs,
      const struct timer *held)
{
    if (theirs->sent_ms != held->sent_ms)
        return theirs->sent_ms > held->sent_ms;
    return memcmp(a->account.b, e->account.b, sizeof a->account.b) > 0;
}

enum err
timer_received(struct engine *e, const struct arrival *a)
{
    AUTO(timer_freep) Wire__Timer *timer = NULL;
    struct span body = span_pb(a->shared->body);
    struct timer held, t;
    int64_t id;

    if (timer_read(body, &timer) != OK)
        return OK; /* its place in the chain is taken all the same */
    t.seconds = timer->seconds;
    t.sent_ms = a->shared->sent_at < (uint64_t)SENT_MAX ? (int64_t)a->shared->sent_at : SENT_MAX;
    TRY(timer_held(e, a->contact.id, &held));
    if (!holds(e, a, &t, &held))
        return OK;
    TRY(timer_put(e, a->contact.id, &t));
    struct message_row row = {.text = SPAN("", 0), .extra = body.n > 0 ? body : SPAN("", 0)};
    return message_insert_received(e, a, &row, &id);
}
