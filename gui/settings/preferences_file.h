/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What this program remembers of its own, in $XDG_CONFIG_HOME/snug/desktop.ini: nothing secret, and
 * nothing of what the agent keeps. All of it is of the main thread.
 */
#pragma once

#include <glib.h>

/* What messages say is shown in notifications, also while the screen is locked. */
#define PREFERENCE_SHOW_CONTENT "notifications-show-content"

gboolean preference_get(const char *key, gboolean otherwise);
/* Written at once; where that fails it holds until the program ends. */
void preference_set(const char *key, gboolean value);
/* Read the file again; for tests. */
void preferences_forget(void);
