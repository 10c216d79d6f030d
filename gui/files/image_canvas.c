/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/files/image_canvas.h"

#define SCALE_LEAST 0.05
#define SCALE_MOST 8.0

struct _ImageCanvas {
    GtkWidget parent;
    GdkTexture *texture;
    double scale; /* 0: fitted */
};

G_DEFINE_FINAL_TYPE(ImageCanvas, image_canvas, GTK_TYPE_WIDGET)

static double
fitted(ImageCanvas *self, int width, int height)
{
    int factor = gtk_widget_get_scale_factor(GTK_WIDGET(self));
    double w = gdk_texture_get_width(self->texture), h = gdk_texture_get_height(self->texture);
    double scale = MIN(width * factor / w, height * factor / h);

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
        side = orientation == GTK_ORIENTATION_HORIZONTAL ? gdk_texture_get_width(self->texture)
                                                         : gdk_texture_get_height(self->texture);
    *natural =
        (int)(side * (self->scale > 0 ? self->scale : 1)) / gtk_widget_get_scale_factor(widget);
    *least = self->scale > 0 ? *natural : 0;
}

static void
image_canvas_snapshot(GtkWidget *widget, GtkSnapshot *snapshot)
{
    ImageCanvas *self = SNUG_IMAGE_CANVAS(widget);
    float factor = (float)gtk_widget_get_scale_factor(widget);

    if (self->texture == NULL)
        return;
    float scale = (float)image_canvas_get_scale(self) / factor,
          w = (float)gdk_texture_get_width(self->texture) * scale,
          h = (float)gdk_texture_get_height(self->texture) * scale;
    gtk_snapshot_append_texture(snapshot, self->texture,
                                &GRAPHENE_RECT_INIT(((float)gtk_widget_get_width(widget) - w) / 2,
                                                    ((float)gtk_widget_get_height(widget) - h) / 2,
                                                    w, h));
}

static void
image_canvas_dispose(GObject *object)
{
    g_clear_object(&SNUG_IMAGE_CANVAS(object)->texture);
    G_OBJECT_CLASS(image_canvas_parent_class)->dispose(object);
}

static void
image_canvas_class_init(ImageCanvasClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = image_canvas_dispose;
    widget->measure = image_canvas_measure;
    widget->snapshot = image_canvas_snapshot;
    gtk_widget_class_set_accessible_role(widget, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
image_canvas_init(ImageCanvas *self)
{
    gtk_widget_set_overflow(GTK_WIDGET(self), GTK_OVERFLOW_HIDDEN);
}

void
image_canvas_set_texture(ImageCanvas *self, GdkTexture *texture)
{
    g_set_object(&self->texture, texture);
    image_canvas_fit(self);
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
