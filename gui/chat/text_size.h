/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How large a wrapping label is, found out with as little work as there can be. Asked for its
 * widths, a GtkLabel of GTK 4.8 lays its text out once with a line for each character and once
 * without any breaks, and then again for the height: most of what a row of the log would cost.
 * Here it is laid out once where it is given the room that it would like, and twice elsewhere.
 *
 * The label has no margin, border or padding.
 */
#pragma once

#include <gtk/gtk.h>

struct text_size {
    int width, height;           /* with all the room */
    int asked_width, for_height; /* as they were asked for last; 0: not yet */
};

/* Ask LABEL anew: something about it changed. */
void text_size_ask(struct text_size *size, GtkLabel *label);
/* The height of LABEL in WIDTH. */
int text_size_height(struct text_size *size, GtkLabel *label, int width);
