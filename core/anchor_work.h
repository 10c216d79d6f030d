/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The running state of the anchor, shared by its files only.
 *
 *     anchor.c          asking the relay, putting, waiting
 *     anchor_judging.c  what is known of it, and what it means what the relay has
 */
#pragma once

#include "core/accumulator.h"
#include "core/anchor.h"
#include "core/engine_state.h"
#include "crypto/anchor.h"

/* What we know of the anchor at our relay, as it lies in the store. */
struct known {
    int64_t version; /* 0: none */
    bool closed;     /* `last` was put when the store was closed, and nothing came after it */
    bool sent;       /* `sent_as` is on its way: nobody knows whether it arrived */
    bool closing;    /* ... and closes */
    struct ledger last, sent_as;
};

struct anchor_work {
    struct known known;
    bool open_clean; /* the store was opened as it had been closed */
    bool unread;     /* the relay is to be asked before anything is put */
    bool asking, putting;
    bool leaving, leaving_put; /* anchor_put_now: wanted, begun */
    bool goes_on;
    bool yielded;
    int64_t gate, due;
    struct backoff backoff;
};

/* As it lies in the store, all zeros when there is nothing; and K goes there, and then into memory.
 */
enum err anchor_known_read(struct engine *e, struct known *ret);
enum err anchor_known_set(struct engine *e, const struct known *k);

struct anchor_owner anchor_owner(struct engine *e);

/* The relay has none; and it has the one in BODY: recovery mode when it is another copy's. */
enum err anchor_take_none(struct engine *e);
enum err anchor_take(struct engine *e, struct span body);

/* Recovery mode, for this store is put together from several. */
enum err anchor_put_together(struct engine *e);
