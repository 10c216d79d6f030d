/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The profiles on this computer, to open one of them or to make another one. Each is a program of
 * its own: choosing one activates the action app.open-profile with its name.
 */
#pragma once

#include <adwaita.h>

#define SNUG_TYPE_PROFILES_WINDOW (profiles_window_get_type())
G_DECLARE_FINAL_TYPE(ProfilesWindow, profiles_window, SNUG, PROFILES_WINDOW, AdwWindow)

/* OWN is the profile of this program. */
ProfilesWindow *profiles_window_new(GtkWindow *parent, const char *own);

/* Start the program for the profile NAME, or bring its window to the front. */
gboolean profile_open(const char *name, GError **error);
