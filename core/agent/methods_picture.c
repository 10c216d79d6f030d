/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a file of a message looks and sounds like, for programs that decode nothing of a peer's: it
 * is opened into memory, snug-media makes pixels or samples of it, and those go out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/agent/agent.h"
#include "core/agent/dispatch.h"
#include "core/agent/media_call.h"
#include "core/agent/pictures.h"
#include "core/agent/show.h"
#include "core/unsealing.h"

#define PICTURE_SIDE_MAX 2048
#define SOUND_FILE_MAX (16 * 1024 * 1024)

/* Of one call: first the file is opened, then it is looked at. */
struct look {
    struct unsealing *unsealing; /* NULL: over */
    struct media_task *task;     /* NULL: not begun, or over */
    struct media_order order;
};

static void
look_free(struct look *l)
{
    unsealing_free(l->unsealing);
    if (l->task != NULL)
        media_cancel(l->task);
    free(l);
}

static void
look_cancel(struct call *c, enum err why)
{
    look_free(STEAL(c->data));
}

static void
unsealed(void *ctx, enum err r, int fd)
{
    struct call *c = ctx;
    struct look *l = c->data;

    l->order.fd = fd;
    if (r == OK) /* it has a descriptor of its own */
        r = media_start(c->agent->media, &l->order, &l->task);
    unsealing_free(STEAL(l->unsealing));
    if (r == OK)
        return;
    look_free(STEAL(c->data));
    call_fail(c, r);
}

/* The file that C names, up to MOST bytes, into a helper for ORDER. */
static enum err
look_start(struct call *c, const struct media_order *order, uint64_t most)
{
    static const struct call_hooks hooks = {.cancel = look_cancel};

    TRY(id_read("attachment", param_string(c, "attachment", ""), &c->ref));
    struct look *l = calloc(1, sizeof *l);
    if (l == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    l->order = *order;
    l->order.self = c;
    c->data = l;
    struct unsealing_wish wish = {.attachment = c->ref, .most = most, .ctx = c, .done = unsealed};
    enum err r = unsealing_start(c->agent->engine, &wish, &l->unsealing);
    if (r != OK) {
        free(STEAL(c->data));
        return r;
    }
    call_defer(c, &hooks, -1);
    return OK;
}

/* The task of C is over: OK when there is something to show. Otherwise C is gone. */
static enum err
look_end(struct call *c, const struct media_outcome *o)
{
    struct look *l = STEAL(c->data);

    l->task = NULL;
    look_free(l);
    if (o->err != OK)
        call_fail(c, o->err);
    return o->err;
}

/* --- pictures --- */

static void
on_picture(void *self, struct media_outcome *o)
{
    struct call *c = self;
    struct span part = o->bytes;
    uint64_t number;

    if (look_end(c, o) != OK)
        return;
    json_t *j = json_pack("{s:s,s:i,s:i,s:I}", "kind", media_kind_name(o->result.kind), "width",
                          (int)o->result.width, "height", (int)o->result.height, "size",
                          (json_int_t)o->bytes.n);
    json_object_set_new(j, "whole_width", json_integer(o->result.whole_width));
    json_object_set_new(j, "whole_height", json_integer(o->result.whole_height));
    if (part.n > PICTURE_PIECE && c->client != NULL) {
        char id[ID_MAX];
        enum err r = pictures_hold(c->agent, c->client, c->ref, o->bytes, &number);

        if (r != OK) {
            json_decref(j);
            call_fail(c, r);
            return;
        }
        id_write("picture", (int64_t)number, id);
        json_object_set_new(j, "picture", json_string(id));
        part.n = PICTURE_PIECE;
    }
    json_object_set_new(j, "pixels", json_base64(part));
    call_finish(c, j);
}

/* `left` and `top`: not all of it, but a part as it is. */
static enum err
part_read(const struct call *c, struct media_job *job)
{
    int64_t left = param_int(c, "left", -1), top = param_int(c, "top", -1);

    if (left == -1 && top == -1)
        return OK;
    if (left < 0 || left > MEDIA_SIDE_MAX || top < 0 || top > MEDIA_SIDE_MAX)
        return fail(ERR_USAGE, "A part of a picture is at a left and a top of 0 to %d.",
                    MEDIA_SIDE_MAX);
    job->work = MEDIA_PART;
    job->left = (unsigned)left;
    job->top = (unsigned)top;
    return OK;
}

enum err
method_attachment_picture(struct call *c, json_t **ret)
{
    int64_t width = param_int(c, "width", 0), height = param_int(c, "height", 0);
    struct media_order order = {.job = {.work = MEDIA_THUMBNAIL, .form = MEDIA_PIXELS},
                                .done = on_picture};

    if (width < 1 || width > PICTURE_SIDE_MAX || height < 1 || height > PICTURE_SIDE_MAX)
        return fail(ERR_USAGE, "The sides of a picture are 1 to %d.", PICTURE_SIDE_MAX);
    order.job.width = (unsigned)width;
    order.job.height = (unsigned)height;
    TRY(part_read(c, &order.job));
    return look_start(c, &order, MEDIA_FILE_MAX);
}

enum err
method_picture_read(struct call *c, json_t **ret)
{
    int64_t offset = param_int(c, "offset", 0), number;
    struct span part;

    TRY(id_read("picture", param_string(c, "picture", ""), &number));
    if (offset < 0)
        return fail(ERR_USAGE, "The picture begins at 0.");
    TRY(pictures_read(c->agent, c->client, (uint64_t)number, (uint64_t)offset, &part));
    *ret = json_pack("{s:o,s:I}", "pixels", json_base64(part), "length", (json_int_t)part.n);
    return OK;
}

enum err
method_picture_drop(struct call *c, json_t **ret)
{
    int64_t number;
    struct span part;

    TRY(id_read("picture", param_string(c, "picture", ""), &number));
    TRY(pictures_read(c->agent, c->client, (uint64_t)number, 0, &part));
    pictures_drop(c->agent, (uint64_t)number);
    return OK;
}

/* --- sound --- */

static void
on_sound(void *self, struct media_outcome *o)
{
    struct call *c = self;

    if (look_end(c, o) != OK)
        return;
    call_finish(c, json_pack("{s:i,s:I,s:I,s:o}", "rate", MEDIA_SOUND_RATE, "length_ms",
                             (json_int_t)o->result.width, "samples", (json_int_t)o->result.height,
                             "sound", json_base64(o->bytes)));
}

enum err
method_attachment_sound(struct call *c, json_t **ret)
{
    int64_t from = param_int(c, "from_s", 0);
    struct media_order order = {.job.work = MEDIA_SOUND, .done = on_sound};

    if (from < 0 || from > MEDIA_SOUND_FROM_MAX)
        return fail(ERR_USAGE, "A voice note has the seconds 0 to %d.", MEDIA_SOUND_FROM_MAX);
    order.job.width = (unsigned)from;
    return look_start(c, &order, SOUND_FILE_MAX);
}
