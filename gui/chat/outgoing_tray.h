/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What goes with the next message: the files, each with a button that takes it out, and what
 * happens to them. It is not shown while there are none.
 *
 * Signals: "changed"; "refused" (const char *sentence): a file that cannot be sent was not taken.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"
#include "gui/chat/outgoing_file.h"

#define SNUG_TYPE_OUTGOING_TRAY (outgoing_tray_get_type())
G_DECLARE_FINAL_TYPE(OutgoingTray, outgoing_tray, SNUG, OUTGOING_TRAY, GtkWidget)

/* Whose agent makes small pictures of them. Before the first file. */
void outgoing_tray_set_account(OutgoingTray *self, Account *account);

/* Files by what is named, and what is there already. */
void outgoing_tray_add(OutgoingTray *self, GFile *file);
void outgoing_tray_add_file(OutgoingTray *self, OutgoingFile *file);
gboolean outgoing_tray_is_empty(OutgoingTray *self);

/* All of them, in order, of which the tray is empty then. */
GPtrArray *outgoing_tray_take(OutgoingTray *self);
/* The person wants pictures cleaned of what their files say beside the picture. */
gboolean outgoing_tray_get_strip(OutgoingTray *self);
