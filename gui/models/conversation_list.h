/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The conversations as they are listed: a GListModel of Conversation, pinned ones first, then as
 * something was said. A list of its own holds those in the archive.
 *
 * The one thing to know: it holds the top of the agent's list. More is asked for when an item near
 * the end is looked at, so whoever looks at all of them (a filter) gets all. A conversation that
 * moves is told as one change over the places it passed, in which a view keeps its rows.
 *
 * Signals: "loaded": the first page has come (again).
 */
#pragma once

#include <gio/gio.h>

#include "gui/bridge.h"
#include "gui/models/conversation.h"

enum conversation_place { PLACE_LIST, PLACE_ARCHIVE };

#define SNUG_TYPE_CONVERSATION_LIST (conversation_list_get_type())
G_DECLARE_FINAL_TYPE(ConversationList, conversation_list, SNUG, CONVERSATION_LIST, GObject)

/* Empty until BRIDGE is open, and empty again when it is locked. */
ConversationList *conversation_list_new(Bridge *bridge, enum conversation_place place);

/* The conversation with that contact, borrowed; NULL: it is not here (yet). */
Conversation *conversation_list_get(ConversationList *self, const char *contact);
/* Its place, or G_MAXUINT. */
guint conversation_list_position(ConversationList *self, const char *contact);
/* Whether the first page has come: only then does no item mean that there is none. */
bool conversation_list_is_loaded(ConversationList *self);
