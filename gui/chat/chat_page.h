/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A conversation: who it is with, banners, pinned messages, search, the log, and the place to
 * write. It works in the main window and in a window of its own (chat_window.h).
 *
 * Everything that fails inside says why by chat_page_toast. Actions for the whole conversation are
 * "chat.search", "chat.new-window"; what acts on one message is "message.NAME" with its id
 * (message_menu.h lists them).
 *
 * Properties: "folded" (the page stands alone in a narrow window: there is a way back).
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"
#include "gui/chat/message_log.h"

#define SNUG_TYPE_CHAT_PAGE (chat_page_get_type())
G_DECLARE_FINAL_TYPE(ChatPage, chat_page, SNUG, CHAT_PAGE, AdwBin)

ChatPage *chat_page_new(Account *account);

/* Show the conversation with CONTACT (an id). */
void chat_page_open(ChatPage *self, const char *contact);
/* The contact of the conversation, borrowed; NULL: none is shown. */
const char *chat_page_get_contact(ChatPage *self);
/* Go to a message (an id) of this conversation. */
void chat_page_jump(ChatPage *self, const char *message);

/* Below the header, above the log. Takes a floating BANNER. */
void chat_page_add_banner(ChatPage *self, GtkWidget *banner);
/* Below the log: where to write (composer.h). */
GtkWidget *chat_page_get_composer(ChatPage *self);
MessageLog *chat_page_get_log(ChatPage *self);
/* A line that goes away by itself. */
void chat_page_toast(ChatPage *self, const char *text);
