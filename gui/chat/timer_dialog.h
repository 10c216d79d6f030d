/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * After what time the messages of a conversation disappear.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"

/* Asks the agent what is set, then the person. NEAR is in the page; CONTACT is an id. */
void timer_dialog_open(GtkWidget *near, Account *account, const char *contact);
