/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a person asks about pictures in files of their own. The agent opens the file; snug-media
 * looks at it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "core/agent/agent.h"
#include "core/agent/dispatch.h"
#include "core/agent/media_call.h"
#include "wire/encoding.h"

#define SIDE_MAX 384 /* of a thumbnail that fits into a line */

static enum err
absolute(const char *path)
{
    return path[0] == '/' ? OK : fail(ERR_USAGE, "A path begins with a slash.");
}

/* Not blocking, should it be a pipe; media_start takes regular files only. */
static enum err
open_param(const struct call *c, const char *name, int *ret)
{
    const char *path = param_string(c, name, "");

    TRY(absolute(path));
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return fail(errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "The file cannot be opened: %m");
    *ret = fd;
    return OK;
}

static void
on_cancel(struct call *c, enum err why)
{
    media_cancel(c->data);
}

enum err
media_call_order(struct call *c, struct media_order *order,
                 void (*done)(void *self, struct media_outcome *o))
{
    static const struct call_hooks hooks = {.cancel = on_cancel};
    struct media_task *task;

    order->self = c;
    order->done = done;
    TRY(media_start(c->agent->media, order, &task));
    c->data = task;
    call_defer(c, &hooks, -1);
    return OK;
}

enum err
media_call(struct call *c, const char *name, struct media_order *order,
           void (*done)(void *self, struct media_outcome *o))
{
    TRY(open_param(c, name, &order->fd));
    enum err e = media_call_order(c, order, done);
    close(order->fd);
    return e;
}

json_t *
json_base64(struct span bytes)
{
    char *text = malloc(BASE64_LEN(bytes.n) + 1);
    json_t *j = NULL;

    if (text != NULL) {
        base64url_write(bytes, text);
        j = json_string(text);
    }
    free(text);
    return j;
}

/* --- inspect, thumbnail --- */

static void
tell(struct call *c, const struct media_outcome *o, const char *what)
{
    const struct media_result *r = &o->result;

    if (o->err != OK)
        call_fail(c, o->err);
    else
        call_finish(c, json_pack("{s:s,s:i,s:i,s:o}", "kind", media_kind_name(r->kind), "width",
                                 (int)r->width, "height", (int)r->height, what,
                                 json_base64(o->bytes)));
}

static void
on_inspected(void *self, struct media_outcome *o)
{
    tell(self, o, "preview");
}

enum err
method_media_inspect(struct call *c, json_t **ret)
{
    struct media_order order = {.job.work = MEDIA_INSPECT};

    return media_call(c, "path", &order, on_inspected);
}

static bool
wants_pixels(const struct call *c)
{
    return json_is_true(json_object_get(c->params, "pixels"));
}

static void
on_thumbnail(void *self, struct media_outcome *o)
{
    tell(self, o, wants_pixels(self) ? "pixels" : "png");
}

enum err
method_media_thumbnail(struct call *c, json_t **ret)
{
    int64_t width = param_int(c, "width", 0), height = param_int(c, "height", 0);
    struct media_order order = {.job = {.work = MEDIA_THUMBNAIL, .form = MEDIA_AS_PNG}};

    if (width < 1 || width > SIDE_MAX || height < 1 || height > SIDE_MAX)
        return fail(ERR_USAGE, "The sides of a thumbnail are 1 to %d.", SIDE_MAX);
    if (wants_pixels(c))
        order.job.form = MEDIA_PIXELS;
    order.job.width = (unsigned)width;
    order.job.height = (unsigned)height;
    return media_call(c, "path", &order, on_thumbnail);
}

/* --- strip --- */

static enum err
copy(int from, uint64_t size, int to)
{
    off_t at = 0;

    while ((uint64_t)at < size) {
        ssize_t n = sendfile(to, from, &at, size - (uint64_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail(errno == ENOSPC ? ERR_FULL : ERR_IO, "The file cannot be written: %m");
    }
    return OK;
}

/* A new file at PATH with what is in FROM. */
static enum err
write_new(const char *path, int from, uint64_t size)
{
    int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (to < 0)
        return fail(errno == EEXIST ? ERR_EXISTS : ERR_IO, "The new file cannot be made: %m");
    enum err e = copy(from, size, to);
    if (close(to) != 0 && e == OK)
        e = fail(ERR_IO, "The file cannot be written: %m");
    if (e != OK)
        unlink(path);
    return e;
}

static void
on_stripped(void *self, struct media_outcome *o)
{
    struct call *c = self;
    enum err e = o->err;

    if (e == OK)
        e = write_new(param_string(c, "out", ""), o->fd, o->result.size);
    if (e != OK)
        call_fail(c, e);
    else
        call_finish(c, json_pack("{s:s,s:I}", "kind", media_kind_name(o->result.kind), "size",
                                 (json_int_t)o->result.size));
}

enum err
method_media_strip(struct call *c, json_t **ret)
{
    struct media_order order = {.job.work = MEDIA_STRIP};

    TRY(absolute(param_string(c, "out", "")));
    return media_call(c, "path", &order, on_stripped);
}

/* --- QR codes --- */

static void
on_qr(void *self, struct media_outcome *o)
{
    struct call *c = self;
    struct reader r = READER(o->bytes);
    struct span text;

    if (o->err != OK) {
        call_fail(c, o->err);
        return;
    }
    json_t *texts = json_array();
    while (media_text_next(&r, &text) == OK)
        json_array_append_new(texts, json_stringn((const char *)text.p, text.n));
    call_finish(c, json_pack("{s:o}", "texts", texts));
}

enum err
method_qr_read(struct call *c, json_t **ret)
{
    struct media_order order = {.job.work = MEDIA_QR};

    return media_call(c, "path", &order, on_qr);
}
