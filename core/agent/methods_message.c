/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "core/agent/agent.h"
#include "core/agent/dispatch.h"
#include "core/agent/files_sending.h"
#include "core/agent/pager.h"
#include "core/agent/show.h"
#include "core/compose.h"
#include "core/disappearing.h"
#include "core/ledger.h"
#include "core/scheduled.h"

#define PAGE_DEFAULT 50
#define PAGE_MAX 500
#define WAIT_MAX (60 * 1000) /* ms */
#define SEEN "listen.seen"   /* in the store's meta */
#define SEEN_HEALED "listen.healed"

/* --- message.send --- */

static json_t *
message_result(struct engine *e, int64_t id)
{
    return json_pack("{s:o}", "message", show_message_id(e, id));
}

/* With files, `data` is the list of those that are sent as they are. */
static void
answer_message(struct call *c)
{
    json_t *result = message_result(c->agent->engine, c->ref), *as_it_is = c->data;

    c->data = NULL;
    if (as_it_is != NULL)
        json_object_set_new(result, "as_it_is", as_it_is);
    call_finish(c, result);
}

static void
forget_message(struct call *c, enum err why)
{
    json_decref(c->data);
    c->data = NULL;
}

/* Whether the message is as far as its sender waits for. */
static bool
message_settled(struct engine *e, int64_t id)
{
    json_t *m = show_message_id(e, id);
    const char *state = json_string_value(json_object_get(m, "state"));
    bool waiting = state != NULL && strcmp(state, message_state_name(MESSAGE_QUEUED)) == 0;

    json_decref(m);
    return !waiting;
}

static void
on_message(struct call *c, const struct event *ev)
{
    if (ev->kind == EVENT_MESSAGE_STATE && ev->message == c->ref &&
        message_settled(c->agent->engine, c->ref))
        answer_message(c);
}

static const struct call_hooks sent_hooks = {.on_event = on_message,
                                             .expire = answer_message,
                                             .cancel = forget_message,
                                             .ends_at_lock = true};

/* *RET is the message as it stands, or C is deferred until the relay has it. */
static enum err
sent_or_wait(struct call *c, int64_t id, json_t **ret)
{
    int64_t wait = param_int(c, "wait_ms", 0);
    struct engine *e = c->agent->engine;

    if (wait <= 0 || message_settled(e, id)) {
        *ret = message_result(e, id);
        return OK;
    }
    c->ref = id;
    call_defer(c, &sent_hooks, wait < WAIT_MAX ? wait : WAIT_MAX);
    return OK;
}

/* The files are sealed and there is a message: from here on as with a text. */
static void
files_sent(struct call *c, int64_t message, json_t *as_it_is)
{
    int64_t wait = param_int(c, "wait_ms", 0);

    c->ref = message;
    c->data = json_array_size(as_it_is) > 0 ? json_incref(as_it_is) : NULL;
    if (wait <= 0 || message_settled(c->agent->engine, message)) {
        answer_message(c);
        return;
    }
    c->hooks = sent_hooks;
    c->deadline = loop_now() + (wait < WAIT_MAX ? wait : WAIT_MAX);
}

static enum err
send_later(struct call *c, struct composition *said, json_t **ret)
{
    int64_t id;

    TRY(message_send_later(c->agent->engine, said, &id));
    *ret = json_pack("{s:o*}", "message", show_message_id(c->agent->engine, id));
    return OK;
}

enum err
method_message_send(struct call *c, json_t **ret)
{
    AUTO(buf_done) struct buf marks = BUF(SHARED_MAX);
    struct composition said;
    int64_t id;

    TRY(said_param(c, &marks, &said));
    bool later = json_object_get(c->params, "at_ms") != NULL;
    if (later)
        TRY(schedule_check(c->agent->engine, said.due_ms));
    if (json_array_size(json_object_get(c->params, "files")) > 0)
        return files_sending_start(c, said.contact, files_sent);
    if (later)
        return send_later(c, &said, ret);
    TRY(message_compose(c->agent->engine, &said, &id));
    return sent_or_wait(c, id, ret);
}

enum err
method_message_send_contact(struct call *c, json_t **ret)
{
    struct contact contact, who;
    int64_t id;
    struct engine *e = c->agent->engine;

    TRY(find_contact(e, param_string(c, "contact", ""), &contact));
    TRY(find_contact(e, param_string(c, "who", ""), &who));
    TRY(message_send_contact(e, contact.id, who.id, &id));
    return sent_or_wait(c, id, ret);
}

/* --- message.list --- */

struct page {
    struct engine *engine;
    json_t *list;
};

static enum err
page_one(void *ctx, const struct message *m)
{
    struct page *p = ctx;

    json_array_append_new(p->list, show_message(p->engine, m));
    return OK;
}

/* Take messages away at one end until the list fits a line; true when some went. */
static bool
trim(json_t *list, bool from_the_front)
{
    size_t total = 0, kept = 0, n = json_array_size(list);

    for (; kept < n; kept++) {
        total += json_dumpb(json_array_get(list, from_the_front ? n - 1 - kept : kept), NULL, 0,
                            JSON_COMPACT) +
                 1;
        if (total > PAGE_BYTES)
            break;
    }
    for (size_t i = kept; i < n; i++)
        json_array_remove(list, from_the_front ? 0 : json_array_size(list) - 1);
    return kept < n;
}

static enum err
position(struct call *c, const char *name, int64_t *ret)
{
    const char *text = param_string(c, name, NULL);

    if (text == NULL)
        return OK;
    if (strcmp(text, "start") == 0)
        return OK;
    if (strcmp(text, "seen") != 0)
        return id_read("message", text, ret);
    enum err e = meta_get_int(engine_db(c->agent->engine), SEEN, ret);
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err
page_read(struct call *c, struct messages_page *ret)
{
    struct contact contact;
    int64_t limit = param_int(c, "limit", PAGE_DEFAULT);

    if (limit < 1 || limit > PAGE_MAX)
        return fail(ERR_USAGE, "A page has 1 to %d messages.", PAGE_MAX);
    ret->limit = (int)limit;
    if (json_object_get(c->params, "contact") != NULL) {
        TRY(find_contact(c->agent->engine, param_string(c, "contact", ""), &contact));
        ret->contact = contact.id;
    }
    TRY(position(c, "before", &ret->before));
    TRY(position(c, "after", &ret->after));
    if (ret->after == 0 && json_object_get(c->params, "after") != NULL)
        ret->after = -1; /* from the very beginning: 0 would mean none */
    return OK;
}

/* --- what came late --- */

static enum err
late_one(void *ctx, int64_t id)
{
    struct page *p = ctx;
    json_t *m = show_message_id(p->engine, id);

    if (m != NULL)
        json_array_append_new(p->list, m);
    return OK;
}

/* How many came late so far; an id is never of 0. */
static enum err
healed_read(const char *text, int64_t *ret)
{
    int64_t id;

    TRY(id_read("healed", text, &id));
    *ret = id - 1;
    return OK;
}

/* From where on; the present end when it was not asked for. */
static enum err
healed_from(struct call *c, int64_t *ret)
{
    const char *text = param_string(c, "healed", NULL);
    struct engine *e = c->agent->engine;

    if (text == NULL && strcmp(param_string(c, "after", ""), "seen") != 0)
        return healed_last(e, ret);
    if (text != NULL && strcmp(text, "seen") != 0)
        return healed_read(text, ret);
    enum err found = meta_get_int(engine_db(e), SEEN_HEALED, ret);
    return found == ERR_NOT_FOUND ? healed_last(e, ret) : found;
}

/* So few that they fit an answer whatever they are. */
#define LATE_MAX 2

static enum err
late(struct call *c, const struct messages_page *page, struct page *ret, int64_t *ret_last,
     bool *ret_more)
{
    struct healed_page healed = {.upto = page->after, .contact = page->contact, .limit = LATE_MAX};

    TRY(healed_from(c, &healed.after));
    return healed_each(ret->engine, &healed, ret, late_one, ret_last, ret_more);
}

/* Those that came late go first, and while there are more of them, alone. */
static enum err
list_into(struct call *c, const struct messages_page *page, struct page *messages,
          struct page *healed, json_t **ret)
{
    char id[ID_MAX];
    int64_t last;
    bool more, more_late;

    TRY(late(c, page, healed, &last, &more_late));
    if (json_array_size(healed->list) > 0)
        more = true;
    else
        TRY(messages_each(messages->engine, page, messages, page_one, &more));
    more = trim(messages->list, page->after == 0) || more;
    id_write("healed", last + 1, id);
    *ret = json_pack("{s:O,s:O,s:s,s:b}", "messages", messages->list, "late", healed->list,
                     "healed", id, "more", more);
    return OK;
}

enum err
method_message_list(struct call *c, json_t **ret)
{
    struct messages_page page = {0};
    bool ahead = json_object_get(c->params, "after") != NULL;

    TRY(page_read(c, &page));
    if (ahead && page.before != 0)
        return fail(ERR_USAGE, "Give either `before` or `after`.");
    struct page messages = {.engine = c->agent->engine, .list = json_array()};
    struct page healed = {.engine = c->agent->engine, .list = json_array()};
    enum err e = list_into(c, &page, &messages, &healed, ret);
    json_decref(messages.list);
    json_decref(healed.list);
    return e;
}

/* --- one message --- */

enum err
method_message_get(struct call *c, json_t **ret)
{
    int64_t id;

    TRY(id_read("message", param_string(c, "message", ""), &id));
    json_t *message = show_message_id(c->agent->engine, id);
    if (message == NULL)
        return fail(ERR_NOT_FOUND, "There is no such message.");
    *ret = json_pack("{s:o}", "message", message);
    return OK;
}

/* Never back; and not further than NEWEST, or what comes later would never be new. */
static enum err
move_mark(struct db *db, const char *mark, int64_t to, int64_t newest)
{
    int64_t before = -1;
    enum err e = meta_get_int(db, mark, &before);

    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    to = to > newest ? newest : to;
    return to > before ? meta_set_int(db, mark, to) : OK;
}

enum err
method_message_seen(struct call *c, json_t **ret)
{
    struct engine *e = c->agent->engine;
    int64_t id, newest;

    if (json_object_get(c->params, "healed") != NULL) {
        TRY(healed_read(param_string(c, "healed", ""), &id));
        TRY(healed_last(e, &newest));
        TRY(move_mark(engine_db(e), SEEN_HEALED, id, newest));
    }
    if (json_object_get(c->params, "message") == NULL)
        return OK;
    TRY(id_read("message", param_string(c, "message", ""), &id));
    TRY(messages_newest(e, &newest));
    TRY(disappearing_seen(e, id > newest ? newest : id));
    return move_mark(engine_db(e), SEEN, id, newest);
}

enum err
method_message_read(struct call *c, json_t **ret)
{
    struct contact contact;
    int64_t id;

    TRY(find_contact(c->agent->engine, param_string(c, "contact", ""), &contact));
    TRY(id_read("message", param_string(c, "message", ""), &id));
    return messages_mark_read(c->agent->engine, contact.id, id);
}
