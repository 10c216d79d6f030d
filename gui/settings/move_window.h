/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Moving the account to another relay. The move is the agent's: it goes on when the window is
 * closed, and the window shows how one stands that is under way.
 */
#pragma once

#include "gui/account.h"

#include <adwaita.h>

#define SNUG_TYPE_MOVE_WINDOW (move_window_get_type())
G_DECLARE_FINAL_TYPE(MoveWindow, move_window, SNUG, MOVE_WINDOW, AdwWindow)

MoveWindow *move_window_new(GtkWindow *parent, Account *account);
