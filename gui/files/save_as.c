/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/files/save_as.h"

#include <glib/gi18n.h>

#include "gui/choose_file.h"
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

struct wanted {
    Account *account;
    char *attachment;
};

static void
wanted_free(gpointer p)
{
    struct wanted *w = p;

    g_object_unref(w->account);
    g_free(w->attachment);
    g_free(w);
}

static void
on_chosen(gpointer near, const char *path, gpointer data)
{
    struct wanted *w = data;

    save_to(near, w->account, w->attachment, path);
}

void
save_as(GtkWidget *near, Account *account, const Attachment *file)
{
    struct wanted *w = g_new(struct wanted, 1);

    *w = (struct wanted){g_object_ref(account), g_strdup(file->id)};
    choose_file(&(struct choosing){.self = near,
                                   .account = account,
                                   .action = GTK_FILE_CHOOSER_ACTION_SAVE,
                                   .title = _("Save As"),
                                   .accept = _("_Save"),
                                   .name = file->name,
                                   .chosen = on_chosen,
                                   .data = w,
                                   .free_data = wanted_free});
}
