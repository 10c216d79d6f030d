/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The parts of a row that few messages have. Each function makes its part when MESSAGE needs it,
 * fills it, and hides it when there is nothing to show.
 */
#pragma once

#include "gui/account.h"
#include "gui/chat/message_bubble.h"
#include "gui/models/message.h"

/* The sentence that is quoted; a click goes there. */
void message_parts_quote(MessageBubble *bubble, const Message *message);
/* A box of the message's files. */
void message_parts_files(MessageBubble *bubble, Account *account, const Message *message);
/* Who somebody is. */
void message_parts_card(MessageBubble *bubble, const Message *message);

/* Reactions, a button for each emoji, into BOX. */
void message_parts_reactions(GtkWidget *box, const Message *message);
