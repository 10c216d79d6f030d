/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "relay/conn.h"

#define ACCEPTS_A_TURN 64
#define TICK 1000
#define ACCEPT_PAUSE 200 /* when there are no descriptors left */

struct listener {
    struct loop_source io;
    struct loop_timer pause;
    struct server *server;
    struct listener *next;
};

static void
note_committed(void *ctx, uint64_t upto)
{
    struct server *s = ctx;
    s->committed = upto;
    conns_judge(s, upto, true);
    loop_later(s->loop, &s->release);
}

static void
note_refused(void *ctx, uint64_t upto)
{
    struct server *s = ctx;
    conns_judge(s, upto, false);
    loop_later(s->loop, &s->release);
}

static void
note_worked(void *ctx, uint64_t work, struct service_answer *a)
{
    struct server *s = ctx;
    conns_worked(s, work, a);
    loop_later(s->loop, &s->release);
}

static void
note_broken(void *ctx)
{
    struct server *s = ctx;
    s->broken = true;
    loop_later(s->loop, &s->release);
}

static void
push(void *ctx, const struct account_id *account, uint32_t device, const struct frame *f)
{
    struct server *s = ctx;
    streams_push(s->streams, account, device, f);
}

static void
end_streams(void *ctx, const struct account_id *account, uint32_t device, enum bye_reason why)
{
    struct server *s = ctx;
    streams_end(s->streams, account, device, why);
}

static uint64_t
wall_clock(void *ctx)
{
    struct timespec t;
    (void)ctx;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool
streaming(void *ctx, const struct account_id *account, uint32_t device)
{
    struct server *s = ctx;
    return streams_streaming(s->streams, account, device);
}

static void
end_fetching(void *ctx, const struct account_id *account, uint32_t device)
{
    struct server *s = ctx;
    streams_end_fetching(s->streams, account, device);
}

struct service_host
server_host(struct server *s)
{
    return (struct service_host){
        .ctx = s,
        .now = wall_clock,
        .push = push,
        .end = end_streams,
        .streaming = streaming,
        .end_fetching = end_fetching,
        .committed = note_committed,
        .refused = note_refused,
        .worked = note_worked,
        .broken = note_broken,
    };
}

static void
on_release(struct loop_task *t)
{
    struct server *s = container_of(t, struct server, release);
    conns_release(s);
    streams_committed(s->streams);
    if (s->broken)
        server_leave(s);
}

static void
on_batch_end(struct loop_task *t)
{
    struct server *s = container_of(t, struct server, batch_end);
    service_batch_end(s->service);
}

static void
on_settle(struct loop_source *io)
{
    struct server *s = container_of(io, struct server, settle);
    service_settle(s->service);
}

static void
on_tick(struct loop_timer *t)
{
    struct server *s = container_of(t, struct server, tick);
    service_tick(s->service);
    if (loop_timer_set(s->loop, t, loop_now(s->loop) + TICK) != OK)
        server_leave(s);
}

static void
on_patience(struct loop_timer *t)
{
    struct server *s = container_of(t, struct server, patience);
    loop_stop(s->loop);
}

enum err
server_new(struct tls *tls, const struct server_limits *limits, struct server **ret)
{
    AUTO(server_freep) struct server *s = calloc(1, sizeof *s);
    if (s == NULL)
        return fail(ERR_MEMORY, "no memory for the server");
    *s = (struct server){
        .tls = tls,
        .limits = *limits,
        .settle = {.fd = -1, .ready = on_settle},
        .tick = {.fire = on_tick},
        .patience = {.fire = on_patience},
        .release = {.run = on_release},
        .batch_end = {.run = on_batch_end},
    };
    TRY(loop_new(&s->loop));
    TRY(sources_new(&s->sources));
    TRY(streams_new(s, &s->streams));
    *ret = STEAL(s);
    return OK;
}

static void
stop_listening(struct server *s)
{
    while (s->listeners != NULL) {
        struct listener *l = s->listeners;
        s->listeners = l->next;
        loop_remove(s->loop, &l->io);
        loop_timer_clear(s->loop, &l->pause);
        close(l->io.fd);
        free(l);
    }
}

void
server_free(struct server *s)
{
    if (s == NULL)
        return;
    conns_close_all(s);
    stop_listening(s);
    streams_free(s->streams);
    sources_free(s->sources);
    loop_free(s->loop);
    free(s);
}

void
server_freep(struct server **s)
{
    server_free(*s);
}

enum err
server_start(struct server *s, struct service *service)
{
    s->service = service;
    s->settle.fd = service_fd(service);
    if (s->settle.fd >= 0)
        TRY(loop_add(s->loop, &s->settle, LOOP_IN));
    return loop_timer_set(s->loop, &s->tick, loop_now(s->loop) + TICK);
}

static void
on_pause_over(struct loop_timer *t)
{
    struct listener *l = container_of(t, struct listener, pause);
    loop_change(l->server->loop, &l->io, LOOP_IN);
}

/* Out of descriptors or memory: asking again at once would only turn the loop. */
static void
pause_accepting(struct listener *l)
{
    struct server *s = l->server;
    if (loop_timer_set(s->loop, &l->pause, loop_now(s->loop) + ACCEPT_PAUSE) == OK)
        loop_change(s->loop, &l->io, 0);
}

static void
on_connect(struct loop_source *io)
{
    struct listener *l = container_of(io, struct listener, io);
    struct server *s = l->server;

    for (size_t i = 0; i < ACCEPTS_A_TURN; i++) {
        struct sockaddr_storage peer;
        socklen_t n = sizeof peer;
        int fd = accept4(io->fd, (struct sockaddr *)&peer, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                pause_accepting(l);
            return; /* none left, or it went away meanwhile */
        }
        if (s->conn_count >= s->limits.connections) {
            close(fd);
            continue;
        }
        int one = 1;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        conn_open(s, fd, source_of((const struct sockaddr *)&peer));
    }
}

enum err
server_listen(struct server *s, int fd)
{
    struct listener *l = calloc(1, sizeof *l);
    if (l == NULL) {
        close(fd);
        return fail(ERR_MEMORY, "no memory for a listener");
    }
    *l = (struct listener){
        .io = {.fd = fd, .ready = on_connect},
        .pause = {.fire = on_pause_over},
        .server = s,
        .next = s->listeners,
    };
    enum err e = loop_add(s->loop, &l->io, LOOP_IN);
    if (e != OK) {
        close(fd);
        free(l);
        return e;
    }
    s->listeners = l;
    return OK;
}

enum err
server_run(struct server *s)
{
    TRY(loop_run(s->loop));
    return s->broken ? fail(ERR_IO, "the store failed; nothing it had not kept was confirmed") : OK;
}

void
server_leave(struct server *s)
{
    if (s->leaving)
        return;
    s->leaving = true;
    stop_listening(s);
    streams_end_all(s->streams, BYE_SHUTDOWN);
    if (!s->broken && service_commit(s->service) != OK)
        s->broken = true;
    conns_release(s);
    conns_leave(s);
    if (s->conn_count == 0 ||
        loop_timer_set(s->loop, &s->patience, loop_now(s->loop) + SHUTDOWN_WAIT) != OK)
        loop_stop(s->loop);
}
