/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The left side of the main window: oneself, the conversations, the archive, and the search.
 *
 * Signals: "opened" and "opened-apart" (in a window of its own), with the contact's id; "jumped",
 * to a message that was found, with the contact's and the message's.
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"

#define SNUG_TYPE_SIDEBAR (sidebar_get_type())
G_DECLARE_FINAL_TYPE(Sidebar, sidebar, SNUG, SIDEBAR, AdwBin)

Sidebar *sidebar_new(Account *account);

/* CONTACT is shown beside; NULL: nobody is. */
void sidebar_set_current(Sidebar *self, const char *contact);
/* Whether nothing is beside it: then its header bars close the window. */
void sidebar_set_alone(Sidebar *self, gboolean alone);

void sidebar_search(Sidebar *self);
void sidebar_show_archive(Sidebar *self);
/* Out of the search or the archive; FALSE: it was in neither. */
gboolean sidebar_go_back(Sidebar *self);
/* The conversation so many places from the current one; -1 is above. NULL: there is none. Borrowed.
 */
const char *sidebar_neighbour(Sidebar *self, int distance);
/* The conversation at that place, from 0. NULL: there is none. Borrowed. */
const char *sidebar_at(Sidebar *self, guint position);
void sidebar_grab_focus(Sidebar *self);
