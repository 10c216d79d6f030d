/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A conversation in a window of its own. It closes when the profile is locked.
 */
#pragma once

#include "gui/chat/chat_page.h"

#define SNUG_TYPE_CHAT_WINDOW (chat_window_get_type())
G_DECLARE_FINAL_TYPE(ChatWindow, chat_window, SNUG, CHAT_WINDOW, AdwApplicationWindow)

/* Not for pages: windows_show_apart (gui/windows.h) sees to it that there is one for each. */
ChatWindow *chat_window_new(GtkApplication *app, Account *account, const char *contact);
ChatPage *chat_window_get_page(ChatWindow *self);
