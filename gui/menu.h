/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A menu that belongs to no button gives the focus back to where it was: GTK 4.8 would hand it to
 * the first thing of the window.
 */
#pragma once

#include <gtk/gtk.h>

void menu_popup(GtkPopover *menu);
