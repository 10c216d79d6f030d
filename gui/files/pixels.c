/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/files/pixels.h"

#include <glib/gi18n.h>

#include "gui/models/fields.h"
#include "wire/encoding.h"
#include "wire/limits.h"
#include "wire/preview.h"

GdkTexture *
preview_texture(const char *text)
{
    guint8 bytes[PREVIEW_MAX];
    gsize length = strlen(text), n = length * 3 / 4;
    struct preview p;

    if (n > sizeof bytes || base64url_read(SPAN(text, length), bytes, n) != OK ||
        preview_read(SPAN(bytes, n), &p) != OK)
        return NULL;
    g_autoptr(GBytes) pixels = g_bytes_new(p.pixels, (gsize)3 * p.width * p.height);
    return gdk_memory_texture_new((int)p.width, (int)p.height, GDK_MEMORY_R8G8B8, pixels,
                                  (gsize)3 * p.width);
}

/* --- fetching --- */

/* Of one picture. It lives as long as its call, which passes it on to the next. */
struct fetch {
    Bridge *bridge;
    int width, height; /* wanted, then what comes */
    int whole[2];
    char *picture;
    guint8 *pixels;
    gsize size, got;
    gpointer self; /* borrowed; only used while it is there */
    pixels_done_fn *done;
    gpointer data;
    GDestroyNotify free_data;
};

static void
fetch_free(gpointer p)
{
    struct fetch *f = p;

    if (f->free_data != NULL)
        f->free_data(f->data);
    g_object_unref(f->bridge);
    g_free(f->picture);
    g_free(f->pixels);
    g_free(f);
}

static void on_more(gpointer self, const json_t *result, const GError *error, gpointer data);

static void
fetch_fail(struct fetch *f, const GError *error)
{
    g_autoptr(GError) nonsense = NULL;

    if (error == NULL)
        nonsense =
            g_error_new_literal(SNUG_ERROR, ERR_MALFORMED, _("The picture could not be read."));
    f->done(f->self, NULL, error != NULL ? error : nonsense, f->data);
}

/* The next piece, out of TEXT. */
static gboolean
take_piece(struct fetch *f, const char *text)
{
    gsize length = strlen(text), n = length * 3 / 4;

    if (n == 0 || n > f->size - f->got ||
        base64url_read(SPAN(text, length), f->pixels + f->got, n) != OK)
        return FALSE;
    f->got += n;
    return TRUE;
}

/* All is here, or there is more to ask for; *F, which is taken, goes on with the call. */
static void
go_on(struct fetch *f)
{
    if (f->got < f->size) {
        struct fetch *next = g_memdup2(f, sizeof *f);

        f->free_data = NULL;
        f->picture = NULL;
        f->pixels = NULL;
        g_object_ref(f->bridge);
        bridge_call(next->bridge,
                    &(struct call){.method = "picture.read",
                                   .params = json_pack("{s:s,s:I}", "picture", next->picture,
                                                       "offset", (json_int_t)next->got),
                                   .self = next->self,
                                   .done = on_more,
                                   .data = next,
                                   .free_data = fetch_free});
        return;
    }
    if (f->picture != NULL)
        bridge_call(f->bridge, &(struct call){.method = "picture.drop",
                                              .params = json_pack("{s:s}", "picture", f->picture)});
    g_autoptr(GBytes) bytes = g_bytes_new_take(g_steal_pointer(&f->pixels), f->size);
    g_autoptr(GdkTexture) texture = gdk_memory_texture_new(f->width, f->height, GDK_MEMORY_R8G8B8A8,
                                                           bytes, (gsize)f->width * 4);
    f->done(f->self, &(struct pixels){texture, f->whole[0], f->whole[1]}, NULL, f->data);
}

static void
on_more(gpointer self, const json_t *result, const GError *error, gpointer data)
{
    struct fetch *f = data;

    if (error != NULL || !take_piece(f, field_text(result, "pixels")))
        fetch_fail(f, error);
    else
        go_on(f);
}

static void
on_first(gpointer self, const json_t *result, const GError *error, gpointer data)
{
    struct fetch *f = data;
    gint64 width = field_int(result, "width"), height = field_int(result, "height");

    if (error != NULL || width < 1 || width > f->width || height < 1 || height > f->height) {
        fetch_fail(f, error);
        return;
    }
    f->width = (int)width;
    f->height = (int)height;
    f->whole[0] = (int)CLAMP(field_int(result, "whole_width"), width, PIXELS_MAX);
    f->whole[1] = (int)CLAMP(field_int(result, "whole_height"), height, PIXELS_MAX);
    f->size = (gsize)(width * height) * 4;
    f->pixels = g_malloc(f->size);
    f->picture = g_strdup(json_string_value(json_object_get(result, "picture")));
    if (!take_piece(f, field_text(result, "pixels")) || (f->got < f->size && f->picture == NULL))
        fetch_fail(f, NULL);
    else
        go_on(f);
}

void
pixels_fetch(Bridge *bridge, const struct pixels_wish *wish)
{
    struct fetch *f = g_new0(struct fetch, 1);

    *f = (struct fetch){.bridge = g_object_ref(bridge),
                        .width = CLAMP(wish->width, 1, PIXELS_SIDE),
                        .height = CLAMP(wish->height, 1, PIXELS_SIDE),
                        .self = wish->self,
                        .done = wish->done,
                        .data = wish->data,
                        .free_data = wish->free_data};
    json_t *params = json_pack("{s:s,s:i,s:i}", "attachment", wish->attachment, "width", f->width,
                               "height", f->height);
    if (wish->part) {
        json_object_set_new(params, "left", json_integer(wish->left));
        json_object_set_new(params, "top", json_integer(wish->top));
    }
    bridge_call(bridge, &(struct call){.method = "attachment.picture",
                                       .params = params,
                                       .self = wish->self,
                                       .done = on_first,
                                       .data = f,
                                       .free_data = fetch_free});
}
