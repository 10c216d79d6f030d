/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The world as the engine sees it: clock, randomness, transport. All three are passed in, so that
 * Alice, Bob and a relay live a week in one test process in milliseconds.
 *
 * The transport is asynchronous and has no state of its own that matters: the engine starts a
 * request under an id it chose and later gets exactly one engine_on_answer for it (never from
 * inside start); a stream gets any number of engine_on_stream_data before that. Nothing is retried
 * below the engine.
 */
#pragma once

#include "wire/address.h"
#include "wire/buf.h"

/* Authenticated and anonymous requests never share a connection, a TLS session or a proxy identity
 * (B3.4). */
enum lane { LANE_OWN, LANE_ANONYMOUS };

struct relay_pins {
    struct spki_pin pins[PINS_MAX];
    size_t count; /* 0: the relay has a public certificate */
};

/* Without a frame: more than a heartbeat and its delay (B21). */
#define STREAM_SILENCE_MS (75 * 1000)

struct transport_request {
    uint64_t id;
    enum lane lane;
    int64_t
        circuit; /* anonymous: the contact it is for, which separates proxy identities; 0: none */
    struct relay_address relay;
    struct relay_pins pins;
    bool private_too;   /* the name may lead to a loopback, private or link-local address (B2.5) */
    const char *method; /* GET, POST or PUT */
    const char *path;   /* with the query */
    const char *authorization; /* NULL: none */
    const char *range;         /* "bytes=0-99"; NULL: all of it */
    struct span body;
    enum { TRANSPORT_WHOLE, TRANSPORT_STREAM } kind;
    int silence_ms; /* of a stream: unreachable after so long without a byte */
};

enum transport_failure {
    TRANSPORT_OK = 0,
    TRANSPORT_UNREACHABLE, /* no route, refused, cut off, timed out */
    TRANSPORT_BAD_PIN,   /* the relay's certificate is not the pinned one, or not a valid public one
                          */
    TRANSPORT_TOO_LARGE, /* more than ANSWER_MAX */
};

struct transport_answer {
    enum transport_failure failure;
    unsigned status;      /* the HTTP status when failure is TRANSPORT_OK */
    uint32_t retry_after; /* seconds, 0: not said */
    struct span body;     /* borrowed for the call */
};

/* What would stall the engine: RUN on a thread of its own, touching nothing but what it was given;
 * then DONE on the engine's, never from inside `work`. */
struct work {
    struct work *next;
    void (*run)(struct work *w);
    void (*done)(struct work *w);
};

struct world {
    void *self;
    int64_t (*now_ms)(void *self);       /* UTC, may jump */
    int64_t (*monotonic_ms)(void *self); /* never goes back */
    void (*random)(void *self, uint8_t *ret,
                   size_t n); /* for delays and jitter; keys use libsodium's */
    /* Everything in R is borrowed for the call. */
    void (*start)(void *self, const struct transport_request *r);
    /* No answer comes for ID any more. */
    void (*cancel)(void *self, uint64_t id);
    /* One after the other, in the order given; W is the caller's and stays until its DONE, which
     * comes also when the engine is closed first. NULL: run at once, in tests. */
    void (*work)(void *self, struct work *w);
    const char *files; /* the directory of the profile's files; NULL: files cannot be kept */
};
