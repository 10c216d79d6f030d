/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What every page of the program is given: the way to the agent, and what all of them show.
 */
#pragma once

#include "gui/bridge.h"
#include "gui/models/avatars.h"
#include "gui/models/contact_book.h"
#include "gui/models/conversation_list.h"
#include "gui/models/standing.h"

#define SNUG_TYPE_ACCOUNT (account_get_type())
G_DECLARE_FINAL_TYPE(Account, account, SNUG, ACCOUNT, GObject)

struct _Account {
    GObject parent;
    Bridge *bridge;
    ContactBook *contacts;
    Avatars *avatars;
    ConversationList *conversations, *archive;
    Standing *standing;
};

Account *account_new(const char *profile);
