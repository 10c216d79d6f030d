/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Messages in and out of the table: the one place where a row of the conversation is made, and the
 * one where it is taken away, with all that hangs on it (words of the search, the list of
 * conversations, reactions, files). Inside the caller's transaction.
 */
#pragma once

#include "core/messages.h"
#include "core/outbox.h"

struct message_row {
    int64_t contact;
    bool outgoing;
    const struct msg_id *msg_id; /* NULL: a notice of our own */
    uint32_t type;               /* enum content_type */
    enum message_state state;
    struct span text;                 /* words or caption */
    struct span marks;                /* packed: mentions and ranges; SPAN_NONE: none */
    struct span reply_to, reply_hash; /* both or SPAN_NONE */
    struct span extra;                /* SPAN_NONE: none */
    bool forwarded, mentions_me;
    int64_t sent_ms;
    uint32_t expire_s;
    int64_t due_ms;    /* 0: it goes at once */
    struct span hash;  /* hash16 of `shared`; SPAN_NONE: not made yet */
    struct span chain; /* SPAN_NONE: none */
    uint64_t seq;
};

/* Which rows of `messages` are there for a person: not those of a conversation that is being
 * deleted. The second where ?1 is the contact. */
#define MESSAGE_HERE                                                                               \
    "id>ifnull((SELECT gone_upto FROM conversations WHERE "                                        \
    "conversations.contact=messages.contact),0)"
#define MESSAGE_HERE_OF_1 "id>ifnull((SELECT gone_upto FROM conversations WHERE contact=?1),0)"

/* Whether somebody has yet to be shown it; what only tells of a setting never counts. */
static inline bool
message_row_unread(const struct message_row *row)
{
    return !row->outgoing && row->type != CONTENT_TIMER;
}

/* A new row, noted in conversation, search and events. A received one is unread. */
enum err message_insert(struct engine *e, const struct message_row *row, int64_t *ret);

/* What was received: into its place holder, if it has one, else a new row. Plans its receipt. */
enum err message_insert_received(struct engine *e, const struct arrival *a, struct message_row *row,
                                 int64_t *ret);

/* What ROW holds of a received Text: words, marks, quote. *RET_MARKS is what row->marks borrows. */
enum err message_row_text(struct engine *e, const Wire__Text *t, struct buf *ret_marks,
                          struct message_row *row);

/* The words of a message changed (an edit, a deletion): row and search. */
enum err message_reword(struct engine *e, int64_t id, struct span text, struct span marks);

/* It was deleted for everyone: its place stays, and nothing of what it held. */
enum err message_empty(struct engine *e, int64_t id);

/* The time that a sender says, as far as it can be (B8.2). */
int64_t message_clamped(struct engine *e, uint64_t sent_at);

/* Take a row away for good, with everything that hangs on it, whatever it waits for. Fine when it
 * is not there. EVENT_MESSAGE_GONE, unless its whole conversation is being deleted: that was told
 * already. */
enum err message_remove(struct engine *e, int64_t id);
