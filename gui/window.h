/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The main window: the page that fits the agent's state (connecting, first run, locked, chatting),
 * and above it the alarms. All that adapts to the width is in window.ui.
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"

#define SNUG_TYPE_WINDOW (window_get_type())
G_DECLARE_FINAL_TYPE(Window, window, SNUG, WINDOW, AdwApplicationWindow)

Window *window_new(AdwApplication *app, Account *account);

/* Show a conversation, where the profile is open. */
void window_open_conversation(Window *self, const char *contact);
/* The contact whose conversation it shows; NULL: none. Borrowed. */
const char *window_get_contact(Window *self);
/* To a message of the conversation that is shown. */
void window_jump(Window *self, const char *message);
void window_close_conversation(Window *self);
/* A line that goes away by itself. */
void window_toast(Window *self, const char *text);
