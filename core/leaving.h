/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Relays that we left (B2.5): the manifest that says so is put there, their queues are read to the
 * end; or the account there is deleted (row 3 of B21). And the end of the account altogether.
 *
 * The one thing to know: each is a row that is worked on until it is done or its time is over;
 * whether the relay can be reached makes no difference to the rest of the engine.
 */
#pragma once

#include "core/account.h"

#define LEFT_RELAYS_MAX 4 /* within three weeks */

enum left_task {
    LEFT_DRAIN = 0,
    LEFT_DELETE = 1, /* an account that was made there and is not wanted */
    LEFT_END = 2,    /* the same for the one account: then it is deleted */
};

/* In the caller's transaction. SEQ: of the newest manifest that it has. */
enum err left_add(struct engine *e, const struct address *ours, enum left_task task, uint32_t seq);
/* We are back there. */
enum err left_come_back(struct engine *e, const struct address *ours);
/* Whether the account may be moved to TO: ERR_LIMIT after too many moves; ERR_STATE while one that
 * was made there and given up is being deleted. */
enum err left_may_move(struct engine *e, const struct address *to);

/* The relays where blobs for us may lie (B13.4): those left within three weeks, newest first. At
 * most LEFT_RELAYS_MAX. */
enum err left_relays(struct engine *e, struct relay_address ret[LEFT_RELAYS_MAX],
                     size_t *ret_count);

/* Delete the account at its relay, and wherever it was lately. At once nothing else is sent or
 * received any more, and that is for good, also while the relay cannot be reached. ERR_STATE: not
 * registered, or that is so already. */
enum err account_delete(struct engine *e);

enum deletion { DELETION_NONE, DELETION_PENDING, DELETION_DONE };
enum deletion account_deletion(const struct engine *e);

/* ERR_STATE with a sentence once the account was deleted, or this device was replaced. */
enum err account_alive(const struct engine *e);

int64_t left_step(struct engine *e);
