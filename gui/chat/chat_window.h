/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A conversation in a window of its own. It closes when the profile is locked.
 */
#pragma once

#include "gui/chat/chat_page.h"

#define SNUG_TYPE_CHAT_WINDOW (chat_window_get_type())
G_DECLARE_FINAL_TYPE(ChatWindow, chat_window, SNUG, CHAT_WINDOW, AdwApplicationWindow)

/* The window of the conversation with CONTACT, which is made when there is none yet. APP may be
 * NULL: then it always is. */
ChatWindow *chat_window_show(GtkApplication *app, Account *account, const char *contact);
