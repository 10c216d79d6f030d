/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What becomes of a message after it was said (B8.4): edited, deleted for everyone, reacted to,
 * pinned; by us and by them.
 *
 * The one thing to know: each change carries the time at which it was made, and what a message
 * becomes depends on these times only, never on the order in which the changes arrive. Both sides
 * apply the same body by the same rules (changes.c); what is only for our own side is in
 * changing.c.
 */
#pragma once

#include "core/message_rows.h"

/* --- ours; each is one transaction --- */

/* ERR_STATE with a sentence: not our own, not sent, deleted, of a type without words, or longer ago
 * than CHANGE_WINDOW (notes to oneself may always be changed). Texts and marks as in compose.h. */
enum err message_edit(struct engine *e, int64_t id, struct span text, struct span marks);

/* For everyone: what never left is taken out of the history; of the others the place stays.
 * *ret_withdrawn: nobody has seen it. */
enum err message_delete(struct engine *e, int64_t id, bool *ret_withdrawn);

/* For us alone. *ret_sent: it is a message of ours that has gone out, or will. */
enum err message_forget(struct engine *e, int64_t id, bool *ret_sent);

/* Part of message_rows.c: message ID is being taken away, and if it had to go on a day of its own,
 * so do the edits of it that are at the relay, which are kept to be said again. */
enum err message_edits_forget(struct engine *e, int64_t id);

/* Its time is over: message_remove, and no wording of it is kept for saying it again. Inside the
 * caller's transaction. */
enum err message_expired(struct engine *e, int64_t id);

/* An empty EMOJI takes our reaction back. ERR_USAGE: no reaction_valid. */
enum err message_react(struct engine *e, int64_t id, struct span emoji);

enum err message_pin(struct engine *e, int64_t id);
enum err message_unpin(struct engine *e, int64_t id);

/* At most REACTION_MAX bytes of UTF-8 without anything that controls what stands around it. */
bool reaction_valid(struct span emoji);

/* --- theirs; inside the caller's transaction --- */

/* A type 2, 3, 4 or 13. What breaks a rule does nothing; what comes before its message waits. */
enum err change_received(struct engine *e, const struct arrival *a);

/* The message ID, with MSG_ID, of CONTACT is here: what waited for it. */
enum err changes_early(struct engine *e, int64_t contact, int64_t id, const struct msg_id *msg_id);

/* Part of the hourly turn of expiry.c: what waited for CHANGE_ARRIVAL waits no longer. */
enum err changes_expire(struct engine *e);

/* --- reading --- */

/* How many earlier wordings there are; they, oldest first. */
enum err message_versions_count(struct engine *e, int64_t id, int *ret);
struct message_version {
    const char *text;  /* borrowed */
    struct span marks; /* borrowed */
    int64_t sent_ms;
};
enum err message_versions_each(struct engine *e, int64_t id, void *ctx,
                               enum err (*each)(void *ctx, const struct message_version *v));

struct reaction {
    bool mine;
    char emoji[REACTION_MAX + 1];
    int64_t sent_ms;
};
/* At most two in a conversation of two; those taken back are not among them. */
enum err message_reactions(struct engine *e, int64_t id, struct reaction ret[2], size_t *ret_count);

/* The pinned messages of CONTACT, at most PINNED_MAX, last pinned first. */
enum err messages_pinned_each(struct engine *e, int64_t contact, void *ctx,
                              enum err (*each)(void *ctx, const struct message *m));
