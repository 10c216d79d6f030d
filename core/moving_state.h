/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What core/moving.c and core/moving_told.c share and nobody else includes.
 */
#pragma once

#include "core/account_state.h"
#include "core/moving.h"

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

/* Contacts hear one by one of where we are now, once our tokens are there: work of moving_step.
 * Returns the monotonic ms of the next time. */
int64_t moving_tell_step(struct engine *e);
