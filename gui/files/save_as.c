/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/files/save_as.h"

#include <glib/gi18n.h>

#include "gui/dialog.h"

static void
on_saved(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    g_autofree char *name = g_filename_display_basename(data),
                    *words = g_strdup_printf(_("Saved as “%s”"), name);

    say(p, error != NULL ? error->message : words);
}

void
save_to(GtkWidget *near, Account *account, const char *attachment, const char *path)
{
    bridge_call(account->bridge,
                &(struct call){.method = "attachment.save",
                               .params = json_pack("{s:s,s:s,s:b}", "attachment", attachment,
                                                   "path", path, "replace", 1),
                               .self = near,
                               .done = on_saved,
                               .data = g_strdup(path),
                               .free_data = g_free});
}

struct choice {
    GtkWidget *near; /* weak */
    Account *account;
    char *attachment;
};

static void
choice_free(gpointer p, GClosure *closure)
{
    struct choice *c = p;

    g_clear_weak_pointer(&c->near);
    g_object_unref(c->account);
    g_free(c->attachment);
    g_free(c);
}

static void
on_response(GtkNativeDialog *chooser, int response, struct choice *c)
{
    if (response == GTK_RESPONSE_ACCEPT && c->near != NULL) {
        g_autoptr(GFile) to = gtk_file_chooser_get_file(GTK_FILE_CHOOSER(chooser));
        g_autofree char *path = to != NULL ? g_file_get_path(to) : NULL;

        if (path != NULL)
            save_to(c->near, c->account, c->attachment, path);
        else
            say(c->near, _("It can only be saved on this computer."));
    }
}

/* The chooser belongs to the window, and goes with it. */
void
save_as(GtkWidget *near, Account *account, const Attachment *file)
{
    GtkRoot *root = gtk_widget_get_root(near);
    GtkFileChooserNative *chooser = gtk_file_chooser_native_new(
        _("Save As"), GTK_WINDOW(root), GTK_FILE_CHOOSER_ACTION_SAVE, _("_Save"), _("_Cancel"));
    struct choice *c = g_new0(struct choice, 1);

    g_set_weak_pointer(&c->near, near);
    c->account = g_object_ref(account);
    c->attachment = g_strdup(file->id);
    gtk_file_chooser_set_current_name(GTK_FILE_CHOOSER(chooser), file->name);
    g_signal_connect_data(chooser, "response", G_CALLBACK(on_response), c, choice_free, 0);
    chooser_run(chooser, account);
}
