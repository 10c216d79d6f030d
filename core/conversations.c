/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/conversations.h"

#include "core/clearing.h"
#include "core/engine_state.h"
#include "core/outbox.h"

#define MENTIONS "set.mentions_while_muted"

/* --- reading --- */

static struct conversation
read_row(struct query *q)
{
    return (struct conversation){
        .contact = query_int(q, 0),
        .last_message = query_int(q, 1),
        .last_ms = query_int(q, 2),
        .unread = (int)query_int(q, 3),
        .unread_mentions = (int)query_int(q, 4),
        .marked_unread = query_int(q, 5) != 0,
        .archived = query_int(q, 6) != 0,
        .hidden = query_int(q, 7) != 0,
        .muted_until_ms = query_int(q, 8),
        .pinned_ms = query_int(q, 9),
        .draft_ms = query_int(q, 10),
        .timer_s = (uint32_t)query_int(q, 11),
        .gone_upto = query_int(q, 12),
        .clearing = query_int(q, 13),
        .keep_days = query_int(q, 14),
    };
}

enum err
conversation_get(struct engine *e, int64_t contact, struct conversation *ret)
{
    struct conversation c = {.contact = contact, .keep_days = KEEP_AS_ACCOUNT};
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q, "SELECT " CONVERSATION_COLUMNS " FROM conversations WHERE contact=?1",
                 "i", contact));
    if (query_next(&q))
        c = read_row(&q);
    TRY(query_end(&q));
    *ret = c;
    return OK;
}

enum err
conversation_first_unread(struct engine *e, int64_t contact, int64_t *ret)
{
    struct conversation v;

    TRY(conversation_get(e, contact, &v));
    return db_get_int(
        e->db, ret,
        "SELECT ifnull(min(id),0) FROM messages WHERE contact=?1 AND unread=1 AND id>?2", "ii",
        contact, v.gone_upto);
}

/* Where the page begins: below this place in the order. */
static enum err
page_begin(struct engine *e, const struct conversations_page *p, int64_t ret[3])
{
    AUTO(query_done) struct query q = {0};

    ret[0] = ret[1] = ret[2] = INT64_MAX;
    if (p->before == 0)
        return OK;
    TRY(db_query(e->db, &q, "SELECT pinned_ms,last_ms,contact FROM conversations WHERE contact=?1",
                 "i", p->before));
    if (!query_next(&q)) {
        TRY(query_end(&q));
        return fail(ERR_NOT_FOUND, "there is no such conversation");
    }
    for (int i = 0; i < 3; i++)
        ret[i] = query_int(&q, i);
    return query_end(&q);
}

enum err
conversations_each(struct engine *e, const struct conversations_page *page, void *ctx,
                   enum err (*each)(void *ctx, const struct conversation *c), bool *ret_more)
{
    AUTO(query_done) struct query q = {0};
    int64_t below[3];
    bool more = false;

    TRY(page_begin(e, page, below));
    TRY(db_query(e->db, &q, CONVERSATIONS_PAGE_SQL, "iiiiii", (int64_t)page->archived, below[0],
                 below[1], below[2], (int64_t)page->unread, (int64_t)page->limit + 1));
    for (int n = 0; query_next(&q); n++) {
        if (n == page->limit) {
            more = true;
            break;
        }
        struct conversation c = read_row(&q);
        TRY(each(ctx, &c));
    }
    TRY(query_end(&q));
    *ret_more = more;
    return OK;
}

enum err
conversation_after(struct engine *e, int64_t contact, int64_t *ret)
{
    return db_get_int(e->db, ret,
                      "SELECT contact FROM conversations WHERE contact>?1 ORDER BY contact LIMIT 1",
                      "i", contact);
}

int64_t
conversations_now(struct engine *e)
{
    return engine_now_ms(e);
}

enum err
mentions_while_muted_get(struct engine *e, bool *ret)
{
    int64_t on = 0;

    enum err found = meta_get_int(e->db, MENTIONS, &on);
    if (found != OK && found != ERR_NOT_FOUND)
        return found;
    *ret = on != 0;
    return OK;
}

enum err
mentions_while_muted_set(struct engine *e, bool on)
{
    return meta_set_int(e->db, MENTIONS, on);
}

enum err
conversation_silent(struct engine *e, int64_t contact, bool mentions_me, bool *ret)
{
    struct conversation v;
    bool pierced = false;

    TRY(conversation_get(e, contact, &v));
    if (mentions_me)
        TRY(mentions_while_muted_get(e, &pierced));
    *ret = v.muted_until_ms > engine_now_ms(e) && !pierced;
    return OK;
}

/* --- rows --- */

void
conversation_tell(struct engine *e, int64_t contact)
{
    /* Once is enough: what is told is read after the commit. */
    for (size_t i = 0; i < e->event_count; i++)
        if (e->events[i].kind == EVENT_CONVERSATION && e->events[i].contact == contact)
            return;
    engine_note(e, (struct event){.kind = EVENT_CONVERSATION, .contact = contact});
}

enum err
conversation_make(struct engine *e, int64_t contact)
{
    return db_run(e->db,
                  "INSERT OR IGNORE INTO conversations(contact,last_ms,hidden) VALUES(?1,?2,1)",
                  "ii", contact, engine_now_ms(e));
}

enum err
conversation_begin(struct engine *e, int64_t contact)
{
    TRY(conversation_make(e, contact));
    TRY(db_run(e->db, "UPDATE conversations SET hidden=0,last_ms=max(last_ms,?2) WHERE contact=?1",
               "ii", contact, engine_now_ms(e)));
    conversation_tell(e, contact);
    return OK;
}

/* --- kept with the messages --- */

/* Written by a person, so that a draft has become it. */
static bool
is_written(const struct message_row *row)
{
    return row->outgoing && (row->type == CONTENT_TEXT || row->type == CONTENT_ATTACHMENTS);
}

enum err
conversation_said(struct engine *e, const struct message_row *row, int64_t id)
{
    int64_t in = message_row_unread(row), mention = in && row->mentions_me;

    TRY(conversation_make(e, row->contact));
    TRY(db_run(e->db,
               "UPDATE conversations SET last_message=max(last_message,?2),last_ms=?3,"
               "unread=unread+?4,unread_mentions=unread_mentions+?5,hidden=0,"
               "archived=archived AND (?4=0 OR muted_until_ms>?3) WHERE contact=?1",
               "iiiii", row->contact, id, engine_now_ms(e), in, mention));
    if (is_written(row))
        TRY(db_run(e->db,
                   "UPDATE conversations SET draft='',draft_marks=NULL,draft_reply=0,draft_ms=0 "
                   "WHERE contact=?1 AND draft_ms<>0",
                   "i", row->contact));
    conversation_tell(e, row->contact);
    return OK;
}

static enum err
count_again(struct engine *e, int64_t contact)
{
    return db_run(e->db,
                  "UPDATE conversations SET "
                  "unread=(SELECT count(*) FROM messages WHERE contact=?1 AND unread=1 AND "
                  "id>gone_upto),"
                  "unread_mentions=(SELECT count(*) FROM messages WHERE contact=?1 AND unread=1 "
                  "AND mentions_me=1 AND id>gone_upto) WHERE contact=?1",
                  "i", contact);
}

enum err
conversation_read(struct engine *e, int64_t contact)
{
    TRY(count_again(e, contact));
    TRY(db_run(e->db, "UPDATE conversations SET marked_unread=0 WHERE contact=?1", "i", contact));
    conversation_tell(e, contact);
    return OK;
}

enum err
conversation_unsaid(struct engine *e, int64_t contact, int64_t id)
{
    TRY(db_run(e->db,
               "UPDATE conversations SET "
               "unread=unread-ifnull((SELECT unread FROM messages WHERE id=?2 AND id>gone_upto),0),"
               "unread_mentions=unread_mentions-ifnull((SELECT unread=1 AND mentions_me=1 FROM "
               "messages WHERE id=?2 AND id>gone_upto),0),"
               "draft_reply=CASE draft_reply WHEN ?2 THEN 0 ELSE draft_reply END WHERE contact=?1",
               "ii", contact, id));
    TRY(db_run(e->db, "UPDATE messages SET unread=0 WHERE id=?1 AND unread=1", "i", id));
    TRY(db_run(e->db,
               "UPDATE conversations SET last_message=ifnull((SELECT id FROM messages WHERE "
               "contact=?1 AND id<>?2 AND id>gone_upto AND type<>0 AND due_ms IS NULL "
               "ORDER BY id DESC LIMIT 1),0) "
               "WHERE contact=?1 AND last_message=?2",
               "ii", contact, id));
    conversation_tell(e, contact);
    return OK;
}

enum err
conversation_mentions(struct engine *e, int64_t id, bool mentions_me)
{
    TRY(db_run(e->db,
               "UPDATE conversations SET unread_mentions=unread_mentions+"
               "?2-(SELECT mentions_me FROM messages WHERE id=?1) WHERE contact="
               "(SELECT contact FROM messages WHERE id=?1 AND unread=1) AND gone_upto<?1",
               "ii", id, (int64_t)mentions_me));
    return db_run(e->db, "UPDATE messages SET mentions_me=?2 WHERE id=?1", "ii", id,
                  (int64_t)mentions_me);
}

/* --- what a person chooses --- */

static enum err
check_contact(struct engine *e, int64_t contact)
{
    struct contact c;
    return contact_get(e, contact, &c);
}

/* One transaction around what is done to the row of a contact. */
static enum err
choose(struct engine *e, int64_t contact, int64_t value,
       enum err (*set)(struct engine *e, int64_t contact, int64_t value))
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    enum err verdict = check_contact(e, contact);
    if (verdict == OK)
        verdict = conversation_make(e, contact);
    if (verdict == OK)
        verdict = set(e, contact, value);
    conversation_tell(e, contact);
    return act_end(e, &tx, verdict);
}

static enum err
set_marked(struct engine *e, int64_t contact, int64_t value)
{
    return db_run(e->db, "UPDATE conversations SET marked_unread=?2,hidden=0 WHERE contact=?1",
                  "ii", contact, value);
}

enum err
conversation_mark_unread(struct engine *e, int64_t contact)
{
    return choose(e, contact, 1, set_marked);
}

static enum err
set_muted(struct engine *e, int64_t contact, int64_t value)
{
    return db_run(e->db, "UPDATE conversations SET muted_until_ms=?2 WHERE contact=?1", "ii",
                  contact, value);
}

enum err
conversation_mute(struct engine *e, int64_t contact, int64_t until_ms)
{
    return choose(e, contact, until_ms, set_muted);
}

static enum err
set_pinned(struct engine *e, int64_t contact, int64_t value)
{
    int64_t others;

    TRY(db_get_int(e->db, &others,
                   "SELECT count(*) FROM conversations WHERE archived=0 AND hidden=0 AND "
                   "pinned_ms>0 AND contact<>?1",
                   "i", contact));
    if (value != 0 && others >= CONVERSATIONS_PINNED_MAX)
        return fail(ERR_LIMIT, "%d conversations are pinned already; unpin one first",
                    CONVERSATIONS_PINNED_MAX);
    if (value == 0)
        return db_run(e->db, "UPDATE conversations SET pinned_ms=0 WHERE contact=?1", "i", contact);
    return db_run(e->db,
                  "UPDATE conversations SET pinned_ms=?2,archived=0,hidden=0 WHERE contact=?1 AND "
                  "(pinned_ms=0 OR archived=1 OR hidden=1)",
                  "ii", contact, value);
}

enum err
conversation_pin(struct engine *e, int64_t contact)
{
    return choose(e, contact, engine_now_ms(e), set_pinned);
}

enum err
conversation_unpin(struct engine *e, int64_t contact)
{
    return choose(e, contact, 0, set_pinned);
}

static enum err
set_archived(struct engine *e, int64_t contact, int64_t value)
{
    return db_run(e->db,
                  "UPDATE conversations SET archived=?2,pinned_ms=CASE ?2 WHEN 0 THEN pinned_ms "
                  "ELSE 0 END WHERE contact=?1",
                  "ii", contact, value);
}

enum err
conversation_archive(struct engine *e, int64_t contact)
{
    return choose(e, contact, 1, set_archived);
}

enum err
conversation_unarchive(struct engine *e, int64_t contact)
{
    return choose(e, contact, 0, set_archived);
}

static enum err
set_keep(struct engine *e, int64_t contact, int64_t value)
{
    return db_run(e->db, "UPDATE conversations SET keep_days=nullif(?2,-1) WHERE contact=?1", "ii",
                  contact, value);
}

enum err
conversation_keep(struct engine *e, int64_t contact, int64_t days)
{
    if (days < KEEP_AS_ACCOUNT || days > KEEP_DAYS_MAX)
        return fail(ERR_USAGE, "Messages are kept for 1 to %d days, or 0 for ever.", KEEP_DAYS_MAX);
    TRY(choose(e, contact, days, set_keep));
    clearing_soon(e);
    return OK;
}
