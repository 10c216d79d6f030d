/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Our own manifests (B2.4, B2.5): those that were in force, and those that were signed and may have
 * been seen, and are not.
 *
 * The one thing to know: whoever has seen a manifest may show it to others for ever. So before one
 * is shown to anybody it is noted here, in the database, and from then on whatever is signed goes
 * on from it: two with one number, which would be a fork, are never made.
 */
#pragma once

#include "core/engine_state.h"
#include "wire/pack.h"

/* What the next one has to follow. */
enum err own_manifest_last(struct engine *e, struct manifest *ret);

/* OBJECT, which follows the last one, is about to be shown. In the caller's transaction; once more
 * is fine. */
enum err own_manifest_shown(struct engine *e, struct span object);

/* Whether some were shown that are not in force: they have to be followed by one that is. */
enum err own_manifest_dangling(struct engine *e, bool *ret);

/* OBJECT is in force, and those before it that were shown are history. In the caller's transaction;
 * e->manifest is the caller's to set once it is committed. */
enum err own_manifest_in_force(struct engine *e, struct span object);

/* Whether we signed the manifest with that number and hash, as far as is known. */
enum err own_manifest_is_ours(struct engine *e, const struct manifest *m, bool *ret);

/* Those that lead to the one with number SEQ, oldest first; of very many the newest. What a relay
 * has of them already it passes over. */
struct own_before {
    struct buf bytes;
    ProtobufCBinaryData objects[MANIFESTS_KEPT - 1];
    size_t count;
};
#define OWN_BEFORE ((struct own_before){.bytes = BUF(40 * 1024)})
enum err own_before_read(struct engine *e, uint32_t seq, struct own_before *ret);
void own_before_done(struct own_before *b);

/* The body of row 6 of B21 for OBJECT with number SEQ and all that leads to it, appended. */
enum err own_manifest_put(struct engine *e, struct span object, uint32_t seq, struct buf *ret);
