/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/search.h"

#include "core/engine_state.h"
#include "core/wiping.h"

#define LOOKED_AT_MAX 4000 /* messages a page looks at */
#define PREFIX_MIN 3       /* letters: shorter beginnings are in too many words */

/* --- in and out --- */

enum err
words_add(struct engine *e, int64_t id, struct span text, bool passing)
{
    if (passing)
        return db_run(e->db, "INSERT INTO words_passing(docid,text) VALUES(?1,?2)", "is", id, text);
    return db_run(e->db, "INSERT INTO words(docid,text) VALUES(?1,?2)", "is", id, text);
}

enum err
words_remove(struct engine *e, int64_t id)
{
    int64_t passing;

    enum err found = db_get_int(
        e->db, &passing,
        "SELECT expire_s<>0 FROM messages WHERE id=?1 AND text<>'' AND due_ms IS NULL", "i", id);
    if (found == ERR_NOT_FOUND)
        return OK;
    TRY(found);
    if (passing != 0) {
        if (e->passing.going) /* all of them are made anew behind it */
            return OK;
        TRY(db_run(e->db, "DELETE FROM words_passing WHERE docid=?1", "i", id));
        return wipe_soon(e, WIPE_PASSING);
    }
    TRY(db_run(e->db, "DELETE FROM words WHERE docid=?1", "i", id));
    return wipe_soon(e, WIPE_WORDS);
}

/* --- what was typed, as quoted words --- */

static bool
separates(uint8_t c)
{
    return c <= ' ' || c == 0x7f || c == '"' || c == '*' || c == '^';
}

/* Letters and digits; what is not ASCII is taken for a letter. */
static size_t
letters(struct span word)
{
    size_t n = 0;
    for (size_t i = 0; i < word.n; i++) {
        uint8_t c = word.p[i];
        n += (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
             (c >= 0x80 && (c & 0xc0) != 0x80);
    }
    return n;
}

static enum err
quote_words(struct span text, struct buf *ret)
{
    size_t words = 0;

    for (size_t at = 0; at < text.n;) {
        size_t end = at;
        while (end < text.n && !separates(text.p[end]))
            end++;
        struct span word = SPAN(text.p + at, end - at);
        if (letters(word) > 0) {
            if (++words > SEARCH_WORDS_MAX)
                return fail(ERR_USAGE, "A search has at most %d words.", SEARCH_WORDS_MAX);
            buf_put_str(ret, " \"");
            buf_put(ret, word);
            buf_put_str(ret, end == text.n && letters(word) >= PREFIX_MIN ? "*\"" : "\"");
        }
        at = end + 1;
    }
    buf_put_u8(ret, '\0');
    return words > 0 ? buf_ok(ret) : fail(ERR_USAGE, "There is no word to search for.");
}

/* --- searching --- */

/* One of the two tables, from the newest that was found on. */
struct hits {
    struct query q;
    int64_t id; /* 0: no more */
};

static void
hits_done(struct hits *h)
{
    query_done(&h->q);
}

static void
hits_next(struct hits *h)
{
    h->id = query_next(&h->q) ? query_int(&h->q, 0) : 0;
}

struct looking {
    const struct search *s;
    void *ctx;
    enum err (*each)(void *ctx, const struct message *m);
    int given;
};

static enum err
look_at(struct engine *e, struct looking *l, int64_t id)
{
    int64_t theirs;
    enum err found = OK;

    if (l->s->contact != 0)
        found = db_get_int(e->db, &theirs,
                           "SELECT 1 FROM messages INDEXED BY messages_by_contact WHERE "
                           "contact=?1 AND id=?2",
                           "ii", l->s->contact, id);
    if (found == OK)
        found = message_get(e, id, l->ctx, l->each);
    l->given += found == OK;
    return found == ERR_NOT_FOUND ? OK : found;
}

static enum err
look(struct engine *e, struct looking *l, struct hits *words, struct hits *passing,
     int64_t *ret_before)
{
    int64_t before = 0;

    hits_next(words);
    hits_next(passing);
    for (int n = 0; words->id != 0 || passing->id != 0; n++) {
        struct hits *newer = words->id > passing->id ? words : passing;
        if (l->given == l->s->limit || n == LOOKED_AT_MAX) {
            *ret_before = before;
            return OK;
        }
        before = newer->id;
        TRY(look_at(e, l, newer->id));
        hits_next(newer);
    }
    TRY(words->q.err);
    TRY(passing->q.err);
    *ret_before = 0;
    return OK;
}

enum err
messages_search(struct engine *e, const struct search *s, void *ctx,
                enum err (*each)(void *ctx, const struct message *m), int64_t *ret_before)
{
    AUTO(buf_done) struct buf match = BUF(2 * SEARCH_TEXT_MAX);
    AUTO(hits_done) struct hits words = {0};
    AUTO(hits_done) struct hits passing = {0};
    struct looking l = {.s = s, .ctx = ctx, .each = each};
    int64_t before = s->before == 0 ? INT64_MAX : s->before;

    if (s->text.n > SEARCH_TEXT_MAX)
        return fail(ERR_USAGE, "A search has at most %d bytes.", SEARCH_TEXT_MAX);
    TRY(quote_words(s->text, &match));
    TRY(db_query(e->db, &words.q,
                 "SELECT docid FROM words WHERE words MATCH ?1 AND docid<?2 ORDER BY docid DESC",
                 "ti", (const char *)match.p, before));
    TRY(db_query(e->db, &passing.q,
                 "SELECT docid FROM words_passing WHERE words_passing MATCH ?1 AND docid<?2 "
                 "ORDER BY docid DESC",
                 "ti", (const char *)match.p, before));
    return look(e, &l, &words, &passing, ret_before);
}
