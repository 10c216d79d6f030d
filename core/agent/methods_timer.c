/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Messages in time: that disappear, that go out later, that go out once more.
 */
#include "core/agent/agent.h"
#include "core/agent/dispatch.h"
#include "core/agent/pager.h"
#include "core/agent/show.h"
#include "core/disappearing.h"
#include "core/scheduled.h"

static enum err
message_param(const struct call *c, int64_t *ret)
{
    return id_read("message", param_string(c, "message", ""), ret);
}

static enum err
answer(struct call *c, int64_t id, json_t **ret)
{
    json_t *message = show_message_id(c->agent->engine, id);

    if (message == NULL)
        return fail(ERR_NOT_FOUND, "There is no such message.");
    *ret = json_pack("{s:o}", "message", message);
    return OK;
}

/* --- disappearing --- */

enum err
method_conversation_timer(struct call *c, json_t **ret)
{
    struct engine *e = c->agent->engine;
    struct contact contact;
    uint32_t seconds;
    int64_t id = 0;

    TRY(find_contact(e, param_string(c, "contact", ""), &contact));
    if (json_object_get(c->params, "seconds") != NULL)
        TRY(timer_set(e, contact.id, param_int(c, "seconds", 0), &id));
    TRY(timer_get(e, contact.id, &seconds));
    *ret = json_pack("{s:I,s:o*}", "seconds", (json_int_t)seconds, "message",
                     id == 0 ? NULL : show_message_id(e, id));
    return OK;
}

/* --- later --- */

enum err
method_message_schedule(struct call *c, json_t **ret)
{
    const json_t *text = json_object_get(c->params, "text");
    int64_t id;

    TRY(message_param(c, &id));
    TRY(message_reschedule(c->agent->engine, id, param_int(c, "at_ms", 0),
                           text == NULL ? SPAN_NONE
                                        : SPAN(json_string_value(text), json_string_length(text))));
    return answer(c, id, ret);
}

struct listing {
    struct engine *engine;
    struct pager pager;
};

static enum err
list_one(void *ctx, const struct message *m)
{
    struct listing *l = ctx;

    pager_add(&l->pager, show_message(l->engine, m));
    return OK;
}

enum err
method_message_scheduled(struct call *c, json_t **ret)
{
    struct listing l = {.engine = c->agent->engine};
    struct contact contact = {0};

    if (json_object_get(c->params, "contact") != NULL)
        TRY(find_contact(l.engine, param_string(c, "contact", ""), &contact));
    TRY(pager_begin(c, &l.pager));
    enum err e = messages_scheduled(l.engine, contact.id, &l, list_one);
    if (e == OK)
        *ret = pager_end(&l.pager, "messages");
    pager_done(&l.pager);
    return e;
}

/* --- once more --- */

enum err
method_message_retry(struct call *c, json_t **ret)
{
    int64_t id;

    TRY(message_param(c, &id));
    TRY(message_retry(c->agent->engine, id));
    return answer(c, id, ret);
}
