/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/start/link_step.h"

#include <glib/gi18n.h>

#include "gui/models/fields.h"
#include "gui/qr_texture.h"

struct _LinkStep {
    Step parent;
    GtkPicture *picture;
    GtkLabel *link;
    GtkButton *copy;
};

G_DEFINE_FINAL_TYPE(LinkStep, link_step, SNUG_TYPE_STEP)

static void
on_copy_clicked(LinkStep *self)
{
    gdk_clipboard_set_text(gtk_widget_get_clipboard(GTK_WIDGET(self)),
                           gtk_label_get_text(self->link));
    gtk_button_set_label(self->copy, _("Copied"));
}

static void
on_link(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    LinkStep *self = p;

    if (error != NULL) {
        step_set_trouble(SNUG_STEP(self), error->message);
        return;
    }
    const char *link = field_text(result, "link");
    g_autoptr(GdkTexture) picture = qr_texture_new(link);

    gtk_label_set_text(self->link, link);
    gtk_picture_set_paintable(self->picture, GDK_PAINTABLE(picture));
    gtk_widget_set_sensitive(GTK_WIDGET(self->copy), TRUE);
    if (gtk_widget_get_mapped(GTK_WIDGET(self)))
        gtk_widget_grab_focus(GTK_WIDGET(self->copy));
}

void
link_step_set_bridge(LinkStep *self, Bridge *bridge)
{
    bridge_call(bridge, &(struct call){.method = "account.link", .self = self, .done = on_link});
}

static void
link_step_enter(Step *step)
{
    gtk_widget_grab_focus(GTK_WIDGET(SNUG_LINK_STEP(step)->copy));
    gtk_label_select_region(SNUG_LINK_STEP(step)->link, 0, 0); /* having the focus selected it */
}

static void
link_step_class_init(LinkStepClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    SNUG_STEP_CLASS(klass)->enter = link_step_enter;
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/start/link_step.ui");
    gtk_widget_class_bind_template_child(widget, LinkStep, picture);
    gtk_widget_class_bind_template_child(widget, LinkStep, link);
    gtk_widget_class_bind_template_child(widget, LinkStep, copy);
    gtk_widget_class_bind_template_callback(widget, on_copy_clicked);
}

static void
link_step_init(LinkStep *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}
