/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <unistd.h>

#include "core/agent/media.h"

struct media_preparation {
    struct media_task *strip, *inspect; /* NULL: over */
    struct media_prepared prepared;
    struct buf preview;
    void *self;
    void (*done)(void *self, struct media_prepared *p);
};

static void
preparation_free(struct media_preparation *p)
{
    if (p->prepared.fd >= 0)
        close(p->prepared.fd);
    buf_done(&p->preview);
    free(p);
}

static void
go_on(struct media_preparation *p)
{
    if (p->strip != NULL || p->inspect != NULL)
        return;
    p->prepared.preview = buf_span(&p->preview);
    p->done(p->self, &p->prepared);
    preparation_free(p);
}

static void
on_stripped(void *self, struct media_outcome *o)
{
    struct media_preparation *p = self;

    p->strip = NULL;
    if (o->err == OK) {
        p->prepared.cleaned = MEDIA_CLEANED;
        p->prepared.fd = o->fd;
        p->prepared.size = o->result.size;
        o->fd = -1;
    }
    go_on(p);
}

static bool
can_be_shown(const struct media_outcome *o)
{
    const struct media_result *r = &o->result;

    return o->err == OK || (o->err == ERR_TOO_LARGE && r->width > 0 && r->height > 0 &&
                            r->width <= MEDIA_SIDE_MAX && r->height <= MEDIA_SIDE_MAX);
}

static void
on_inspected(void *self, struct media_outcome *o)
{
    struct media_preparation *p = self;

    p->inspect = NULL;
    if (can_be_shown(o)) {
        p->prepared.kind = o->result.kind;
        p->prepared.width = o->result.width;
        p->prepared.height = o->result.height;
        buf_put(&p->preview, o->bytes);
    }
    go_on(p);
}

static enum err
begin(struct media *m, int fd, struct media_preparation *p)
{
    struct media_order strip = {.job.work = MEDIA_STRIP, .fd = fd, .self = p, .done = on_stripped};
    struct media_order inspect = {
        .job.work = MEDIA_INSPECT, .fd = fd, .self = p, .done = on_inspected};

    TRY(media_start(m, &strip, &p->strip));
    enum err e = media_start(m, &inspect, &p->inspect);
    if (e != OK)
        media_cancel(p->strip);
    return e;
}

enum err
media_prepare(struct media *m, int fd, void *self,
              void (*done)(void *self, struct media_prepared *p), struct media_preparation **ret)
{
    struct media_preparation *p = calloc(1, sizeof *p);

    if (p == NULL)
        return fail(ERR_MEMORY, "no memory for a picture");
    *p = (struct media_preparation){.self = self, .done = done, .preview = BUF(PREVIEW_MAX)};
    p->prepared = (struct media_prepared){.cleaned = MEDIA_CANNOT_CLEAN, .fd = -1};
    enum err e = begin(m, fd, p);
    if (e == OK)
        *ret = p;
    else
        free(p);
    return e;
}

void
media_prepare_cancel(struct media_preparation *p)
{
    if (p->strip != NULL)
        media_cancel(p->strip);
    if (p->inspect != NULL)
        media_cancel(p->inspect);
    preparation_free(p);
}
