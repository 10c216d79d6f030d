/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A line of the sidebar: a conversation, a contact, or a message that was found. Two lines of text
 * beside a picture, laid out by itself, because a list keeps two hundred of them alive.
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"

#define SNUG_TYPE_CONVERSATION_ROW (conversation_row_get_type())
G_DECLARE_FINAL_TYPE(ConversationRow, conversation_row, SNUG, CONVERSATION_ROW, GtkWidget)

ConversationRow *conversation_row_new(Account *account);

/* ITEM is a Conversation, a Contact or a Message, which is followed; NULL: none. WORD, which may be
 * NULL, is what a message was found by. */
void conversation_row_show(ConversationRow *self, gpointer item, const char *word);
gpointer conversation_row_get_item(ConversationRow *self);
/* Time went on. */
void conversation_row_refresh(ConversationRow *self);
