/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which emoji to react with: the usual ones, all others, or none any more.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"
#include "gui/models/message.h"

/* NEAR is in the page, where a failure is said. */
GtkWindow *react_dialog_open(GtkWidget *near, Account *account, Message *message);
