/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/files/picture_frame.h"

#define LEAST 72 /* of a side, however thin the picture is */
#define UNKNOWN_WIDTH 240
#define UNKNOWN_HEIGHT 180

struct _PictureFrame {
    GtkWidget parent;
    int width, height;
    GdkTexture *texture;
    GtkWidget *cover;
};

G_DEFINE_FINAL_TYPE(PictureFrame, picture_frame, GTK_TYPE_WIDGET)

static void
picture_frame_measure(GtkWidget *widget, GtkOrientation orientation, int for_size, int *least,
                      int *natural, int *least_baseline, int *natural_baseline)
{
    PictureFrame *self = SNUG_PICTURE_FRAME(widget);

    *least_baseline = *natural_baseline = -1;
    if (orientation == GTK_ORIENTATION_HORIZONTAL) {
        *least = MIN(LEAST, self->width);
        *natural = self->width;
    } else {
        int width = for_size >= 0 ? MIN(for_size, self->width) : self->width;

        *least = *natural =
            MAX(self->height * width / MAX(self->width, 1), MIN(LEAST, self->height));
    }
}

static GtkSizeRequestMode
picture_frame_get_request_mode(GtkWidget *widget)
{
    return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
picture_frame_size_allocate(GtkWidget *widget, int width, int height, int baseline)
{
    PictureFrame *self = SNUG_PICTURE_FRAME(widget);

    if (self->cover != NULL && gtk_widget_should_layout(self->cover))
        gtk_widget_allocate(self->cover, width, height, -1, NULL);
}

/* All of W by H is covered; what does not fit is cut at both ends. */
static void
draw(GtkSnapshot *snapshot, GdkTexture *texture, float w, float h)
{
    float tw = (float)gdk_texture_get_width(texture), th = (float)gdk_texture_get_height(texture);
    float scale = MAX(w / tw, h / th);

    gtk_snapshot_push_clip(snapshot, &GRAPHENE_RECT_INIT(0, 0, w, h));
    gtk_snapshot_append_texture(
        snapshot, texture,
        &GRAPHENE_RECT_INIT((w - tw * scale) / 2, (h - th * scale) / 2, tw * scale, th * scale));
    gtk_snapshot_pop(snapshot);
}

static void
picture_frame_snapshot(GtkWidget *widget, GtkSnapshot *snapshot)
{
    PictureFrame *self = SNUG_PICTURE_FRAME(widget);
    float w = (float)gtk_widget_get_width(widget), h = (float)gtk_widget_get_height(widget);

    if (self->texture != NULL && w > 0 && h > 0)
        draw(snapshot, self->texture, w, h);
    if (self->cover != NULL)
        gtk_widget_snapshot_child(widget, self->cover, snapshot);
}

static void
picture_frame_dispose(GObject *object)
{
    PictureFrame *self = SNUG_PICTURE_FRAME(object);

    g_clear_object(&self->texture);
    g_clear_pointer(&self->cover, gtk_widget_unparent);
    G_OBJECT_CLASS(picture_frame_parent_class)->dispose(object);
}

static void
picture_frame_class_init(PictureFrameClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = picture_frame_dispose;
    widget->measure = picture_frame_measure;
    widget->get_request_mode = picture_frame_get_request_mode;
    widget->size_allocate = picture_frame_size_allocate;
    widget->snapshot = picture_frame_snapshot;
    gtk_widget_class_set_css_name(widget, "pictureframe");
    gtk_widget_class_set_accessible_role(widget, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
picture_frame_init(PictureFrame *self)
{
    gtk_widget_set_overflow(GTK_WIDGET(self), GTK_OVERFLOW_HIDDEN);
}

GtkWidget *
picture_frame_new(void)
{
    return g_object_new(SNUG_TYPE_PICTURE_FRAME, NULL);
}

static void
set_sides(PictureFrame *self, int width, int height)
{
    if (self->width == width && self->height == height)
        return;
    self->width = width;
    self->height = height;
    gtk_widget_queue_resize(GTK_WIDGET(self));
}

void
picture_frame_set_size(PictureFrame *self, int width, int height, int side)
{
    if (width < 1 || height < 1) {
        set_sides(self, UNKNOWN_WIDTH, UNKNOWN_HEIGHT);
        return;
    }
    double scale = MIN((double)side / width, (double)side / height);

    scale = MIN(scale, 1);
    set_sides(self, MAX((int)(width * scale), LEAST), MAX((int)(height * scale), LEAST));
}

void
picture_frame_set_tile(PictureFrame *self, int side)
{
    set_sides(self, side, side);
}

void
picture_frame_set_texture(PictureFrame *self, GdkTexture *texture)
{
    if (g_set_object(&self->texture, texture))
        gtk_widget_queue_draw(GTK_WIDGET(self));
}

void
picture_frame_set_cover(PictureFrame *self, GtkWidget *cover)
{
    g_clear_pointer(&self->cover, gtk_widget_unparent);
    self->cover = cover;
    gtk_widget_set_parent(cover, GTK_WIDGET(self));
}
