/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is said in one conversation: a GListModel of Message, oldest first. It holds a window of
 * the conversation, never all of it: the newest messages, or those around one that was asked for.
 * It grows at both ends when it is told to, lets go of the far end, and follows what the agent
 * tells. However long a conversation is, this costs the same.
 *
 * Messages keep their object while they are in the window, and tell by "changed" that they changed.
 *
 * Signals: "loaded" (there is a new window, after history_load_*: const char *message, what was
 * asked for, or NULL for the newest); "arrived" (Message *: a new one, also when it is outside of
 * the window); "healed" (a place holder in it came, or is another kind of one now); "failed"
 * (const char *sentence).
 */
#pragma once

#include <gio/gio.h>

#include "gui/bridge.h"
#include "gui/models/message.h"

#define HISTORY_MAX 2000 /* messages in the window */
#define HISTORY_PAGE 16  /* how many it grows by: a list makes them all in one frame */

enum history_end { HISTORY_OLDER, HISTORY_NEWER };

#define SNUG_TYPE_HISTORY (history_get_type())
G_DECLARE_FINAL_TYPE(History, history, SNUG, HISTORY, GObject)

/* Of the conversation with CONTACT (an id). Empty until history_load_*, and empty again when the
 * profile is locked. */
History *history_new(Bridge *bridge, const char *contact);
const char *history_get_contact(History *self);

/* The newest messages, COUNT of them at least; what is shown stays until they are here. */
void history_load_newest(History *self, guint count);
/* A window around a message (an id). It is not asked for anything when the message is in the
 * window already: "loaded" follows at once. */
void history_load_around(History *self, const char *message);

/* Whether there is more beyond that end, and go for it (once at a time; nothing happens where there
 * is no more). */
gboolean history_has_more(History *self, enum history_end end);
void history_grow(History *self, enum history_end end);
/* A window is on its way. */
gboolean history_is_loading(History *self);

/* The place of a message (by its number); -1: it is not in the window. */
int history_find(History *self, gint64 number);
/* The message at a place, borrowed; NULL: none. */
Message *history_peek(History *self, guint position);
