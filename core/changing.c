/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Changing messages from our side: whether it may be, the body that says so, applied here as the
 * other side will apply it, and into the outbox with it.
 */
#include "core/attachments.h"
#include "core/change_rules.h"
#include "core/compose.h"
#include "core/content.h"
#include "core/engine_state.h"
#include "core/opening.h"
#include "core/outbox.h"

/* --- what may be changed --- */

/* Anything that both sides have, or will. */
static enum err
check_shared_with_them(const struct target *t)
{
    if (!t->named || t->unsaid || t->state == MESSAGE_FAILED)
        return fail(ERR_STATE, "the other side does not have this message");
    if (t->deleted_ms != 0)
        return fail(ERR_STATE, "the message was deleted");
    return OK;
}

/* Our own words, while the other side still takes it. */
static enum err
check_own(struct engine *e, const struct target *t)
{
    TRY(check_shared_with_them(t));
    if (!t->outgoing)
        return fail(ERR_STATE, "only who wrote a message can change it");
    if (t->state == MESSAGE_KEPT)
        return OK;
    if (engine_now_ms(e) - t->sent_ms > CHANGE_WINDOW * 1000LL)
        return fail(ERR_STATE, "a message can be changed for %d hours", CHANGE_WINDOW / 3600);
    return OK;
}

static enum err
check_words(const struct target *t)
{
    if (t->type != CONTENT_TEXT && t->type != CONTENT_ATTACHMENTS)
        return fail(ERR_STATE, "there are no words in it to be changed");
    return OK;
}

/* --- doing it --- */

/* One change of ours: what it says, and when, which is always after what it takes the place of. */
struct wish {
    uint32_t type;
    const ProtobufCMessage *body;
    int64_t after_ms;
};

/* Notes to oneself are changed here alone. */
static enum err
change(struct engine *e, const struct target *t, const struct wish *w)
{
    AUTO(buf_done) struct buf body = BUF(SHARED_MAX);
    int64_t now = engine_now_ms(e), row;
    struct contact contact;

    TRY(contact_get(e, t->contact, &contact));
    TRY(message_may_write(&contact));
    wire_pack(&body, w->body);
    TRY(buf_ok(&body));
    struct change c = {.contact = t->contact,
                       .mine = true,
                       .type = w->type,
                       .sent_ms = now > w->after_ms ? now : w->after_ms + 1,
                       .received_ms = now,
                       .body = buf_span(&body)};
    TRY(change_apply(e, &c, t));
    if (contact.state == CONTACT_SELF)
        return OK;
    return outbox_add(e,
                      &(struct outgoing){.contact = t->contact,
                                         .type = (enum content_type)w->type,
                                         .body = c.body,
                                         .sent_ms = c.sent_ms},
                      &row);
}

static int64_t
last_said(const struct target *t)
{
    return t->edited_ms > t->sent_ms ? t->edited_ms : t->sent_ms;
}

/* --- edit --- */

/* The new words as the row holds them and as they travel; checked as those of a peer. */
static enum err
new_words(struct span text, struct span marks, struct buf *ret_packed, Wire__Text **ret)
{
    TRY(compose_pack(&(struct text_parts){.text = text, .marks = marks}, ret_packed));
    return text_read(buf_span(ret_packed), ret);
}

/* What has not been sent was said to nobody: it just says something else now. */
static enum err
reword_unsent(struct engine *e, const struct target *t, const Wire__Text *words)
{
    AUTO(buf_done) struct buf marks = BUF(SHARED_MAX);
    struct message_row row = {0};

    TRY(message_row_text(e, words, &marks, &row));
    TRY(message_reword(e, t->id, row.text, row.marks));
    if (t->type == CONTENT_ATTACHMENTS)
        TRY(attachments_fit(e, t->id));
    engine_note(
        e, (struct event){.kind = EVENT_MESSAGE_CHANGED, .contact = t->contact, .message = t->id});
    return OK;
}

static enum err
edit(struct engine *e, int64_t id, struct span text, struct span marks)
{
    AUTO(buf_done) struct buf packed = BUF(SHARED_MAX);
    AUTO(text_freep) Wire__Text *words = NULL;
    struct target t;
    Wire__Edit body;

    TRY(target_get(e, id, &t));
    TRY(check_words(&t));
    if (text.n == 0 && t.type == CONTENT_TEXT)
        return fail(ERR_USAGE, "there are no words left; delete it instead");
    TRY(new_words(text, marks, &packed, &words));
    if (t.unsaid)
        return reword_unsent(e, &t, words);
    TRY(check_own(e, &t));
    wire__edit__init(&body);
    body.target = PB_OF(t.msg_id);
    body.text = words;
    return change(
        e, &t, &(struct wish){.type = CONTENT_EDIT, .body = &body.base, .after_ms = last_said(&t)});
}

enum err
message_edit(struct engine *e, int64_t id, struct span text, struct span marks)
{
    AUTO(tx_done) struct tx tx = {0};
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, edit(e, id, text, marks));
}

/* --- delete --- */

/* Edits of it that are at the relay are kept for resending with their words: no longer. */
static enum err
forget_edits(struct engine *e, int64_t contact, const struct msg_id *id, int64_t least_state)
{
    int64_t after = 0;

    for (;;) {
        AUTO(shared_freep) Wire__Shared *s = NULL;
        AUTO(edit_freep) Wire__Edit *said = NULL;
        AUTO(buf_done) struct buf bytes = BUF(RESEND_SHARED_MAX);
        AUTO(query_done) struct query q;

        TRY(db_query(e->db, &q,
                     "SELECT id,shared FROM outbox WHERE contact=?1 AND type=?2 AND state>=?4 AND "
                     "id>?3 AND shared<>x'' ORDER BY id LIMIT 1",
                     "iiii", contact, (int64_t)CONTENT_EDIT, after, least_state));
        bool found = query_next(&q);
        if (found) {
            after = query_int(&q, 0);
            buf_put(&bytes, query_bytes(&q, 1));
        }
        TRY(query_end(&q));
        if (!found)
            return OK;
        TRY(buf_ok(&bytes));
        TRY(shared_read(buf_span(&bytes), &s));
        TRY(edit_read(span_pb(s->body), &said));
        if (!span_equal(span_pb(said->target), SPAN_OF(*id)))
            continue;
        TRY(db_run(e->db, "DELETE FROM outbox WHERE id=?1 AND state=0", "i", after));
        TRY(db_run(e->db, "UPDATE outbox SET shared=x'' WHERE id=?1", "i", after));
    }
}

enum err
message_edits_forget(struct engine *e, int64_t id)
{
    struct msg_id msg_id;
    int64_t contact;
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT contact,msg_id FROM messages WHERE id=?1 AND outgoing=1 AND expire_s<>0 "
                 "AND msg_id IS NOT NULL",
                 "i", id));
    if (!query_next(&q))
        return query_end(&q);
    contact = query_int(&q, 0);
    TRY(query_exact(&q, 1, msg_id.b, sizeof msg_id.b));
    TRY(query_end(&q));
    return forget_edits(e, contact, &msg_id, 1);
}

enum err
message_expired(struct engine *e, int64_t id)
{
    struct target t;

    enum err found = target_get(e, id, &t);
    if (is_store_trouble(found))
        return found;
    if (found == OK && t.outgoing)
        TRY(forget_edits(e, t.contact, &t.msg_id, 0));
    return message_remove(e, id);
}

/* What was said to nobody, or to oneself, leaves no trace. */
static enum err
withdraw(struct engine *e, const struct target *t, bool *ret)
{
    if (t->state == MESSAGE_QUEUED && !t->unsaid)
        return outbox_withdraw(e, t->id, &t->msg_id, ret);
    *ret = t->unsaid || t->state == MESSAGE_KEPT;
    return OK;
}

static enum err
delete_for_all(struct engine *e, int64_t id, bool *ret_withdrawn)
{
    struct target t;
    Wire__Delete body;

    TRY(target_get(e, id, &t));
    TRY(withdraw(e, &t, ret_withdrawn));
    if (*ret_withdrawn)
        return message_remove(e, id);
    TRY(check_own(e, &t));
    TRY(forget_edits(e, t.contact, &t.msg_id, 1));
    wire__delete__init(&body);
    body.target = PB_OF(t.msg_id);
    return change(
        e, &t,
        &(struct wish){.type = CONTENT_DELETE, .body = &body.base, .after_ms = last_said(&t)});
}

enum err
message_delete(struct engine *e, int64_t id, bool *ret_withdrawn)
{
    AUTO(tx_done) struct tx tx = {0};
    bool withdrawn = false;

    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, delete_for_all(e, id, &withdrawn)));
    *ret_withdrawn = withdrawn;
    return OK;
}

/* Who misses it may still ask for it: it is kept for that as a content that no row shows, unless it
 * has to go on a day of its own. */
static enum err
keep_for_resending(struct engine *e, int64_t id)
{
    return db_run(e->db,
                  "UPDATE outbox SET message=NULL,shared=CASE WHEN shared<>x'' THEN shared ELSE "
                  "ifnull((SELECT shared FROM messages WHERE id=?1),x'') END WHERE message=?1 "
                  "AND (SELECT expire_s FROM messages WHERE id=?1)=0",
                  "i", id);
}

static enum err
forget(struct engine *e, int64_t id, bool *ret_sent)
{
    struct target t;
    bool withdrawn = false;

    TRY(target_get(e, id, &t));
    if (t.state == MESSAGE_QUEUED)
        TRY(outbox_withdraw(e, t.id, &t.msg_id, &withdrawn));
    TRY(keep_for_resending(e, id));
    *ret_sent = t.outgoing && !t.unsaid && !withdrawn && t.deleted_ms == 0 &&
                t.state != MESSAGE_KEPT && t.state != MESSAGE_FAILED;
    return message_remove(e, id);
}

enum err
message_forget(struct engine *e, int64_t id, bool *ret_sent)
{
    AUTO(tx_done) struct tx tx = {0};
    bool sent = false;

    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, forget(e, id, &sent)));
    *ret_sent = sent;
    return OK;
}

/* --- reactions and pins --- */

static enum err
react(struct engine *e, int64_t id, struct span emoji)
{
    char text[REACTION_MAX + 1] = "";
    struct target t;
    int64_t last;
    Wire__Reaction body;

    if (!reaction_valid(emoji))
        return fail(ERR_USAGE, "a reaction is one emoji of at most %d bytes", REACTION_MAX);
    TRY(target_get(e, id, &t));
    TRY(check_shared_with_them(&t));
    TRY(db_get_int(e->db, &last,
                   "SELECT ifnull((SELECT sent_ms FROM reactions WHERE message=?1 AND mine=1),0)",
                   "i", id));
    memcpy(text, emoji.p, emoji.n);
    wire__reaction__init(&body);
    body.target = PB_OF(t.msg_id);
    body.emoji = text;
    return change(e, &t,
                  &(struct wish){.type = CONTENT_REACTION, .body = &body.base, .after_ms = last});
}

enum err
message_react(struct engine *e, int64_t id, struct span emoji)
{
    AUTO(tx_done) struct tx tx = {0};
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, react(e, id, emoji));
}

static enum err
set_pin(struct engine *e, int64_t id, bool on)
{
    struct target t;
    Wire__Pin body;

    TRY(target_get(e, id, &t));
    TRY(check_shared_with_them(&t));
    wire__pin__init(&body);
    body.target = PB_OF(t.msg_id);
    body.on = on;
    return change(
        e, &t,
        &(struct wish){.type = CONTENT_PIN, .body = &body.base, .after_ms = t.pin_change_ms});
}

enum err
message_pin(struct engine *e, int64_t id)
{
    AUTO(tx_done) struct tx tx = {0};
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, set_pin(e, id, true));
}

enum err
message_unpin(struct engine *e, int64_t id)
{
    AUTO(tx_done) struct tx tx = {0};
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, set_pin(e, id, false));
}

/* --- reading --- */

enum err
message_versions_count(struct engine *e, int64_t id, int *ret)
{
    int64_t n;

    TRY(db_get_int(e->db, &n, "SELECT count(*) FROM message_versions WHERE message=?1", "i", id));
    *ret = (int)n;
    return OK;
}

enum err
message_versions_each(struct engine *e, int64_t id, void *ctx,
                      enum err (*each)(void *ctx, const struct message_version *v))
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT text,marks,sent_ms FROM message_versions WHERE message=?1 "
                 "ORDER BY sent_ms,text,marks",
                 "i", id));
    while (query_next(&q)) {
        AUTO(buf_done) struct buf text = BUF(TEXT_MAX + 1);
        buf_put(&text, query_bytes(&q, 0));
        buf_put_u8(&text, 0);
        TRY(buf_ok(&text));
        struct message_version v = {
            .text = (const char *)text.p, .marks = query_bytes(&q, 1), .sent_ms = query_int(&q, 2)};
        TRY(each(ctx, &v));
    }
    return query_end(&q);
}

enum err
message_reactions(struct engine *e, int64_t id, struct reaction ret[2], size_t *ret_count)
{
    size_t count = 0;
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT mine,emoji,sent_ms FROM reactions WHERE message=?1 AND emoji<>'' "
                 "ORDER BY sent_ms",
                 "i", id));
    while (count < 2 && query_next(&q)) {
        ret[count] = (struct reaction){.mine = query_int(&q, 0) != 0, .sent_ms = query_int(&q, 2)};
        query_text(&q, 1, ret[count].emoji, sizeof ret[count].emoji);
        count++;
    }
    *ret_count = count;
    return query_end(&q);
}
