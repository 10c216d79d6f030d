/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/files/save_as.h"

#include <glib/gi18n.h>

#include "gui/saving.h"

/* What was chosen may be replaced: the person said so. */
static struct saving
saving_of(GtkWidget *near, Account *account, const char *attachment)
{
    return (struct saving){.near = near,
                           .account = account,
                           .method = "attachment.save",
                           .params = json_pack("{s:s,s:b}", "attachment", attachment, "replace", 1),
                           .title = _("Save As"),
                           .accept = _("_Save"),
                           .saved = _("Saved as “%s”")};
}

void
save_to(GtkWidget *near, Account *account, const char *attachment, const char *path)
{
    struct saving s = saving_of(near, account, attachment);

    saving_begin(&s, path);
}

void
save_as(GtkWidget *near, Account *account, const Attachment *file)
{
    struct saving s = saving_of(near, account, file->id);

    s.name = file->name;
    saving_ask(&s);
}
