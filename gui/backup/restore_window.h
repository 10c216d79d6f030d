/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * First run: come back to an account that there is already, from a backup, or in the place of a
 * lost device with the recovery kit. Nothing is made where it fails, and why is said.
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"

enum restore_from { RESTORE_BACKUP, RESTORE_KIT };

#define SNUG_TYPE_RESTORE_WINDOW (restore_window_get_type())
G_DECLARE_FINAL_TYPE(RestoreWindow, restore_window, SNUG, RESTORE_WINDOW, AdwWindow)

RestoreWindow *restore_window_new(GtkWindow *parent, Account *account, enum restore_from from);
/* The backup that was chosen, and the file or picture of the kit. */
void restore_window_set_path(RestoreWindow *self, const char *path);
void restore_window_set_kit(RestoreWindow *self, GFile *file);
