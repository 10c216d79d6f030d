/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a person does with one message, as actions of the page around the log. Each has the
 * message's id as target: message.reply, .edit, .react, .forward, .pin (or its end), .copy,
 * .delete-for-me, .delete-for-everyone, .details, .retry. And of the conversation, without a
 * target: conversation.timer.
 *
 * What fails is said near COMPOSER, in the agent's words.
 */
#pragma once

#include "gui/account.h"
#include "gui/chat/composer.h"

/* COMPOSER is somewhere in PAGE. Call once. */
void message_actions_install(GtkWidget *page, Account *account, Composer *composer);
