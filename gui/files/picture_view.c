/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/files/picture_view.h"

#include <glib/gi18n.h>

#include "gui/files/file_words.h"
#include "gui/files/picture_frame.h"
#include "gui/files/thumbnails.h"

struct _PictureView {
    GtkWidget parent;
    GtkButton *button;
    PictureFrame *frame;
    GtkWidget *state;
    GtkImage *icon;
    GtkLabel *words;
    GtkProgressBar *progress;
};

G_DEFINE_FINAL_TYPE(PictureView, picture_view, GTK_TYPE_WIDGET)

static void
show_state(PictureView *self, const Attachment *file, int tile)
{
    const struct file_action *action = file_first_action(file);
    g_autofree char *words = file_state_words(file);
    gboolean moving = file_is_moving(file);

    gtk_widget_set_visible(self->state, file->state != ATTACHMENT_HERE);
    if (action == NULL)
        return;
    gtk_image_set_from_icon_name(self->icon, action->icon);
    gtk_label_set_text(self->words, words);
    gtk_widget_set_visible(GTK_WIDGET(self->words), tile == 0);
    gtk_widget_set_visible(GTK_WIDGET(self->progress), moving && file->total > 0);
    gtk_progress_bar_set_fraction(
        self->progress,
        file->total > 0 ? CLAMP((double)file->moved / (double)file->total, 0, 1) : 0);
}

static void
show_action(PictureView *self, const Attachment *file)
{
    const struct file_action *action = file_first_action(file);
    gboolean here = file->state == ATTACHMENT_HERE;
    const char *label = here ? _("Open") : action != NULL ? _(action->label) : "";
    g_autofree char *spoken = file_spoken_words(file), *name = file_name_shown(file);

    gtk_actionable_set_action_name(GTK_ACTIONABLE(self->button), here             ? "file.open"
                                                                 : action != NULL ? action->name
                                                                                  : NULL);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   spoken, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, label, -1);
    gtk_widget_set_tooltip_text(GTK_WIDGET(self->button), here ? name : label);
}

void
picture_view_show(PictureView *self, const Attachment *file, GdkTexture *texture, int tile)
{
    if (tile > 0)
        picture_frame_set_tile(self->frame, tile);
    else
        picture_frame_set_size(self->frame, file->width, file->height, THUMBNAIL_SIDE);
    picture_frame_set_texture(self->frame, texture);
    show_state(self, file, tile);
    show_action(self, file);
}

static void
picture_view_dispose(GObject *object)
{
    GtkWidget *child = gtk_widget_get_first_child(GTK_WIDGET(object));

    g_clear_pointer(&child, gtk_widget_unparent);
    G_OBJECT_CLASS(picture_view_parent_class)->dispose(object);
}

static void
picture_view_class_init(PictureViewClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = picture_view_dispose;
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/files/picture_view.ui");
    gtk_widget_class_bind_template_child(widget, PictureView, button);
    gtk_widget_class_bind_template_child(widget, PictureView, frame);
    gtk_widget_class_bind_template_child(widget, PictureView, state);
    gtk_widget_class_bind_template_child(widget, PictureView, icon);
    gtk_widget_class_bind_template_child(widget, PictureView, words);
    gtk_widget_class_bind_template_child(widget, PictureView, progress);
    gtk_widget_class_set_layout_manager_type(widget, GTK_TYPE_BIN_LAYOUT);
}

static void
picture_view_init(PictureView *self)
{
    g_type_ensure(SNUG_TYPE_PICTURE_FRAME);
    gtk_widget_init_template(GTK_WIDGET(self));
    picture_frame_set_cover(self->frame, self->state);
}

GtkWidget *
picture_view_new(void)
{
    return g_object_new(SNUG_TYPE_PICTURE_VIEW, NULL);
}
