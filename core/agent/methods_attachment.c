/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "core/agent/agent.h"
#include "core/agent/dispatch.h"
#include "core/agent/show.h"
#include "core/agent/show_attachment.h"
#include "core/saving.h"
#include "core/scheduled.h"

#define WAIT_MAX (60 * 1000) /* ms */

static json_t *
one(struct engine *e, int64_t id)
{
    return json_pack("{s:o}", "attachment", show_attachment_id(e, id));
}

static enum err
param_attachment(const struct call *c, int64_t *ret)
{
    return id_read("attachment", param_string(c, "attachment", ""), ret);
}

/* --- looking --- */

enum err
method_attachment_list(struct call *c, json_t **ret)
{
    const char *text = param_string(c, "message", NULL);
    int64_t message = 0;

    if (text != NULL)
        TRY(id_read("message", text, &message));
    json_t *list = show_attachments(c->agent->engine, message);
    if (list == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    *ret = json_pack("{s:o}", "attachments", list);
    return OK;
}

enum err
method_attachment_show(struct call *c, json_t **ret)
{
    AUTO(buf_done) struct buf preview = BUF(PREVIEW_MAX);
    struct attachment a;
    int64_t id;

    TRY(param_attachment(c, &id));
    TRY(attachment_get(c->agent->engine, id, &a));
    TRY(attachment_preview(c->agent->engine, id, &preview));
    json_t *j = show_attachment(&a);
    if (preview.n > 0)
        json_object_set_new(j, "preview_bytes", show_bytes(buf_span(&preview)));
    *ret = json_pack("{s:o}", "attachment", j);
    return OK;
}

/* --- fetching --- */

/* The message of a file that was waited for has gone, and the file with it. */
static enum err
has_gone(void)
{
    return fail(ERR_NOT_FOUND, "There is no such file any more.");
}

static void
answer_get(struct call *c)
{
    struct attachment a;

    if (attachment_get(c->agent->engine, c->ref, &a) == ERR_NOT_FOUND)
        call_fail(c, has_gone());
    else
        call_finish(c, one(c->agent->engine, c->ref));
}

static bool
arriving(struct engine *e, int64_t id)
{
    struct attachment a;

    return attachment_get(e, id, &a) == OK && a.state == ATTACHMENT_DOWNLOADING;
}

static void
get_on_event(struct call *c, const struct event *ev)
{
    if (ev->kind == EVENT_TRANSFER && ev->attachment == c->ref &&
        !arriving(c->agent->engine, c->ref))
        answer_get(c);
}

enum err
method_attachment_get(struct call *c, json_t **ret)
{
    static const struct call_hooks hooks = {
        .on_event = get_on_event, .expire = answer_get, .ends_at_lock = true};
    int64_t wait = param_int(c, "wait_ms", 0), id;

    TRY(param_attachment(c, &id));
    TRY(attachment_want(c->agent->engine, id));
    if (wait <= 0 || !arriving(c->agent->engine, id)) {
        *ret = one(c->agent->engine, id);
        return OK;
    }
    c->ref = id;
    call_defer(c, &hooks, wait < WAIT_MAX ? wait : WAIT_MAX);
    return OK;
}

enum err
method_attachment_cancel(struct call *c, json_t **ret)
{
    int64_t id;

    TRY(param_attachment(c, &id));
    TRY(attachment_cancel(c->agent->engine, id));
    *ret = one(c->agent->engine, id);
    return OK;
}

enum err
method_attachment_retry(struct call *c, json_t **ret)
{
    struct attachment a;
    int64_t id;

    TRY(param_attachment(c, &id));
    TRY(attachment_get(c->agent->engine, id, &a));
    TRY(a.outgoing ? message_retry(c->agent->engine, a.message)
                   : attachment_want(c->agent->engine, id));
    *ret = one(c->agent->engine, id);
    return OK;
}

/* --- saving --- */

/* Of one call: it waits for the file, then for its copy. */
static void
saved(void *ctx, enum err r, const char *path)
{
    struct call *c = ctx;
    struct saving *s = c->data;

    c->data = NULL;
    if (r == OK)
        call_finish(c, json_pack("{s:s}", "path", path));
    else
        call_fail(c, r);
    saving_free(s);
}

static enum err
save_now(struct call *c)
{
    bool replace = json_is_true(json_object_get(c->params, "replace"));

    return saving_start(c->agent->engine,
                        &(struct saving_wish){.attachment = c->ref,
                                              .path = param_string(c, "path", ""),
                                              .how = replace ? SAVE_REPLACE : SAVE_NEW,
                                              .ctx = c,
                                              .done = saved},
                        (struct saving **)&c->data);
}

static void
save_on_event(struct call *c, const struct event *ev)
{
    struct attachment a;

    if (ev->kind != EVENT_TRANSFER || ev->attachment != c->ref || c->data != NULL)
        return;
    enum err r = attachment_get(c->agent->engine, c->ref, &a);
    if (r == OK && a.state == ATTACHMENT_DOWNLOADING)
        return;
    if (r != OK)
        r = has_gone();
    else if (a.state == ATTACHMENT_HERE)
        r = save_now(c);
    else if (a.state == ATTACHMENT_GONE)
        r = fail(ERR_NOT_FOUND, "The relay has this file no more; its sender may send it again.");
    else
        r = fail(ERR_REFUSED, "The file could not be fetched: %s", a.why);
    if (r != OK)
        call_fail(c, r);
}

static void
save_cancel(struct call *c, enum err why)
{
    saving_free(c->data);
    c->data = NULL;
}

enum err
method_attachment_save(struct call *c, json_t **ret)
{
    static const struct call_hooks hooks = {.on_event = save_on_event, .cancel = save_cancel};
    struct attachment a;

    TRY(param_attachment(c, &c->ref));
    TRY(attachment_get(c->agent->engine, c->ref, &a));
    if (a.outgoing || a.state == ATTACHMENT_HERE)
        TRY(save_now(c));
    else
        TRY(attachment_want(c->agent->engine, c->ref));
    call_defer(c, &hooks, -1);
    return OK;
}

/* --- reading --- */

static void
was_read(void *ctx, enum err r, struct span bytes)
{
    struct call *c = ctx;
    struct reading *reading = c->data;
    struct engine *e = c->agent->engine;

    c->data = NULL;
    if (r == OK)
        call_finish(
            c, json_pack("{s:o,s:I}", "data", show_bytes(bytes), "length", (json_int_t)bytes.n));
    else
        call_fail(c, r);
    reading_free(e, reading);
}

static void
read_cancel(struct call *c, enum err why)
{
    reading_free(c->agent->engine, c->data);
    c->data = NULL;
}

enum err
method_attachment_read(struct call *c, json_t **ret)
{
    static const struct call_hooks hooks = {.cancel = read_cancel};
    int64_t offset = param_int(c, "offset", 0), n = param_int(c, "length", READING_MAX), id;

    TRY(param_attachment(c, &id));
    if (offset < 0 || n < 1 || n > READING_MAX)
        return fail(ERR_USAGE, "1 to %d bytes are read at a time.", READING_MAX);
    TRY(reading_start(c->agent->engine,
                      &(struct reading_wish){.attachment = id,
                                             .offset = (uint64_t)offset,
                                             .n = (size_t)n,
                                             .ctx = c,
                                             .done = was_read},
                      (struct reading **)&c->data));
    call_defer(c, &hooks, -1);
    return OK;
}
