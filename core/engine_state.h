/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the engine's own files share and nobody else includes: the state behind `struct engine`.
 *
 * Each module keeps its part of the state in a struct of its own, defined in its own header;
 * nothing here is on disk: after a crash all of it is made anew from the database.
 */
#pragma once

#include "core/engine.h"
#include "core/relay_link.h"
#include "crypto/identity.h"
#include "crypto/pairwise.h"

struct engine {
    struct db *db;
    struct world world;
    void (*on_event)(void *self, const struct event *ev);

    /* The account, as of the database; secrets in locked memory. */
    struct account_id account;
    struct address address;
    struct account_key *aik;
    struct device_keys *device;
    struct manifest manifest; /* our own newest */
    struct pairwise *pairwise;

    struct relay_links *links;

    /* Events of the open transaction, reported after its commit. */
    struct event events[64];
    size_t event_count;

    enum err trouble;
    bool resting;
};

/* Milliseconds UTC, seconds UTC, monotonic milliseconds. */
int64_t engine_now_ms(const struct engine *e);
int64_t engine_now_s(const struct engine *e);
int64_t engine_monotonic_ms(const struct engine *e);

/* A random number from LOW to HIGH, both included, for delays and jitter. */
int64_t engine_random_between(struct engine *e, int64_t low, int64_t high);

/* Note an event; it is reported by engine_flush_events after the commit, or forgotten with a rolled
 * back transaction. */
void engine_note(struct engine *e, struct event ev);
void engine_flush_events(struct engine *e);
void engine_forget_events(struct engine *e);

/* The outermost transaction of one act: begin, and end with the verdict so far. On OK commits and
 * reports the events; on an error rolls back, forgets them, and returns that error. ERR_FULL and
 * ERR_IO stop the engine (engine_trouble). */
enum err act_begin(struct engine *e, struct tx *ret);
enum err act_end(struct engine *e, struct tx *tx, enum err verdict);
