/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Going where a copy of us has gone (B2.5, B18.3): the store was put back to before a move, or a
 * copy moved meanwhile, so that our relay, or the one that we are about to move to, has a manifest
 * that follows ours, and that we signed without knowing of it. After several moves those in between
 * are asked for where the newest leads.
 *
 * The one thing to know: whoever has the account's key could have signed it as well. So it is
 * followed only when all that leads to it is ours in all but the relay, and that relay keeps an
 * anchor of this very store (core/anchor.h) for this device: nobody but a copy of us can have left
 * it there.
 */
#pragma once

#include "core/engine_state.h"

/* Inside the caller's transaction. OBJECT is M, which the account's key signed and this store does
 * not know: it is followed once that is proven, or it is told that the account was changed, and no
 * manifest is signed here any more. As long as the relay says nothing, nothing happens. */
enum err following_begin(struct engine *e, struct span object, const struct manifest *m);

void following_close(struct engine *e);
