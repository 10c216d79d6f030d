/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/compose.h"

#include <sodium.h>

#include "core/content.h"
#include "core/conversations.h"
#include "core/engine_state.h"
#include "wire/encoding.h"

void
composed_done(struct composed *c)
{
    text_free(c->text);
    c->text = NULL;
    buf_done(&c->marks);
}

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

/* --- the Text --- */

struct quote {
    struct msg_id msg_id;
    struct hash16 hash;
};

static ProtobufCBinaryData
pb(struct span s)
{
    return (ProtobufCBinaryData){.len = s.n, .data = (uint8_t *)(uintptr_t)s.p};
}

/* Fields of a packed message may stand in any order, so the marks go behind the rest as they are.
 */
enum err
compose_pack(const struct text_parts *parts, struct buf *ret)
{
    AUTO(buf_done) struct buf words = BUF(TEXT_MAX + 1);
    Wire__Text t;

    wire__text__init(&t);
    buf_put(&words, parts->text);
    buf_put_u8(&words, 0);
    TRY(buf_ok(&words));
    t.text = (char *)words.p;
    t.reply_to = pb(parts->reply_to);
    t.reply_hash = pb(parts->reply_hash);
    t.forwarded = parts->forwarded;
    wire_pack(ret, &t.base);
    buf_put(ret, parts->marks);
    return buf_ok(ret);
}

enum err
compose_text(struct engine *e, int64_t id, struct buf *ret)
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT text,marks,reply_to,reply_hash,forwarded FROM messages WHERE id=?1", "i",
                 id));
    if (!query_next(&q)) {
        TRY(query_end(&q));
        return fail(ERR_NOT_FOUND, "there is no such message");
    }
    TRY(compose_pack(&(struct text_parts){.text = query_bytes(&q, 0),
                                          .marks = query_bytes(&q, 1),
                                          .reply_to = query_bytes(&q, 2),
                                          .reply_hash = query_bytes(&q, 3),
                                          .forwarded = query_int(&q, 4) != 0},
                     ret));
    return query_end(&q);
}

/* --- the row --- */

enum err
compose_check_text(struct span text)
{
    if (text.n > TEXT_MAX)
        return fail(ERR_TOO_LARGE, "a message has at most %d bytes, this one has %zu", TEXT_MAX,
                    text.n);
    if (!utf8_valid(text))
        return fail(ERR_MALFORMED, "the message is not valid UTF-8 text");
    return OK;
}

/* What a quote says of message ID of the same conversation. */
static enum err
quote_get(struct engine *e, int64_t contact, int64_t id, struct quote *ret)
{
    struct quote quoted;
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT msg_id,hash,deleted_ms,state FROM messages WHERE id=?1 AND contact=?2 "
                 "AND " MESSAGE_HERE,
                 "ii", id, contact));
    if (!query_next(&q)) {
        TRY(query_end(&q));
        return fail(ERR_NOT_FOUND, "the message to answer to is not in this conversation");
    }
    bool gone = query_int(&q, 2) != 0, waits = query_int(&q, 3) == MESSAGE_SCHEDULED,
         named = !query_is_null(&q, 0) && !query_is_null(&q, 1);
    if (named) {
        TRY(query_exact(&q, 0, quoted.msg_id.b, sizeof quoted.msg_id.b));
        TRY(query_exact(&q, 1, quoted.hash.b, sizeof quoted.hash.b));
    }
    TRY(query_end(&q));
    if (gone)
        return fail(ERR_STATE, "the message to answer to was deleted");
    if (waits)
        return fail(ERR_STATE, "the message to answer to has not been sent yet");
    if (!named)
        return fail(ERR_STATE, "this cannot be answered to");
    *ret = quoted;
    return OK;
}

static enum err
fill_row(struct engine *e, const struct composition *c, const Wire__Text *t, struct composed *ret)
{
    struct conversation v;
    bool note = ret->to.state == CONTACT_SELF;

    randombytes_buf(ret->msg_id.b, sizeof ret->msg_id.b);
    ret->row = (struct message_row){.contact = c->contact,
                                    .outgoing = true,
                                    .msg_id = &ret->msg_id,
                                    .type = CONTENT_TEXT,
                                    .state = note             ? MESSAGE_KEPT
                                             : c->due_ms != 0 ? MESSAGE_SCHEDULED
                                                              : MESSAGE_QUEUED,
                                    .sent_ms = engine_now_ms(e),
                                    .due_ms = note ? 0 : c->due_ms};
    TRY(conversation_get(e, c->contact, &v));
    ret->row.expire_s = v.timer_s;
    ret->marks = BUF(SHARED_MAX);
    TRY(message_row_text(e, t, &ret->marks, &ret->row));
    ret->row.mentions_me = false;
    return OK;
}

enum err
compose_row(struct engine *e, const struct composition *c, struct composed *ret)
{
    AUTO(buf_done) struct buf packed = BUF(SHARED_MAX);
    struct text_parts parts = {.text = c->text, .marks = c->marks, .forwarded = c->forwarded};
    struct quote quoted;

    TRY(compose_check_text(c->text));
    TRY(contact_get(e, c->contact, &ret->to));
    TRY(message_may_write(&ret->to));
    if (c->reply_to != 0) {
        TRY(quote_get(e, c->contact, c->reply_to, &quoted));
        parts.reply_to = SPAN_OF(quoted.msg_id);
        parts.reply_hash = SPAN_OF(quoted.hash);
    }
    TRY(compose_pack(&parts, &packed));
    TRY(text_read(buf_span(&packed), &ret->text));
    return fill_row(e, c, ret->text, ret);
}

/* --- storing and sending --- */

struct queued {
    int64_t contact;
    enum content_type type;
    struct msg_id msg_id;
    uint32_t expire_s;
    bool note;
    struct buf body;
};

static void
queued_done(struct queued *q)
{
    buf_done(&q->body);
}

static enum err
queued_get(struct engine *e, int64_t id, struct queued *ret)
{
    AUTO(query_done) struct query q;

    ret->body = BUF(SHARED_MAX);
    TRY(db_query(e->db, &q,
                 "SELECT contact,type,msg_id,expire_s,state,extra FROM messages WHERE id=?1", "i",
                 id));
    if (!query_next(&q)) {
        TRY(query_end(&q));
        return fail(ERR_NOT_FOUND, "there is no such message");
    }
    ret->contact = query_int(&q, 0);
    ret->type = (enum content_type)query_int(&q, 1);
    TRY(query_exact(&q, 2, ret->msg_id.b, sizeof ret->msg_id.b));
    ret->expire_s = (uint32_t)query_int(&q, 3);
    ret->note = query_int(&q, 4) == MESSAGE_KEPT;
    if (ret->type == CONTENT_CONTACT_CARD)
        buf_put(&ret->body, query_bytes(&q, 5));
    TRY(query_end(&q));
    if (ret->type == CONTENT_TEXT)
        TRY(compose_text(e, id, &ret->body));
    return buf_ok(&ret->body);
}

/* A note has no `shared` that goes anywhere; its hash is that of the one it would have. */
static enum err
note_hash(struct engine *e, const struct queued *q, int64_t id)
{
    AUTO(buf_done) struct buf shared = BUF(RESEND_SHARED_MAX);
    struct content_parts parts = {.type = q->type,
                                  .msg_id = q->msg_id,
                                  .sent_ms = engine_now_ms(e),
                                  .body = buf_span(&q->body)};
    struct sha256 full;

    TRY(content_shared(&parts, &shared));
    sha256_of(buf_span(&shared), &full);
    struct hash16 hash = hash16_of(&full);
    return db_run(e->db, "UPDATE messages SET hash=?2 WHERE id=?1", "ib", id, SPAN_OF(hash));
}

enum err
compose_queue(struct engine *e, int64_t id)
{
    AUTO(queued_done) struct queued q = {0};
    int64_t row;

    TRY(queued_get(e, id, &q));
    if (q.note)
        return note_hash(e, &q, id);
    return outbox_add(e,
                      &(struct outgoing){.contact = q.contact,
                                         .type = q.type,
                                         .body = buf_span(&q.body),
                                         .msg_id = &q.msg_id,
                                         .message = id,
                                         .expire_s = q.expire_s},
                      &row);
}

enum err
compose_add(struct engine *e, struct composed *c, int64_t *ret)
{
    bool whole = c->row.type == CONTENT_TEXT || c->row.type == CONTENT_CONTACT_CARD;
    int64_t id;

    TRY(message_insert(e, &c->row, &id));
    if (whole && c->row.state != MESSAGE_SCHEDULED)
        TRY(compose_queue(e, id));
    *ret = id;
    return OK;
}

static enum err
compose_whole(struct engine *e, const struct composition *c, int64_t *ret)
{
    AUTO(composed_done) struct composed made = {0};

    if (c->text.n == 0)
        return fail(ERR_USAGE, "there is nothing to send");
    TRY(compose_row(e, c, &made));
    return compose_add(e, &made, ret);
}

enum err
message_compose(struct engine *e, const struct composition *c, int64_t *ret)
{
    AUTO(tx_done) struct tx tx = {0};
    int64_t id = 0;

    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, compose_whole(e, c, &id)));
    *ret = id;
    return OK;
}

enum err
message_send_text(struct engine *e, int64_t contact, struct span text, int64_t *ret)
{
    return message_compose(e, &(struct composition){.contact = contact, .text = text}, ret);
}
