/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Talking to relays (B3): signing, the clock offset and its one repeat, the relay's pinned
 * identity, back-off, and our own device's stream.
 *
 * The one thing to know: a call's `done` is run exactly once, on the engine's thread, in no
 * transaction, unless the engine closes first. A relay's identity (RLK) is read by GET /v1/relay
 * before the first signed request to it and compared with the one stored; another one is
 * ERR_UNTRUSTED and a notice, and nothing is sent.
 */
#pragma once

#include "core/relay_facts.h"
#include "core/world.h"
#include "wire/limits.h"

struct engine;
struct relay_links;

struct relay_reply {
    enum err err;    /* OK: an HTTP answer came; ERR_OFFLINE, ERR_UNTRUSTED (pin or identity),
                        ERR_TOO_LARGE */
    unsigned status; /* of the answer */
    uint32_t retry_after;
    struct span body;
};

struct relay_call {
    struct relay_address relay;
    struct relay_pins pins;
    enum lane lane; /* LANE_OWN calls are signed with the device's key */
    int64_t circuit;
    bool typed; /* the user gave this address. Others may be in a private network only when ours is,
                   or is the same (B2.5): ERR_UNTRUSTED, or ERR_OFFLINE when a name leads there */
    const char *method;
    const char *path;
    const char *authorization; /* anonymous calls: what to show; NULL: nothing */
    const char *range;         /* NULL: all of it */
    struct span body;          /* all three are copied */
    int64_t patience_ms;       /* until it counts as lost; 0: as usual */
    void (*done)(struct engine *e, int64_t ref, const struct relay_reply *reply);
    int64_t ref; /* given back to `done` */
};

enum err relay_links_new(struct relay_links **ret);
void relay_links_free(struct engine *e, struct relay_links *l); /* cancels; NULL is fine */

/* Start a call. ERR_STATE while resting, ERR_LIMIT when too many are under way; `done` is not run
 * then. */
enum err relay_call(struct engine *e, const struct relay_call *call);

/* The same to our own relay. */
enum err relay_call_own(struct engine *e, const struct relay_call *call);

/* The same to a relay that is to be ours or was: signed with the device's key, at an address that
 * the user gave. */
enum err relay_call_as_own(struct engine *e, const struct relay_address *relay,
                           const struct relay_call *call);

/* We have another relay of our own now, or are about to: end everything that is signed, the stream
 * too. What was asked is told ERR_OFFLINE. */
void relay_links_leave(struct engine *e);

/* Cancel all and stay away until relay_links_wake, which also forgets back-offs. */
void relay_links_rest(struct engine *e);
void relay_links_wake(struct engine *e);

/* Whether the stream to our own relay is open and its hello was read. */
bool relay_online(const struct engine *e);

/* Work of engine_step: opens the stream when due, runs back-offs. Returns the monotonic ms at which
 * to come again. */
int64_t relay_links_step(struct engine *e);
