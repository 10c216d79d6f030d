/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What keys and the pointer do with the messages of a log: the menu of a message (second button,
 * long press, Menu, Shift+F10, Return), and words that can be selected where the pointer is.
 */
#pragma once

#include <gtk/gtk.h>

/* LIST shows MessageRows; the menu belongs to LOG, whose actions it uses. */
void log_input_attach(GtkWidget *log, GtkWidget *list);
