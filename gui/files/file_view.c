/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/files/file_view.h"

#include <glib/gi18n.h>

#include "gui/files/file_words.h"

struct _FileView {
    GtkBox parent;
    GtkImage *icon;
    GtkLabel *name, *state;
    GtkProgressBar *progress;
    GtkButton *act;
};

G_DEFINE_FINAL_TYPE(FileView, file_view, GTK_TYPE_BOX)

void
file_button_show(GtkButton *button, const Attachment *file)
{
    const struct file_action *action = file_first_action(file);

    gtk_widget_set_visible(GTK_WIDGET(button), action != NULL);
    if (action == NULL)
        return;
    g_autofree char *spoken = file_spoken_words(file),
                    *label = g_strdup_printf("%s: %s", _(action->label), spoken);

    gtk_button_set_icon_name(button, action->icon);
    gtk_actionable_set_action_name(GTK_ACTIONABLE(button), action->name);
    gtk_widget_set_tooltip_text(GTK_WIDGET(button), _(action->label));
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                   -1);
}

void
file_view_show(FileView *self, const Attachment *file)
{
    g_autofree char *name = file_name_shown(file), *state = file_state_words(file);
    gboolean moving = file_is_moving(file) && file->total > 0;

    gtk_image_set_from_icon_name(self->icon, file_icon(file));
    gtk_label_set_text(self->name, name);
    gtk_widget_set_tooltip_text(GTK_WIDGET(self->name), name);
    gtk_label_set_text(self->state, state);
    if (file->state == ATTACHMENT_FAILED)
        gtk_widget_add_css_class(GTK_WIDGET(self->state), "error");
    else
        gtk_widget_remove_css_class(GTK_WIDGET(self->state), "error");
    gtk_widget_set_visible(GTK_WIDGET(self->progress), moving);
    gtk_progress_bar_set_fraction(
        self->progress, moving ? CLAMP((double)file->moved / (double)file->total, 0, 1) : 0);
    file_button_show(self->act, file);
}

static void
file_view_class_init(FileViewClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/files/file_view.ui");
    gtk_widget_class_bind_template_child(widget, FileView, icon);
    gtk_widget_class_bind_template_child(widget, FileView, name);
    gtk_widget_class_bind_template_child(widget, FileView, state);
    gtk_widget_class_bind_template_child(widget, FileView, progress);
    gtk_widget_class_bind_template_child(widget, FileView, act);
}

static void
file_view_init(FileView *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

GtkWidget *
file_view_new(void)
{
    return g_object_new(SNUG_TYPE_FILE_VIEW, NULL);
}
