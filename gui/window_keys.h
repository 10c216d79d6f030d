/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The keys of the main window that work wherever the focus is: going through the conversations and
 * the regions, searching, going back. What they do are actions of the window ("window.NAME").
 */
#pragma once

#include <gtk/gtk.h>

void window_keys_add(GtkWidget *window);

/* GTK leaves the button without a name by which the LIST of all keys is searched; NULL: no list. */
void window_keys_name(GtkShortcutsWindow *list);
