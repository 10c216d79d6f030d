/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What libadwaita 1.2 leaves out of AdwEntryRow: a screen reader is told nothing of the field
 * inside, nor what the picture on the button beside it does, and a row that is gone may be told
 * that it lost the focus.
 */
#pragma once

#include <adwaita.h>

/* The fields of all entry rows below ROOT are named as their rows are titled. Call after the
 * template is there. */
void entry_rows_name(GtkWidget *root);

/* ROOT, which is still in its window, leaves it: a row that goes with the focus in it would be told
 * later that it lost it. For pages that go before their window does. */
void entry_rows_leave(GtkWidget *root);
