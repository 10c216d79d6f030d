/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A conversation in a window of its own, which closes when the profile is locked. Made by
 * gui/windows.h, so that there is one for each at most.
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"

#define SNUG_TYPE_CONVERSATION_WINDOW (conversation_window_get_type())
G_DECLARE_FINAL_TYPE(ConversationWindow, conversation_window, SNUG, CONVERSATION_WINDOW,
                     AdwApplicationWindow)

ConversationWindow *conversation_window_new(GtkApplication *app, Account *account,
                                            const char *contact);
const char *conversation_window_get_contact(ConversationWindow *self);
void conversation_window_jump(ConversationWindow *self, const char *message);
