/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What happens to messages after they were said.
 */
#include "core/changes.h"

#include "core/agent/agent.h"
#include "core/agent/dispatch.h"
#include "core/agent/files_forwarding.h"
#include "core/agent/marks.h"
#include "core/agent/pager.h"
#include "core/agent/show.h"
#include "core/compose.h"

static enum err
message_param(struct call *c, int64_t *ret)
{
    return id_read("message", param_string(c, "message", ""), ret);
}

static enum err
result_message(struct call *c, int64_t id, json_t **ret)
{
    *ret = json_pack("{s:o}", "message", show_message_id(c->agent->engine, id));
    return OK;
}

enum err
method_message_edit(struct call *c, json_t **ret)
{
    AUTO(buf_done) struct buf marks = BUF(SHARED_MAX);
    const json_t *text = json_object_get(c->params, "text");
    int64_t id;

    TRY(message_param(c, &id));
    TRY(marks_param(c, &marks));
    TRY(message_edit(c->agent->engine, id, SPAN(json_string_value(text), json_string_length(text)),
                     buf_span(&marks)));
    return result_message(c, id, ret);
}

enum err
method_message_delete(struct call *c, json_t **ret)
{
    const char *whom = param_string(c, "for", "");
    bool for_all = strcmp(whom, "everyone") == 0, flag = false;
    int64_t id;

    TRY(message_param(c, &id));
    if (!for_all && strcmp(whom, "me") != 0)
        return fail(ERR_USAGE, "A message is deleted for `me` or for `everyone`.");
    if (for_all)
        TRY(message_delete(c->agent->engine, id, &flag));
    else
        TRY(message_forget(c->agent->engine, id, &flag));
    *ret = json_pack("{s:b}", for_all ? "withdrawn" : "sent", flag);
    return OK;
}

enum err
method_message_react(struct call *c, json_t **ret)
{
    const json_t *emoji = json_object_get(c->params, "emoji");
    int64_t id;

    TRY(message_param(c, &id));
    TRY(message_react(c->agent->engine, id,
                      SPAN(json_string_value(emoji), json_string_length(emoji))));
    return result_message(c, id, ret);
}

enum err
method_message_pin(struct call *c, json_t **ret)
{
    int64_t id;

    TRY(message_param(c, &id));
    if (json_is_true(json_object_get(c->params, "on")))
        TRY(message_pin(c->agent->engine, id));
    else
        TRY(message_unpin(c->agent->engine, id));
    return result_message(c, id, ret);
}

/* --- forward --- */

/* All names are looked up first: a wrong one sends nothing. */
static enum err
find_all(struct call *c, int64_t ret[FORWARD_MAX], size_t *ret_count)
{
    const json_t *to = json_object_get(c->params, "to"), *each;
    struct contact contact;
    size_t i;

    if (json_array_size(to) < 1 || json_array_size(to) > FORWARD_MAX)
        return fail(ERR_USAGE, "Name 1 to %d contacts.", FORWARD_MAX);
    json_array_foreach(to, i, each)
    {
        if (!json_is_string(each))
            return fail(ERR_USAGE, "A contact is named by a text.");
        TRY(find_contact(c->agent->engine, json_string_value(each), &contact));
        ret[i] = contact.id;
    }
    *ret_count = json_array_size(to);
    return OK;
}

enum err
method_message_forward(struct call *c, json_t **ret)
{
    int64_t id, contacts[FORWARD_MAX], made;
    size_t count;
    bool files;

    TRY(message_param(c, &id));
    TRY(find_all(c, contacts, &count));
    TRY(files_forwarding_needed(c->agent->engine, id, &files));
    if (files)
        return files_forwarding_start(c, id, contacts, count);
    AUTO(json_decrefpp) json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        TRY(message_forward(c->agent->engine, id, contacts[i], &made));
        json_array_append_new(list, show_message_id(c->agent->engine, made));
    }
    *ret = json_pack("{s:O}", "messages", list);
    return OK;
}

/* --- reading --- */

enum err
method_message_versions(struct call *c, json_t **ret)
{
    int64_t id;

    TRY(message_param(c, &id));
    json_t *message = show_message_id(c->agent->engine, id);
    if (message == NULL)
        return fail(ERR_NOT_FOUND, "There is no such message.");
    *ret = json_pack("{s:o,s:o*}", "message", message, "versions",
                     show_versions(c->agent->engine, id));
    return OK;
}

struct pinned {
    struct engine *engine;
    json_t *list;
    size_t bytes;
};

/* As many as fit a line; the last pinned come first. */
static enum err
pinned_one(void *ctx, const struct message *m)
{
    struct pinned *p = ctx;
    json_t *j = show_message(p->engine, m);

    p->bytes += json_dumpb(j, NULL, 0, JSON_COMPACT) + 1;
    if (p->bytes <= PAGE_BYTES)
        json_array_append_new(p->list, j);
    else
        json_decref(j);
    return OK;
}

enum err
method_message_pinned(struct call *c, json_t **ret)
{
    struct pinned p = {.engine = c->agent->engine};
    struct contact contact;

    TRY(find_contact(p.engine, param_string(c, "contact", ""), &contact));
    AUTO(json_decrefpp) json_t *list = p.list = json_array();
    TRY(messages_pinned_each(p.engine, contact.id, &p, pinned_one));
    *ret = json_pack("{s:O}", "messages", list);
    return OK;
}
