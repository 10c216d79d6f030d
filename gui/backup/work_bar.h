/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How far a backup is that is written or read, with a button that gives it up; hidden while
 * nothing is done.
 *
 * Signals: "done" (const json_t *result, const GError *), of which one is NULL; "cancelled".
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/bridge.h"

#define SNUG_TYPE_WORK_BAR (work_bar_get_type())
G_DECLARE_FINAL_TYPE(WorkBar, work_bar, SNUG, WORK_BAR, GtkBox)

/* METHOD answers a job. Takes PARAMS. WORDS say what is done. */
void work_bar_begin(WorkBar *self, Bridge *bridge, const char *method, json_t *params,
                    const char *words);
gboolean work_bar_is_busy(WorkBar *self);
