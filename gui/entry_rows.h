/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What libadwaita 1.2 leaves out of AdwEntryRow: a screen reader is told nothing of the field
 * inside.
 */
#pragma once

#include <adwaita.h>

/* The fields of all entry rows below ROOT are named as their rows are titled. Call after the
 * template is there. */
void entry_rows_name(GtkWidget *root);
