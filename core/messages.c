/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/messages.h"

#include "core/attachments.h"
#include "core/changes.h"
#include "core/content.h"
#include "core/conversations.h"
#include "core/disappearing.h"
#include "core/engine_state.h"
#include "core/receipts.h"

#define NUMBER(n) NUMBER_AS_IT_IS(n)
#define NUMBER_AS_IT_IS(n) #n

/* --- receiving --- */

enum err
message_gap_of(struct engine *e, const struct arrival *a, int64_t *ret)
{
    if (a->shared->seq == 0) {
        *ret = 0;
        return OK;
    }
    enum err found =
        db_get_int(e->db, ret,
                   "SELECT id FROM messages WHERE chain=?1 AND seq=?2 AND type=0 AND contact=?3 "
                   "AND " MESSAGE_HERE,
                   "bii", span_pb(a->shared->chain), (int64_t)a->shared->seq, a->contact.id);
    if (found == ERR_NOT_FOUND) {
        *ret = 0;
        return OK;
    }
    return found;
}

/* What of A's body the row shows, by type; a type that is not known shows nothing of it. */
static enum err
read_body(struct engine *e, const struct arrival *a, struct buf *ret_marks, Wire__Text **ret_text,
          struct message_row *row)
{
    AUTO(contact_card_freep) Wire__ContactCard *card = NULL;
    struct span body = span_pb(a->shared->body);

    row->text = SPAN("", 0);
    if (a->shared->type == CONTENT_TEXT) {
        TRY(text_read(body, ret_text));
        return message_row_text(e, *ret_text, ret_marks, row);
    }
    if (a->shared->type == CONTENT_CONTACT_CARD) {
        TRY(contact_card_read(body, &card));
        row->extra = body;
    }
    return OK;
}

enum err
message_receive(struct engine *e, const struct arrival *a)
{
    AUTO(text_freep) Wire__Text *t = NULL;
    AUTO(buf_done) struct buf marks = BUF(SHARED_MAX);
    struct message_row row = {0};
    int64_t gap, id;

    if (a->shared->type == CONTENT_ATTACHMENTS)
        return attachments_receive(e, a);
    enum err read = read_body(e, a, &marks, &t, &row);
    if (read == OK)
        return message_insert_received(e, a, &row, &id);
    TRY(message_gap_of(e, a, &gap));
    return gap == 0 ? read : message_gap_gone(e, a->contact.id, gap);
}

enum err
message_add_gap(struct engine *e, const struct arrival *a, int64_t seq, enum message_state state,
                int64_t *ret)
{
    int64_t now = engine_now_ms(e);
    TRY(db_run(e->db,
               "INSERT INTO messages(contact,outgoing,type,text,sent_ms,stored_ms,state,state_ms,"
               "chain,seq) VALUES(?1,0,0,'',?2,?2,?3,?2,?4,?5)",
               "iiibi", a->contact.id, now, (int64_t)state, span_pb(a->shared->chain), seq));
    int64_t id = db_last_id(e->db);
    engine_note(e, (struct event){.kind = EVENT_GAP, .contact = a->contact.id, .message = id});
    *ret = id;
    return OK;
}

enum err
message_gap_gone(struct engine *e, int64_t contact, int64_t id)
{
    TRY(db_run(e->db, "UPDATE messages SET state=?2,state_ms=?3 WHERE id=?1 AND type=0", "iii", id,
               (int64_t)MESSAGE_GONE, engine_now_ms(e)));
    engine_note(e, (struct event){.kind = EVENT_GAP, .contact = contact, .message = id});
    return OK;
}

enum err
message_gap_repeated(struct engine *e, const struct arrival *a)
{
    int64_t gap;

    TRY(message_gap_of(e, a, &gap));
    if (gap == 0)
        return OK;
    TRY(db_run(e->db, "DELETE FROM messages WHERE id=?1 AND type=0", "i", gap));
    engine_note(e, (struct event){.kind = EVENT_GAP, .contact = a->contact.id, .message = gap});
    return OK;
}

enum err
message_known(struct engine *e, int64_t contact, const struct msg_id *id, bool *ret)
{
    int64_t n;
    TRY(db_get_int(e->db, &n,
                   "SELECT count(*) FROM messages WHERE contact=?1 AND msg_id=?2 AND outgoing=0",
                   "ib", contact, SPAN_OF(*id)));
    *ret = n > 0;
    return OK;
}

/* --- how far it got --- */

/* A later word of the peer outweighs what we had given up. */
static int
rank(enum message_state s)
{
    switch (s) {
    case MESSAGE_QUEUED:
        return 1;
    case MESSAGE_AT_RELAY:
        return 2;
    case MESSAGE_FAILED:
    case MESSAGE_UNCONFIRMED:
        return 3;
    case MESSAGE_DELIVERED:
        return 4;
    case MESSAGE_READ:
        return 5;
    case MESSAGE_SCHEDULED:
        return 0;
    default:
        return 9;
    }
}

enum err
message_set_state(struct engine *e, int64_t id, enum message_state state, const char *why)
{
    int64_t contact, held;

    enum err found =
        db_get_int(e->db, &contact, "SELECT contact FROM messages WHERE id=?1", "i", id);
    if (found == ERR_NOT_FOUND)
        return OK; /* deleted from the history meanwhile */
    TRY(found);
    TRY(db_get_int(e->db, &held, "SELECT state FROM messages WHERE id=?1", "i", id));
    if (rank((enum message_state)held) >= rank(state))
        return OK;
    TRY(db_run(e->db, "UPDATE messages SET state=?2,state_ms=?3,why=?4 WHERE id=?1", "iiit", id,
               (int64_t)state, engine_now_ms(e), why));
    if (state != MESSAGE_QUEUED && state != MESSAGE_FAILED)
        TRY(disappearing_sent(e, id)); /* an answer of theirs stands for a 202 that got lost */
    engine_note(e, (struct event){.kind = EVENT_MESSAGE_STATE, .contact = contact, .message = id});
    return OK;
}

static enum err
plan_read(struct engine *e, int64_t contact, int64_t to)
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT msg_id,type FROM messages WHERE contact=?1 AND id<=?2 AND unread=1 AND "
                 "msg_id IS NOT NULL AND " MESSAGE_HERE_OF_1,
                 "ii", contact, to));
    while (query_next(&q))
        TRY(receipts_plan(e, &(struct receipt_plan){.contact = contact,
                                                    .type = (unsigned)query_int(&q, 1),
                                                    .msg_id = query_bytes(&q, 0),
                                                    .kind = RECEIPT_READ}));
    return query_end(&q);
}

enum err
messages_newest(struct engine *e, int64_t *ret)
{
    return db_get_int(e->db, ret, "SELECT ifnull(max(id),0) FROM messages", "");
}

static enum err
mark_read(struct engine *e, int64_t contact, int64_t id)
{
    TRY(plan_read(e, contact, id));
    TRY(disappearing_shown(e, contact, id));
    TRY(db_run(e->db,
               "UPDATE messages SET unread=0 WHERE contact=?1 AND id<=?2 AND unread=1 "
               "AND " MESSAGE_HERE_OF_1,
               "ii", contact, id));
    return conversation_read(e, contact);
}

enum err
messages_mark_read(struct engine *e, int64_t contact, int64_t id)
{
    AUTO(tx_done) struct tx tx = {0};
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, mark_read(e, contact, id));
}

/* --- reading --- */

#define MESSAGE_COLUMNS                                                                            \
    "id,contact,outgoing,msg_id,type,text,sent_ms,stored_ms,state,state_ms,why,marks,reply_to,"    \
    "reply_hash,extra,forwarded,mentions_me,unread,edited_ms,deleted_ms,"                          \
    "CASE WHEN pinned_ms=0 THEN 0 WHEN (SELECT count(*) FROM messages o WHERE "                    \
    "o.contact=messages.contact AND o.pinned_ms>0 AND o.pinned_ms>messages.pinned_ms)"             \
    ">=" NUMBER(PINNED_MAX) " THEN 0 ELSE pinned_ms END,"                                          \
                            "expire_s,expires_ms,due_ms,retained_ms"

static void
give_numbers(struct query *q, struct message *m)
{
    m->id = query_int(q, 0);
    m->contact = query_int(q, 1);
    m->outgoing = query_int(q, 2) != 0;
    m->type = (int)query_int(q, 4);
    m->sent_ms = query_int(q, 6);
    m->stored_ms = query_int(q, 7);
    m->state = (enum message_state)query_int(q, 8);
    m->state_ms = query_int(q, 9);
    m->forwarded = query_int(q, 15) != 0;
    m->mentions_me = query_int(q, 16) != 0;
    m->unread = query_int(q, 17) != 0;
    m->edited_ms = query_int(q, 18);
    m->deleted_ms = query_int(q, 19);
    m->pinned_ms = query_int(q, 20);
    m->expire_s = (uint32_t)query_int(q, 21);
    m->expires_ms = query_int(q, 22);
    m->due_ms = query_int(q, 23);
    m->retained_ms = query_int(q, 24);
}

/* The bytes of a row hold as long as the query stands on it. */
static enum err
give(struct query *q, void *ctx, enum err (*each)(void *ctx, const struct message *m))
{
    AUTO(buf_done) struct buf text = BUF(TEXT_MAX + 1);
    char why[32];
    struct message m = {0};

    give_numbers(q, &m);
    if (!query_is_null(q, 3))
        TRY(query_exact(q, 3, m.msg_id.b, sizeof m.msg_id.b));
    buf_put(&text, query_bytes(q, 5));
    buf_put_u8(&text, 0);
    TRY(buf_ok(&text));
    query_text(q, 10, why, sizeof why);
    m.text = (const char *)text.p;
    m.why = why;
    m.marks = query_bytes(q, 11);
    m.reply_to = query_bytes(q, 12);
    m.reply_hash = query_bytes(q, 13);
    m.extra = query_bytes(q, 14);
    return each(ctx, &m);
}

static enum err
give_all(struct query *q, void *ctx, enum err (*each)(void *ctx, const struct message *m))
{
    while (query_next(q))
        TRY(give(q, ctx, each));
    return query_end(q);
}

/* The oldest id of the page, by walking back LIMIT rows; *ret_more when there are older ones. */
static enum err
page_start(struct engine *e, const struct messages_page *p, int64_t *ret_from, bool *ret_more)
{
    int64_t before = p->before == 0 ? INT64_MAX : p->before;
    AUTO(query_done) struct query q;

    *ret_from = before;
    *ret_more = false;
    if (p->contact == 0)
        TRY(db_query(e->db, &q,
                     "SELECT id FROM messages WHERE id<?1 AND due_ms IS NULL "
                     "AND " MESSAGE_HERE " ORDER BY id DESC LIMIT ?2",
                     "ii", before, (int64_t)p->limit + 1));
    else
        TRY(db_query(e->db, &q,
                     "SELECT id FROM messages WHERE contact=?1 AND id<?2 AND due_ms IS NULL "
                     "AND " MESSAGE_HERE_OF_1 " ORDER BY id DESC LIMIT ?3",
                     "iii", p->contact, before, (int64_t)p->limit + 1));
    for (int n = 0; query_next(&q); n++) {
        if (n == p->limit)
            *ret_more = true;
        else
            *ret_from = query_int(&q, 0);
    }
    return query_end(&q);
}

static enum err
page_before(struct engine *e, const struct messages_page *p, void *ctx,
            enum err (*each)(void *ctx, const struct message *m), bool *ret_more)
{
    int64_t before = p->before == 0 ? INT64_MAX : p->before, from;
    bool more;
    AUTO(query_done) struct query q = {0};

    TRY(page_start(e, p, &from, &more));
    if (p->contact == 0)
        TRY(db_query(e->db, &q,
                     "SELECT " MESSAGE_COLUMNS
                     " FROM messages WHERE id>=?1 AND id<?2 AND due_ms IS NULL AND " MESSAGE_HERE
                     " ORDER BY id",
                     "ii", from, before));
    else
        TRY(db_query(e->db, &q,
                     "SELECT " MESSAGE_COLUMNS
                     " FROM messages WHERE contact=?3 AND id>=?1 AND id<?2 AND due_ms IS NULL "
                     "ORDER BY id",
                     "iii", from, before, p->contact));
    TRY(give_all(&q, ctx, each));
    *ret_more = more;
    return OK;
}

static enum err
page_after(struct engine *e, const struct messages_page *p, void *ctx,
           enum err (*each)(void *ctx, const struct message *m), bool *ret_more)
{
    int given = 0;
    bool more = false;
    AUTO(query_done) struct query q = {0};

    if (p->contact == 0)
        TRY(db_query(e->db, &q,
                     "SELECT " MESSAGE_COLUMNS " FROM messages WHERE id>?1 AND due_ms IS NULL "
                     "AND " MESSAGE_HERE " ORDER BY id LIMIT ?2",
                     "ii", p->after, (int64_t)p->limit + 1));
    else
        TRY(db_query(e->db, &q,
                     "SELECT " MESSAGE_COLUMNS
                     " FROM messages WHERE contact=?1 AND id>?2 AND due_ms IS NULL "
                     "AND " MESSAGE_HERE_OF_1 " ORDER BY id LIMIT ?3",
                     "iii", p->contact, p->after, (int64_t)p->limit + 1));
    while (query_next(&q)) {
        if (given == p->limit) {
            more = true;
            break;
        }
        TRY(give(&q, ctx, each));
        given++;
    }
    TRY(query_end(&q));
    *ret_more = more;
    return OK;
}

enum err
messages_each(struct engine *e, const struct messages_page *page, void *ctx,
              enum err (*each)(void *ctx, const struct message *m), bool *ret_more)
{
    return page->after != 0 ? page_after(e, page, ctx, each, ret_more)
                            : page_before(e, page, ctx, each, ret_more);
}

enum err
message_get(struct engine *e, int64_t id, void *ctx,
            enum err (*each)(void *ctx, const struct message *m))
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT " MESSAGE_COLUMNS " FROM messages WHERE id=?1 AND " MESSAGE_HERE, "i",
                 id));
    if (!query_next(&q)) {
        TRY(query_end(&q));
        return fail(ERR_NOT_FOUND, "there is no such message");
    }
    TRY(give(&q, ctx, each));
    return query_end(&q);
}

enum err
messages_pinned_each(struct engine *e, int64_t contact, void *ctx,
                     enum err (*each)(void *ctx, const struct message *m))
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT " MESSAGE_COLUMNS " FROM messages WHERE contact=?1 AND pinned_ms>0 "
                 "AND " MESSAGE_HERE_OF_1 " "
                 "ORDER BY pinned_ms DESC,msg_id LIMIT ?2",
                 "ii", contact, (int64_t)PINNED_MAX));
    return give_all(&q, ctx, each);
}
