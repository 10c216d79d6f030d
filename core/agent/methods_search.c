/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/agent.h"
#include "core/agent/dispatch.h"
#include "core/agent/pager.h"
#include "core/agent/show.h"
#include "core/search.h"

#define PAGE_DEFAULT 50
#define PAGE_MAX 500

struct results {
    struct engine *engine;
    json_t *list;
    size_t bytes;
    int64_t last; /* that is in the list */
    bool full;
};

static enum err
add(void *ctx, const struct message *m)
{
    struct results *r = ctx;

    if (r->full)
        return OK;
    json_t *j = show_message(r->engine, m);
    size_t bytes = json_dumpb(j, NULL, 0, JSON_COMPACT) + 1;

    r->full = r->bytes + bytes > PAGE_BYTES;
    if (r->full) {
        json_decref(j);
        return OK;
    }
    r->bytes += bytes;
    r->last = m->id;
    json_array_append_new(r->list, j);
    return OK;
}

static enum err
search_param(struct call *c, struct search *ret)
{
    const json_t *text = json_object_get(c->params, "text");
    const char *before = param_string(c, "before", NULL);
    int64_t limit = param_int(c, "limit", PAGE_DEFAULT);
    struct contact contact;

    if (limit < 1 || limit > PAGE_MAX)
        return fail(ERR_USAGE, "A page has 1 to %d messages.", PAGE_MAX);
    ret->limit = (int)limit;
    ret->text = SPAN(json_string_value(text), json_string_length(text));
    if (before != NULL)
        TRY(id_read("message", before, &ret->before));
    if (json_object_get(c->params, "contact") == NULL)
        return OK;
    TRY(find_contact(c->agent->engine, param_string(c, "contact", ""), &contact));
    ret->contact = contact.id;
    return OK;
}

enum err
method_message_search(struct call *c, json_t **ret)
{
    struct results r = {.engine = c->agent->engine};
    struct search s = {0};
    char id[ID_MAX];
    int64_t before;

    TRY(search_param(c, &s));
    r.list = json_array();
    enum err e = messages_search(r.engine, &s, &r, add, &before);
    if (e != OK) {
        json_decref(r.list);
        return e;
    }
    if (r.full)
        before = r.last;
    id_write("message", before, id);
    *ret = json_pack("{s:o,s:b,s:s*}", "messages", r.list, "more", before != 0, "before",
                     before != 0 ? id : NULL);
    return OK;
}
