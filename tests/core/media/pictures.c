/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/core/media/pictures.h"

#include <assert.h>

#define TIFF_MAX 128

static void
put_little(struct buf *out, uint32_t v, int n)
{
    for (int i = 0; i < n; i++)
        buf_put_u8(out, (uint8_t)(v >> 8 * i));
}

/* A little-endian TIFF block: an artist, and then the orientation. */
static void
put_tiff(struct buf *out, unsigned orientation)
{
    size_t n = sizeof TELLTALE;

    buf_put(out, SPAN("II*\0\x08\0\0\0", 8));
    put_little(out, orientation > 0 ? 2 : 1, 2);
    put_little(out, orientation > 0 ? 0x112 : 0x10e, 2);
    put_little(out, orientation > 0 ? 3 : 1, 2);
    put_little(out, 1, 4);
    put_little(out, orientation, 4);
    if (orientation > 0) {
        put_little(out, 0x13b, 2);
        put_little(out, 2, 2);
        put_little(out, (uint32_t)n, 4);
        put_little(out, 8 + 2 + 24 + 4, 4);
    }
    put_little(out, 0, 4);
    buf_put(out, SPAN(TELLTALE, n));
}

/* --- JPEG --- */

static void
segment(struct buf *out, unsigned marker, const char *name, size_t name_n, struct span body)
{
    buf_put_u8(out, 0xff);
    buf_put_u8(out, (uint8_t)marker);
    buf_put_u16(out, (uint16_t)(2 + name_n + body.n));
    buf_put(out, SPAN(name, name_n));
    buf_put(out, body);
}

static void
jpeg_metadata(struct buf *out, unsigned orientation)
{
    AUTO(buf_done) struct buf tiff = BUF(TIFF_MAX);

    put_tiff(&tiff, orientation);
    segment(out, 0xe1, "Exif\0", 6, buf_span(&tiff));
    segment(out, 0xe1, "http://ns.adobe.com/xap/1.0/", 29, SPAN_STR(TELLTALE));
    segment(out, 0xe2, "ICC_PROFILE\0\x01\x01", 14, SPAN_STR("colours"));
    segment(out, 0xe2, "MPF", 4, SPAN_STR(TELLTALE));
    segment(out, 0xeb, "JP", 2, SPAN_STR(TELLTALE));
    segment(out, 0xed, "Photoshop 3.0", 14, SPAN_STR(TELLTALE));
    segment(out, 0xee, "Adobe\0d\0\0\0\0\x01", 12, SPAN_STR(TELLTALE));
    segment(out, 0xfe, "", 0, SPAN_STR(TELLTALE));
}

static void
jpeg(struct buf *out, unsigned orientation)
{
    static const uint8_t pixels[] = {1, 2, 0xff, 0, 3, 0xff, 0xd0, 4, 5, 0xff, 0, 6};

    buf_put(out, SPAN("\xff\xd8", 2));
    segment(out, 0xe0, "JFIF\0\x01\x01\0\0\x01\0\x01\x01\x01", 14, SPAN_STR("abc"));
    jpeg_metadata(out, orientation);
    segment(out, 0xdb, "", 0, SPAN_STR("quantization"));
    segment(out, 0xc2, "\x08\0\x1e\0\x28", 5, SPAN("\x03", 1));
    segment(out, 0xc4, "", 0, SPAN_STR("tables"));
    segment(out, 0xda, "", 0, SPAN_STR("scan"));
    buf_put(out, SPAN(pixels, sizeof pixels));
    segment(out, 0xfe, "", 0, SPAN_STR(TELLTALE));
    segment(out, 0xda, "", 0, SPAN_STR("next scan"));
    buf_put(out, SPAN(pixels, sizeof pixels));
    buf_put(out, SPAN("\xff\xff\xd9", 3)); /* a marker may be filled up */
    buf_put_str(out, TELLTALE);
}

/* --- PNG --- */

static void
chunk(struct buf *out, const char *type, struct span body)
{
    buf_put_u32(out, (uint32_t)body.n);
    buf_put_str(out, type);
    buf_put(out, body);
    buf_put_u32(out, 0xc4c4c4c4);
}

static void
png_metadata(struct buf *out, unsigned orientation)
{
    AUTO(buf_done) struct buf tiff = BUF(TIFF_MAX);

    put_tiff(&tiff, orientation);
    chunk(out, "eXIf", buf_span(&tiff));
    chunk(out, "tEXt", SPAN_STR(TELLTALE));
    chunk(out, "iTXt", SPAN_STR(TELLTALE));
    chunk(out, "zTXt", SPAN_STR(TELLTALE));
    chunk(out, "teLL", SPAN_STR(TELLTALE));
}

static void
png(struct buf *out, unsigned orientation, bool moving)
{
    static const uint8_t head[13] = {0, 0, 0, 40, 0, 0, 0, 30, 8, 2};

    buf_put(out, SPAN("\x89PNG\r\n\x1a\n", 8));
    chunk(out, "IHDR", SPAN(head, sizeof head));
    png_metadata(out, orientation);
    if (moving)
        chunk(out, "acTL", SPAN_STR("8 bytes."));
    chunk(out, "gAMA", SPAN_STR("four"));
    chunk(out, "IDAT", SPAN_STR("pixels"));
    if (moving) {
        chunk(out, "fcTL", SPAN_STR("when it comes"));
        chunk(out, "fdAT", SPAN_STR("pixels"));
    }
    chunk(out, "tIME", SPAN_STR(TELLTALE));
    chunk(out, "IEND", SPAN_NONE);
    buf_put_str(out, TELLTALE);
}

/* --- GIF --- */

static void
pieces(struct buf *out, const char *begin, const char *text)
{
    buf_put_str(out, begin);
    buf_put_u8(out, (uint8_t)strlen(text));
    buf_put_str(out, text);
    buf_put_u8(out, 0);
}

static void
gif(struct buf *out)
{
    buf_put(out, SPAN("GIF89a\x28\0\x1e\0\x80\0\0blkWHT", 19));
    pieces(out, "!\xfe", TELLTALE);
    pieces(out, "!\xff\x0bXMP DataXMP", TELLTALE);
    buf_put(out, SPAN("!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0", 19));
    for (int i = 0; i < 2; i++) {
        buf_put(out, SPAN("!\xf9\x04\0\x0a\0\0\0", 8));
        buf_put(out, SPAN(",\0\0\0\0\x28\0\x1e\0\0\x02", 11));
        buf_put(out, SPAN("\x06pixels\0", 8));
        pieces(out, "!\x01", TELLTALE);
    }
    buf_put_str(out, ";" TELLTALE);
}

/* --- WebP --- */

static void
riff(struct buf *out, const char *type, struct span body)
{
    buf_put_str(out, type);
    put_little(out, (uint32_t)body.n, 4);
    buf_put(out, body);
    if (body.n % 2 == 1)
        buf_put_u8(out, 0);
}

static void
webp_frame(struct buf *out)
{
    AUTO(buf_done) struct buf frame = BUF(256);

    buf_put(&frame, SPAN("where and how  .", 16));
    riff(&frame, "ALPH", SPAN_STR("alpha"));
    riff(&frame, "VP8L", SPAN_STR("pixels"));
    riff(&frame, "TELL", SPAN_STR(TELLTALE));
    riff(out, "ANMF", buf_span(&frame));
}

static void
webp(struct buf *out, unsigned orientation, bool moving)
{
    AUTO(buf_done) struct buf all = BUF(1024), tiff = BUF(TIFF_MAX);

    buf_put_str(&all, "WEBP");
    riff(&all, "VP8X",
         SPAN(moving ? "\x2e\0\0\0\x27\0\0\x1d\0\0" : "\x2c\0\0\0\x27\0\0\x1d\0\0", 10));
    riff(&all, "ICCP", SPAN_STR("colours"));
    if (moving) {
        riff(&all, "ANIM", SPAN_STR("6 byte"));
        webp_frame(&all);
        webp_frame(&all);
    } else {
        riff(&all, "VP8 ", SPAN_STR("pixels, and more"));
    }
    put_tiff(&tiff, orientation);
    riff(&all, "EXIF", buf_span(&tiff));
    riff(&all, "XMP ", SPAN_STR(TELLTALE));
    riff(&all, "TELL", SPAN_STR(TELLTALE));
    riff(out, "RIFF", buf_span(&all));
    buf_put_str(out, TELLTALE);
}

void
picture_write(enum media_kind kind, unsigned orientation, struct buf *out)
{
    if (kind == MEDIA_JPEG)
        jpeg(out, orientation);
    else if (kind == MEDIA_PNG)
        png(out, orientation, false);
    else if (kind == MEDIA_WEBP)
        webp(out, orientation, false);
    else if (kind == MEDIA_GIF)
        gif(out);
    else
        buf_put(out,
                SPAN("BM0123456789\x36\0\x28\0\0\0\x28\0\0\0\xe2\xff\xff\xff\x01\0\x18\0", 30));
}

void
picture_write_moving(enum media_kind kind, struct buf *out)
{
    assert(kind == MEDIA_PNG || kind == MEDIA_WEBP);
    if (kind == MEDIA_PNG)
        png(out, 1, true);
    else
        webp(out, 1, true);
}
