/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The transport over libcurl: requests to relays and our device's stream, on TLS 1.3, with a pinned
 * or a public certificate, directly or through a SOCKS5 proxy that also resolves names
 * (docs/PROTOCOL.md B3.3 to B3.5). With _set.c and _inside.h beside it the only one that knows
 * libcurl.
 *
 * The one thing to know: it brings its own epoll descriptor, which goes into the caller's loop.
 * When that is readable, or relay_client_due has come, call relay_client_run: answers and stream
 * data are handed out from there and from nowhere else, so what receives them may start and cancel
 * as it likes.
 *
 * Lanes never share a connection: each has a multi handle of its own. With a proxy, anonymous
 * requests have one for each contact and relay, and a SOCKS user name each, which Tor takes as a
 * wish for a circuit of its own. Redirects are not followed, answers not decoded, early data not
 * sent, TLS sessions not resumed, and the environment's proxies not looked at. Where a name leads
 * is judged at the socket (B2.5); a proxy looks names up by itself, in its own network.
 */
#pragma once

#include "core/world.h"

struct relay_client;

struct relay_client_events {
    void *self;
    void (*answer)(void *self, uint64_t id, const struct transport_answer *answer);
    void (*stream)(void *self, uint64_t id, struct span bytes);
};

/* Load what libcurl needs: for who cannot load anything later. */
enum err relay_client_load(void);

enum err relay_client_new(struct relay_client **ret);
/* Closes every connection; no answer comes any more. Takes NULL. */
void relay_client_free(struct relay_client *c);
static inline void
relay_client_freep(struct relay_client **c)
{
    relay_client_free(*c);
}

/* Where answers go from now on; NULL: nowhere. */
void relay_client_listen(struct relay_client *c, const struct relay_client_events *events);
/* Its `self`, given the `self` of the world below: for what else is called with that. */
void *relay_client_listener(const void *world_self);

/* PROXY is "host:port" of a SOCKS5 proxy, or "" for none. Counts for requests started later.
 * Onion hosts are reached through a proxy only. ERR_MALFORMED. */
enum err relay_client_set_proxy(struct relay_client *c, const char *proxy);

/* The system's clocks and randomness, and this transport. Valid as long as C. */
struct world relay_client_world(struct relay_client *c);

/* The descriptor to wait on, and the monotonic time in ms at which to run without it (INT64_MAX:
 * none). */
int relay_client_fd(const struct relay_client *c);
int64_t relay_client_due(const struct relay_client *c);
void relay_client_run(struct relay_client *c);
