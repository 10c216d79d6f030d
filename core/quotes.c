/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a quote refers to, as it is held here. The one who quotes names the words by their hash, so
 * that nobody can be shown as having said something else (B8.4).
 */
#include "core/compose.h"
#include "core/engine_state.h"
#include "core/message_rows.h"

/* Whether the byte at AT of T's text is of words that are hidden until somebody looks. */
static bool
hidden(const Wire__Text *t, size_t at)
{
    for (size_t i = 0; t != NULL && i < t->n_ranges; i++) {
        const Wire__Range *r = t->ranges[i];
        if (r->kind == WIRE__RANGE_KIND__RANGE_SPOILER && at >= r->start &&
            at - r->start < r->length)
            return true;
    }
    return false;
}

/* The beginning of TEXT, cut between two characters, a block for each that is hidden. */
static void
preview_of(struct span text, const Wire__Text *t, char ret[QUOTE_PREVIEW_MAX + 1])
{
    static const char block[] = "\xe2\x96\x88";
    size_t n = 0;

    for (size_t at = 0, next; at < text.n; at = next) {
        for (next = at + 1; next < text.n && (text.p[next] & 0xc0) == 0x80;)
            next++;
        struct span one = hidden(t, at) ? SPAN_STR(block) : SPAN(text.p + at, next - at);
        if (one.n > QUOTE_PREVIEW_MAX - n)
            break;
        memcpy(ret + n, one.p, one.n);
        n += one.n;
    }
    ret[n] = '\0';
}

/* The same of a message as it is kept: its words, and its MARKS packed. */
static void
preview_of_kept(struct span text, struct span marks, char ret[QUOTE_PREVIEW_MAX + 1])
{
    AUTO(buf_done) struct buf packed = BUF(SHARED_MAX);
    AUTO(text_freep) Wire__Text *t = NULL;

    /* Marks that do not fit their text are none. */
    if (marks.n > 0 &&
        compose_pack(&(struct text_parts){.text = text, .marks = marks}, &packed) == OK &&
        text_read(buf_span(&packed), &t) != OK)
        t = NULL;
    preview_of(text, t, ret);
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
    TRY(db_query(
        e->db, &q,
        "SELECT id,outgoing,deleted_ms,text,hash,type,marks FROM messages WHERE contact=?1 AND "
        "msg_id=?2 AND " MESSAGE_HERE_OF_1 " ORDER BY hash=?3 DESC,id LIMIT 1",
        "ibb", m->contact, m->reply_to, m->reply_hash));
    if (query_next(&q)) {
        quoted.message = query_int(&q, 0);
        quoted.outgoing = query_int(&q, 1) != 0;
        quoted.deleted = query_int(&q, 2) != 0;
        quoted.type = (int)query_int(&q, 5);
        quoted.state = span_equal(query_bytes(&q, 4), m->reply_hash) ? QUOTE_HERE : QUOTE_DIFFERS;
        if (quoted.state == QUOTE_HERE)
            preview_of_kept(query_bytes(&q, 3), query_bytes(&q, 6), quoted.text);
    }
    TRY(query_end(&q));
    *ret = quoted;
    return OK;
}
