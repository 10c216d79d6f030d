/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/frame.h"

#include <assert.h>

#include "wire/check.h"

static void
put_body(struct buf *out, const struct frame *f)
{
    buf_put_u8(out, (uint8_t)f->kind);
    switch (f->kind) {
    case FRAME_HEARTBEAT:
    case FRAME_END:
        break;
    case FRAME_ITEM:
        buf_put_u64(out, f->n);
        buf_put_u32(out, f->tag);
        buf_put(out, f->envelope);
        break;
    case FRAME_TRANSIENT:
        buf_put(out, f->envelope);
        break;
    case FRAME_HELLO:
        buf_put_u64(out, f->n);
        buf_put_u32(out, f->expired);
        buf_put_u64(out, f->anchor);
        break;
    case FRAME_BYE:
        buf_put_u8(out, (uint8_t)f->bye);
        break;
    case FRAME_REQUEST_WAITING:
        buf_put_u64(out, f->n);
        break;
    }
}

static size_t
body_size(const struct frame *f)
{
    switch (f->kind) {
    case FRAME_HEARTBEAT:
    case FRAME_END:
        return 1;
    case FRAME_ITEM:
        return 1 + 8 + 4 + f->envelope.n;
    case FRAME_TRANSIENT:
        return 1 + f->envelope.n;
    case FRAME_HELLO:
        return 1 + 8 + 4 + 8;
    case FRAME_BYE:
        return 1 + 1;
    case FRAME_REQUEST_WAITING:
        return 1 + 8;
    }
    assert(!"we write no frame of an unknown kind");
}

void
frame_write(struct buf *out, const struct frame *f)
{
    buf_put_u32(out, (uint32_t)body_size(f));
    put_body(out, f);
}

/* What stands behind the kind. Everything is taken, so that what is left over tells of a frame that
 * is too long. */
static void
read_body(struct reader *r, struct frame *f)
{
    switch (f->kind) {
    case FRAME_HEARTBEAT:
    case FRAME_END:
        break;
    case FRAME_ITEM:
        f->n = read_u64(r);
        f->tag = read_u32(r);
        f->envelope = read_span(r, r->rest.n);
        break;
    case FRAME_TRANSIENT:
        f->envelope = read_span(r, r->rest.n);
        break;
    case FRAME_HELLO:
        f->n = read_u64(r);
        f->expired = read_u32(r);
        f->anchor = read_u64(r);
        break;
    case FRAME_BYE:
        f->bye = (enum bye_reason)read_u8(r);
        break;
    case FRAME_REQUEST_WAITING:
        f->n = read_u64(r);
        break;
    default:
        read_span(r, r->rest.n);
        break;
    }
}

static bool
values_valid(const struct frame *f)
{
    bool numbered = f->kind == FRAME_ITEM || f->kind == FRAME_REQUEST_WAITING;
    bool carries = f->kind == FRAME_ITEM || f->kind == FRAME_TRANSIENT;

    return f->n <= INT64_MAX && f->anchor <= INT64_MAX && !(numbered && f->n == 0) &&
           !(carries && !envelope_size_valid(f->envelope.n));
}

enum err
frame_read(struct span stream, struct frame *ret, size_t *ret_used)
{
    struct reader r = READER(stream);
    struct frame f = {0};

    uint32_t n = read_u32(&r);
    if (!r.ok)
        return ERR_NOT_FOUND; /* the usual state of a stream, so no sentence */
    if (n < 1 || n > FRAME_MAX - 4)
        return fail(ERR_MALFORMED, "a frame of %u bytes", n);
    struct reader body = READER(read_span(&r, n));
    if (!r.ok)
        return ERR_NOT_FOUND;
    f.kind = (enum frame_kind)read_u8(&body);
    read_body(&body, &f);
    if (!body.ok || body.rest.n != 0 || !values_valid(&f))
        return fail(ERR_MALFORMED, "a frame that is not what its kind %u should be", f.kind);
    *ret = f;
    *ret_used = 4 + (size_t)n;
    return OK;
}
