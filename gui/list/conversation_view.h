/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Conversations one below the other, with what can be done with each by menu and by keys.
 *
 * Signals: "opened" and "opened-apart" (in a window of its own), with the contact's id.
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"

#define SNUG_TYPE_CONVERSATION_VIEW (conversation_view_get_type())
G_DECLARE_FINAL_TYPE(ConversationView, conversation_view, SNUG, CONVERSATION_VIEW, AdwBin)

ConversationView *conversation_view_new(Account *account, ConversationList *list);

/* The row of CONTACT is the one that is shown beside; NULL: none is. */
void conversation_view_set_current(ConversationView *self, const char *contact);
/* So that it can be seen. */
void conversation_view_scroll_to(ConversationView *self, guint position);
/* To the row that is current, or the first one. */
void conversation_view_grab_focus(ConversationView *self);
