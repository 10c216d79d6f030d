/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/drafts.h"

#include "core/engine_state.h"
#include "wire/encoding.h"

void
draft_done(struct draft *d)
{
    buf_done(&d->text);
    buf_done(&d->marks);
}

enum err
draft_get(struct engine *e, int64_t contact, struct draft *ret)
{
    AUTO(draft_done) struct draft d = {.text = BUF(TEXT_MAX + 1), .marks = BUF(SHARED_MAX)};
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT draft,draft_marks,draft_reply,draft_ms FROM conversations WHERE "
                 "contact=?1",
                 "i", contact));
    if (query_next(&q)) {
        buf_put(&d.text, query_bytes(&q, 0));
        buf_put(&d.marks, query_bytes(&q, 1));
        d.reply_to = query_int(&q, 2);
        d.at_ms = query_int(&q, 3);
    }
    TRY(query_end(&q));
    TRY(buf_ok(&d.text));
    TRY(buf_ok(&d.marks));
    *ret = d;
    d = (struct draft){0};
    return OK;
}

static enum err
check(struct engine *e, int64_t contact, const struct draft_wish *wish)
{
    struct contact c;
    int64_t found;

    if (wish->text.n > TEXT_MAX)
        return fail(ERR_TOO_LARGE, "a message has at most %d bytes, this one has %zu", TEXT_MAX,
                    wish->text.n);
    if (wish->marks.n > SHARED_MAX)
        return fail(ERR_TOO_LARGE, "there are too many marks");
    if (!utf8_valid(wish->text))
        return fail(ERR_MALFORMED, "the draft is not valid UTF-8 text");
    TRY(contact_get(e, contact, &c));
    if (wish->reply_to == 0)
        return OK;
    TRY(db_get_int(e->db, &found,
                   "SELECT count(*) FROM messages WHERE id=?2 AND contact=?1 "
                   "AND " MESSAGE_HERE_OF_1,
                   "ii", contact, wish->reply_to));
    return found > 0 ? OK : fail(ERR_NOT_FOUND, "there is no such message in the conversation");
}

static enum err
put(struct engine *e, int64_t contact, const struct draft_wish *wish)
{
    bool any = wish->text.n > 0 || wish->reply_to != 0;

    TRY(check(e, contact, wish));
    if (any)
        TRY(conversation_make(e, contact));
    TRY(db_run(e->db,
               "UPDATE conversations SET draft=?2,draft_marks=?3,draft_reply=?4,draft_ms=?5,"
               "hidden=hidden AND ?5=0 WHERE contact=?1",
               "isbii", contact, any ? wish->text : SPAN("", 0),
               any && wish->marks.n > 0 ? wish->marks : SPAN_NONE, wish->reply_to,
               any ? engine_now_ms(e) : 0));
    if (db_changes(e->db) > 0)
        conversation_tell(e, contact);
    return OK;
}

enum err
draft_set(struct engine *e, int64_t contact, const struct draft_wish *wish)
{
    AUTO(tx_done) struct tx tx = {0};
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, put(e, contact, wish));
}
