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
    int64_t due; /* monotonic ms; when not wanted: until then no sooner one */
    unsigned tries;
};

struct trust_work {
    struct fetch fetches[FETCHES_MAX];
};

/* Fetch after LOW to HIGH ms, or, when one was made just now, a while after that. */
void fetch_later(struct engine *e, enum fetch_kind kind, int64_t contact, int64_t low,
                 int64_t high);

/* What came, in the caller's transaction. */
enum err trust_moved_card(struct engine *e, const struct contact *c, struct span object);
enum err trust_own_card(struct engine *e, struct span object);
