/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Requests sent again because their answer was lost (B21 note 3).
 *
 * The one thing to know: only a 202 is remembered, in the transaction that stores the item, so that
 * what is remembered and what is stored can never differ. A repeat is answered before anything else
 * is looked at, with the same 202, also when meanwhile the token is used up, the queue full or the
 * key replaced; its answer waits for the commit of the first one.
 */
#pragma once

#include "relay/call.h"

struct repeat {
    struct idem_key key; /* who and which: SHA-256(scope || idem) */
    struct body_hash body;
};

enum repeat_verdict { REPEAT_NEW, REPEAT_SAME, REPEAT_OTHER };

/* SCOPE: the token's or invitation's hash, or the account id for an open request. */
enum err repeat_check(struct call *c, struct span scope, struct span idem, struct span body,
                      struct repeat *ret, enum repeat_verdict *ret_verdict);

/* The answer to a verdict other than REPEAT_NEW. */
enum err answer_repeat(struct call *c, enum repeat_verdict verdict);

enum err repeat_remember(struct call *c, const struct repeat *r, uint64_t life);
