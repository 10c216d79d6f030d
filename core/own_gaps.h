/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What we ourselves said on another copy of this profile and do not hold (B18.3): a contact
 * acknowledges more of a chain of ours than our store says, or a chain that it does not know.
 * Nobody keeps what we said for us, so it cannot come back; it is named in the conversation.
 */
#pragma once

#include "core/chains.h"

/* C holds our CHAIN up to CLAIMED, we up to HELD, which is less. Shown as one place holder a chain
 * (outgoing, MESSAGE_GONE; its text is the number of what is missing), which grows. Inside the
 * caller's transaction. */
struct own_gap {
    struct chain_id chain;
    int64_t held, claimed;
};
enum err own_gap_note(struct engine *e, const struct contact *c, const struct own_gap *g);

/* The same for a chain that is not ours by what our store says: HELD is what the history has of it.
 */
enum err own_gap_unknown(struct engine *e, const struct contact *c, const struct chain_id *chain,
                         int64_t claimed);
