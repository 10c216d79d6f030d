/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/people/copy_bar.h"

#include "gui/dialog.h"

struct _CopyBar {
    GtkBox parent;
    Account *account;
    GtkWidget *use_here;
};

G_DEFINE_FINAL_TYPE(CopyBar, copy_bar, GTK_TYPE_BOX)

static void
show(CopyBar *self)
{
    gtk_widget_set_visible(GTK_WIDGET(self), standing_copy_is_running(self->account->standing));
}

static void
on_taken(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    CopyBar *self = p;

    gtk_widget_set_sensitive(self->use_here, TRUE);
    if (error != NULL)
        say(GTK_WIDGET(self), error->message);
    standing_look(self->account->standing);
}

static void
on_use_here(CopyBar *self)
{
    gtk_widget_set_sensitive(self->use_here, FALSE);
    bridge_call(self->account->bridge,
                &(struct call){.method = "account.take_over", .self = self, .done = on_taken});
}

/* --- the object --- */

static void
copy_bar_dispose(GObject *object)
{
    g_clear_object(&SNUG_COPY_BAR(object)->account);
    G_OBJECT_CLASS(copy_bar_parent_class)->dispose(object);
}

static void
copy_bar_class_init(CopyBarClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = copy_bar_dispose;
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/people/copy_bar.ui");
    gtk_widget_class_bind_template_child(widget, CopyBar, use_here);
    gtk_widget_class_bind_template_callback(widget, on_use_here);
}

static void
copy_bar_init(CopyBar *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

GtkWidget *
copy_bar_new(Account *account)
{
    CopyBar *self = g_object_new(SNUG_TYPE_COPY_BAR, NULL);

    self->account = g_object_ref(account);
    g_signal_connect_object(account->standing, "changed", G_CALLBACK(show), self,
                            G_CONNECT_SWAPPED);
    show(self);
    return GTK_WIDGET(self);
}
