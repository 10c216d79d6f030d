/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The agent's settings as rows show and change them. Rows (gui/settings/rows.h) below a widget that
 * was attached read their value from here and write it back at once.
 *
 * Signals: "changed": they are known, or others; "refused" (const char *why): one was not taken,
 * and is shown as it is again.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/bridge.h"

#define SNUG_TYPE_SETTINGS (settings_get_type())
G_DECLARE_FINAL_TYPE(Settings, settings, SNUG, SETTINGS, GObject)

/* Asks for them at once. */
Settings *settings_new(Bridge *bridge);

/* Borrowed; NULL while it is not known. */
const json_t *settings_get(Settings *self, const char *key);
/* Takes VALUE. */
void settings_set(Settings *self, const char *key, json_t *value);

/* All rows below ROOT are of SELF from now on. */
void settings_attach(Settings *self, GtkWidget *root);
