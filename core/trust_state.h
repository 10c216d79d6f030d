/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What core/trust.c and core/fetches.c share and nobody else includes: which cards and manifests
 * are to be fetched. Not on disk: what made us fetch one comes again (B8.2).
 */
#pragma once

#include "core/engine_state.h"
#include "core/trust.h"

#define FETCHES_MAX 64

enum fetch_kind {
    FETCH_CARD,      /* a contact's name at the relay we hold for it */
    FETCH_MOVED,     /* the same at the address in its newest manifest (B2.5) */
    FETCH_MANIFESTS, /* those above the newest held */
    FETCH_OWN,       /* our own name, at our relay */
};

struct fetch {
    bool used, busy, wanted;
    enum fetch_kind kind;
    int64_t contact;
    int64_t due;  /* monotonic ms */
    int64_t rest; /* no sooner than this, whatever anybody says */
    unsigned tries;
    uint32_t shown; /* the highest number that was asked for the way to */
    unsigned early; /* how often the rest was cut short for a higher one */

    /* Manifests in between are asked for at the address in the newest one first: the relay before
     * may be gone (B2.5). */
    enum { BETWEEN_AT_CONTACT, BETWEEN_AT_NEWEST, BETWEEN_NOT_AT_NEWEST } between;
    struct address at;
    struct relay_pins pins;
};

struct trust_work {
    struct fetch fetches[FETCHES_MAX];
};

/* Fetch after LOW to HIGH ms, or, when one was made just now, a while after that. */
void fetch_later(struct engine *e, enum fetch_kind kind, int64_t contact, int64_t low,
                 int64_t high);

/* The same, for what something waits for: at once if it may be. */
void fetch_soon(struct engine *e, enum fetch_kind kind, int64_t contact);

/* Those that lead to NEWEST, which is the contact's but cannot be checked without them. */
void fetch_between(struct engine *e, int64_t contact, const struct manifest *newest);

/* What came, in the caller's transaction. */
enum err trust_moved_card(struct engine *e, const struct contact *c, struct span object);
