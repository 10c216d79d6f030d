/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * WebP: RIFF, u32 size, WEBP, then chunks: four letters, u32 size, bytes, a zero to make them even;
 * little-endian. The first is VP8 or VP8L, which is the picture, or VP8X, which says what follows.
 * A frame of an animation (ANMF) holds chunks of its own behind 16 bytes.
 */
#include "core/media/container.h"
#include "core/media/exif.h"

#define VP8X_EXIF 0x08
#define VP8X_XMP 0x04
#define FRAME_HEAD 16

struct chunk {
    char type[5];
    struct span body;
};

static uint32_t
little(const uint8_t *p, int n)
{
    uint32_t v = 0;

    while (n-- > 0)
        v = v << 8 | p[n];
    return v;
}

static void
put_little(struct buf *out, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        buf_put_u8(out, (uint8_t)(v >> 8 * i));
}

static enum err
chunk_next(struct reader *r, struct chunk *ret)
{
    uint8_t size[4];

    *ret = (struct chunk){0};
    read_bytes(r, (uint8_t *)ret->type, 4);
    read_bytes(r, size, 4);
    ret->body = read_span(r, little(size, 4));
    if (r->rest.n > 0 && ret->body.n % 2 == 1)
        read_u8(r);
    return r->ok ? OK : fail(ERR_MALFORMED, "a WebP is cut");
}

static bool
is(const struct chunk *c, const char *type)
{
    return memcmp(c->type, type, 4) == 0;
}

/* The chunks of FILE, as far as its head says it goes. */
static enum err
chunks_of(struct span file, struct reader *ret)
{
    uint32_t size = file.n >= 12 ? little(file.p + 4, 4) : 0;

    if (size < 4 || size > file.n - 8)
        return fail(ERR_MALFORMED, "a WebP is cut");
    *ret = READER(SPAN(file.p + 12, size - 4));
    return OK;
}

static enum err
size_of(const struct chunk *c, struct facts *ret)
{
    const uint8_t *p = c->body.p;

    if (is(c, "VP8X") && c->body.n >= 10) {
        ret->width = little(p + 4, 3) + 1;
        ret->height = little(p + 7, 3) + 1;
    } else if (is(c, "VP8L") && c->body.n >= 5) {
        ret->width = (little(p + 1, 4) & 0x3fff) + 1;
        ret->height = (little(p + 1, 4) >> 14 & 0x3fff) + 1;
    } else if (is(c, "VP8 ") && c->body.n >= 10) {
        ret->width = little(p + 6, 2) & 0x3fff;
        ret->height = little(p + 8, 2) & 0x3fff;
    } else {
        return fail(ERR_MALFORMED, "a WebP does not begin with its picture");
    }
    return OK;
}

enum err
webp_look(struct span file, struct facts *ret)
{
    struct reader r;
    struct chunk c;

    TRY(chunks_of(file, &r));
    TRY(chunk_next(&r, &c));
    *ret = (struct facts){.orientation = 1};
    TRY(size_of(&c, ret));
    while (r.rest.n > 0 && chunk_next(&r, &c) == OK) {
        bool prefixed = c.body.n > 6 && memcmp(c.body.p, "Exif\0", 6) == 0;

        if (is(&c, "EXIF"))
            ret->orientation =
                exif_orientation(prefixed ? SPAN(c.body.p + 6, c.body.n - 6) : c.body);
    }
    return OK;
}

/* --- without metadata --- */

static bool
stays(const struct chunk *c)
{
    static const char types[][5] = {"VP8X", "VP8 ", "VP8L", "ALPH", "ANIM", "ANMF", "ICCP"};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (is(c, types[i]))
            return true;
    return false;
}

static void
put(struct buf *out, const char *type, struct span body)
{
    buf_put(out, SPAN(type, 4));
    put_little(out, (uint32_t)body.n);
    buf_put(out, body);
    if (body.n % 2 == 1)
        buf_put_u8(out, 0);
}

static enum err
put_frame(struct buf *out, struct span body)
{
    struct reader r = READER(body);
    struct chunk c;
    AUTO(buf_done) struct buf frame = BUF(body.n + 1);

    buf_put(&frame, read_span(&r, FRAME_HEAD));
    if (!r.ok)
        return fail(ERR_MALFORMED, "a WebP is broken");
    while (r.rest.n > 0) {
        TRY(chunk_next(&r, &c));
        if (is(&c, "ALPH") || is(&c, "VP8 ") || is(&c, "VP8L"))
            put(&frame, c.type, c.body);
    }
    TRY(buf_ok(&frame));
    put(out, "ANMF", buf_span(&frame));
    return OK;
}

static enum err
put_first(struct buf *out, const struct chunk *c, unsigned orientation)
{
    uint8_t head[10];

    if (!is(c, "VP8X")) {
        put(out, c->type, c->body);
        return OK;
    }
    memcpy(head, c->body.p, sizeof head); /* size_of saw that they are there */
    head[0] &= (uint8_t) ~(VP8X_EXIF | VP8X_XMP);
    if (orientation != 1)
        head[0] |= VP8X_EXIF;
    put(out, "VP8X", SPAN(head, sizeof head));
    return OK;
}

static enum err
put_chunks(struct reader *r, unsigned orientation, struct buf *out)
{
    AUTO(buf_done) struct buf exif = BUF(EXIF_LEN);
    struct chunk c;

    TRY(chunk_next(r, &c));
    bool extended = is(&c, "VP8X");
    TRY(put_first(out, &c, orientation));
    while (r->rest.n > 0) {
        TRY(chunk_next(r, &c));
        if (is(&c, "ANMF"))
            TRY(put_frame(out, c.body));
        else if (stays(&c))
            put(out, c.type, c.body);
    }
    if (extended && orientation != 1) {
        exif_write(orientation, &exif);
        put(out, "EXIF", buf_span(&exif));
    }
    return buf_ok(out);
}

enum err
webp_strip(struct span file, struct buf *out)
{
    struct reader r;
    struct facts facts;
    AUTO(buf_done) struct buf chunks = BUF(file.n + MEDIA_STRIP_ADDS);

    TRY(webp_look(file, &facts));
    TRY(chunks_of(file, &r));
    TRY(put_chunks(&r, facts.orientation, &chunks));
    buf_put_str(out, "RIFF");
    put_little(out, (uint32_t)chunks.n + 4);
    buf_put_str(out, "WEBP");
    buf_put(out, buf_span(&chunks));
    return buf_ok(out);
}
