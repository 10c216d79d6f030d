/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Steps 1 to 4 of opening an envelope (B5): who sealed it, by the manifest that is in force for it.
 *
 * The one thing to know: nothing is trusted yet. A failure here is dropped silently; only what
 * passed may touch the ratchet.
 */
#pragma once

#include "core/inbox.h"
#include "core/requests.h"
#include "crypto/pairwise.h"

struct opening {
    enum inbox_queue queue;
    struct envelope_opened envelope;
    uint32_t eks_id;
    struct manifest manifest;          /* stored, or the candidate that came with it */
    bool manifest_new;                 /* the candidate is to be stored once libsignal agrees */
    bool manifest_ahead;               /* what leads to the attached one is not here */
    const struct device_entry *device; /* in `manifest` */
    bool known;
    struct contact contact; /* when known */
};
void opening_done(struct opening *o);

/* ERR_FORGED, ERR_FORK: dropped, but the notice that was written is to be committed. Errors of the
 * store: nothing is known. All others: dropped. */
enum err opening_take(struct engine *e, enum inbox_queue queue, struct span envelope,
                      struct opening *ret);

/* Whether E is trouble of our own store, and no judgement of what came in. */
bool is_store_trouble(enum err err);
