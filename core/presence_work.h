/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What core/presence.c and core/presence_seen.c share and nobody else includes. All times are
 * monotonic ms.
 */
#pragma once

#include "core/engine_state.h"
#include "core/presence.h"
#include "wire/check.h"

struct presence_peer {
    int64_t contact;
    /* what we tell it */
    bool known;   /* an accepted contact, while the list is read */
    bool allowed; /* to know whether we are here */
    bool told;    /* that we are, and not yet otherwise */
    int64_t due;  /* of the next; NEVER */
    enum typing typing;
    int64_t typing_at; /* when it was last told that we type; 0: not */
    /* what it tells us */
    enum presence_state state;
    char text[STATUS_TEXT_MAX + 1];
    int64_t until, typing_until;      /* 0: nothing */
    uint64_t state_sent, typing_sent; /* sent_at of the newest that came */
};

struct presence_work {
    struct presence_own own;
    int64_t used;
    bool online; /* as of the last step */
    bool stale;  /* the contacts are to be read again */
    struct presence_peer *peers;
    size_t count, space;
};

/* NULL: none, or no memory for one. */
struct presence_peer *presence_peer(struct engine *e, int64_t contact);
struct presence_peer *presence_peer_make(struct engine *e, int64_t contact);

/* Tell that something about CONTACT changed. */
void presence_tell(struct engine *e, int64_t contact);

/* presence_seen.c: what P told is over; part of the step. *RET_DUE is made sooner. */
void presence_expire(struct engine *e, struct presence_peer *p, int64_t *ret_due);
/* Forget what P told. */
void presence_forget(struct engine *e, struct presence_peer *p);
