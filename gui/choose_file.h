/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Asking for a file or a folder on this computer. The chooser goes with the one that asks, and when
 * the profile is locked: nobody is called then.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"

/* PATH is borrowed. */
typedef void chosen_fn(gpointer self, const char *path, gpointer data);

struct choosing {
    GtkWidget *self;  /* who asks */
    Account *account; /* NULL: a lock does not matter where one asks */
    GtkFileChooserAction action;
    const char *title, *accept; /* ACCEPT: the label of the button, with a mnemonic; NULL: usual */
    const char *name;           /* of a new file, at first; NULL: none */
    gboolean pictures;          /* only such files are shown */
    gboolean many;              /* CHOSEN is called once for each */
    chosen_fn *chosen;
    gpointer data;
    GDestroyNotify free_data; /* may be NULL */
};
/* Borrowed: what is on the screen now. */
GtkFileChooserNative *choose_file(const struct choosing *choosing);
