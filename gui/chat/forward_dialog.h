/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * To whom a message goes on: one or several contacts, found by a part of their name.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"

/* NEAR is in the page, where the end is said; MESSAGE is an id. */
GtkWindow *forward_dialog_open(GtkWidget *near, Account *account, const char *message);
