/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which window shows which conversation: none is shown twice. The application's actions
 * "open-conversation" and "open-apart" (contact id), "activate" and "requests" are here, too.
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"

/* Bring the window to the front that shows CONTACT's conversation, or open it in the main window.
 * MESSAGE is where to go in it; NULL: nowhere. APP may be NULL, as in tests. */
void windows_show(GtkApplication *app, Account *account, const char *contact, const char *message);
/* The same in a window of its own; the main window shows it no more. */
void windows_show_apart(GtkApplication *app, Account *account, const char *contact);
/* Present the window of its own that CONTACT's conversation has; FALSE: it has none. */
gboolean windows_present_apart(const char *contact, const char *message);
/* Whether somebody looks at CONTACT's conversation: in the active window. */
gboolean windows_is_watched(const char *contact);

void windows_add_actions(GtkApplication *app, Account *account);
