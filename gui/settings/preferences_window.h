/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The preferences of the open profile, and of the program. Closes by itself when the profile is
 * locked.
 */
#pragma once

#include "gui/account.h"

#include <adwaita.h>

#define SNUG_TYPE_PREFERENCES_WINDOW (preferences_window_get_type())
G_DECLARE_FINAL_TYPE(PreferencesWindow, preferences_window, SNUG, PREFERENCES_WINDOW,
                     AdwPreferencesWindow)

PreferencesWindow *preferences_window_new(GtkWindow *parent, Account *account);
