/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What waits to be sent in a conversation, and what can be done about it: another time, at once, or
 * not at all.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"

/* Over the window that PARENT is in; CONTACT is an id. */
GtkWindow *scheduled_dialog_open(GtkWidget *parent, Account *account, const char *contact);
