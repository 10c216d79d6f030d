/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/choose_file.h"

#include <glib/gi18n.h>

#include "gui/dialog.h"

struct choice {
    GtkFileChooserNative *chooser; /* NULL: it is over */
    GtkWidget *self;               /* borrowed: the chooser is gone before */
    chosen_fn *chosen;
    gpointer data;
    GDestroyNotify free_data;
};

static void
choice_free(gpointer p, GClosure *closure)
{
    struct choice *c = p;

    if (c->free_data != NULL)
        c->free_data(c->data);
    g_free(c);
}

static void
take(struct choice *c, GFile *file)
{
    g_autofree char *path = g_file_get_path(file);

    if (path != NULL)
        c->chosen(c->self, path, c->data);
    else
        say(c->self, _("Only files and folders on this computer can be chosen."));
}

static void
on_response(GtkNativeDialog *dialog, int response, struct choice *c)
{
    g_autoptr(GtkFileChooserNative) chooser = g_steal_pointer(&c->chooser);
    g_autoptr(GListModel) files = NULL;

    if (chooser == NULL) /* SELF goes in the midst of it */
        return;
    if (response == GTK_RESPONSE_ACCEPT)
        files = gtk_file_chooser_get_files(GTK_FILE_CHOOSER(chooser));
    gtk_native_dialog_destroy(dialog);
    for (guint i = 0; files != NULL && i < g_list_model_get_n_items(files); i++) {
        g_autoptr(GFile) file = g_list_model_get_item(files, i);
        take(c, file);
    }
}

static void
give_up(GtkNativeDialog *dialog)
{
    g_signal_emit_by_name(dialog, "response", GTK_RESPONSE_CANCEL);
}

static void
on_state(GtkNativeDialog *dialog, GParamSpec *spec, Bridge *bridge)
{
    enum bridge_state state = bridge_get_state(bridge);

    if (state == BRIDGE_LOCKED || state == BRIDGE_NO_PROFILE)
        give_up(dialog);
}

static void
show_pictures_only(GtkFileChooser *chooser)
{
    g_autoptr(GtkFileFilter) pictures = gtk_file_filter_new();

    gtk_file_filter_set_name(pictures, _("Pictures"));
    gtk_file_filter_add_mime_type(pictures, "image/*");
    gtk_file_chooser_add_filter(chooser, pictures);
}

GtkFileChooserNative *
choose_file(const struct choosing *c)
{
    GtkRoot *root = gtk_widget_get_root(c->self);
    GtkFileChooserNative *native =
        gtk_file_chooser_native_new(c->title, GTK_IS_WINDOW(root) ? GTK_WINDOW(root) : NULL,
                                    c->action, c->accept, _("_Cancel"));
    GtkFileChooser *chooser = GTK_FILE_CHOOSER(native);
    struct choice *choice = g_new(struct choice, 1);

    *choice = (struct choice){native, c->self, c->chosen, c->data, c->free_data};
    if (c->name != NULL)
        gtk_file_chooser_set_current_name(chooser, c->name);
    if (c->pictures)
        show_pictures_only(chooser);
    gtk_file_chooser_set_select_multiple(chooser, c->many);
    g_signal_connect_data(native, "response", G_CALLBACK(on_response), choice, choice_free, 0);
    g_signal_connect_object(c->self, "destroy", G_CALLBACK(give_up), native, G_CONNECT_SWAPPED);
    if (c->account != NULL)
        g_signal_connect_object(c->account->bridge, "notify::state", G_CALLBACK(on_state), native,
                                G_CONNECT_SWAPPED);
    gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(native), TRUE);
    gtk_native_dialog_show(GTK_NATIVE_DIALOG(native));
    return native;
}
