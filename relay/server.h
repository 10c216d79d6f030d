/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Everything that is carried by one loop: listening sockets, connections, streams, and the service
 * behind them. It is the host in the sense of relay/service.h.
 *
 *     server_new -> service_new(…, server_host(server), …) -> server_listen … -> server_run
 *
 * The one thing to know: callbacks of the service only note things down or append to a stream's
 * output; answers are released and sockets written at the end of the turn. So nothing that a
 * request does can free the connection it came from.
 */
#pragma once

#include "relay/loop.h"
#include "relay/service.h"
#include "relay/sources.h"
#include "relay/streams.h"
#include "relay/tls.h"

/* Times in milliseconds. */
struct server_limits {
    size_t connections, connections_a_source;
    size_t held, held_a_source; /* bytes of bodies that arrive and of answers not yet taken */
    uint64_t handshake;         /* from accept to the end of the TLS handshake */
    uint64_t request; /* from a request's first byte to its last, beside the time for its body */
    uint64_t slowest; /* bytes of a body, and of a file, that have to move in a millisecond */
    uint64_t idle;    /* between requests */
    uint64_t stuck;   /* nothing of an answer or a stream was taken for so long */
    uint64_t heartbeat_min, heartbeat_max, stream_life;
};

#define SERVER_LIMITS                                                                              \
    ((struct server_limits){                                                                       \
        .connections = 20000,                                                                      \
        .connections_a_source = 512,                                                               \
        .held = 64 * 1024 * 1024,                                                                  \
        .held_a_source = 8 * 1024 * 1024,                                                          \
        .handshake = 10 * 1000,                                                                    \
        .request = 10 * 1000,                                                                      \
        .slowest = 16,                                                                             \
        .idle = 60 * 1000,                                                                         \
        .stuck = STREAM_STUCK * 1000ULL,                                                           \
        .heartbeat_min = HEARTBEAT_MIN * 1000ULL,                                                  \
        .heartbeat_max = HEARTBEAT_MAX * 1000ULL,                                                  \
        .stream_life = STREAM_LIFE * 1000ULL,                                                      \
    })

#define SHUTDOWN_WAIT 3000 /* for the last answers and byes to leave */

struct conn;

struct server {
    struct loop *loop;
    struct tls *tls;         /* borrowed */
    struct service *service; /* borrowed */
    struct server_limits limits;
    struct sources *sources;
    struct streams *streams;
    struct listener *listeners;
    struct loop_source settle; /* the service's descriptor */
    struct loop_timer tick, patience;
    struct loop_task release, batch_end;
    struct conn *conns, *waiting; /* lists, linked in conn.c */
    size_t conn_count, held_bytes, held_big;
    uint64_t committed; /* every ticket up to here is durable */
    bool broken, leaving;
};

enum err server_new(struct tls *tls, const struct server_limits *limits, struct server **ret);
/* Closes whatever is open. The service must have been freed after, not before. */
void server_free(struct server *s);
void server_freep(struct server **s);

struct service_host server_host(struct server *s);
enum err server_start(struct server *s, struct service *service);

/* Accept on FD, a listening socket that does not block; it becomes the server's. */
enum err server_listen(struct server *s, int fd);

/* Turn until server_leave has run its course. ERR_IO when the store failed. */
enum err server_run(struct server *s);

/* Stop accepting, say bye on the streams, finish the commits, send the last answers, return from
 * server_run. Commits take as long as they take; peers get SHUTDOWN_WAIT. */
void server_leave(struct server *s);
