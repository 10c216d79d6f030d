/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/show.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/agent/show_attachment.h"
#include "core/conversations.h"
#include "core/drafts.h"
#include "core/engine.h"
#include "core/presence.h"
#include "core/relay_link.h"
#include "wire/encoding.h"

#define DRAFT_SHOWN 400 /* bytes of a draft in the list */

static const char *const contact_states[] = {"none",    "asked",   "asking", "accepted",
                                             "removed", "blocked", "self"};
static const char *const trusts[] = {"unverified", "from-link", "verified"};

const char *
contact_state_name(enum contact_state s)
{
    return contact_states[s];
}

void
id_write(const char *kind, int64_t id, char ret[ID_MAX])
{
    snprintf(ret, ID_MAX, "%s-%lld", kind, (long long)id);
}

enum err
id_read(const char *kind, const char *text, int64_t *ret)
{
    size_t n = strlen(kind);
    char *end;

    if (strncmp(text, kind, n) != 0 || text[n] != '-' || text[n + 1] < '1' || text[n + 1] > '9')
        return fail(ERR_NOT_FOUND, "There is no %s of that id.", kind);
    errno = 0;
    long long id = strtoll(text + n + 1, &end, 10);
    if (errno != 0 || *end != '\0')
        return fail(ERR_NOT_FOUND, "There is no %s of that id.", kind);
    *ret = id;
    return OK;
}

enum err
find_contact(struct engine *e, const char *text, struct contact *ret)
{
    int64_t id;

    if (id_read("contact", text, &id) == OK)
        return contact_get(e, id, ret);
    return contact_find(e, text, ret);
}

json_t *
show_contact(const struct contact *c)
{
    char id[ID_MAX], account[BASE64_LEN(32) + 1], address[ADDRESS_MAX + 1], label[256];

    id_write("contact", c->id, id);
    base64url_write(SPAN_OF(c->account), account);
    address_write(&c->address, address);
    contact_label(c, label, sizeof label);
    return json_pack("{s:s,s:b,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:b,s:b,s:s,s:I,s:I}", "about",
                     c->about, "picture", c->has_picture, "id", id, "label", label, "address",
                     address, "account", account, "nickname", c->nickname, "name", c->name, "state",
                     contact_states[c->state], "trust", trusts[c->trust], "key_changed",
                     c->key_changed, "forked", c->forked, "unreachable", c->unreachable,
                     "request_text", c->request_text, "created_ms", (json_int_t)c->created_ms,
                     "heard_ms", (json_int_t)c->heard_ms);
}

json_t *
show_lookup(struct engine *e, int64_t id)
{
    char text[ID_MAX];
    struct lookup l;
    struct contact c;

    if (lookup_get(e, id, &l) != OK)
        return NULL;
    id_write("lookup", id, text);
    json_t *j = json_pack("{s:s,s:s}", "lookup", text, "address", l.address);
    if (l.error != OK)
        json_object_set_new(j, "error", json_string(err_name(l.error)));
    if (l.contact != 0 && contact_get(e, l.contact, &c) == OK)
        json_object_set_new(j, "contact", show_contact(&c));
    return j;
}

json_t *
show_notice(struct engine *e, const struct notice *n)
{
    char id[ID_MAX], label[256] = "", contact[ID_MAX] = "";
    struct contact c;

    id_write("notice", n->id, id);
    if (n->contact != 0 && contact_get(e, n->contact, &c) == OK) {
        contact_label(&c, label, sizeof label);
        id_write("contact", c.id, contact);
    }
    return json_pack("{s:s,s:s,s:s,s:s,s:I,s:b,s:b}", "id", id, "kind", n->kind, "contact", label,
                     "contact_id", contact, "at_ms", (json_int_t)n->at_ms, "seen", n->seen,
                     "provable", n->provable);
}

json_t *
show_relay(struct engine *e)
{
    enum err trouble = engine_trouble(e);
    json_t *j = json_pack("{s:b}", "online", relay_online(e));

    if (trouble != OK)
        json_object_set_new(j, "trouble", json_string(err_name(trouble)));
    return j;
}

json_t *
show_presence(struct engine *e, int64_t contact)
{
    char id[ID_MAX], label[256];
    struct presence_seen s;
    struct contact c;

    if (contact_get(e, contact, &c) != OK)
        return NULL;
    id_write("contact", contact, id);
    contact_label(&c, label, sizeof label);
    presence_seen_get(e, contact, &s);
    return json_pack("{s:s,s:s,s:s,s:s,s:I,s:b}", "contact", id, "label", label, "state",
                     presence_name(s.state), "text", s.text, "until_ms", (json_int_t)s.until_ms,
                     "typing", s.typing);
}

static json_t *
show_message_gone(const struct event *ev)
{
    char id[ID_MAX], contact[ID_MAX];

    id_write("message", ev->message, id);
    id_write("contact", ev->contact, contact);
    return json_pack("{s:s,s:s}", "id", id, "contact", contact);
}

/* NULL: as the account's setting says. */
static json_t *
keep_shown(const struct conversation *v)
{
    return v->keep_days == KEEP_AS_ACCOUNT ? NULL : json_integer(v->keep_days);
}

/* With what a program needs to know before it makes a noise. */
static json_t *
show_new_message(struct engine *e, const struct event *ev)
{
    json_t *m = show_message_id(e, ev->message);
    int64_t mentions = 0;
    bool silent = false;

    if (m == NULL ||
        db_get_int(engine_db(e), &mentions, "SELECT mentions_me FROM messages WHERE id=?1", "i",
                   ev->message) != OK ||
        conversation_silent(e, ev->contact, mentions != 0, &silent) != OK) {
        json_decref(m);
        return NULL;
    }
    return json_pack("{s:o,s:b,s:b}", "message", m, "muted", silent, "mentions_me", mentions != 0);
}

/* What was begun to be written, or its beginning. */
static json_t *
draft_shown(struct engine *e, const struct conversation *v)
{
    AUTO(draft_done) struct draft d = {0};

    if (v->draft_ms == 0 || draft_get(e, v->contact, &d) != OK)
        return NULL;
    size_t n = d.text.n;
    if (n > DRAFT_SHOWN)
        for (n = DRAFT_SHOWN; n > 0 && (d.text.p[n] & 0xc0) == 0x80; n--)
            ;
    return json_stringn((const char *)d.text.p, n);
}

json_t *
show_conversation(struct engine *e, int64_t contact)
{
    char id[ID_MAX], gone[ID_MAX] = "", label[256] = "";
    struct conversation v;
    struct contact c;

    if (conversation_get(e, contact, &v) != OK || contact_get(e, contact, &c) != OK)
        return NULL;
    id_write("contact", contact, id);
    contact_label(&c, label, sizeof label);
    if (v.gone_upto != 0)
        id_write("message", v.gone_upto, gone);
    return json_pack(
        "{s:s,s:s,s:o*,s:I,s:i,s:i,s:b,s:b,s:b,s:I,s:b,s:o*,s:I,s:b,s:o*,s:s}", "contact", id,
        "label", label, "last", v.last_message == 0 ? NULL : show_message_id(e, v.last_message),
        "last_ms", (json_int_t)v.last_ms, "unread", v.unread, "unread_mentions", v.unread_mentions,
        "marked_unread", v.marked_unread, "archived", v.archived, "pinned", v.pinned_ms != 0,
        "muted_until_ms", (json_int_t)v.muted_until_ms, "draft", v.draft_ms != 0, "draft_text",
        draft_shown(e, &v), "timer_s", (json_int_t)v.timer_s, "listed", !v.hidden, "keep_days",
        keep_shown(&v), "deleted_upto", gone);
}

struct notice_search {
    struct engine *engine;
    int64_t id;
    json_t *json;
};

static enum err
find_notice(void *ctx, const struct notice *n)
{
    struct notice_search *s = ctx;

    if (n->id == s->id && s->json == NULL)
        s->json = show_notice(s->engine, n);
    return OK;
}

json_t *
show_event(struct engine *e, const struct event *ev)
{
    struct contact c;
    struct notice_search s = {.engine = e, .id = ev->notice};

    switch (ev->kind) {
    case EVENT_MESSAGE:
        return show_new_message(e, ev);
    case EVENT_MESSAGE_STATE:
    case EVENT_MESSAGE_CHANGED:
    case EVENT_GAP:
        return json_pack("{s:o*}", "message", show_message_id(e, ev->message));
    case EVENT_MESSAGE_GONE:
        return show_message_gone(ev);
    case EVENT_CONVERSATION:
        return json_pack("{s:o*}", "conversation", show_conversation(e, ev->contact));
    case EVENT_CONTACT:
    case EVENT_REQUEST:
        if (contact_get(e, ev->contact, &c) != OK)
            return NULL;
        return json_pack("{s:o*}", "contact", show_contact(&c));
    case EVENT_LOOKUP:
        return show_lookup(e, ev->lookup);
    case EVENT_TRANSFER:
        return json_pack("{s:o*}", "attachment", show_attachment_id(e, ev->attachment));
    case EVENT_PRESENCE:
        return show_presence(e, ev->contact);
    case EVENT_RELAY:
        return show_relay(e);
    case EVENT_NOTICE:
        if (notices_each(e, &s, find_notice) != OK)
            return NULL;
        return json_pack("{s:o*}", "notice", s.json);
    }
    return NULL;
}
