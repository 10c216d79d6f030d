/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The main window: the page that fits the agent's state (connecting, first run, locked, chatting),
 * and above it a banner when the agent is away or does not answer. All that adapts to the width is
 * in window.ui.
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"

#define SNUG_TYPE_WINDOW (window_get_type())
G_DECLARE_FINAL_TYPE(Window, window, SNUG, WINDOW, AdwApplicationWindow)

Window *window_new(AdwApplication *app, Account *account);

/* Show a conversation, where the profile is open. */
void window_open_conversation(Window *self, const char *contact);
/* A line that goes away by itself. */
void window_toast(Window *self, const char *text);
