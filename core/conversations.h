/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The list of conversations: one row for each contact with whom something was said, kept with every
 * change, so that no list has to look at the history. Ourselves are such a contact: notes.
 *
 * The one thing to know: unread, unread_mentions and last_message are at all times what a count of
 * the messages that are there would give. What is there is above gone_upto: a conversation that is
 * deleted is gone at once, and its rows go in slices (core/clearing.h).
 */
#pragma once

#include "core/message_rows.h"

#define MUTED_FOR_GOOD INT64_MAX
#define CONVERSATIONS_PINNED_MAX 20
#define KEEP_DAYS_MAX 36500
#define KEEP_AS_ACCOUNT (-1)

struct conversation {
    int64_t contact;
    int64_t last_message; /* 0: none */
    int64_t last_ms;
    int unread, unread_mentions;
    bool marked_unread, archived, hidden;
    int64_t muted_until_ms, pinned_ms;
    int64_t draft_ms; /* 0: no draft */
    uint32_t timer_s;
    int64_t gone_upto; /* messages up to here were deleted all at once; 0: none */
    int64_t clearing;  /* so many of those, at least, are still to be taken away */
    int64_t keep_days; /* KEEP_AS_ACCOUNT, 0: for ever */
};

/* The row of CONTACT; as it would be when there is none. */
enum err conversation_get(struct engine *e, int64_t contact, struct conversation *ret);

/* The oldest message in it that nobody was shown; 0: none. */
enum err conversation_first_unread(struct engine *e, int64_t contact, int64_t *ret);

/* Call EACH for a page of the list: pinned ones first (the last pinned on top), then as something
 * was said, those below the conversation BEFORE. ERR_NOT_FOUND: there is no such line. */
struct conversations_page {
    bool archived;  /* those instead of the others */
    bool unread;    /* only with something unread */
    int64_t before; /* contact; 0: from the top */
    int limit;
};
enum err conversations_each(struct engine *e, const struct conversations_page *page, void *ctx,
                            enum err (*each)(void *ctx, const struct conversation *c),
                            bool *ret_more);

/* The contact of the row behind that of CONTACT (0: the first), hidden ones too; ERR_NOT_FOUND. */
enum err conversation_after(struct engine *e, int64_t contact, int64_t *ret);
/* Whether message MENTIONS_ME or not: no notification is asked for in this conversation. */
enum err conversation_silent(struct engine *e, int64_t contact, bool mentions_me, bool *ret);
/* Whether a mention asks for one in spite of it. */
enum err mentions_while_muted_get(struct engine *e, bool *ret);
enum err mentions_while_muted_set(struct engine *e, bool on);
int64_t conversations_now(struct engine *e); /* UTC ms, for times that count from now */

/* What a person chooses, each in a transaction of its own; a row is made where there is none. */
enum err conversation_mark_unread(struct engine *e, int64_t contact);
/* Until then no notification is asked for; 0: not muted. */
enum err conversation_mute(struct engine *e, int64_t contact, int64_t until_ms);
/* ERR_LIMIT: CONVERSATIONS_PINNED_MAX are. Takes it out of the archive. */
enum err conversation_pin(struct engine *e, int64_t contact);
enum err conversation_unpin(struct engine *e, int64_t contact);
/* Out of the list until something is received (a muted one stays out). Takes its pin. */
enum err conversation_archive(struct engine *e, int64_t contact);
enum err conversation_unarchive(struct engine *e, int64_t contact);
/* DAYS as in struct conversation. ERR_USAGE. */
enum err conversation_keep(struct engine *e, int64_t contact, int64_t days);

/* Parts of message_rows.c, inside its transaction: a message was added; one is about to be taken
 * away, or counts as read; some were read. */
enum err conversation_said(struct engine *e, const struct message_row *row, int64_t id);
enum err conversation_unsaid(struct engine *e, int64_t contact, int64_t id);
enum err conversation_read(struct engine *e, int64_t contact);
/* Message ID mentions us from now on, or does not: its row, and the count. */
enum err conversation_mentions(struct engine *e, int64_t id, bool mentions_me);

/* For what changes a row elsewhere: make it (not in the list yet), and note that it changed (once a
 * transaction). */
enum err conversation_make(struct engine *e, int64_t contact);
void conversation_tell(struct engine *e, int64_t contact);
/* In the list from now on, before anything is said: somebody was asked. */
enum err conversation_begin(struct engine *e, int64_t contact);

#define CONVERSATION_COLUMNS                                                                       \
    "contact,last_message,last_ms,unread,unread_mentions,marked_unread,archived,hidden,"           \
    "muted_until_ms,pinned_ms,draft_ms,timer_s,gone_upto,clearing,ifnull(keep_days,-1)"
#define CONVERSATIONS_PAGE_SQL                                                                     \
    "SELECT " CONVERSATION_COLUMNS " FROM conversations WHERE archived=?1 AND hidden=0 AND "       \
    "(pinned_ms,last_ms,contact)<(?2,?3,?4) AND (?5=0 OR unread>0 OR marked_unread=1) "            \
    "ORDER BY pinned_ms DESC,last_ms DESC,contact DESC LIMIT ?6"
