/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is known about a message beside its words: when it was sent and what became of it, when it
 * disappears, and what it said before it was edited.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"
#include "gui/models/message.h"

GtkWindow *details_dialog_open(GtkWidget *parent, Account *account, Message *message);
