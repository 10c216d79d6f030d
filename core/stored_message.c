/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/stored_message.h"

#include "core/engine_state.h"

void
stored_message_done(struct stored_message *m)
{
    buf_done(&m->text);
    buf_done(&m->marks);
    buf_done(&m->reply_to);
    buf_done(&m->reply_hash);
    buf_done(&m->extra);
}

/* Column I, copied into B. */
static enum err
column(struct query *q, int i, struct buf *b, struct span *ret)
{
    *b = BUF(SHARED_MAX);
    if (query_is_null(q, i))
        return OK;
    buf_put(b, query_bytes(q, i));
    TRY(buf_ok(b));
    *ret = b->n > 0 ? buf_span(b) : SPAN("", 0);
    return OK;
}

static enum err
take(struct query *q, struct stored_message *m)
{
    m->row.contact = query_int(q, 0);
    m->row.outgoing = query_int(q, 1) != 0;
    m->row.type = (uint32_t)query_int(q, 2);
    m->row.state = (enum message_state)query_int(q, 3);
    m->row.forwarded = query_int(q, 4) != 0;
    m->row.mentions_me = query_int(q, 5) != 0;
    m->row.sent_ms = query_int(q, 6);
    m->row.expire_s = (uint32_t)query_int(q, 7);
    m->row.due_ms = query_int(q, 8);
    m->has_msg_id = !query_is_null(q, 9);
    if (m->has_msg_id)
        TRY(query_exact(q, 9, m->msg_id.b, sizeof m->msg_id.b));
    m->row.msg_id = m->has_msg_id ? &m->msg_id : NULL;
    TRY(column(q, 10, &m->text, &m->row.text));
    TRY(column(q, 11, &m->marks, &m->row.marks));
    TRY(column(q, 12, &m->reply_to, &m->row.reply_to));
    TRY(column(q, 13, &m->reply_hash, &m->row.reply_hash));
    return column(q, 14, &m->extra, &m->row.extra);
}

enum err
stored_message_read(struct engine *e, int64_t id, struct stored_message *ret)
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT contact,outgoing,type,state,forwarded,mentions_me,sent_ms,expire_s,"
                 "ifnull(due_ms,0),msg_id,text,marks,reply_to,reply_hash,extra FROM messages "
                 "WHERE id=?1",
                 "i", id));
    bool found = query_next(&q);
    if (found)
        TRY(take(&q, ret));
    TRY(query_end(&q));
    return found ? OK : fail(ERR_NOT_FOUND, "There is no such message.");
}
