/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/media/pixbuf.h"

#include <assert.h>
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <stdio.h>

#define PIECE 65536

static const char *const loaders[MEDIA_KINDS] = {
    [MEDIA_PNG] = "png",   [MEDIA_JPEG] = "jpeg", [MEDIA_GIF] = "gif",
    [MEDIA_WEBP] = "webp", [MEDIA_BMP] = "bmp",
};

static GdkPixbufLoader *
loader_new(enum media_kind kind)
{
    return loaders[kind] != NULL ? gdk_pixbuf_loader_new_with_type(loaders[kind], NULL) : NULL;
}

static GLogWriterOutput
no_log(GLogLevelFlags level, const GLogField *fields, gsize n, gpointer self)
{
    return G_LOG_WRITER_HANDLED;
}

enum err
pixbuf_prepare(void)
{
    g_log_set_writer_func(no_log, NULL, NULL);
    for (enum media_kind kind = MEDIA_PNG; kind <= MEDIA_BMP; kind++) {
        GdkPixbufLoader *l = loader_new(kind);

        if (l == NULL && kind != MEDIA_WEBP)
            return fail(ERR_STATE, "gdk-pixbuf has no loader for %s", loaders[kind]);
        if (l != NULL) {
            gdk_pixbuf_loader_close(l, NULL);
            g_object_unref(l);
        }
    }
    return OK;
}

void
decoded_done(struct decoded *d)
{
    g_clear_object((GObject **)&d->owner);
}

struct progress {
    const struct decoding *decoding;
    bool refused;
};

/* The loader found a size: refuse one that the header did not say, and let JPEG decode less. */
static void
on_size(GdkPixbufLoader *l, int width, int height, gpointer self)
{
    struct progress *p = self;
    const struct decoding *d = p->decoding;
    int longer = width > height ? width : height;

    if (width <= 0 || height <= 0 || (uint64_t)width * (uint64_t)height > MEDIA_PIXELS_MAX) {
        p->refused = true;
        gdk_pixbuf_loader_set_size(l, 1, 1);
    } else if (d->kind == MEDIA_JPEG && d->enough > 0) {
        int part = 1; /* what libjpeg does by leaving coefficients out */

        while (part < 8 && longer / (2 * part) >= (int)d->enough)
            part *= 2;
        if (part > 1)
            gdk_pixbuf_loader_set_size(l, (width + part - 1) / part, (height + part - 1) / part);
    }
}

static bool
feed(GdkPixbufLoader *l, struct span file, const struct progress *p)
{
    for (size_t n; file.n > 0 && !p->refused; file = SPAN(file.p + n, file.n - n)) {
        n = file.n < PIECE ? file.n : PIECE;
        if (!gdk_pixbuf_loader_write(l, file.p, n, NULL))
            return false;
    }
    return true;
}

static enum err
take(GdkPixbuf *p, struct decoded *ret)
{
    int width = p != NULL ? gdk_pixbuf_get_width(p) : 0;

    if (width <= 0 || gdk_pixbuf_get_height(p) <= 0 || gdk_pixbuf_get_bits_per_sample(p) != 8)
        return fail(ERR_MALFORMED, "a picture cannot be decoded");
    ret->source = (struct source){
        .pixels = gdk_pixbuf_read_pixels(p),
        .width = (unsigned)width,
        .height = (unsigned)gdk_pixbuf_get_height(p),
        .stride = (size_t)gdk_pixbuf_get_rowstride(p),
        .channels = (unsigned)gdk_pixbuf_get_n_channels(p),
    };
    ret->owner = g_object_ref(p);
    return OK;
}

enum err
pixbuf_decode(const struct decoding *d, struct decoded *ret)
{
    struct progress p = {d, false};
    GdkPixbufLoader *l = loader_new(d->kind);

    if (l == NULL)
        return fail(ERR_MALFORMED, "there is no decoder for this kind");
    g_signal_connect(l, "size-prepared", G_CALLBACK(on_size), &p);
    bool fed = feed(l, d->file, &p);
    bool closed = gdk_pixbuf_loader_close(l, NULL);
    enum err e = p.refused       ? fail(ERR_TOO_LARGE, "a picture has too many pixels")
                 : fed && closed ? take(gdk_pixbuf_loader_get_pixbuf(l), ret)
                                 : fail(ERR_MALFORMED, "a picture cannot be decoded");
    g_object_unref(l);
    return e;
}

/* gdk-pixbuf's writer of JPEG wants no alpha; that of PNG may have it. */
static GdkPixbuf *
pixbuf_of(const struct raster *r, bool alpha)
{
    GdkPixbuf *p = gdk_pixbuf_new(GDK_COLORSPACE_RGB, alpha, 8, (int)r->width, (int)r->height);

    if (p == NULL)
        return NULL;
    uint8_t *to = gdk_pixbuf_get_pixels(p);
    size_t stride = (size_t)gdk_pixbuf_get_rowstride(p), n = alpha ? 4 : 3;
    for (size_t y = 0; y < r->height; y++)
        for (size_t x = 0; x < r->width; x++)
            memcpy(to + y * stride + x * n, r->pixels + 4 * (y * r->width + x), n);
    return p;
}

enum err
pixbuf_encode(const struct raster *r, enum media_form form, int quality, struct buf *out)
{
    bool png = form == MEDIA_AS_PNG, done;
    char value[8], *bytes = NULL;
    gsize n = 0;
    GdkPixbuf *p = pixbuf_of(r, png);

    assert(form != MEDIA_PIXELS);
    if (p == NULL)
        return fail(ERR_MEMORY, "no memory for pixels");
    snprintf(value, sizeof value, "%d", quality);
    if (png)
        done = gdk_pixbuf_save_to_buffer(p, &bytes, &n, "png", NULL, NULL);
    else
        done = gdk_pixbuf_save_to_buffer(p, &bytes, &n, "jpeg", NULL, "quality", value, NULL);
    g_object_unref(p);
    if (!done)
        return fail(ERR_MEMORY, "a picture cannot be encoded");
    buf_put(out, SPAN(bytes, n));
    g_free(bytes);
    return buf_ok(out);
}
