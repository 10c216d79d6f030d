/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sending on what is here already: a message to somebody else, and who somebody is.
 */
#include "core/compose.h"
#include "core/content.h"
#include "core/engine_state.h"
#include "core/sealing.h"
#include "core/trust.h"

struct original {
    enum content_type type;
    struct buf text, extra; /* a packed Text; the card */
};

static void
original_done(struct original *o)
{
    buf_done(&o->text);
    buf_done(&o->extra);
}

static enum err
original_get(struct engine *e, int64_t id, struct original *ret)
{
    AUTO(query_done) struct query q;

    ret->text = BUF(SHARED_MAX);
    ret->extra = BUF(SHARED_MAX);
    TRY(db_query(e->db, &q,
                 "SELECT type,deleted_ms,extra FROM messages WHERE id=?1 AND " MESSAGE_HERE, "i",
                 id));
    if (!query_next(&q)) {
        TRY(query_end(&q));
        return fail(ERR_NOT_FOUND, "there is no such message");
    }
    ret->type = (enum content_type)query_int(&q, 0);
    bool deleted = query_int(&q, 1) != 0;
    buf_put(&ret->extra, query_bytes(&q, 2));
    TRY(query_end(&q));
    TRY(buf_ok(&ret->extra));
    if (deleted)
        return fail(ERR_STATE, "the message was deleted");
    if (ret->type != CONTENT_TEXT && ret->type != CONTENT_ATTACHMENTS &&
        ret->type != CONTENT_CONTACT_CARD)
        return fail(ERR_STATE, "there is nothing in it that can be forwarded");
    return compose_text(e, id, &ret->text);
}

/* What of a message's words goes on. */
struct words {
    Wire__Text *text; /* owned; what is borrowed by SAID lies here and in MARKS */
    struct buf marks;
    struct composition said;
};

static void
words_done(struct words *w)
{
    text_free(w->text);
    buf_done(&w->marks);
}

/* Whom a message speaks of is nobody else's business: mentions stay behind, their words go on. */
static enum err
words_get(const struct original *o, int64_t contact, struct words *ret)
{
    Wire__Text kept;

    ret->marks = BUF(SHARED_MAX);
    TRY(text_read(buf_span(&o->text), &ret->text));
    wire__text__init(&kept);
    kept.n_ranges = ret->text->n_ranges;
    kept.ranges = ret->text->ranges;
    wire_pack(&ret->marks, &kept.base);
    TRY(buf_ok(&ret->marks));
    ret->said = (struct composition){.contact = contact,
                                     .text = wire_unpacked_text(ret->text->text),
                                     .marks = buf_span(&ret->marks),
                                     .forwarded = true};
    return OK;
}

static enum err
forward_text(struct engine *e, const struct original *o, int64_t contact, int64_t *ret)
{
    AUTO(words_done) struct words words = {0};
    AUTO(composed_done) struct composed made = {0};

    TRY(words_get(o, contact, &words));
    TRY(compose_row(e, &words.said, &made));
    return compose_add(e, &made, ret);
}

enum err
message_forward_files(struct engine *e, int64_t id, int64_t contact, struct sealing *s,
                      int64_t *ret)
{
    AUTO(original_done) struct original o = {0};
    AUTO(words_done) struct words words = {0};

    TRY(original_get(e, id, &o));
    TRY(words_get(&o, contact, &words));
    return sealing_send(e, s, &words.said, ret);
}

static enum err
send_card(struct engine *e, struct span card, int64_t contact, int64_t *ret)
{
    AUTO(composed_done) struct composed made = {0};

    TRY(compose_row(e, &(struct composition){.contact = contact, .text = SPAN("", 0)}, &made));
    made.row.type = CONTENT_CONTACT_CARD;
    made.row.extra = card;
    return compose_add(e, &made, ret);
}

static enum err
forward(struct engine *e, int64_t id, int64_t contact, int64_t *ret)
{
    AUTO(original_done) struct original o = {0};

    TRY(original_get(e, id, &o));
    if (o.type == CONTENT_ATTACHMENTS)
        return fail(ERR_STATE, "its files have to be sealed anew first");
    return o.type == CONTENT_TEXT ? forward_text(e, &o, contact, ret)
                                  : send_card(e, buf_span(&o.extra), contact, ret);
}

enum err
message_forward(struct engine *e, int64_t id, int64_t contact, int64_t *ret)
{
    AUTO(tx_done) struct tx tx = {0};
    int64_t made = 0;

    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, forward(e, id, contact, &made)));
    *ret = made;
    return OK;
}

/* --- contacts --- */

/* Where WHO is found, and by what it is known to be the right one. */
static enum err
link_of(struct engine *e, const struct contact *who, struct contact_link *ret)
{
    struct manifest m = e->manifest;

    if (who->state != CONTACT_SELF)
        TRY(trust_manifest(e, &who->account, &m));
    *ret = (struct contact_link){.address = who->address,
                                 .account = who->account,
                                 .has_account = true,
                                 .has_relay_pin = m.pin_count > 0};
    if (ret->has_relay_pin)
        ret->relay_pin = m.pins[0];
    return OK;
}

static enum err
own_name(struct engine *e, char ret[PERSON_NAME_MAX + 1])
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q, "SELECT display_name FROM account", ""));
    if (query_next(&q))
        query_text(&q, 0, ret, PERSON_NAME_MAX + 1);
    return query_end(&q);
}

static enum err
card_of(struct engine *e, int64_t who, struct buf *ret)
{
    char text[CONTACT_LINK_MAX + 1], name[PERSON_NAME_MAX + 1] = "";
    struct contact_link link;
    struct contact c;
    Wire__ContactCard card;

    TRY(contact_get(e, who, &c));
    if (c.state != CONTACT_ACCEPTED && c.state != CONTACT_SELF)
        return fail(ERR_STATE, "only a contact can be passed on");
    TRY(link_of(e, &c, &link));
    contact_link_write(&link, text);
    memcpy(name, c.name, sizeof name);
    if (c.state == CONTACT_SELF)
        TRY(own_name(e, name));
    wire__contact_card__init(&card);
    card.link = text;
    card.name = name;
    wire_pack(ret, &card.base);
    return buf_ok(ret);
}

static enum err
send_contact(struct engine *e, int64_t contact, int64_t who, int64_t *ret)
{
    AUTO(buf_done) struct buf card = BUF(SHARED_MAX);

    TRY(card_of(e, who, &card));
    return send_card(e, buf_span(&card), contact, ret);
}

enum err
message_send_contact(struct engine *e, int64_t contact, int64_t who, int64_t *ret)
{
    AUTO(tx_done) struct tx tx = {0};
    int64_t made = 0;

    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, send_contact(e, contact, who, &made)));
    *ret = made;
    return OK;
}
