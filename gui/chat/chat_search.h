/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Searching in one conversation: a bar with the words, how many messages have them, and the way
 * from one to the next. Begins with the newest.
 *
 * Signals: "hit" (const char *message, to go there); "failed" (const char *sentence); "closed".
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"

#define SNUG_TYPE_CHAT_SEARCH (chat_search_get_type())
G_DECLARE_FINAL_TYPE(ChatSearch, chat_search, SNUG, CHAT_SEARCH, AdwBin)

void chat_search_set_account(ChatSearch *self, Account *account);
/* Of which conversation; closes it. */
void chat_search_set_contact(ChatSearch *self, const char *contact);
/* Show the bar and put the keyboard's focus there. */
void chat_search_begin(ChatSearch *self);
