/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/preview.h"

#include <assert.h>

static_assert(2 + 3 * PREVIEW_SIDE_MAX * PREVIEW_SIDE_MAX <= PREVIEW_MAX, "the largest fits");

static bool
side_ok(unsigned side)
{
    return side >= 1 && side <= PREVIEW_SIDE_MAX;
}

enum err
preview_read(struct span bytes, struct preview *ret)
{
    struct reader r = READER(bytes);
    unsigned width = read_u8(&r), height = read_u8(&r);

    if (!r.ok || !side_ok(width) || !side_ok(height) || r.rest.n != 3 * (size_t)width * height)
        return fail(ERR_MALFORMED, "a preview is not as long as its sides say");
    *ret = (struct preview){.width = width, .height = height, .pixels = r.rest.p};
    return OK;
}

void
preview_write(struct buf *out, const struct preview *p)
{
    assert(side_ok(p->width) && side_ok(p->height));
    buf_put_u8(out, (uint8_t)p->width);
    buf_put_u8(out, (uint8_t)p->height);
    buf_put(out, SPAN(p->pixels, 3 * (size_t)p->width * p->height));
}
