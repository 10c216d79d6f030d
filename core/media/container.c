/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/media/container.h"

#include <stdlib.h>

static const struct {
    struct span begin;
    struct span later; /* at 8 */
    enum media_kind kind;
} magic[] = {
    {{(const uint8_t *)"\x89PNG\r\n\x1a\n", 8}, {NULL, 0}, MEDIA_PNG},
    {{(const uint8_t *)"\xff\xd8\xff", 3}, {NULL, 0}, MEDIA_JPEG},
    {{(const uint8_t *)"GIF87a", 6}, {NULL, 0}, MEDIA_GIF},
    {{(const uint8_t *)"GIF89a", 6}, {NULL, 0}, MEDIA_GIF},
    {{(const uint8_t *)"RIFF", 4}, {(const uint8_t *)"WEBP", 4}, MEDIA_WEBP},
    {{(const uint8_t *)"BM", 2}, {NULL, 0}, MEDIA_BMP},
};

enum media_kind
kind_of(struct span file)
{
    for (size_t i = 0; i < sizeof magic / sizeof *magic; i++) {
        struct span begin = magic[i].begin, later = magic[i].later;

        if (file.n >= 16 && span_equal(SPAN(file.p, begin.n), begin) &&
            span_equal(SPAN(file.p + 8, later.n), later))
            return magic[i].kind;
    }
    return MEDIA_OTHER;
}

static uint32_t
little(const uint8_t *p, int n)
{
    uint32_t v = 0;

    while (n-- > 0)
        v = v << 8 | p[n];
    return v;
}

static enum err
bmp_look(struct span file, struct facts *ret)
{
    if (file.n < 26)
        return fail(ERR_MALFORMED, "a BMP is cut");
    const uint8_t *head = file.p + 14;
    bool old = little(head, 4) == 12;
    *ret = (struct facts){.orientation = 1};
    ret->width = old ? little(head + 4, 2) : little(head + 4, 4);
    ret->height = old ? little(head + 6, 2) : little(head + 8, 4);
    if (ret->height > INT32_MAX) /* stored from the top */
        ret->height = -ret->height;
    return OK;
}

enum err
container_look(enum media_kind kind, struct span file, struct facts *ret)
{
    static enum err (*const look[MEDIA_KINDS])(struct span, struct facts *) = {
        [MEDIA_PNG] = png_look,   [MEDIA_JPEG] = jpeg_look, [MEDIA_GIF] = gif_look,
        [MEDIA_WEBP] = webp_look, [MEDIA_BMP] = bmp_look,
    };
    struct facts f = {0};

    if (look[kind] == NULL)
        return fail(ERR_MALFORMED, "no picture");
    TRY(look[kind](file, &f));
    if (f.width == 0 || f.height == 0)
        return fail(ERR_MALFORMED, "a picture has no size");
    *ret = f;
    return OK;
}

enum err
container_strip(enum media_kind kind, struct span file, struct buf *out)
{
    switch (kind) {
    case MEDIA_PNG:
        return png_strip(file, out);
    case MEDIA_JPEG:
        return jpeg_strip(file, out);
    case MEDIA_GIF:
        return gif_strip(file, out);
    case MEDIA_WEBP:
        return webp_strip(file, out);
    default:
        return fail(ERR_STATE, "nothing is known of metadata in this kind");
    }
}
