/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What mends a conversation by itself (B6.4 to B6.6): sessions that no longer decrypt, messages
 * that are missing. Nothing here happens at once in answer to an item: a peer or a relay observes
 * random delays and limits only (L16).
 */
#pragma once

#include "core/requests.h"

struct engine;

/* An item that passed the device check did not decrypt: remember it, and plan a session-reset when
 * A's sender may get one. Inside the inbox's transaction. */
enum err healing_failed(struct engine *e, const struct arrival *a);

/* Something decrypted: whatever was wrong with that device is over. */
enum err healing_succeeded(struct engine *e, const struct arrival *a);

enum reset_reason { RESET_FAILURE = 1, RESET_ANEW = 2 };

/* Contents of type 20, 21, 22. */
enum err healing_reset_received(struct engine *e, const struct arrival *a);
enum err healing_resend_wanted(struct engine *e, const struct arrival *a);
/* EACH handles one `shared` as if it had just been received. */
enum err healing_resend_received(struct engine *e, const struct arrival *a,
                                 enum err (*each)(struct engine *e, const struct arrival *a));

/* A session-reset to C with reason 2 (core/fresh_start.h), and no other until it is answered.
 * Inside the caller's transaction. */
enum err healing_reset_planned(struct engine *e, const struct contact *c);

/* How it stands with the sessions that we began anew with ACCOUNT's device. */
struct healing_resets {
    int64_t today, a_day;     /* of the last day, and how many may be */
    int64_t last_ms, next_ms; /* 0: none, none is planned */
    bool unanswered;
};
enum err healing_resets_of(struct engine *e, const struct account_id *account,
                           struct healing_resets *ret);

/* Say once more to CONTACT what we said at SEQ of CHAIN, if it is still kept. Inside the caller's
 * transaction. */
enum err healing_repeat(struct engine *e, int64_t contact, const struct chain_id *chain,
                        uint64_t seq);

/* Something for healing_step became due. */
void healing_soon(struct engine *e);

/* Parts of healing_step. *RET_DUE: monotonic ms at which to come again at the latest. */
enum err resets_send(struct engine *e, int64_t *ret_due);

/* The monotonic time of a UTC time in ms. */
int64_t healing_monotonic(const struct engine *e, int64_t at_ms);
