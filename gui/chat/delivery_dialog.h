/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How things stand with a contact: what is out and where, what is missing and is asked for, and
 * what is lost. It follows what happens.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"

/* Called with SELF (while it lives) and the id of a message that the person wants to see; the
 * window closes. */
typedef void delivery_jump_fn(gpointer self, const char *message);

/* Over the window that SELF, a widget, is in; CONTACT is an id. */
GtkWindow *delivery_dialog_open(GtkWidget *self, Account *account, const char *contact,
                                delivery_jump_fn *jump);
