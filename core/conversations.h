/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The list of conversations: one row for each contact with whom something was said, kept with every
 * change, so that no list has to look at the history.
 */
#pragma once

#include "core/message_rows.h"

#define MUTED_FOR_GOOD INT64_MAX

struct conversation {
    int64_t contact;
    int64_t last_message; /* 0: none */
    int64_t last_ms;
    int unread, unread_mentions;
    bool marked_unread, archived, hidden;
    int64_t muted_until_ms, pinned_ms;
    int64_t draft_ms; /* 0: no draft */
    uint32_t timer_s;
};

/* The row of CONTACT, made if there is none; as it would be when there is none. */
enum err conversation_get(struct engine *e, int64_t contact, struct conversation *ret);

/* Parts of message_rows.c, inside its transaction: a message was added; one was read or is about to
 * be taken away. */
enum err conversation_said(struct engine *e, const struct message_row *row, int64_t id);
enum err conversation_unsaid(struct engine *e, int64_t contact, int64_t id);
enum err conversation_read(struct engine *e, int64_t contact);
