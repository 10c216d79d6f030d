/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What core/relay_link.c, core/relay_facts.c and core/stream.c share and nobody else includes:
 * calls under way, what relays said of themselves, and the stream.
 */
#pragma once

#include "core/engine_state.h"
#include "wire/check.h"

#define CALLS_MAX 64
#define CALL_PATH_MAX 96
#define CALL_HEADER_MAX 64
#define RELAYS_SEEN_MAX 16
#define CALL_PATIENCE (90 * 1000) /* ms until an answer is given up */

enum call_state {
    CALL_FREE,
    CALL_WAITING, /* for the relay's identity */
    CALL_STARTED,
};

struct call {
    enum call_state state;
    uint64_t id;
    struct relay_call what; /* path and body point to the two below */
    char path[CALL_PATH_MAX];
    char authorization[CALL_HEADER_MAX], range[CALL_HEADER_MAX]; /* "": none */
    struct buf body;
    bool stream, signed_, repeated;
    int64_t deadline; /* monotonic ms */
};

struct relay_seen {
    char authority[ADDRESS_MAX + 8];
    struct relay_facts facts;
    uint64_t blob_bytes;
    int64_t ahead_ms; /* its clock minus ours */
    bool timed;       /* `ahead_ms` is known */
    bool used;
    bool said;    /* an answer to GET /v1/relay was read */
    bool checked; /* its identity was compared with the pinned one since the last connect */
    bool asking;  /* GET /v1/relay is under way, and calls wait for it */
};

struct stream {
    enum { STREAM_CLOSED, STREAM_OPENING, STREAM_OPEN } state;
    struct buf in; /* the beginning of a frame that is not whole yet */
    struct backoff backoff;
    bool unwanted;                 /* ask a while later: we were removed */
    uint64_t handled[2], acked[2]; /* by enum inbox_queue */
    bool acking[2], paging, page_wanted;
    struct backoff ack_backoff, page_backoff;
};

struct relay_links {
    struct call calls[CALLS_MAX];
    uint64_t next_id;
    struct relay_seen seen[RELAYS_SEEN_MAX];
    size_t seen_next; /* the one to overwrite */
    struct stream stream;
};

/* Begin a call that is a stream; `done` is run when it ends. */
enum err call_begin(struct engine *e, const struct relay_call *what, bool stream);
/* Cancel it and run its `done` with WHY. */
void call_end(struct engine *e, struct call *c, enum err why);
struct call *call_of_stream(struct engine *e);
/* What RELAY said; NULL: nothing is kept of it. _make makes room for it. */
struct relay_seen *relay_seen_find(struct engine *e, const struct relay_address *relay);
struct relay_seen *relay_seen_make(struct engine *e, const struct relay_address *relay);
/* Take in an answer to GET /v1/relay, whose identity is compared with the pinned one; what work a
 * relay asks for, NULL: nothing. */
enum err relay_heed_info(struct engine *e, const struct relay_address *relay, struct span body);
void relay_heed_pow(struct engine *e, const struct relay_address *relay, const Wire__PowOffer *pow);
/* What was said by our own relay has to be compared anew before anything signed goes out. */
void own_relay_uncheck(struct engine *e);

void stream_free(struct relay_links *l);
void stream_data(struct engine *e, struct span bytes);
void stream_wake(struct engine *e);
int64_t stream_step(struct engine *e);
