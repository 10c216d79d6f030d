/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Transient contents (B10): encrypted like every other, passed by the contact's relay to a device
 * that is connected at that moment, and kept by nobody.
 *
 * The one thing to know: nothing follows from one that gets lost. There is one attempt and no
 * outbox; it never starts a session, never fetches keys, and carries no token and no
 * acknowledgement. Likewise nothing follows from one that came and does not decrypt: no reset, no
 * entry in a cache. The type byte of its envelope, which is authenticated, ties it to this way, so
 * that a relay cannot put one into a queue, where it would look like a session that broke.
 */
#pragma once

#include "core/outbox_work.h"

/* One that is encrypted and not on its way yet. */
struct transient {
    struct contact contact;
    struct outbox_row row;
};
void transient_done(struct transient *t);

struct transient_content {
    int64_t contact;
    enum content_type type;
    struct span body;
};

/* Encrypt inside the caller's transaction: after its commit, and not before, transient_launch. At
 * most TRANSIENT_UNANSWERED_MAX are made for a device since something came from it that answers us.
 * ERR_LIMIT; ERR_OFFLINE without the stream to our own relay; ERR_STATE, ERR_KEY_CHANGED, ERR_FORK
 * as contact_may_send; ERR_NO_SESSION, ERR_STALE. */
enum err transient_prepare(struct engine *e, const struct transient_content *content,
                           struct transient *ret);
enum err transient_launch(struct engine *e, const struct transient *t);

/* Both, one after the other. ERR_BUSY when many are on their way. */
enum err transient_send(struct engine *e, const struct transient_content *content);

/* How many are on their way. */
unsigned transient_under_way(const struct engine *e);

/* A frame of kind 2 came. OK also when it was dropped; errors of the store only. No more than a few
 * a second are decrypted, for all and for each contact. */
enum err transient_take(struct engine *e, struct span envelope);
