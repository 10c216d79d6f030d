/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/clearing.h"

#include <stdlib.h>

#include "core/attachments.h"
#include "core/engine_state.h"
#include "core/storage.h"

#define KEEP "set.keep_days"
#define EVERY_MS (60 * 60 * 1000LL)
#define DAY_MS (SECONDS_A_DAY * 1000LL)
#define COUNTED_MAX 10000
#define LOOKED_AT_MAX 64 /* conversations a slice */

struct clearing_work {
    bool deleting;  /* there may be rows below a mark */
    bool sweeping;  /* the hourly turn is under way */
    bool shrinking; /* much was taken away: give the disk its room back */
    struct clearing sweep;
    int64_t sweep_ms; /* the next turn, UTC */
};

enum err
clearing_open(struct engine *e)
{
    e->clearing_work = calloc(1, sizeof *e->clearing_work);
    if (e->clearing_work == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    e->clearing_work->deleting = true; /* a kill may have come between */
    return OK;
}

void
clearing_close(struct engine *e)
{
    free(STEAL(e->clearing_work));
}

/* --- whole conversations --- */

/* How many there are, or COUNTED_MAX: counting all of a long history would hold up the loop. */
static enum err
count_below(struct engine *e, int64_t contact, int64_t upto, int64_t *ret)
{
    return db_get_int(e->db, ret,
                      "SELECT count(*) FROM (SELECT 1 FROM messages WHERE contact=?1 AND id<=?2 "
                      "LIMIT ?3)",
                      "iii", contact, upto, (int64_t)COUNTED_MAX);
}

static enum err
set_mark(struct engine *e, int64_t contact, bool line_too)
{
    struct contact c;
    int64_t newest, left;

    TRY(contact_get(e, contact, &c));
    TRY(db_get_int(e->db, &newest, "SELECT ifnull(max(id),0) FROM messages WHERE contact=?1", "i",
                   contact));
    TRY(count_below(e, contact, newest, &left));
    TRY(conversation_make(e, contact));
    TRY(db_run(e->db,
               "UPDATE conversations SET gone_upto=max(gone_upto,?2),clearing=?3,last_message=0,"
               "unread=0,unread_mentions=0,marked_unread=0,draft_reply=0 WHERE contact=?1",
               "iii", contact, newest, left));
    if (line_too)
        TRY(db_run(e->db,
                   "UPDATE conversations SET hidden=1,pinned_ms=0,archived=0,draft='',"
                   "draft_marks=NULL,draft_ms=0 WHERE contact=?1",
                   "i", contact));
    conversation_tell(e, contact);
    e->clearing_work->deleting = true;
    return OK;
}

static enum err
mark(struct engine *e, int64_t contact, bool line_too)
{
    AUTO(tx_done) struct tx tx = {0};
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, set_mark(e, contact, line_too));
}

enum err
conversation_clear(struct engine *e, int64_t contact)
{
    return mark(e, contact, false);
}

enum err
conversation_delete(struct engine *e, int64_t contact)
{
    return mark(e, contact, true);
}

static enum err
below_the_mark(struct engine *e, const struct conversation *v, int64_t ret[CLEARING_SLICE],
               size_t *ret_count)
{
    AUTO(query_done) struct query q;
    size_t count = 0;

    TRY(db_query(e->db, &q,
                 "SELECT id FROM messages WHERE contact=?1 AND id<=?2 ORDER BY id LIMIT ?3", "iii",
                 v->contact, v->gone_upto, (int64_t)CLEARING_SLICE));
    while (count < CLEARING_SLICE && query_next(&q))
        ret[count++] = query_int(&q, 0);
    TRY(query_end(&q));
    *ret_count = count;
    return OK;
}

static enum err
remove_below_the_mark(struct engine *e, int64_t contact)
{
    struct conversation v;
    int64_t ids[CLEARING_SLICE];
    size_t count;

    TRY(conversation_get(e, contact, &v));
    TRY(below_the_mark(e, &v, ids, &count));
    for (size_t i = 0; i < count; i++)
        TRY(message_remove(e, ids[i]));
    int64_t left = v.clearing - (int64_t)count;
    if (left <= 0)
        TRY(count_below(e, contact, v.gone_upto, &left));
    conversation_tell(e, contact);
    return db_run(e->db, "UPDATE conversations SET clearing=?2 WHERE contact=?1", "ii", contact,
                  count < CLEARING_SLICE ? 0 : left);
}

/* One slice of one conversation. */
static enum err
delete_some(struct engine *e)
{
    AUTO(tx_done) struct tx tx = {0};
    int64_t contact;

    enum err found = db_get_int(
        e->db, &contact,
        "SELECT contact FROM conversations WHERE clearing>0 ORDER BY contact LIMIT 1", "");
    if (found == ERR_NOT_FOUND) {
        e->clearing_work->deleting = false;
        return OK;
    }
    TRY(found);
    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, remove_below_the_mark(e, contact)));
    e->clearing_work->shrinking = true;
    return OK;
}

/* --- by age and kind --- */

struct old_message {
    int64_t id, stored_ms, bytes, file_bytes;
    bool scheduled, has_files;
};

static enum err
read_some(struct engine *e, const struct clearing *c, int64_t before_ms, size_t max,
          struct old_message *ret, size_t *ret_count)
{
    AUTO(query_done) struct query q;
    size_t count = 0;

    TRY(db_query(e->db, &q,
                 "SELECT id,stored_ms,length(CAST(text AS BLOB)),state,"
                 "EXISTS(SELECT 1 FROM attachments WHERE message=messages.id),"
                 "ifnull((SELECT sum(cipher_size) FROM attachments WHERE message=messages.id AND "
                 "file<>'' AND state=4 AND NOT EXISTS(SELECT 1 FROM attachments o WHERE "
                 "o.message=messages.id AND o.state=1)),0) FROM messages WHERE contact=?1 AND "
                 "(stored_ms,id)>(?2,?3) AND "
                 "stored_ms<?4 AND " MESSAGE_HERE_OF_1 " ORDER BY stored_ms,id LIMIT ?5",
                 "iiiii", c->at, c->after_ms, c->after_id, before_ms, (int64_t)max));
    while (count < max && query_next(&q))
        ret[count++] = (struct old_message){.id = query_int(&q, 0),
                                            .stored_ms = query_int(&q, 1),
                                            .bytes = query_int(&q, 2),
                                            .scheduled = query_int(&q, 3) == MESSAGE_SCHEDULED,
                                            .has_files = query_int(&q, 4) != 0,
                                            .file_bytes = query_int(&q, 5)};
    TRY(query_end(&q));
    *ret_count = count;
    return OK;
}

static enum err
clear_one(struct engine *e, struct clearing *c, const struct old_message *m)
{
    c->after_ms = m->stored_ms;
    c->after_id = m->id;
    if (m->scheduled || (c->what == CLEAR_MESSAGES && m->has_files) ||
        (c->what == CLEAR_FILES && m->file_bytes == 0))
        return OK;
    c->messages++;
    c->bytes += m->file_bytes;
    if (c->what == CLEAR_FILES)
        return attachments_drop(e, m->id);
    c->bytes += m->bytes;
    return message_remove(e, m->id);
}

/* Before when messages of the conversation are to go; 0: none. */
static enum err
limit_of(struct engine *e, const struct clearing *c, int64_t *ret)
{
    struct conversation v;
    int64_t days;

    *ret = c->before_ms;
    if (c->before_ms != 0)
        return OK;
    TRY(keep_get(e, &days));
    TRY(conversation_get(e, c->at, &v));
    if (v.keep_days != KEEP_AS_ACCOUNT)
        days = v.keep_days;
    *ret = days == 0 ? 0 : engine_now_ms(e) - days * DAY_MS;
    return OK;
}

/* The next conversation from its beginning; done when there is none. */
static enum err
next_conversation(struct engine *e, struct clearing *c)
{
    if (c->contact != 0) {
        c->done = c->at != 0;
        c->at = c->contact;
    } else {
        enum err found = conversation_after(e, c->at, &c->at);
        if (found != ERR_NOT_FOUND)
            TRY(found);
        c->done = found == ERR_NOT_FOUND;
    }
    c->after_ms = c->after_id = INT64_MIN;
    return OK;
}

static enum err
clear_some(struct engine *e, struct clearing *c)
{
    struct old_message some[CLEARING_SLICE];
    size_t left = CLEARING_SLICE, count;
    int64_t before_ms;

    if (c->at == 0)
        TRY(next_conversation(e, c));
    for (int looked = 0; left > 0 && looked < LOOKED_AT_MAX && !c->done; looked++) {
        count = 0;
        TRY(limit_of(e, c, &before_ms));
        if (before_ms != 0)
            TRY(read_some(e, c, before_ms, left, some, &count));
        for (size_t i = 0; i < count; i++)
            TRY(clear_one(e, c, &some[i]));
        if (count == left)
            return OK;
        left -= count;
        TRY(next_conversation(e, c));
    }
    return OK;
}

enum err
clearing_slice(struct engine *e, struct clearing *c)
{
    AUTO(tx_done) struct tx tx = {0};
    struct clearing then = *c;

    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, clear_some(e, &then)));
    if (then.messages >= CLEARING_SLICE)
        e->clearing_work->shrinking = true;
    *c = then;
    return OK;
}

/* --- in time --- */

enum err
keep_get(struct engine *e, int64_t *ret_days)
{
    enum err found = meta_get_int(e->db, KEEP, ret_days);
    if (found == ERR_NOT_FOUND) {
        *ret_days = 0;
        return OK;
    }
    return found;
}

enum err
keep_set(struct engine *e, int64_t days)
{
    AUTO(tx_done) struct tx tx = {0};

    if (days < 0 || days > KEEP_DAYS_MAX)
        return fail(ERR_USAGE, "Messages are kept for 1 to %d days, or 0 for ever.", KEEP_DAYS_MAX);
    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, meta_set_int(e->db, KEEP, days)));
    clearing_soon(e);
    return OK;
}

void
clearing_soon(struct engine *e)
{
    e->clearing_work->sweep_ms = 0;
}

static enum err
sweep_some(struct engine *e)
{
    struct clearing_work *w = e->clearing_work;

    TRY(clearing_slice(e, &w->sweep));
    if (!w->sweep.done)
        return OK;
    w->sweeping = false;
    w->sweep_ms = engine_now_ms(e) + EVERY_MS;
    return OK;
}

static bool
sweep_due(const struct engine *e)
{
    int64_t now = engine_now_ms(e), at = e->clearing_work->sweep_ms;
    return at <= now || at > now + EVERY_MS; /* the clock was set back */
}

static enum err
work(struct engine *e, int64_t *ret_due)
{
    struct clearing_work *w = e->clearing_work;

    if (w->deleting)
        return delete_some(e);
    if (!w->sweeping && sweep_due(e)) {
        w->sweep = (struct clearing){.what = CLEAR_ALL};
        w->sweeping = true;
    }
    if (w->sweeping)
        return sweep_some(e);
    if (w->shrinking)
        return storage_shrink(e, STORAGE_SPARE, &w->shrinking);
    *ret_due = engine_when(e, w->sweep_ms);
    return OK;
}

int64_t
clearing_step(struct engine *e)
{
    int64_t now = engine_monotonic_ms(e), due = now;

    enum err verdict = work(e, &due);
    engine_heed(e, verdict);
    return verdict == OK ? due : now + 60 * 1000;
}
