/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The delivery ledger: for a contact what is out and where it is, what is missing and being asked
 * for, what is missing for good, and how the sessions fare (B6). It only reads what the outbox, the
 * chains and healing keep; and it keeps in which order late messages came into their places.
 */
#pragma once

#include "core/engine.h"

/* So many messages, and the one to look at first; counts of 0 have none. */
struct ledger_part {
    int64_t count;
    int64_t message; /* 0: none that is shown */
    int64_t at_ms;   /* since when, of that one */
};

struct ledger {
    struct ledger_part waiting;     /* made, and not at the relay */
    struct ledger_part at_relay;    /* not acknowledged yet; since the oldest got there */
    struct ledger_part delivered;   /* the newest that was acknowledged; sent at */
    struct ledger_part failed;      /* given up before the relay had it */
    struct ledger_part unconfirmed; /* at the relay, and given up after 35 days */

    struct ledger_part asking;  /* gaps that are asked for; since the oldest was noticed */
    int64_t asked_ms;           /* last; 0: not yet */
    int64_t ask_next_ms;        /* 0: no more of what is left */
    struct ledger_part missing; /* asked for in vain, or gone at the sender's */
    struct ledger_part own;     /* said on another copy of this profile, which this one lacks */

    int64_t resets_today, resets_a_day; /* sessions that we began anew; and how many may be */
    int64_t reset_ms;                   /* the last one, 0: none */
    int64_t reset_next_ms;              /* planned, 0: none */
    bool reset_unanswered;
    int64_t heard_ms; /* anything at all, 0: never */
};

/* ERR_NOT_FOUND. */
enum err ledger_get(struct engine *e, int64_t contact, struct ledger *ret);

/* How it stands with the place holder MESSAGE. ERR_NOT_FOUND: nothing is known of it. */
struct ledger_gap {
    int64_t asked;             /* how often */
    int64_t asked_ms, next_ms; /* last and next; 0: not yet, no more */
};
enum err ledger_gap(struct engine *e, int64_t message, struct ledger_gap *ret);

/* --- late messages, in the order in which they came into the place that was shown as missing ---
 */

/* MESSAGE did. Inside the caller's transaction. */
enum err healed_add(struct engine *e, int64_t message);

/* The position of the last one so far. */
enum err healed_last(struct engine *e, int64_t *ret);

/* Call EACH with the id and the position of those after AFTER whose message is at or before UPTO,
 * at most LIMIT; CONTACT 0: of all. *RET_LAST: the position to go on from, *RET_MORE: at once. */
struct healed_page {
    int64_t after, upto, contact;
    int limit;
};
enum err healed_each(struct engine *e, const struct healed_page *page, void *ctx,
                     enum err (*each)(void *ctx, int64_t message), int64_t *ret_last,
                     bool *ret_more);
