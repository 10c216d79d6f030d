/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Look whether a backup is whole, and say what it holds or why it is of no use, before it is
 * needed.
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"

#define SNUG_TYPE_CHECK_WINDOW (check_window_get_type())
G_DECLARE_FINAL_TYPE(CheckWindow, check_window, SNUG, CHECK_WINDOW, AdwWindow)

CheckWindow *check_window_new(GtkWindow *parent, Account *account);
/* The backup that was chosen. */
void check_window_set_path(CheckWindow *self, const char *path);
