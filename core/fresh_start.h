/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Beginning anew with everybody: what recovery mode (B18.3) and a restore (B20) have in common. No
 * old session is used any more, the relay gets new prekeys, contents go in new chains, and every
 * accepted contact is told by a session-reset with reason 2, upon which it says again what it still
 * holds and we do not.
 *
 * The one thing to know: all of it is planned in the store, inside the caller's transaction; what
 * goes out does so by engine_step, and survives a crash.
 *
 *     recovery mode (core/rollback.c)     the engine runs: fresh_start(e, FRESH_SAME_DEVICE)
 *     a restore (B20)                     fill a new store: account with its NEW device keys,
 *                                         contacts with their manifests and tokens, messages,
 *                                         prekeys_first; then engine_open, and before the first
 *                                         step act_begin, fresh_start(e, FRESH_NEW_DEVICE), act_end
 *
 * What the restoring side brings for contacts to be dealt with rightly:
 *   - chains_out (contact, chain, next_seq, last_hash), current or not: without them a contact's
 *     acknowledgements of old chains would be shown as messages that were sent elsewhere
 *     (own_gaps);
 *   - chains_in (contact, device, chain, upto), as acknowledgements in the session-reset: contacts
 *     say again what lies above; without any they say again what they have kept. What is in the
 *     history already is known by its msg_id and is not shown twice;
 *   - no outbox. What was not confirmed shows as MESSAGE_UNCONFIRMED and can be sent again (B8.5).
 */
#pragma once

#include "core/contacts.h"

struct engine;

enum fresh_device {
    FRESH_SAME_DEVICE, /* the device keys stay: new SPK, EKS and one-time keys are made here */
    FRESH_NEW_DEVICE,  /* the store has been filled with new ones: contacts get the manifest too */
};

/* Inside the caller's transaction. Sessions are deleted; what was encrypted and is not at the relay
 * is encrypted anew for the new session; chains end; prekeys are made anew, and the relay is told
 * to withdraw the one-time keys that it has (`reset`, B21.7); a session-reset to each accepted
 * contact is planned, spread over ten minutes. */
enum err fresh_start(struct engine *e, enum fresh_device device);

/* A reset to C is planned: make it now, for something is about to be said to C, which must not go
 * before it. In a transaction of its own. */
enum err fresh_reset_before(struct engine *e, const struct contact *c);

/* C said something on a session that is no more: its reset goes in 10 to 60 s, as in B6.4. Inside
 * the caller's transaction. *RET: one is planned. */
enum err fresh_reset_soon(struct engine *e, const struct contact *c, bool *ret);

/* Part of healing_step. *RET_DUE: monotonic ms at which to come again at the latest. */
enum err fresh_resets_send(struct engine *e, int64_t *ret_due);
