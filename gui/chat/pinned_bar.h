/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The pinned messages of a conversation in one line: the last pinned one; each click goes to the
 * message that is shown, and then shows the next. Hidden when nothing is pinned.
 *
 * Signals: "picked" (const char *message).
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"

#define SNUG_TYPE_PINNED_BAR (pinned_bar_get_type())
G_DECLARE_FINAL_TYPE(PinnedBar, pinned_bar, SNUG, PINNED_BAR, AdwBin)

void pinned_bar_set_account(PinnedBar *self, Account *account);
void pinned_bar_set_contact(PinnedBar *self, const char *contact);
