/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/change_rules.h"

#include "core/content.h"
#include "core/conversations.h"
#include "core/engine_state.h"
#include "wire/encoding.h"

/* --- reactions --- */

/* Zero-width joiners and variation selectors are part of emoji; these are not. */
static bool
controls(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || (c >= 0x200e && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff ||
           (c >= 0xfff9 && c <= 0xfffb);
}

/* The character at *AT of valid UTF-8, which moves on. */
static uint32_t
character_next(struct span s, size_t *at)
{
    uint8_t first = s.p[(*at)++];
    unsigned more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    uint32_t c = more == 0 ? first : first & (0x3f >> more);

    for (; more > 0; more--)
        c = c << 6 | (s.p[(*at)++] & 0x3f);
    return c;
}

bool
reaction_valid(struct span emoji)
{
    if (emoji.n > REACTION_MAX || !utf8_valid(emoji))
        return false;
    for (size_t at = 0; at < emoji.n;)
        if (controls(character_next(emoji, &at)))
            return false;
    return true;
}

/* --- edits --- */

struct wording {
    int64_t sent_ms;
    struct span text, marks;
};

static int
compare_spans(struct span a, struct span b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int by_bytes = n == 0 ? 0 : memcmp(a.p, b.p, n);

    return by_bytes != 0 ? by_bytes : (a.n > b.n) - (a.n < b.n);
}

/* Of two made at the same time the words decide: some order, but the same for everybody. */
static bool
is_later(const struct wording *a, const struct wording *b)
{
    if (a->sent_ms != b->sent_ms)
        return a->sent_ms > b->sent_ms;
    int texts = compare_spans(a->text, b->text);
    return texts != 0 ? texts > 0 : compare_spans(a->marks, b->marks) > 0;
}

/* The first wording stays, and the newest of the others. */
static enum err
version_add(struct engine *e, int64_t id, const struct wording *w)
{
    TRY(db_run(e->db,
               "INSERT INTO message_versions(message,text,marks,sent_ms) VALUES(?1,?2,?3,?4)",
               "isbi", id, w->text, w->marks, w->sent_ms));
    return db_run(e->db,
                  "DELETE FROM message_versions WHERE message=?1 AND id NOT IN (SELECT id FROM "
                  "message_versions WHERE message=?1 ORDER BY sent_ms DESC,text DESC,marks DESC "
                  "LIMIT ?2) AND "
                  "id<>(SELECT id FROM message_versions WHERE message=?1 ORDER BY sent_ms,text "
                  "LIMIT 1)",
                  "ii", id, (int64_t)VERSIONS_MAX - 1);
}

static enum err
mention_us(struct engine *e, const struct target *t, bool mentioned)
{
    return conversation_mentions(e, t->id, mentioned && !t->outgoing);
}

/* W becomes what the message says, or one of the wordings that it had meanwhile. */
static enum err
reword(struct engine *e, const struct target *t, const struct wording *w, bool mentioned)
{
    AUTO(buf_done) struct buf text = BUF(TEXT_MAX), marks = BUF(SHARED_MAX);
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q, "SELECT text,marks FROM messages WHERE id=?1", "i", t->id));
    if (query_next(&q)) {
        buf_put(&text, query_bytes(&q, 0));
        buf_put(&marks, query_bytes(&q, 1));
    }
    TRY(query_end(&q));
    TRY(buf_ok(&text));
    TRY(buf_ok(&marks));
    struct wording now = {.sent_ms = t->edited_ms != 0 ? t->edited_ms : t->sent_ms,
                          .text = text.n > 0 ? buf_span(&text) : SPAN("", 0),
                          .marks = marks.n > 0 ? buf_span(&marks) : SPAN_NONE};
    if (!is_later(w, &now))
        return version_add(e, t->id, w);
    TRY(version_add(e, t->id, &now));
    TRY(message_reword(e, t->id, w->text, w->marks));
    TRY(db_run(e->db, "UPDATE messages SET edited_ms=?2 WHERE id=?1", "ii", t->id, w->sent_ms));
    return mention_us(e, t, mentioned);
}

static enum err
apply_edit(struct engine *e, const struct change *c, const struct target *t, bool *ret)
{
    AUTO(edit_freep) Wire__Edit *edit = NULL;
    AUTO(buf_done) struct buf marks = BUF(SHARED_MAX);
    struct message_row row = {0};
    bool has_words = t->type == CONTENT_TEXT || t->type == CONTENT_ATTACHMENTS;

    if (t->deleted_ms != 0 || !has_words)
        return OK;
    TRY(edit_read(c->body, &edit));
    TRY(message_row_text(e, edit->text, &marks, &row));
    /* A clock that was put back makes no edit older than the message. */
    struct wording w = {.sent_ms = c->sent_ms > t->sent_ms ? c->sent_ms : t->sent_ms + 1,
                        .text = row.text,
                        .marks = row.marks};
    TRY(reword(e, t, &w, row.mentions_me));
    *ret = true;
    return OK;
}

/* --- the others --- */

static enum err
apply_delete(struct engine *e, const struct change *c, const struct target *t, bool *ret)
{
    if (t->deleted_ms >= c->sent_ms)
        return OK;
    if (t->deleted_ms == 0)
        TRY(message_empty(e, t->id));
    TRY(db_run(e->db, "UPDATE messages SET deleted_ms=?2 WHERE id=?1", "ii", t->id, c->sent_ms));
    *ret = true;
    return OK;
}

static enum err
reaction_held(struct engine *e, const struct target *t, bool mine, struct wording *ret,
              struct buf *ret_emoji)
{
    AUTO(query_done) struct query q;

    ret->sent_ms = INT64_MIN;
    TRY(db_query(e->db, &q, "SELECT sent_ms,emoji FROM reactions WHERE message=?1 AND mine=?2",
                 "ii", t->id, (int64_t)mine));
    if (query_next(&q)) {
        ret->sent_ms = query_int(&q, 0);
        buf_put(ret_emoji, query_bytes(&q, 1));
    }
    TRY(query_end(&q));
    ret->text = buf_span(ret_emoji);
    return buf_ok(ret_emoji);
}

static enum err
apply_reaction(struct engine *e, const struct change *c, const struct target *t, bool *ret)
{
    AUTO(reaction_freep) Wire__Reaction *r = NULL;
    AUTO(buf_done) struct buf emoji = BUF(REACTION_MAX);
    struct wording held = {0};

    if (t->deleted_ms != 0)
        return OK;
    TRY(reaction_read(c->body, &r));
    struct wording w = {.sent_ms = c->sent_ms, .text = wire_unpacked_text(r->emoji)};
    if (!reaction_valid(w.text))
        return fail(ERR_MALFORMED, "this is no reaction");
    TRY(reaction_held(e, t, c->mine, &held, &emoji));
    if (!is_later(&w, &held))
        return OK;
    *ret = true;
    return db_run(e->db,
                  "INSERT OR REPLACE INTO reactions(message,mine,emoji,sent_ms) "
                  "VALUES(?1,?2,?3,?4)",
                  "iisi", t->id, (int64_t)c->mine, w.text, w.sent_ms);
}

/* Of two at the same time the one that takes it away holds. */
static enum err
apply_pin(struct engine *e, const struct change *c, const struct target *t, bool *ret)
{
    AUTO(pin_freep) Wire__Pin *p = NULL;

    if (t->deleted_ms != 0)
        return OK;
    TRY(pin_read(c->body, &p));
    if (c->sent_ms < t->pin_change_ms || (c->sent_ms == t->pin_change_ms && p->on))
        return OK;
    *ret = true;
    return db_run(e->db, "UPDATE messages SET pin_change_ms=?2,pinned_ms=?3 WHERE id=?1", "iii",
                  t->id, c->sent_ms, p->on ? c->sent_ms : 0);
}

/* --- all --- */

bool
change_in_time(const struct change *c, const struct target *t)
{
    if (c->type != CONTENT_EDIT && c->type != CONTENT_DELETE)
        return true;
    return c->sent_ms - t->sent_ms <= CHANGE_WINDOW * 1000LL &&
           c->received_ms - t->sent_ms <= CHANGE_ARRIVAL * 1000LL;
}

static enum err
apply(struct engine *e, const struct change *c, const struct target *t, bool *ret)
{
    switch (c->type) {
    case CONTENT_EDIT:
        return apply_edit(e, c, t, ret);
    case CONTENT_DELETE:
        return apply_delete(e, c, t, ret);
    case CONTENT_REACTION:
        return apply_reaction(e, c, t, ret);
    default:
        return apply_pin(e, c, t, ret);
    }
}

enum err
change_apply(struct engine *e, const struct change *c, const struct target *t)
{
    bool changed = false;

    TRY(apply(e, c, t, &changed));
    if (!changed)
        return OK;
    engine_note(
        e, (struct event){.kind = EVENT_MESSAGE_CHANGED, .contact = t->contact, .message = t->id});
    conversation_tell(e, t->contact);
    return OK;
}

#define TARGET_COLUMNS                                                                             \
    "id,contact,outgoing,type,state,sent_ms,edited_ms,deleted_ms,pin_change_ms,msg_id,"            \
    "hash IS NULL AND shared IS NULL AND state IN (1,10)"

static enum err
target_end(struct query *q, struct target *ret)
{
    struct target t = {0};

    if (!query_next(q)) {
        TRY(query_end(q));
        return fail(ERR_NOT_FOUND, "there is no such message");
    }
    t = (struct target){
        .id = query_int(q, 0),
        .contact = query_int(q, 1),
        .outgoing = query_int(q, 2) != 0,
        .type = (uint32_t)query_int(q, 3),
        .state = (enum message_state)query_int(q, 4),
        .sent_ms = query_int(q, 5),
        .edited_ms = query_int(q, 6),
        .deleted_ms = query_int(q, 7),
        .pin_change_ms = query_int(q, 8),
        .named = !query_is_null(q, 9),
        .unsaid = query_int(q, 10) != 0,
    };
    if (t.named)
        TRY(query_exact(q, 9, t.msg_id.b, sizeof t.msg_id.b));
    TRY(query_end(q));
    *ret = t;
    return OK;
}

enum err
target_get(struct engine *e, int64_t id, struct target *ret)
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q, "SELECT " TARGET_COLUMNS " FROM messages WHERE id=?1 AND " MESSAGE_HERE,
                 "i", id));
    return target_end(&q, ret);
}

/* --- received --- */

static enum err
target_of(uint32_t type, struct span body, struct msg_id *ret)
{
    AUTO(edit_freep) Wire__Edit *edit = NULL;
    AUTO(delete_freep) Wire__Delete *deletion = NULL;
    AUTO(reaction_freep) Wire__Reaction *reaction = NULL;
    AUTO(pin_freep) Wire__Pin *pin = NULL;
    ProtobufCBinaryData target;

    if (type == CONTENT_EDIT) {
        TRY(edit_read(body, &edit));
        target = edit->target;
    } else if (type == CONTENT_DELETE) {
        TRY(delete_read(body, &deletion));
        target = deletion->target;
    } else if (type == CONTENT_REACTION) {
        TRY(reaction_read(body, &reaction));
        target = reaction->target;
    } else {
        TRY(pin_read(body, &pin));
        target = pin->target;
    }
    memcpy(ret->b, target.data, sizeof ret->b);
    return OK;
}

/* Ours before theirs: a message of theirs under a number of ours is none that we gave. */
static enum err
target_named(struct engine *e, int64_t contact, const struct msg_id *id, struct target *ret)
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT " TARGET_COLUMNS " FROM messages WHERE contact=?1 AND msg_id=?2 "
                 "ORDER BY outgoing DESC LIMIT 1",
                 "ib", contact, SPAN_OF(*id)));
    return target_end(&q, ret);
}

/* Whether what C is about was here and is gone, so that there is nothing to wait for. */
static enum err
was_here(struct engine *e, const struct arrival *a, const struct msg_id *id, bool *ret)
{
    int64_t n;

    TRY(db_get_int(e->db, &n, "SELECT count(*) FROM seen_ids WHERE account=?1 AND msg_id=?2", "bb",
                   SPAN_OF(a->account), SPAN_OF(*id)));
    *ret = n > 0;
    return OK;
}

/* Where too many wait, the ones that came first have waited in vain. */
static enum err
keep_early(struct engine *e, const struct change *c, const struct msg_id *target)
{
    TRY(db_run(e->db,
               "INSERT INTO early_changes(contact,target,type,body,sent_ms,received_ms) "
               "VALUES(?1,?2,?3,?4,?5,?6)",
               "ibibii", c->contact, SPAN_OF(*target), (int64_t)c->type, c->body, c->sent_ms,
               c->received_ms));
    return db_run(e->db,
                  "DELETE FROM early_changes WHERE contact=?1 AND id NOT IN (SELECT id FROM "
                  "early_changes WHERE contact=?1 ORDER BY id DESC LIMIT ?2)",
                  "ii", c->contact, (int64_t)EARLY_CHANGES_MAX);
}

/* Whether a change by the other side may be applied to T: only who said it takes it back. */
static bool
may_change(const struct change *c, const struct target *t)
{
    bool by_author = c->type == CONTENT_EDIT || c->type == CONTENT_DELETE;

    return (!by_author || !t->outgoing) && change_in_time(c, t);
}

static enum err
receive(struct engine *e, const struct arrival *a, const struct change *c)
{
    struct msg_id id;
    struct target t;
    bool gone;

    TRY(target_of(c->type, c->body, &id));
    enum err found = target_named(e, c->contact, &id, &t);
    if (found == OK)
        return may_change(c, &t) ? change_apply(e, c, &t) : OK;
    if (found != ERR_NOT_FOUND)
        return found;
    TRY(was_here(e, a, &id, &gone));
    return gone ? OK : keep_early(e, c, &id);
}

/* What is wrong in it is theirs to know; its place in the chain is taken all the same. */
enum err
change_received(struct engine *e, const struct arrival *a)
{
    struct change c = {.contact = a->contact.id,
                       .type = a->shared->type,
                       .sent_ms = message_clamped(e, a->shared->sent_at),
                       .received_ms = engine_now_ms(e),
                       .body = span_pb(a->shared->body)};

    enum err received = receive(e, a, &c);
    return received == ERR_MALFORMED || received == ERR_TOO_LARGE ? OK : received;
}

/* The oldest that waits for MSG_ID; it waits no more. ERR_NOT_FOUND. */
static enum err
early_take(struct engine *e, int64_t contact, const struct msg_id *msg_id, struct change *ret,
           struct buf *ret_body)
{
    struct change c = {.contact = contact};
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT id,type,body,sent_ms,received_ms FROM early_changes WHERE contact=?1 AND "
                 "target=?2 ORDER BY id LIMIT 1",
                 "ib", contact, SPAN_OF(*msg_id)));
    if (!query_next(&q)) {
        TRY(query_end(&q));
        return ERR_NOT_FOUND;
    }
    int64_t id = query_int(&q, 0);
    c.type = (uint32_t)query_int(&q, 1);
    buf_clear(ret_body);
    buf_put(ret_body, query_bytes(&q, 2));
    c.sent_ms = query_int(&q, 3);
    c.received_ms = query_int(&q, 4);
    TRY(query_end(&q));
    TRY(buf_ok(ret_body));
    c.body = buf_span(ret_body);
    *ret = c;
    return db_run(e->db, "DELETE FROM early_changes WHERE id=?1", "i", id);
}

enum err
changes_early(struct engine *e, int64_t contact, int64_t id, const struct msg_id *msg_id)
{
    AUTO(buf_done) struct buf body = BUF(SHARED_MAX);
    struct change c;
    struct target t;

    for (;;) {
        enum err found = early_take(e, contact, msg_id, &c, &body);
        if (found == ERR_NOT_FOUND)
            return OK;
        TRY(found);
        TRY(target_get(e, id, &t));
        enum err applied = may_change(&c, &t) ? change_apply(e, &c, &t) : OK;
        if (applied != ERR_MALFORMED)
            TRY(applied);
    }
}

enum err
changes_expire(struct engine *e)
{
    return db_run(e->db, "DELETE FROM early_changes WHERE received_ms<?1", "i",
                  engine_now_ms(e) - CHANGE_ARRIVAL * 1000LL);
}
