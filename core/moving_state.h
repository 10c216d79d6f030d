/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of a move share and nobody else includes: core/moving.c, its beginning and its
 * ends; _there.c, what is asked of the new relay; _put.c, manifests that follow others; _told.c.
 */
#pragma once

#include "core/account_state.h"
#include "core/moving.h"
#include "core/relay_link.h"

struct moving_work {
    enum move_step step; /* as in the row; NONE without one */
    uint32_t run;        /* answers to what was asked before the step changed are not heard */
    bool busy;
    bool known_there; /* the relay has the account: its manifest has to follow, not to begin */
    unsigned tries;
    struct backoff backoff;
    struct joining joining;
    bool telling;
    int64_t tell_due;
};

/* The row. */
struct move {
    struct address address;
    char invitation[INVITATION_MAX + 1];
    struct buf object; /* of the manifest; empty while asking */
    enum { SHOWN_NOBODY, SHOWN_TO_JOIN, SHOWN_IN_FORCE } shown;
};
void move_done(struct move *m);
/* ERR_NOT_FOUND: the account is not being moved. */
enum err move_read(struct engine *e, struct move *ret);

/* --- moving.c --- */

/* What answers to the present step are told apart by, and whether REF is of that. */
int64_t moving_ref(const struct moving_work *w, int64_t seq);
bool moving_is_of_now(const struct moving_work *w, int64_t ref);

void moving_set_step(struct engine *e, enum move_step step);
void moving_take_step(struct engine *e); /* that of the row */

/* The manifest of M goes out, TO: enum shown. Before it does. */
enum err moving_mark_shown(struct engine *e, const struct move *m, int64_t to);
void moving_try_later(struct engine *e, uint32_t retry_after);

/* The new relay said no, or has us. */
void moving_failed(struct engine *e, enum err why);
void moving_arrived(struct engine *e);
/* In the caller's transaction: a move is over, OK: nothing is left of it, or why it failed. */
enum err moving_end_row(struct engine *e, enum err why);

/* --- moving_there.c --- */

/* Ask what can be asked without showing anything; register with the manifest. */
enum err moving_ask(struct engine *e, const struct move *m);
enum err moving_join(struct engine *e, struct move *m);

/* --- moving_put.c --- */

/* Put the manifest of the row AT a relay that has the account. DONE is one of the two. */
enum err moving_put(struct engine *e, const struct move *m, const struct address *at,
                    void (*done)(struct engine *e, int64_t ref, const struct relay_reply *reply));
void moving_was_put(struct engine *e, int64_t ref, const struct relay_reply *reply);
void moving_was_put_back(struct engine *e, int64_t ref, const struct relay_reply *reply);

/* --- moving_told.c --- */

/* Contacts hear one by one of where we are now, once our tokens are there: work of moving_step.
 * Returns the monotonic ms of the next time. */
int64_t moving_tell_step(struct engine *e);
