/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/conversations.h"

#include "core/engine_state.h"

static void
tell(struct engine *e, int64_t contact)
{
    engine_note(e, (struct event){.kind = EVENT_CONVERSATION, .contact = contact});
}

enum err
conversation_get(struct engine *e, int64_t contact, struct conversation *ret)
{
    struct conversation c = {.contact = contact};
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT last_message,last_ms,unread,unread_mentions,marked_unread,archived,hidden,"
                 "muted_until_ms,pinned_ms,draft_ms,timer_s FROM conversations WHERE contact=?1",
                 "i", contact));
    if (query_next(&q))
        c = (struct conversation){
            .contact = contact,
            .last_message = query_int(&q, 0),
            .last_ms = query_int(&q, 1),
            .unread = (int)query_int(&q, 2),
            .unread_mentions = (int)query_int(&q, 3),
            .marked_unread = query_int(&q, 4) != 0,
            .archived = query_int(&q, 5) != 0,
            .hidden = query_int(&q, 6) != 0,
            .muted_until_ms = query_int(&q, 7),
            .pinned_ms = query_int(&q, 8),
            .draft_ms = query_int(&q, 9),
            .timer_s = (uint32_t)query_int(&q, 10),
        };
    TRY(query_end(&q));
    *ret = c;
    return OK;
}

enum err
conversation_said(struct engine *e, const struct message_row *row, int64_t id)
{
    int64_t unread = !row->outgoing, mention = !row->outgoing && row->mentions_me;

    TRY(db_run(e->db, "INSERT OR IGNORE INTO conversations(contact) VALUES(?1)", "i",
               row->contact));
    TRY(db_run(e->db,
               "UPDATE conversations SET last_message=max(last_message,?2),last_ms=?3,"
               "unread=unread+?4,unread_mentions=unread_mentions+?5,hidden=0 WHERE contact=?1",
               "iiiii", row->contact, id, engine_now_ms(e), unread, mention));
    tell(e, row->contact);
    return OK;
}

static enum err
count_again(struct engine *e, int64_t contact)
{
    return db_run(e->db,
                  "UPDATE conversations SET "
                  "unread=(SELECT count(*) FROM messages WHERE contact=?1 AND unread=1),"
                  "unread_mentions=(SELECT count(*) FROM messages WHERE contact=?1 AND unread=1 "
                  "AND mentions_me=1) WHERE contact=?1",
                  "i", contact);
}

enum err
conversation_read(struct engine *e, int64_t contact)
{
    TRY(count_again(e, contact));
    TRY(db_run(e->db, "UPDATE conversations SET marked_unread=0 WHERE contact=?1", "i", contact));
    tell(e, contact);
    return OK;
}

enum err
conversation_unsaid(struct engine *e, int64_t contact, int64_t id)
{
    TRY(db_run(e->db, "UPDATE messages SET unread=0 WHERE id=?1", "i", id));
    TRY(count_again(e, contact));
    TRY(db_run(e->db,
               "UPDATE conversations SET last_message=ifnull((SELECT max(id) FROM messages WHERE "
               "contact=?1 AND id<>?2),0) WHERE contact=?1 AND last_message=?2",
               "ii", contact, id));
    tell(e, contact);
    return OK;
}
