/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/scheduled.h"

#include "core/attachments.h"
#include "core/disappearing.h"
#include "core/engine_state.h"
#include "core/opening.h"
#include "core/stored_message.h"

#define LOOK_MS (30 * 1000LL) /* the clock may have been set meanwhile */

enum err
schedule_check(struct engine *e, int64_t at_ms)
{
    int64_t now = engine_now_ms(e);

    if (at_ms <= now)
        return fail(ERR_USAGE, "That time is past.");
    if (at_ms > now + SCHEDULE_MAX_MS)
        return fail(ERR_USAGE, "That is more than a year away.");
    return OK;
}

enum err
message_send_later(struct engine *e, struct composition *c, int64_t *ret)
{
    TRY(schedule_check(e, c->due_ms));
    return message_compose(e, c, ret);
}

/* --- changed --- */

/* Marks are of the words that were. */
static enum err
reword(struct engine *e, int64_t id, struct span text)
{
    TRY(message_reword(e, id, text, SPAN_NONE));
    return attachments_fit(e, id);
}

static enum err
change(struct engine *e, int64_t id, int64_t at_ms, struct span text)
{
    int64_t state, contact;

    TRY(db_get_int(e->db, &state, "SELECT state FROM messages WHERE id=?1", "i", id));
    if (state != MESSAGE_SCHEDULED)
        return fail(ERR_STATE, "That message is not one that waits for its time.");
    if (text.n > 0)
        TRY(reword(e, id, text));
    if (at_ms != 0)
        TRY(db_run(e->db, "UPDATE messages SET due_ms=?2 WHERE id=?1", "ii", id, at_ms));
    TRY(db_get_int(e->db, &contact, "SELECT contact FROM messages WHERE id=?1", "i", id));
    engine_note(e, (struct event){.kind = EVENT_MESSAGE_STATE, .contact = contact, .message = id});
    e->later.looked = false;
    return OK;
}

enum err
message_reschedule(struct engine *e, int64_t id, int64_t at_ms, struct span text)
{
    AUTO(tx_done) struct tx tx = {0};

    if (text.n > 0)
        TRY(compose_check_text(text));
    if (at_ms != 0)
        TRY(schedule_check(e, at_ms));
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, change(e, id, at_ms, text));
}

/* --- out of it --- */

enum err
messages_scheduled(struct engine *e, int64_t contact, void *ctx,
                   enum err (*each)(void *ctx, const struct message *m))
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT id FROM messages WHERE due_ms IS NOT NULL AND (?1=0 OR contact=?1) "
                 "ORDER BY due_ms,id",
                 "i", contact));
    while (query_next(&q)) {
        enum err given = message_get(e, query_int(&q, 0), ctx, each);
        if (given != ERR_NOT_FOUND)
            TRY(given);
    }
    return query_end(&q);
}

/* --- when it is due --- */

static enum err
why_not(struct engine *e, int64_t contact, struct contact *ret)
{
    TRY(contact_get(e, contact, ret));
    return message_may_write(ret);
}

/* It takes its place in the conversation as if it had just been said. */
static enum err
go(struct engine *e, int64_t id)
{
    AUTO(stored_message_done) struct stored_message m = {0};
    struct contact c;
    int64_t as;

    TRY(stored_message_read(e, id, &m));
    enum err why = why_not(e, m.row.contact, &c);
    if (is_store_trouble(why))
        return why;
    m.row.state = why != OK                 ? MESSAGE_FAILED
                  : c.state == CONTACT_SELF ? MESSAGE_KEPT
                                            : MESSAGE_QUEUED;
    m.row.sent_ms = engine_now_ms(e);
    m.row.due_ms = 0;
    TRY(timer_get(e, m.row.contact, &m.row.expire_s));
    TRY(message_insert(e, &m.row, &as));
    TRY(attachments_due(e, id, as, m.row.state));
    TRY(message_remove(e, id));
    if (why != OK)
        return db_run(e->db, "UPDATE messages SET why=?2 WHERE id=?1", "it", as, err_name(why));
    return m.row.type == CONTENT_ATTACHMENTS ? OK : compose_queue(e, as);
}

static enum err
go_next(struct engine *e, bool *ret_more)
{
    AUTO(tx_done) struct tx tx = {0};
    int64_t id;

    enum err found = db_get_int(e->db, &id,
                                "SELECT id FROM messages WHERE due_ms<=?1 AND " MESSAGE_HERE
                                " ORDER BY due_ms,id LIMIT 1",
                                "i", engine_now_ms(e));
    *ret_more = found == OK;
    if (found != OK)
        return found == ERR_NOT_FOUND ? OK : found;
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, go(e, id));
}

static enum err
turn(struct engine *e)
{
    bool more = true;

    if (e->later.looked && e->later.next_ms > engine_now_ms(e))
        return OK;
    while (more)
        TRY(go_next(e, &more));
    TRY(db_get_int(
        e->db, &e->later.next_ms,
        "SELECT ifnull(min(due_ms),?1) FROM messages WHERE due_ms IS NOT NULL AND " MESSAGE_HERE,
        "i", INT64_MAX));
    e->later.looked = true;
    return OK;
}

int64_t
scheduled_step(struct engine *e)
{
    int64_t now = engine_monotonic_ms(e);
    enum err done = turn(e);

    engine_heed(e, done);
    if (done != OK)
        return now + LOOK_MS;
    if (e->later.next_ms == INT64_MAX)
        return NEVER;
    return sooner(now + LOOK_MS, engine_when(e, e->later.next_ms));
}
