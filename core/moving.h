/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Moving the account to another relay (B2.5): asking there, registering with the next manifest,
 * going over. What is left to do at the old relay is core/leaving's.
 *
 * The one thing to know: it is a row of the database that moves on, so it survives everything.
 * Until the new relay has said yes nothing of ours has changed, and it can be given up; then one
 * transaction makes the new relay ours. The next manifest is signed and stored once, before the new
 * relay sees it. A relay that saw it can show it for ever, whatever it answered: so one that came
 * to nothing is never replaced, but followed by one that names our relay again
 * (core/own_manifests).
 */
#pragma once

#include "core/account.h"

enum move_step {
    MOVE_NONE = 0,
    MOVE_ASK = 1,      /* what can be asked without showing anything */
    MOVE_REGISTER = 2, /* the manifest is signed */
    MOVE_FAILED = 3,   /* until the next one */
    MOVE_BACK = 4,     /* it came to nothing, and what was shown is being followed by one that names
                          our relay again; facts tell NONE or FAILED */
};

/* Begin. Of WISH the display name is not used. ERR_USAGE: it is our relay; ERR_STATE: not
 * registered, or one is under way, or the account is not only ours any more; ERR_LIMIT: too many
 * relays were left within three weeks. */
enum err account_move(struct engine *e, const struct account_wish *wish);

/* Give it up. ERR_STATE: there is none, or the new relay may show it to others already. */
enum err account_move_cancel(struct engine *e);

/* A copy of us has moved by the manifest OBJECT, which is M: go over to its relay as after a move
 * of our own. In the caller's transaction; moving_followed after its commit. */
enum err moving_follow(struct engine *e, struct span object, const struct manifest *m);
void moving_followed(struct engine *e);

struct move_facts {
    enum move_step step;
    char address[ADDRESS_MAX + 1]; /* the one that is wanted */
    enum err why;                  /* ERR_OFFLINE, ERR_EXISTS (the name is taken), ERR_REFUSED,
                                      ERR_UNTRUSTED (not the relay with that pin) */
};
enum err account_move_facts(struct engine *e, struct move_facts *ret);

/* The account is being deleted, in the caller's transaction: no move goes on, and what may have
 * been made at the new relay is deleted there, too. Then, once that is stored, moving_dropped. */
enum err moving_drop(struct engine *e);
void moving_dropped(struct engine *e);

int64_t moving_step(struct engine *e);
