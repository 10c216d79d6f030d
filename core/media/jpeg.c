/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * JPEG (ITU T.81): SOI, then segments: FF, marker, u16 length with itself, bytes. Behind SOS come
 * the coded pixels, in which FF stands before 00 or a restart marker only. EOI ends it.
 */
#include "core/media/container.h"
#include "core/media/exif.h"

enum {
    SOF0 = 0xc0,
    DHT = 0xc4,
    JPG = 0xc8,
    DAC = 0xcc,
    SOF15 = 0xcf,
    RST0 = 0xd0,
    RST7 = 0xd7,
    SOI = 0xd8,
    EOI = 0xd9,
    SOS = 0xda,
    DQT = 0xdb,
    EXP = 0xdf,
    APP0 = 0xe0,
    APP1 = 0xe1,
    APP2 = 0xe2,
    APP14 = 0xee,
    TEM = 0x01,
};

struct segment {
    unsigned marker;
    struct span body; /* without the length */
};

/* The next one; EOI has no body. */
static enum err
segment_next(struct reader *r, struct segment *ret)
{
    bool ff = read_u8(r) == 0xff;
    unsigned marker = read_u8(r);

    while (ff && marker == 0xff)
        marker = read_u8(r);
    if (!r->ok || !ff || marker <= TEM || (marker >= RST0 && marker <= SOI))
        return fail(ERR_MALFORMED, "a JPEG is cut or broken");
    *ret = (struct segment){.marker = marker};
    if (marker == EOI)
        return OK;
    unsigned n = read_u16(r);
    if (n < 2)
        return fail(ERR_MALFORMED, "a JPEG is broken");
    ret->body = read_span(r, n - 2);
    return r->ok ? OK : fail(ERR_MALFORMED, "a JPEG is cut");
}

/* What comes behind a SOS, up to the next marker. */
static struct span
coded_pixels(struct reader *r)
{
    struct span all = r->rest;
    size_t n = 0;

    for (;;) {
        const uint8_t *ff = n < all.n ? memchr(all.p + n, 0xff, all.n - n) : NULL;

        if (ff == NULL || ff + 1 == all.p + all.n)
            return read_span(r, all.n);
        if (ff[1] != 0 && (ff[1] < RST0 || ff[1] > RST7))
            return read_span(r, (size_t)(ff - all.p));
        n = (size_t)(ff - all.p) + 2;
    }
}

static bool
begins(struct span body, const char *text, size_t n)
{
    return body.n >= n && memcmp(body.p, text, n) == 0;
}

static bool
frame(unsigned marker)
{
    return marker >= SOF0 && marker <= SOF15 && marker != DHT && marker != JPG && marker != DAC;
}

enum err
jpeg_look(struct span file, struct facts *ret)
{
    struct reader r = READER(file);
    struct segment s;
    bool turned = false;

    *ret = (struct facts){.orientation = 1};
    read_u16(&r);
    do {
        TRY(segment_next(&r, &s));
        if (s.marker == APP1 && !turned && begins(s.body, "Exif\0", 6)) {
            ret->orientation = exif_orientation(SPAN(s.body.p + 6, s.body.n - 6));
            turned = true;
        }
        if (frame(s.marker) && s.body.n >= 5 && ret->width == 0) {
            ret->height = (uint32_t)s.body.p[1] << 8 | s.body.p[2];
            ret->width = (uint32_t)s.body.p[3] << 8 | s.body.p[4];
        }
    } while (s.marker != EOI && s.marker != SOS);
    return OK;
}

static void
put(struct buf *out, unsigned marker, struct span body)
{
    buf_put_u8(out, 0xff);
    buf_put_u8(out, (uint8_t)marker);
    buf_put_u16(out, (uint16_t)(body.n + 2));
    buf_put(out, body);
}

/* JFIF without its small picture, colour profiles and Adobe's word on colours stay. */
static void
put_application(struct buf *out, const struct segment *s)
{
    uint8_t jfif[14];

    if (s->marker == APP0 && begins(s->body, "JFIF", 5) && s->body.n >= sizeof jfif) {
        memcpy(jfif, s->body.p, sizeof jfif);
        jfif[12] = jfif[13] = 0;
        put(out, APP0, SPAN(jfif, sizeof jfif));
    } else if (s->marker == APP2 && begins(s->body, "ICC_PROFILE", 12)) {
        put(out, APP2, s->body);
    } else if (s->marker == APP14 && begins(s->body, "Adobe", 5) && s->body.n >= 12) {
        put(out, APP14, SPAN(s->body.p, 12));
    }
}

static void
put_orientation(struct buf *out, unsigned orientation)
{
    AUTO(buf_done) struct buf exif = BUF(6 + EXIF_LEN);

    if (orientation == 1)
        return;
    buf_put(&exif, SPAN("Exif\0", 6));
    exif_write(orientation, &exif);
    put(out, APP1, buf_span(&exif));
}

enum err
jpeg_strip(struct span file, struct buf *out)
{
    struct reader r = READER(file);
    struct segment s;
    struct facts facts;
    bool first = true, turned = false, scan = false;

    TRY(jpeg_look(file, &facts));
    buf_put(out, read_span(&r, 2));
    do {
        TRY(segment_next(&r, &s));
        /* The orientation stands first, or behind JFIF, which has to. */
        if (!turned && !(first && s.marker == APP0)) {
            put_orientation(out, facts.orientation);
            turned = true;
        }
        first = false;
        if (s.marker >= SOF0 && s.marker <= EXP && s.marker != EOI)
            put(out, s.marker, s.body);
        else
            put_application(out, &s);
        if (s.marker == SOS)
            buf_put(out, coded_pixels(&r));
        scan |= s.marker == SOS;
    } while (s.marker != EOI);
    if (!scan || facts.width == 0)
        return fail(ERR_MALFORMED, "a JPEG holds no picture");
    buf_put(out, SPAN("\xff\xd9", 2));
    return buf_ok(out);
}
