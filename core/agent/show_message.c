/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Messages as JSON: docs/RPC.md says what each key means.
 */
#include <stdlib.h>

#include "core/agent/marks.h"
#include "core/agent/show.h"
#include "core/agent/show_attachment.h"
#include "core/changes.h"
#include "core/ledger.h"
#include "core/outbox.h"
#include "wire/encoding.h"

static const char *const states[] = {"received", "queued", "at-relay",    "delivered",
                                     "read",     "failed", "unconfirmed", "gap",
                                     "gone",     "kept",   "scheduled"};

const char *
message_state_name(enum message_state s)
{
    return states[s];
}

/* What a message is, for who shows it. */
static const char *
type_name(int type)
{
    switch (type) {
    case 0:
        return "missing";
    case CONTENT_TEXT:
        return "text";
    case CONTENT_ATTACHMENTS:
        return "files";
    case CONTENT_CONTACT_CARD:
        return "contact";
    case CONTENT_TIMER:
        return "timer";
    default:
        return "unknown"; /* it needs a newer version */
    }
}

static json_t *
show_quote(struct engine *e, const struct message *m)
{
    static const char *const quote_states[] = {NULL, "here", "missing", "differs"};
    char id[ID_MAX];
    struct quoted q;

    if (message_quoted(e, m, &q) != OK || q.state == QUOTE_NONE)
        return NULL;
    json_t *j = json_pack("{s:s}", "state", quote_states[q.state]);
    if (q.message == 0)
        return j;
    id_write("message", q.message, id);
    json_object_set_new(j, "message", json_string(id));
    json_object_set_new(j, "type", json_string(type_name(q.type)));
    json_object_set_new(j, "outgoing", json_boolean(q.outgoing));
    json_object_set_new(j, "deleted", json_boolean(q.deleted));
    if (q.state == QUOTE_HERE)
        json_object_set_new(j, "text", json_string(q.text));
    return j;
}

static json_t *
show_reactions(struct engine *e, int64_t id)
{
    struct reaction reactions[2];
    size_t count = 0;
    json_t *list = json_array();

    if (message_reactions(e, id, reactions, &count) != OK)
        count = 0;
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s:s,s:b,s:I}", "emoji", reactions[i].emoji, "mine",
                                              reactions[i].mine, "sent_ms",
                                              (json_int_t)reactions[i].sent_ms));
    return list;
}

/* Whom a type 14 is about. */
static json_t *
show_card(struct engine *e, struct span extra)
{
    AUTO(contact_card_freep) Wire__ContactCard *card = NULL;
    char id[ID_MAX];
    struct contact_link link;
    struct contact c;

    if (extra.n == 0 || contact_card_read(extra, &card) != OK ||
        contact_link_read(SPAN_STR(card->link), &link) != OK)
        return NULL;
    json_t *j = json_pack("{s:s,s:s}", "link", card->link, "name", card->name);
    if (link.has_account && contact_by_account(e, &link.account, &c) == OK) {
        id_write("contact", c.id, id);
        json_object_set_new(j, "contact", json_string(id));
    }
    return j;
}

/* What a type 9 sets. */
static json_t *
show_timer(const struct message *m)
{
    AUTO(timer_freep) Wire__Timer *timer = NULL;

    if (m->type != CONTENT_TIMER || timer_read(m->extra, &timer) != OK)
        return NULL;
    return json_integer(timer->seconds);
}

/* What is done about a message that is missing. */
static void
show_gap(struct engine *e, int64_t id, json_t *j)
{
    struct ledger_gap gap;

    if (ledger_gap(e, id, &gap) != OK)
        return;
    json_object_set_new(j, "asked", json_integer(gap.asked));
    if (gap.asked_ms != 0)
        json_object_set_new(j, "asked_ms", json_integer(gap.asked_ms));
    if (gap.next_ms != 0)
        json_object_set_new(j, "next_ms", json_integer(gap.next_ms));
}

/* How much of our own is only on another copy of this profile. */
static void
show_elsewhere(const struct message *m, json_t *j)
{
    json_object_set_new(j, "elsewhere", json_integer(strtol(m->text, NULL, 10)));
    json_object_set_new(j, "text", json_string(""));
}

/* How things stand with it, beside its words. */
static json_t *
show_times(const struct message *m)
{
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "sent_ms", (json_int_t)m->sent_ms,
                     "stored_ms", (json_int_t)m->stored_ms, "state_ms", (json_int_t)m->state_ms,
                     "edited_ms", (json_int_t)m->edited_ms, "deleted_ms", (json_int_t)m->deleted_ms,
                     "pinned_ms", (json_int_t)m->pinned_ms, "expire_s", (json_int_t)m->expire_s,
                     "expires_ms", (json_int_t)m->expires_ms, "due_ms", (json_int_t)m->due_ms,
                     "retained_ms", (json_int_t)m->retained_ms);
}

json_t *
show_message(struct engine *e, const struct message *m)
{
    char id[ID_MAX], contact_id[ID_MAX], label[256] = "";
    int versions = 0;
    struct contact c;

    if (m->edited_ms != 0 && message_versions_count(e, m->id, &versions) != OK)
        versions = 0;
    id_write("message", m->id, id);
    id_write("contact", m->contact, contact_id);
    if (contact_get(e, m->contact, &c) == OK)
        contact_label(&c, label, sizeof label);
    json_t *j =
        json_pack("{s:s,s:s,s:s,s:b,s:s,s:s,s:s,s:s,s:b,s:b,s:b}", "id", id, "contact", contact_id,
                  "label", label, "outgoing", m->outgoing, "type", type_name(m->type), "state",
                  states[m->state], "why", m->why, "text", m->text, "unread", m->unread,
                  "forwarded", m->forwarded, "mentions_me", m->mentions_me);
    json_t *times = show_times(m), *quote = show_quote(e, m),
           *card = m->type == CONTENT_CONTACT_CARD ? show_card(e, m->extra) : NULL;
    if (times != NULL)
        json_object_update(j, times);
    json_decref(times);
    marks_show(e, m->text, m->marks, j);
    json_object_set_new(j, "reactions", show_reactions(e, m->id));
    json_object_set_new(j, "versions", json_integer(versions));
    if (quote != NULL)
        json_object_set_new(j, "quote", quote);
    json_object_set_new(j, "timer_s", show_timer(m));
    if (card != NULL)
        json_object_set_new(j, "card", card);
    if (m->type == 0 && m->outgoing)
        show_elsewhere(m, j);
    else if (m->type == 0)
        show_gap(e, m->id, j);
    if (m->type == CONTENT_ATTACHMENTS)
        json_object_set_new(j, "files", show_attachments(e, m->id));
    return j;
}

struct showing {
    struct engine *engine;
    json_t *json;
};

static enum err
show_one(void *ctx, const struct message *m)
{
    struct showing *s = ctx;

    s->json = show_message(s->engine, m);
    return OK;
}

json_t *
show_message_id(struct engine *e, int64_t id)
{
    struct showing s = {.engine = e};

    return message_get(e, id, &s, show_one) == OK ? s.json : NULL;
}

static enum err
show_version(void *ctx, const struct message_version *v)
{
    struct showing *s = ctx;
    json_t *j = json_pack("{s:s,s:I}", "text", v->text, "sent_ms", (json_int_t)v->sent_ms);

    marks_show(s->engine, v->text, v->marks, j);
    json_array_append_new(s->json, j);
    return OK;
}

json_t *
show_versions(struct engine *e, int64_t id)
{
    struct showing s = {.engine = e, .json = json_array()};

    if (message_versions_each(e, id, &s, show_version) == OK)
        return s.json;
    json_decref(s.json);
    return NULL;
}
