/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Collecting while the profile is locked (docs/PROTOCOL.md B18.5): one stream, opened with the
 * fetch key (B3.6), whose envelopes are appended unopened to a file and not acknowledged.
 *
 * The one thing to know: it has no store and no key that opens, acknowledges, sends or signs for
 * the account. What it is told in `struct collecting` is all that stays of a session, and a thief
 * of the memory learns no more. Losing the file loses nothing: the relay still has what is in it.
 */
#pragma once

#include "core/world.h"
#include "crypto/identity.h"

struct collecting {
    struct relay_address relay;
    struct relay_pins pins;
    struct relay_id relay_id;
    int64_t offset_s; /* of the relay's clock to ours */
    uint64_t cursor;  /* what lies up to here was taken in before */
    uint64_t not_after;
    struct fetch_key *key; /* locked memory */
};

/* What this process wrote, so that it is known again. */
struct collected_proof {
    uint64_t bytes;
    uint8_t hash[32];
};

struct collector;

/* Takes WHAT's key, also on failure. What lies at PATH is deleted; a file is made when the first
 * envelope comes. */
enum err collector_new(const struct collecting *what, const struct world *world, const char *path,
                       struct collector **ret);
/* Cancels its request and wipes its key; what it wrote stays. Takes NULL. */
void collector_free(struct collector *c);

/* Do what is due; the monotonic ms at which to come again (INT64_MAX: it has given up, for the key
 * is not good any more). */
int64_t collector_step(struct collector *c);
/* The network may be back. */
void collector_wake(struct collector *c);
void collector_on_answer(struct collector *c, uint64_t id, const struct transport_answer *answer);
void collector_on_stream_data(struct collector *c, uint64_t id, struct span bytes);

/* How many have come, receipts and the like among them: they cannot be told apart. */
uint64_t collector_activity(const struct collector *c);
struct collected_proof collector_proof(const struct collector *c);
