/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The anchor (B18.3): the number and the sum of our last changes, sealed and kept by the relay.
 * After each unlock it tells whether the store is the one that we left, or an older copy; then
 * recovery mode makes good what can be made good (core/fresh_start.h), without a question.
 *
 * The one thing to know: an anchor that we did not put ourselves, by what our own store knows, is
 * of another copy of this profile. Until it was read nothing is encrypted, for at most 30 s when
 * the relay cannot be reached.
 */
#pragma once

#include "core/db.h"

struct engine;

enum err anchor_open(struct engine *e);
void anchor_close(struct engine *e);
void anchor_wake(struct engine *e);
int64_t anchor_step(struct engine *e);

/* Whether anything may be encrypted yet; if not, *RET_DUE is when to ask again (monotonic ms). */
bool anchor_lets_send(struct engine *e, int64_t *ret_due);

/* Whether chains of an earlier run may be gone on with: the store is the one that was closed in
 * order, and the relay has an anchor of this run, so that a copy of before can never do the same.
 */
bool anchor_lets_go_on(const struct engine *e);

/* A copy of us may have gone on in the chains of this run: inside the caller's transaction, another
 * one begins. */
enum err anchor_new_run(struct engine *e);

/* The hello of our stream says which VERSION it has. */
void anchor_on_hello(struct engine *e, uint64_t version);

/* Our relay is another one now, which has none, or one from the last time that we were there.
 * Inside the caller's transaction or none. */
enum err anchor_moved(struct engine *e);

/* Before a lock and before a planned end, when nothing more is going to change: put it once more.
 * The caller runs the transport (and need not step the engine) while anchor_putting, 5 s at most,
 * then closes the engine whatever came of it:
 *
 *     anchor_put_now(e);
 *     while (anchor_putting(e) && now < until)
 *         ... poll, relay_client_run ...
 *     engine_close(e);
 *
 * Does nothing when the relay is out of reach, the account is not registered or another copy has
 * taken over. */
void anchor_put_now(struct engine *e);
bool anchor_putting(const struct engine *e);

/* How it stands, for people. */
enum anchor_state {
    ANCHOR_UNREAD, /* the relay has not been asked since the unlock */
    ANCHOR_GOOD,
    ANCHOR_YIELDED, /* another copy of this profile is running: this one is silent */
};
enum anchor_state anchor_state(const struct engine *e);

/* Another copy of this profile has taken our place at the relay: this one says nothing any more,
 * until the profile is unlocked anew or a person says that it is to go on here. */
void anchor_yield(struct engine *e);
/* ERR_STATE: it is not so. */
enum err anchor_take_over(struct engine *e);
