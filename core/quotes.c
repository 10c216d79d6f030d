/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a quote refers to, as it is held here. The one who quotes names the words by their hash, so
 * that nobody can be shown as having said something else (B8.4).
 */
#include "core/engine_state.h"
#include "core/message_rows.h"

/* The beginning of TEXT, cut between two characters. */
static void
preview_of(struct span text, char ret[QUOTE_PREVIEW_MAX + 1])
{
    size_t n = text.n;

    if (n > QUOTE_PREVIEW_MAX)
        for (n = QUOTE_PREVIEW_MAX; n > 0 && (text.p[n] & 0xc0) == 0x80;)
            n--;
    if (n > 0)
        memcpy(ret, text.p, n);
    ret[n] = '\0';
}

enum err
message_quoted(struct engine *e, const struct message *m, struct quoted *ret)
{
    struct quoted quoted = {.state = QUOTE_NONE};
    AUTO(query_done) struct query q = {0};

    if (m->reply_to.n == 0) {
        *ret = quoted;
        return OK;
    }
    quoted.state = QUOTE_MISSING;
    TRY(db_query(e->db, &q,
                 "SELECT id,outgoing,deleted_ms,text,hash,type FROM messages WHERE contact=?1 AND "
                 "msg_id=?2 AND " MESSAGE_HERE_OF_1 " ORDER BY hash=?3 DESC,id LIMIT 1",
                 "ibb", m->contact, m->reply_to, m->reply_hash));
    if (query_next(&q)) {
        quoted.message = query_int(&q, 0);
        quoted.outgoing = query_int(&q, 1) != 0;
        quoted.deleted = query_int(&q, 2) != 0;
        quoted.type = (int)query_int(&q, 5);
        quoted.state = span_equal(query_bytes(&q, 4), m->reply_hash) ? QUOTE_HERE : QUOTE_DIFFERS;
        if (quoted.state == QUOTE_HERE)
            preview_of(query_bytes(&q, 3), quoted.text);
    }
    TRY(query_end(&q));
    *ret = quoted;
    return OK;
}
