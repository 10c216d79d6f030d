/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A line of the list of conversations as the agent shows one (docs/RPC.md). The fields are for
 * reading; conversation_update writes them and emits "changed".
 */
#pragma once

#include <glib-object.h>
#include <jansson.h>

#include "gui/models/message.h"

#define SNUG_TYPE_CONVERSATION (conversation_get_type())
G_DECLARE_FINAL_TYPE(Conversation, conversation, SNUG, CONVERSATION, GObject)

struct _Conversation {
    GObject parent;
    char *contact, *label; /* CONTACT is the id, also of the conversation */
    Message *last;         /* NULL: nothing was said */
    gint64 last_ms, muted_until_ms, timer_s;
    int unread, unread_mentions;
    gboolean marked_unread, archived, pinned, draft, listed;
    char *draft_text;    /* its beginning, as the agent says it, or "" */
    gint64 deleted_upto; /* number of the last message that was deleted with all before it; 0 */
    int keep_days;       /* -1: as the setting says */
};

Conversation *conversation_new(const json_t *shown);
void conversation_update(Conversation *self, const json_t *shown);
/* SHOWN is a message as it is now: the last one, or another, which changes nothing. */
void conversation_update_last(Conversation *self, const json_t *shown);
/* The contact is called otherwise. */
void conversation_rename(Conversation *self, const char *label);
