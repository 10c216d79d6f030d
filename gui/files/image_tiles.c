/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/files/image_tiles.h"

#include "gui/files/pixels.h"

#define KEPT 9 /* parts: 144 MiB, enough for the largest screens */

struct tile {
    int column, row;
    GdkTexture *texture; /* NULL: it could not be had */
};

struct _ImageTiles {
    GObject parent;
    Bridge *bridge;
    char *attachment;
    int width, height;
    GQueue tiles;          /* of struct tile, those looked at last first; at most KEPT */
    int first[2], last[2]; /* columns and rows that are looked at; FIRST above LAST: none */
    gboolean asking;
};

G_DEFINE_FINAL_TYPE(ImageTiles, image_tiles, G_TYPE_OBJECT)

enum { CHANGED, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

static void
tile_free(gpointer p)
{
    struct tile *t = p;

    g_clear_object(&t->texture);
    g_free(t);
}

static GList *
find(ImageTiles *self, int column, int row)
{
    for (GList *at = self->tiles.head; at != NULL; at = at->next) {
        const struct tile *t = at->data;

        if (t->column == column && t->row == row)
            return at;
    }
    return NULL;
}

/* --- asking --- */

static void ask(ImageTiles *self);

static void
on_part(gpointer p, const struct pixels *pixels, const GError *error, gpointer data)
{
    ImageTiles *self = p;
    struct tile *asked = data, *t = g_new0(struct tile, 1);

    *t = *asked;
    if (pixels != NULL)
        t->texture = g_object_ref(pixels->texture);
    g_queue_push_head(&self->tiles, t);
    while (self->tiles.length > KEPT)
        tile_free(g_queue_pop_tail(&self->tiles));
    self->asking = FALSE;
    g_signal_emit(self, signals[CHANGED], 0);
    ask(self);
}

static void
ask_for(ImageTiles *self, int column, int row)
{
    struct tile *t = g_new0(struct tile, 1);

    *t = (struct tile){.column = column, .row = row};
    self->asking = TRUE;
    pixels_fetch(self->bridge, &(struct pixels_wish){.attachment = self->attachment,
                                                     .part = TRUE,
                                                     .left = column * PIXELS_SIDE,
                                                     .top = row * PIXELS_SIDE,
                                                     .width = PIXELS_SIDE,
                                                     .height = PIXELS_SIDE,
                                                     .self = self,
                                                     .done = on_part,
                                                     .data = t,
                                                     .free_data = tile_free});
}

/* The first that is looked at and not here. */
static void
ask(ImageTiles *self)
{
    if (self->asking)
        return;
    for (int row = self->first[1]; row <= self->last[1]; row++)
        for (int column = self->first[0]; column <= self->last[0]; column++)
            if (find(self, column, row) == NULL) {
                ask_for(self, column, row);
                return;
            }
}

/* What is looked at is kept longest. */
static void
bring_forward(ImageTiles *self)
{
    for (int row = self->first[1]; row <= self->last[1]; row++)
        for (int column = self->first[0]; column <= self->last[0]; column++) {
            GList *at = find(self, column, row);

            if (at != NULL) {
                g_queue_unlink(&self->tiles, at);
                g_queue_push_head_link(&self->tiles, at);
            }
        }
}

void
image_tiles_want(ImageTiles *self, const GdkRectangle *seen)
{
    GdkRectangle all = {0, 0, self->width, self->height}, part;

    self->first[0] = self->first[1] = 0;
    self->last[0] = self->last[1] = -1;
    if (seen == NULL || !gdk_rectangle_intersect(&all, seen, &part))
        return;
    int columns = (part.x + part.width - 1) / PIXELS_SIDE - part.x / PIXELS_SIDE + 1,
        rows = (part.y + part.height - 1) / PIXELS_SIDE - part.y / PIXELS_SIDE + 1;
    if (columns > KEPT || rows > KEPT || columns * rows > KEPT)
        return;
    self->first[0] = part.x / PIXELS_SIDE;
    self->first[1] = part.y / PIXELS_SIDE;
    self->last[0] = self->first[0] + columns - 1;
    self->last[1] = self->first[1] + rows - 1;
    bring_forward(self);
    ask(self);
}

void
image_tiles_snapshot(ImageTiles *self, GtkSnapshot *snapshot, const graphene_point_t *at,
                     float scale)
{
    for (GList *l = self->tiles.head; l != NULL; l = l->next) {
        const struct tile *t = l->data;

        if (t->texture == NULL)
            continue;
        float x = at->x + (float)(t->column * PIXELS_SIDE) * scale,
              y = at->y + (float)(t->row * PIXELS_SIDE) * scale,
              w = (float)gdk_texture_get_width(t->texture) * scale,
              h = (float)gdk_texture_get_height(t->texture) * scale;
        gtk_snapshot_append_texture(snapshot, t->texture, &GRAPHENE_RECT_INIT(x, y, w, h));
    }
}

/* --- the object --- */

static void
image_tiles_finalize(GObject *object)
{
    ImageTiles *self = SNUG_IMAGE_TILES(object);

    g_queue_clear_full(&self->tiles, tile_free);
    g_object_unref(self->bridge);
    g_free(self->attachment);
    G_OBJECT_CLASS(image_tiles_parent_class)->finalize(object);
}

static void
image_tiles_class_init(ImageTilesClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = image_tiles_finalize;
    signals[CHANGED] = g_signal_new("changed", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                    NULL, NULL, G_TYPE_NONE, 0);
}

static void
image_tiles_init(ImageTiles *self)
{
    g_queue_init(&self->tiles);
    self->last[0] = self->last[1] = -1;
}

ImageTiles *
image_tiles_new(Bridge *bridge, const char *attachment, int width, int height)
{
    ImageTiles *self = g_object_new(SNUG_TYPE_IMAGE_TILES, NULL);

    self->bridge = g_object_ref(bridge);
    self->attachment = g_strdup(attachment);
    self->width = width;
    self->height = height;
    return self;
}
