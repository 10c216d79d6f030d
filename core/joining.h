/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Asking a relay for an account (row 2 of B21): the request, which stays the same bytes, and the
 * proof of work over it. What for, and what comes of it, is core/registration's and core/moving's.
 */
#pragma once

#include "core/engine_state.h"
#include "wire/check.h"
#include "wire/pow.h"

struct joining {
    struct buf request; /* empty: it has to be made */
    bool need_pow, have_pow;
    struct pow_seed seed;
    unsigned bits, tries;
    uint64_t nonce;
};

void joining_done(struct joining *j);

/* Fill j->request with a Register. */
struct joining_parts {
    struct span manifest, bundle;
    size_t opk_count;
    Wire__OneTimeKey **opks;
    size_t before_count;
    ProtobufCBinaryData *before;
    char *invitation;
};
enum err joining_make(struct joining *j, const struct joining_parts *parts);

/* A slice of the search, some milliseconds. OK: the request may go. ERR_NOT_FOUND: come again. */
enum err joining_search(struct joining *j);

/* The body of the HTTP request. */
enum err joining_body(const struct joining *j, struct buf *out);

/* 428 came: work for what RELAY said with it. ERR_REFUSED: it wants something else, or does not
 * take our work. */
enum err joining_work_wanted(struct engine *e, const struct relay_address *relay,
                             struct joining *j);
