/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/media/qr_reader.h"

#include <stdlib.h>
#include <zbar.h>

#include "core/media/job.h"
#include "wire/encoding.h"

#define TEXT_BYTES_MAX 4096 /* a QR code holds 2,953 */

static uint8_t *
grey(const struct raster *r)
{
    size_t n = (size_t)r->width * r->height;
    uint8_t *y = malloc(n);

    if (y == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *p = r->pixels + 4 * i;

        y[i] = (uint8_t)((77U * p[0] + 150U * p[1] + 29U * p[2]) >> 8);
    }
    return y;
}

static bool
there(const struct buf *out, struct span text)
{
    struct reader r = READER(buf_span(out));
    struct span each;

    while (media_text_next(&r, &each) == OK)
        if (span_equal(each, text))
            return true;
    return false;
}

static void
put_texts(const zbar_image_t *image, struct buf *out)
{
    for (const zbar_symbol_t *s = zbar_image_first_symbol(image); s != NULL;
         s = zbar_symbol_next(s)) {
        struct span text = SPAN(zbar_symbol_get_data(s), zbar_symbol_get_data_length(s));

        if (zbar_symbol_get_type(s) == ZBAR_QRCODE && text.n > 0 && text.n <= TEXT_BYTES_MAX &&
            utf8_valid(text) && !there(out, text) && out->n + 2 + text.n <= out->max)
            media_text_write(out, text);
    }
}

static zbar_image_scanner_t *
scanner_new(void)
{
    zbar_image_scanner_t *s = zbar_image_scanner_create();

    if (s == NULL)
        return NULL;
    zbar_image_scanner_set_config(s, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
    zbar_image_scanner_set_config(s, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
    /* As it stands in the code: guessing an encoding would load tables from files. */
    zbar_image_scanner_set_config(s, ZBAR_QRCODE, ZBAR_CFG_BINARY, 1);
    zbar_image_scanner_set_config(s, ZBAR_NONE, ZBAR_CFG_TEST_INVERTED, 1);
    return s;
}

static enum err
scan(zbar_image_scanner_t *s, zbar_image_t *image, const struct raster *r, struct buf *out)
{
    uint8_t *pixels = grey(r);

    if (pixels == NULL)
        return fail(ERR_MEMORY, "no memory for pixels");
    zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(image, r->width, r->height);
    zbar_image_set_data(image, pixels, (size_t)r->width * r->height, NULL);
    if (zbar_scan_image(s, image) > 0)
        put_texts(image, out);
    zbar_image_set_data(image, NULL, 0, NULL);
    free(pixels);
    return out->n > 0 ? buf_ok(out) : fail(ERR_NOT_FOUND, "no QR code");
}

enum err
qr_read(const struct raster *r, struct buf *out)
{
    zbar_image_scanner_t *s = scanner_new();
    zbar_image_t *image = zbar_image_create();
    enum err e = s != NULL && image != NULL ? scan(s, image, r, out)
                                            : fail(ERR_MEMORY, "no memory for a scanner");

    if (image != NULL)
        zbar_image_destroy(image);
    if (s != NULL)
        zbar_image_scanner_destroy(s);
    return e;
}
