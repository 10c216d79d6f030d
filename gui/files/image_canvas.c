/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/files/image_canvas.h"

#define SCALE_LEAST 0.05
#define SCALE_MOST 8.0

struct _ImageCanvas {
    GtkWidget parent;
    GdkTexture *texture;
    int size[2];               /* of the picture; TEXTURE may be smaller, */
    ImageTiles *tiles;         /* and has the rest here then; else NULL */
    double scale;              /* 0: fitted */
    guint looking;             /* source: see what of it is looked at; 0: none */
    GtkScrolledWindow *around; /* borrowed while it is there; NULL: none */
};

G_DEFINE_FINAL_TYPE(ImageCanvas, image_canvas, GTK_TYPE_WIDGET)

static double
fitted(ImageCanvas *self, int width, int height)
{
    int factor = gtk_widget_get_scale_factor(GTK_WIDGET(self));
    double scale =
        MIN(width * factor / (double)self->size[0], height * factor / (double)self->size[1]);

    return MIN(scale, 1);
}

double
image_canvas_get_scale(ImageCanvas *self)
{
    if (self->texture == NULL)
        return 1;
    return self->scale > 0 ? self->scale
                           : fitted(self, gtk_widget_get_width(GTK_WIDGET(self)),
                                    gtk_widget_get_height(GTK_WIDGET(self)));
}

static void
image_canvas_measure(GtkWidget *widget, GtkOrientation orientation, int for_size, int *least,
                     int *natural, int *least_baseline, int *natural_baseline)
{
    ImageCanvas *self = SNUG_IMAGE_CANVAS(widget);
    int side = 0;

    *least_baseline = *natural_baseline = -1;
    if (self->texture != NULL)
        side = self->size[orientation == GTK_ORIENTATION_HORIZONTAL ? 0 : 1];
    *natural =
        (int)(side * (self->scale > 0 ? self->scale : 1)) / gtk_widget_get_scale_factor(widget);
    *least = self->scale > 0 ? *natural : 0;
}

/* Where the picture is: its left upper corner, and how large one of its pixels is. */
static float
place(ImageCanvas *self, graphene_point_t *ret_at)
{
    GtkWidget *w = GTK_WIDGET(self);
    float scale = (float)(image_canvas_get_scale(self) / gtk_widget_get_scale_factor(w));

    ret_at->x = ((float)gtk_widget_get_width(w) - (float)self->size[0] * scale) / 2;
    ret_at->y = ((float)gtk_widget_get_height(w) - (float)self->size[1] * scale) / 2;
    return scale;
}

static void
image_canvas_snapshot(GtkWidget *widget, GtkSnapshot *snapshot)
{
    ImageCanvas *self = SNUG_IMAGE_CANVAS(widget);
    graphene_point_t at;

    if (self->texture == NULL)
        return;
    float scale = place(self, &at);
    gtk_snapshot_append_texture(snapshot, self->texture,
                                &GRAPHENE_RECT_INIT(at.x, at.y, (float)self->size[0] * scale,
                                                    (float)self->size[1] * scale));
    if (self->tiles != NULL)
        image_tiles_snapshot(self->tiles, snapshot, &at, scale);
}

/* --- what of a large one is looked at --- */

/* The overview has enough for what is smaller. */
static gboolean
needs_tiles(ImageCanvas *self)
{
    return self->tiles != NULL && image_canvas_get_scale(self) * self->size[0] >
                                      gdk_texture_get_width(self->texture) * 1.01;
}

/* By where it is scrolled to: it is moved there only with the next frame. */
static gboolean
look(gpointer p)
{
    ImageCanvas *self = p;
    graphene_point_t at;

    self->looking = 0;
    if (self->tiles == NULL)
        return G_SOURCE_REMOVE;
    if (self->around == NULL || !needs_tiles(self)) {
        image_tiles_want(self->tiles, NULL);
        return G_SOURCE_REMOVE;
    }
    float scale = place(self, &at);
    GtkAdjustment *h = gtk_scrolled_window_get_hadjustment(self->around),
                  *v = gtk_scrolled_window_get_vadjustment(self->around);
    image_tiles_want(self->tiles,
                     &(GdkRectangle){(int)(((float)gtk_adjustment_get_value(h) - at.x) / scale),
                                     (int)(((float)gtk_adjustment_get_value(v) - at.y) / scale),
                                     (int)((float)gtk_adjustment_get_page_size(h) / scale) + 1,
                                     (int)((float)gtk_adjustment_get_page_size(v) / scale) + 1});
    return G_SOURCE_REMOVE;
}

static void
look_soon(ImageCanvas *self)
{
    if (self->looking == 0 && self->tiles != NULL)
        self->looking = g_idle_add(look, self);
}

static void
image_canvas_size_allocate(GtkWidget *widget, int width, int height, int baseline)
{
    look_soon(SNUG_IMAGE_CANVAS(widget));
}

static void
image_canvas_root(GtkWidget *widget)
{
    ImageCanvas *self = SNUG_IMAGE_CANVAS(widget);
    GtkWidget *around;

    GTK_WIDGET_CLASS(image_canvas_parent_class)->root(widget);
    around = gtk_widget_get_ancestor(widget, GTK_TYPE_SCROLLED_WINDOW);
    if (around == NULL || self->around == GTK_SCROLLED_WINDOW(around))
        return;
    g_set_weak_pointer(&self->around, GTK_SCROLLED_WINDOW(around));
    g_signal_connect_object(gtk_scrolled_window_get_hadjustment(self->around), "value-changed",
                            G_CALLBACK(look_soon), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(gtk_scrolled_window_get_vadjustment(self->around), "value-changed",
                            G_CALLBACK(look_soon), self, G_CONNECT_SWAPPED);
}

/* --- the widget --- */

static void
image_canvas_dispose(GObject *object)
{
    ImageCanvas *self = SNUG_IMAGE_CANVAS(object);

    g_clear_handle_id(&self->looking, g_source_remove);
    g_clear_weak_pointer(&self->around);
    g_clear_object(&self->tiles);
    g_clear_object(&self->texture);
    G_OBJECT_CLASS(image_canvas_parent_class)->dispose(object);
}

static void
image_canvas_class_init(ImageCanvasClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = image_canvas_dispose;
    widget->measure = image_canvas_measure;
    widget->snapshot = image_canvas_snapshot;
    widget->size_allocate = image_canvas_size_allocate;
    widget->root = image_canvas_root;
    gtk_widget_class_set_accessible_role(widget, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
image_canvas_init(ImageCanvas *self)
{
    gtk_widget_set_overflow(GTK_WIDGET(self), GTK_OVERFLOW_HIDDEN);
}

void
image_canvas_set_large(ImageCanvas *self, GdkTexture *texture, const int size[2], ImageTiles *tiles)
{
    g_set_object(&self->texture, texture);
    g_set_object(&self->tiles, tiles);
    self->size[0] = size[0];
    self->size[1] = size[1];
    if (tiles != NULL)
        g_signal_connect_object(tiles, "changed", G_CALLBACK(gtk_widget_queue_draw), self,
                                G_CONNECT_SWAPPED);
    image_canvas_fit(self);
}

void
image_canvas_set_texture(ImageCanvas *self, GdkTexture *texture)
{
    int size[2] = {0, 0};

    if (texture != NULL) {
        size[0] = gdk_texture_get_width(texture);
        size[1] = gdk_texture_get_height(texture);
    }
    image_canvas_set_large(self, texture, size, NULL);
}

void
image_canvas_fit(ImageCanvas *self)
{
    self->scale = 0;
    gtk_widget_queue_resize(GTK_WIDGET(self));
}

void
image_canvas_set_scale(ImageCanvas *self, double scale)
{
    self->scale = CLAMP(scale, SCALE_LEAST, SCALE_MOST);
    gtk_widget_queue_resize(GTK_WIDGET(self));
}
