/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The actions of the main window that are about people, enabled while the profile is open:
 * win.add-contact (Ctrl+N), win.my-link, win.requests, and with a contact's id as target
 * win.contact-details and win.verify.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"

/* WINDOW has to be a GActionMap; the dialogs belong to it. */
void people_add_actions(GtkWindow *window, Account *account);
