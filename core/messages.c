/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/messages.h"

#include <sodium.h>

#include "core/attachments.h"
#include "core/content.h"
#include "core/conversations.h"
#include "core/engine_state.h"
#include "core/receipts.h"
#include "wire/encoding.h"

/* --- sending --- */

enum err
message_may_write(const struct contact *c)
{
    if (c->state == CONTACT_SELF)
        return OK;
    if (c->state == CONTACT_ASKED) { /* it waits for the answer */
        struct contact as_if = *c;
        as_if.state = CONTACT_ACCEPTED;
        return contact_may_send(&as_if);
    }
    return contact_may_send(c);
}

static enum err
text_body(struct span text, struct buf *ret)
{
    AUTO(buf_done) struct buf copy = BUF(TEXT_MAX + 1);
    Wire__Text t;

    wire__text__init(&t);
    buf_put(&copy, text);
    buf_put_u8(&copy, 0);
    TRY(buf_ok(&copy));
    t.text = (char *)copy.p;
    wire_pack(ret, &t.base);
    return buf_ok(ret);
}

static enum err
check_text(struct span text)
{
    if (text.n == 0)
        return fail(ERR_USAGE, "there is nothing to send");
    if (text.n > TEXT_MAX)
        return fail(ERR_TOO_LARGE, "a message has at most %d bytes, this one has %zu", TEXT_MAX,
                    text.n);
    if (!utf8_valid(text))
        return fail(ERR_MALFORMED, "the message is not valid UTF-8 text");
    return OK;
}

static enum err
store_and_queue(struct engine *e, const struct contact *c, struct span text, int64_t *ret)
{
    AUTO(buf_done) struct buf body = BUF(SHARED_MAX);
    struct msg_id msg_id;
    int64_t id, outbox;

    randombytes_buf(msg_id.b, sizeof msg_id.b);
    TRY(text_body(text, &body));
    struct message_row row = {.contact = c->id,
                              .outgoing = true,
                              .msg_id = &msg_id,
                              .type = CONTENT_TEXT,
                              .state = c->state == CONTACT_SELF ? MESSAGE_KEPT : MESSAGE_QUEUED,
                              .text = text,
                              .sent_ms = engine_now_ms(e)};
    TRY(message_insert(e, &row, &id));
    *ret = id;
    if (c->state == CONTACT_SELF)
        return OK;
    struct outgoing o = {.contact = c->id,
                         .type = CONTENT_TEXT,
                         .body = buf_span(&body),
                         .msg_id = &msg_id,
                         .message = id};
    return outbox_add(e, &o, &outbox);
}

enum err
message_send_text(struct engine *e, int64_t contact, struct span text, int64_t *ret)
{
    AUTO(tx_done) struct tx tx = {0};
    struct contact c;
    int64_t id = 0;

    TRY(check_text(text));
    TRY(act_begin(e, &tx));
    enum err verdict = contact_get(e, contact, &c);
    if (verdict == OK)
        verdict = message_may_write(&c);
    if (verdict == OK)
        verdict = store_and_queue(e, &c, text, &id);
    TRY(act_end(e, &tx, verdict));
    *ret = id;
    return OK;
}

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

enum err
message_receive(struct engine *e, const struct arrival *a)
{
    AUTO(text_freep) Wire__Text *t = NULL;
    AUTO(buf_done) struct buf marks = BUF(SHARED_MAX);
    struct message_row row = {.text = SPAN("", 0)};
    int64_t gap, id;

    if (a->shared->type == CONTENT_ATTACHMENTS)
        return attachments_receive(e, a);
    if (a->shared->type != CONTENT_TEXT)
        return message_insert_received(e, a, &row, &id); /* shown as: needs a newer version */
    enum err read = text_read(span_pb(a->shared->body), &t);
    if (read == OK)
        read = message_row_text(e, t, &marks, &row);
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

#define MESSAGE_COLUMNS "id,contact,outgoing,msg_id,type,text,sent_ms,stored_ms,state,state_ms,why"

static enum err
give(struct query *q, void *ctx, enum err (*each)(void *ctx, const struct message *m))
{
    AUTO(buf_done) struct buf text = BUF(TEXT_MAX + 1);
    char why[32];
    struct message m = {
        .id = query_int(q, 0),
        .contact = query_int(q, 1),
        .outgoing = query_int(q, 2) != 0,
        .type = (int)query_int(q, 4),
        .sent_ms = query_int(q, 6),
        .stored_ms = query_int(q, 7),
        .state = (enum message_state)query_int(q, 8),
        .state_ms = query_int(q, 9),
    };
    if (!query_is_null(q, 3))
        TRY(query_exact(q, 3, m.msg_id.b, sizeof m.msg_id.b));
    buf_put(&text, query_bytes(q, 5));
    buf_put_u8(&text, 0);
    TRY(buf_ok(&text));
    query_text(q, 10, why, sizeof why);
    m.text = (const char *)text.p;
    m.why = why;
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
                     "SELECT id FROM messages WHERE id<?1 AND " MESSAGE_HERE
                     " ORDER BY id DESC LIMIT ?2",
                     "ii", before, (int64_t)p->limit + 1));
    else
        TRY(db_query(e->db, &q,
                     "SELECT id FROM messages WHERE contact=?1 AND id<?2 AND " MESSAGE_HERE_OF_1
                     " ORDER BY id DESC LIMIT ?3",
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
                     " FROM messages WHERE id>=?1 AND id<?2 AND " MESSAGE_HERE " ORDER BY id",
                     "ii", from, before));
    else
        TRY(db_query(e->db, &q,
                     "SELECT " MESSAGE_COLUMNS
                     " FROM messages WHERE contact=?3 AND id>=?1 AND id<?2 ORDER BY id",
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
                     "SELECT " MESSAGE_COLUMNS " FROM messages WHERE id>?1 AND " MESSAGE_HERE
                     " ORDER BY id LIMIT ?2",
                     "ii", p->after, (int64_t)p->limit + 1));
    else
        TRY(db_query(e->db, &q,
                     "SELECT " MESSAGE_COLUMNS
                     " FROM messages WHERE contact=?1 AND id>?2 AND " MESSAGE_HERE_OF_1
                     " ORDER BY id LIMIT ?3",
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
