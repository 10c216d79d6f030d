/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/agent.h"
#include "core/agent/dispatch.h"
#include "core/agent/marks.h"
#include "core/agent/pager.h"
#include "core/agent/show.h"
#include "core/clearing.h"
#include "core/drafts.h"

#define PAGE_DEFAULT 100
#define PAGE_MAX 500

/* --- the list --- */

struct page {
    struct engine *engine;
    json_t *list;
    size_t bytes;
    bool full; /* no more fit a line */
};

static enum err
page_one(void *ctx, const struct conversation *v)
{
    struct page *p = ctx;
    json_t *line = p->full ? NULL : show_conversation(p->engine, v->contact);

    if (line == NULL)
        return OK;
    p->bytes += json_dumpb(line, NULL, 0, JSON_COMPACT) + 1;
    p->full = p->bytes > PAGE_BYTES;
    if (!p->full)
        json_array_append(p->list, line);
    json_decref(line);
    return OK;
}

static bool
wanted(const struct call *c, const char *name)
{
    return json_is_true(json_object_get(c->params, name));
}

static enum err
find(struct call *c, struct contact *ret)
{
    return find_contact(c->agent->engine, param_string(c, "contact", ""), ret);
}

enum err
method_conversation_list(struct call *c, json_t **ret)
{
    struct engine *e = c->agent->engine;
    int64_t limit = param_int(c, "limit", PAGE_DEFAULT);
    struct conversations_page page = {.archived = wanted(c, "archived"),
                                      .unread = wanted(c, "unread")};
    bool more = false;

    if (limit < 1 || limit > PAGE_MAX)
        return fail(ERR_USAGE, "A page has 1 to %d conversations.", PAGE_MAX);
    page.limit = (int)limit;
    if (json_object_get(c->params, "before") != NULL)
        TRY(id_read("contact", param_string(c, "before", ""), &page.before));
    struct page p = {.engine = e, .list = json_array()};
    enum err r = conversations_each(e, &page, &p, page_one, &more);
    if (r != OK) {
        json_decref(p.list);
        return r;
    }
    *ret = json_pack("{s:o,s:b}", "conversations", p.list, "more", more || p.full);
    return OK;
}

static json_t *
show_draft(struct engine *e, struct draft *d)
{
    char id[ID_MAX];

    buf_put_u8(&d->text, '\0');
    if (buf_ok(&d->text) != OK)
        return NULL;
    json_t *j =
        json_pack("{s:s,s:I}", "text", (const char *)d->text.p, "at_ms", (json_int_t)d->at_ms);
    marks_show(e, (const char *)d->text.p, buf_span(&d->marks), j);

    if (d->reply_to != 0) {
        id_write("message", d->reply_to, id);
        json_object_set_new(j, "reply_to", json_string(id));
    }
    return j;
}

enum err
method_conversation_get(struct call *c, json_t **ret)
{
    AUTO(draft_done) struct draft d = {0};
    struct engine *e = c->agent->engine;
    struct contact contact;
    char id[ID_MAX];
    int64_t unread;

    TRY(find(c, &contact));
    TRY(draft_get(e, contact.id, &d));
    TRY(conversation_first_unread(e, contact.id, &unread));
    *ret = json_pack("{s:o,s:o*}", "conversation", show_conversation(e, contact.id), "draft",
                     d.at_ms == 0 ? NULL : show_draft(e, &d));
    if (unread != 0) {
        id_write("message", unread, id);
        json_object_set_new(*ret, "first_unread", json_string(id));
    }
    return OK;
}

/* --- what a person chooses --- */

enum err
method_conversation_mark(struct call *c, json_t **ret)
{
    struct contact contact;

    TRY(find(c, &contact));
    if (wanted(c, "unread"))
        return conversation_mark_unread(c->agent->engine, contact.id);
    return messages_mark_read(c->agent->engine, contact.id, INT64_MAX);
}

enum err
method_conversation_mute(struct call *c, json_t **ret)
{
    struct engine *e = c->agent->engine;
    int64_t for_ms = param_int(c, "for_ms", INT64_MAX);
    struct contact contact;

    if (for_ms < 0)
        return fail(ERR_USAGE, "Nothing is muted for less than no time.");
    TRY(find(c, &contact));
    int64_t now = conversations_now(e);
    int64_t until = for_ms == 0 ? 0 : for_ms > MUTED_FOR_GOOD - now ? MUTED_FOR_GOOD : now + for_ms;
    return conversation_mute(e, contact.id, until);
}

enum err
method_conversation_pin(struct call *c, json_t **ret)
{
    struct contact contact;

    TRY(find(c, &contact));
    return wanted(c, "pinned") ? conversation_pin(c->agent->engine, contact.id)
                               : conversation_unpin(c->agent->engine, contact.id);
}

enum err
method_conversation_archive(struct call *c, json_t **ret)
{
    struct contact contact;

    TRY(find(c, &contact));
    return wanted(c, "archived") ? conversation_archive(c->agent->engine, contact.id)
                                 : conversation_unarchive(c->agent->engine, contact.id);
}

enum err
method_conversation_keep(struct call *c, json_t **ret)
{
    int64_t days = param_int(c, "days", KEEP_AS_ACCOUNT);
    struct contact contact;

    if (json_object_get(c->params, "days") != NULL && days < 0)
        return fail(ERR_USAGE, "Messages are kept for 1 to %d days, or 0 for ever.", KEEP_DAYS_MAX);
    TRY(find(c, &contact));
    return conversation_keep(c->agent->engine, contact.id, days);
}

enum err
method_conversation_draft(struct call *c, json_t **ret)
{
    const json_t *text = json_object_get(c->params, "text");
    struct draft_wish wish = {.text = SPAN(json_string_value(text), json_string_length(text))};
    AUTO(buf_done) struct buf marks = BUF(SHARED_MAX);
    struct contact contact;

    TRY(find(c, &contact));
    TRY(marks_param(c, &marks));
    wish.marks = buf_span(&marks);
    if (json_object_get(c->params, "reply_to") != NULL)
        TRY(id_read("message", param_string(c, "reply_to", ""), &wish.reply_to));
    return draft_set(c->agent->engine, contact.id, &wish);
}

/* --- deleting --- */

/* Tells how much is left of the rows that go after the conversation is gone. */
static void
look_how_far(struct call *c)
{
    struct conversation v;

    c->deadline = INT64_MAX; /* from here on with each slice */
    enum err e = conversation_get(c->agent->engine, c->ref, &v);
    if (e != OK)
        call_fail(c, e);
    else if (v.clearing == 0)
        call_finish(c, json_object());
    else
        call_progress_row(c, json_pack("{s:I}", "left", (json_int_t)v.clearing));
}

static void
on_deletion(struct call *c, const struct event *ev)
{
    if (ev->kind == EVENT_CONVERSATION && ev->contact == c->ref)
        look_how_far(c);
}

enum err
method_conversation_delete(struct call *c, json_t **ret)
{
    static const struct call_hooks hooks = {.on_event = on_deletion, .expire = look_how_far};
    struct engine *e = c->agent->engine;
    struct contact contact;

    TRY(find(c, &contact));
    if (wanted(c, "keep_line"))
        TRY(conversation_clear(e, contact.id));
    else
        TRY(conversation_delete(e, contact.id));
    c->ref = contact.id;
    call_defer_job(c, &hooks, 0);
    return OK;
}
