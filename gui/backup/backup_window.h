/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Make a backup now, or say how they are made by themselves.
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"

#define SNUG_TYPE_BACKUP_WINDOW (backup_window_get_type())
G_DECLARE_FINAL_TYPE(BackupWindow, backup_window, SNUG, BACKUP_WINDOW, AdwWindow)

/* STATUS is what backup.status gave. SCHEDULE: not now, but how they are made by themselves. */
BackupWindow *backup_window_new(GtkWindow *parent, Account *account, const json_t *status,
                                gboolean schedule);
/* The file to be written, which is begun, or the folder of a schedule. */
void backup_window_set_path(BackupWindow *self, const char *path);
