/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * GIF: a head with the size, a colour table, then blocks: pictures, extensions, and 3B at the end.
 * The bytes of a block come in pieces of u8 length; the length 0 ends them.
 */
#include "core/media/container.h"

#define PICTURE 0x2c
#define EXTENSION 0x21
#define END 0x3b
#define GRAPHIC_CONTROL 0xf9
#define APPLICATION 0xff

/* A colour table, when FLAGS say that there is one. */
static void
skip_colours(struct reader *r, unsigned flags)
{
    if ((flags & 0x80) != 0)
        read_span(r, (size_t)3 << ((flags & 7) + 1));
}

static void
skip_pieces(struct reader *r)
{
    unsigned n;

    do {
        n = read_u8(r);
        read_span(r, n);
    } while (r->ok && n != 0);
}

static void
skip_head(struct reader *r)
{
    read_span(r, 10);
    unsigned flags = read_u8(r);
    read_u16(r);
    skip_colours(r, flags);
}

enum err
gif_look(struct span file, struct facts *ret)
{
    if (file.n < 13)
        return fail(ERR_MALFORMED, "a GIF is cut");
    *ret = (struct facts){.orientation = 1};
    ret->width = file.p[6] | (uint32_t)file.p[7] << 8;
    ret->height = file.p[8] | (uint32_t)file.p[9] << 8;
    return OK;
}

/* The rest of an extension, and whether it stays: times and transparency, and how often an
 * animation is repeated. */
static bool
extension(struct reader *r)
{
    unsigned label = read_u8(r);
    struct span body = r->rest;

    skip_pieces(r);
    if (label == GRAPHIC_CONTROL)
        return body.n >= 6 && body.p[0] == 4 && body.p[5] == 0;
    return label == APPLICATION && body.n >= 17 &&
           (memcmp(body.p, "\x0bNETSCAPE2.0\x03\x01", 14) == 0 || memcmp(body.p,
                                                                         "\x0b"
                                                                         "ANIMEXTS1.0\x03\x01",
                                                                         14) == 0) &&
           body.p[16] == 0;
}

static void
picture(struct reader *r)
{
    read_span(r, 8);
    skip_colours(r, read_u8(r));
    read_u8(r);
    skip_pieces(r);
}

enum err
gif_strip(struct span file, struct buf *out)
{
    struct reader r = READER(file);
    unsigned what;
    bool pixels = false;

    skip_head(&r);
    if (!r.ok)
        return fail(ERR_MALFORMED, "a GIF is cut");
    buf_put(out, SPAN(file.p, r.rest.p - file.p));
    do {
        const uint8_t *begin = r.rest.p;
        bool stays = true;

        what = read_u8(&r);
        if (what == EXTENSION)
            stays = extension(&r);
        else if (what == PICTURE)
            picture(&r);
        else if (what != END)
            return fail(ERR_MALFORMED, "a GIF is broken");
        if (!r.ok)
            return fail(ERR_MALFORMED, "a GIF is cut");
        if (stays)
            buf_put(out, SPAN(begin, r.rest.p - begin));
        pixels |= what == PICTURE;
    } while (what != END);
    return pixels ? buf_ok(out) : fail(ERR_MALFORMED, "a GIF holds no picture");
}
