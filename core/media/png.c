/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * PNG: eight bytes, then chunks: u32 length, four letters, bytes, u32 CRC. IHDR comes first, IEND
 * last.
 */
#include "core/media/container.h"
#include "core/media/exif.h"

#define SIGNATURE 8

struct chunk {
    char type[5];
    struct span body;
    struct span whole; /* as it stands in the file */
};

static enum err
chunk_next(struct reader *r, struct chunk *ret)
{
    const uint8_t *begin = r->rest.p;
    uint32_t n = read_u32(r);

    *ret = (struct chunk){0};
    read_bytes(r, (uint8_t *)ret->type, 4);
    ret->body = read_span(r, n);
    read_u32(r);
    if (!r->ok)
        return fail(ERR_MALFORMED, "a PNG is cut");
    ret->whole = SPAN(begin, r->rest.p - begin);
    return OK;
}

static bool
is(const struct chunk *c, const char *type)
{
    return memcmp(c->type, type, 4) == 0;
}

/* What shows the picture: pixels, colours, transparency, the frames of an animation. */
static bool
stays(const struct chunk *c)
{
    static const char types[][5] = {"IHDR", "PLTE", "IDAT", "IEND", "tRNS", "cHRM", "gAMA",
                                    "iCCP", "sBIT", "sRGB", "cICP", "mDCv", "cLLi", "bKGD",
                                    "hIST", "pHYs", "acTL", "fcTL", "fdAT"};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (is(c, types[i]))
            return true;
    return false;
}

enum err
png_look(struct span file, struct facts *ret)
{
    struct reader r = READER(file), head;
    struct chunk c;

    read_span(&r, SIGNATURE);
    TRY(chunk_next(&r, &c));
    if (!is(&c, "IHDR") || c.body.n != 13)
        return fail(ERR_MALFORMED, "a PNG does not begin with its size");
    head = READER(c.body);
    *ret = (struct facts){.orientation = 1};
    ret->width = read_u32(&head);
    ret->height = read_u32(&head);
    while (!is(&c, "IEND") && chunk_next(&r, &c) == OK)
        if (is(&c, "eXIf"))
            ret->orientation = exif_orientation(c.body);
    return OK;
}

static uint32_t
crc(struct span bytes)
{
    uint32_t v = ~0U;

    for (size_t i = 0; i < bytes.n; i++) {
        v ^= bytes.p[i];
        for (int bit = 0; bit < 8; bit++)
            v = v >> 1 ^ (v & 1 ? 0xedb88320 : 0);
    }
    return ~v;
}

static void
put_orientation(struct buf *out, unsigned orientation)
{
    AUTO(buf_done) struct buf chunk = BUF(4 + EXIF_LEN);

    if (orientation == 1)
        return;
    buf_put_str(&chunk, "eXIf");
    exif_write(orientation, &chunk);
    buf_put_u32(out, EXIF_LEN);
    buf_put(out, buf_span(&chunk));
    buf_put_u32(out, crc(buf_span(&chunk)));
}

enum err
png_strip(struct span file, struct buf *out)
{
    struct reader r = READER(file);
    struct chunk c;
    struct facts facts;
    bool pixels = false;

    TRY(png_look(file, &facts));
    buf_put(out, read_span(&r, SIGNATURE));
    do {
        TRY(chunk_next(&r, &c));
        if (stays(&c))
            buf_put(out, c.whole);
        if (is(&c, "IHDR"))
            put_orientation(out, facts.orientation);
        pixels |= is(&c, "IDAT");
    } while (!is(&c, "IEND"));
    return pixels ? buf_ok(out) : fail(ERR_MALFORMED, "a PNG holds no picture");
}
