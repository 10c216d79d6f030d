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

/* What disappears next. */
struct passing {
    int64_t next_ms; /* UTC; NEVER: nothing */
    bool stale;      /* `next_ms` is to be read anew */
    bool going;      /* some are being taken away just now */
    int64_t offset;  /* of the clock to the monotonic one, as last looked at */
};

/* What is to be made clean. */
struct wiping {
    bool looked;      /* the next two are as the database has them */
    int64_t now;      /* enum wipe; 0: nothing */
    int64_t words_ms; /* UTC; 0: not at all */
    int64_t due;      /* monotonic ms: not before */
};

/* Whether we lived through all of the time. */
struct resumed {
    bool looked;
    int64_t offset; /* of the clock to the monotonic one, as last looked at */
    int64_t told;   /* monotonic ms: what relays said of it counts again in full */
};

/* What goes out next at a time of its own. */
struct later {
    int64_t next_ms; /* UTC; NEVER: nothing */
    bool looked;     /* `next_ms` is right */
};

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
    struct account_work *account_work;
    struct lookup_work *lookup_work;
    struct token_work *token_work;
    struct trust_work *trust_work;
    struct clearing_work *clearing_work;
    struct moving_work *moving_work;
    struct anchor_work *anchor_work;
    struct left_work *left_work;
    struct replacing_work *replacing_work;
    struct outbox_work *outbox_work; /* outbox's own; NULL until it makes one */
    struct attachment_work *attachment_work;
    struct transient_work *transient_work;
    struct presence_work *presence_work;
    struct fetch_work *fetch_work;
    struct collected_work *collected_work; /* NULL: nothing was collected while locked */
    struct passing passing;                /* core/disappearing.c's own */
    struct later later;                    /* core/scheduled.c's own */
    struct resumed resumed;                /* core/resumed.c's own */
    struct wiping wiping;                  /* core/wiping.c's own */

    /* core/following.c's own: the manifest that is looked into, and the answer with what leads to
     * it. */
    struct buf following, following_way;

    /* Events of the open transaction, reported after its commit. */
    struct event *events;
    size_t event_count, event_space;

    int64_t persona_due; /* monotonic ms */

    enum err trouble;
    bool resting;
    bool ended;     /* nothing is sent any more: the account is deleted, or about to be, or: */
    bool replaced;  /* another device took our place */
    bool replacing; /* we are about to take another device's place (core/replacing.h) */
};

/* What crypto/pairwise keeps in the database; ctx is E. In core/pairwise_db.c. */
struct pairwise_store pairwise_db(struct engine *e);

/* Each module's part of opening and closing. The _open ones run before the first step, with the
 * account loaded; the _close ones take a part that was never opened. */
enum err account_open(struct engine *e);
void account_close(struct engine *e);
enum err lookups_open(struct engine *e);
void lookups_close(struct engine *e);
enum err tokens_open(struct engine *e);
void tokens_close(struct engine *e);
enum err trust_open(struct engine *e);
void trust_close(struct engine *e);
enum err moving_open(struct engine *e);
void moving_close(struct engine *e);
enum err left_open(struct engine *e);
void left_close(struct engine *e);
enum err replacing_open(struct engine *e);
void replacing_close(struct engine *e);
enum err outbox_open(struct engine *e);
enum err disappearing_open(struct engine *e);
enum err wiping_open(struct engine *e);
void outbox_close(struct engine *e);
enum err attachments_open(struct engine *e);
void attachments_close(struct engine *e);
enum err transient_open(struct engine *e);
void transient_close(struct engine *e);
enum err presence_open(struct engine *e);
void presence_close(struct engine *e);

/* The engine was told that the network may be back: forget back-offs. */
void account_wake(struct engine *e);
void lookups_wake(struct engine *e);
void tokens_wake(struct engine *e);
void trust_wake(struct engine *e);
void moving_wake(struct engine *e);
void left_wake(struct engine *e);
void replacing_wake(struct engine *e);
void outbox_wake_all(struct engine *e);
void attachments_wake(struct engine *e, int64_t contact); /* 0: of all */

/* Work of engine_step of the modules that need a step of their own. */
int64_t healing_step(struct engine *e);
int64_t attachments_step(struct engine *e);

/* No sooner than this: what a _step returns when nothing is due. */
#define NEVER INT64_MAX
static inline int64_t
sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Milliseconds UTC, seconds UTC, monotonic milliseconds. */
int64_t engine_now_ms(const struct engine *e);
int64_t engine_now_s(const struct engine *e);
int64_t engine_monotonic_ms(const struct engine *e);
/* The monotonic time at which the clock will show UTC_MS (now, when that is past). */
int64_t engine_when(const struct engine *e, int64_t utc_ms);

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

/* For what has no caller to report to (an answer that came, a step that is due): note trouble of
 * the store, forget every other error. */
void engine_heed(struct engine *e, enum err verdict);

/* Waiting longer after each failure in a row: LOW doubling to HIGH ms, with a quarter of jitter. */
struct backoff {
    unsigned failures;
    int64_t due; /* monotonic ms; 0: now */
};
void backoff_fail(struct engine *e, struct backoff *b, int64_t low, int64_t high);
static inline void
backoff_clear(struct backoff *b)
{
    *b = (struct backoff){0};
}
