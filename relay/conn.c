/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "relay/conn_state.h"
#include "relay/exchange.h"

#define READ_AT_ONCE (16 * 1024)
#define LINGER_BYTES (1024 * 1024)
#define LINGER_TIME 2000
#define LAST_TIME (10 * 1000)
#define FILE_WINDOWS_A_TURN 4

bool
conn_may_hold(const struct conn *c, size_t n)
{
    const struct server *s = c->server;
    size_t more = n > c->held ? n - c->held : 0;

    return more == 0 || (s->held_bytes + more <= s->limits.held &&
                         sources_held(s->sources, c->source) + more <= s->limits.held_a_source);
}

void
conn_hold(struct conn *c, size_t n)
{
    struct server *s = c->server;

    if (n == c->held)
        return;
    sources_hold(s->sources, c->source, c->held, n);
    s->held_bytes = s->held_bytes - c->held + n;
    if (c->holds_big)
        s->held_big = s->held_big - c->held + n;
    c->held = n;
}

static void
close_conn(struct conn *c)
{
    struct server *s = c->server;

    if (c->stream != NULL)
        stream_gone(STEAL(c->stream));
    if (c->waiting_link != NULL)
        exchange_stop_waiting(c);
    *c->link = c->next;
    if (c->next != NULL)
        c->next->link = c->link;
    loop_remove(s->loop, &c->io);
    loop_timer_clear(s->loop, &c->deadline);
    loop_later_clear(s->loop, &c->flush);
    tls_conn_free(c->tls);
    close(c->io.fd);
    conn_hold(c, 0);
    sources_leave(s->sources, c->source);
    if (--s->conn_count == 0 && s->leaving)
        loop_stop(s->loop);
    http1_done(&c->http);
    buf_done(&c->in);
    buf_done(&c->out);
    service_answer_done(&c->answer);
    free(c);
}

/* What to wait for follows from the state and from whether something lies unsent. */
static void
rearm(struct conn *c)
{
    uint32_t unsent = conn_unsent(c) > 0 ? LOOP_OUT : 0, events = 0;

    switch (c->state) {
    case CONN_HANDSHAKE:
        events = c->handshake_writes ? LOOP_OUT : LOOP_IN;
        break;
    case CONN_READING:
        events = unsent ? unsent : LOOP_IN;
        break;
    case CONN_SENDING:
        events = LOOP_OUT;
        break;
    case CONN_STREAMING:
        events = LOOP_IN | unsent;
        break;
    case CONN_WAITING: /* 0: only told when the peer is gone altogether */
    case CONN_LAST:
        events = unsent;
        break;
    case CONN_LINGER:
        events = LOOP_IN;
        break;
    }
    if (events != c->events)
        loop_change(c->server->loop, &c->io, events);
    c->events = events;
}

/* The timer is set from the first moment to the last, so moving it needs no memory. */
void
conn_deadline_in(struct conn *c, uint64_t ms)
{
    enum err e = loop_timer_set(c->server->loop, &c->deadline, loop_now(c->server->loop) + ms);
    assert(e == OK);
}

size_t
conn_unsent(const struct conn *c)
{
    return c->out.n - c->sent;
}

struct buf *
conn_out(struct conn *c)
{
    if (c->sent > 0 && c->sent >= c->out.n / 2) {
        buf_consume(&c->out, c->sent);
        c->sent = 0;
    }
    return &c->out;
}

void
conn_flush_later(struct conn *c)
{
    loop_later(c->server->loop, &c->flush);
}

/* Send what is there and close; for how long that is tried depends on who is in a hurry. */
void
conn_become_last(struct conn *c)
{
    uint64_t stuck = c->server->limits.stuck;
    c->state = CONN_LAST;
    conn_deadline_in(c, stuck < LAST_TIME ? stuck : LAST_TIME);
}

void
conn_finish(struct conn *c)
{
    c->stream = NULL;
    conn_become_last(c);
    conn_flush_later(c);
}

/* Everything is sent. From here on whatever the peer still sends is of no interest, but closing
 * with bytes unread would send a reset, which may overtake our answer. False: closed. */
static bool
say_goodbye(struct conn *c)
{
    tls_shutdown(c->tls);
    if (c->server->leaving || shutdown(c->io.fd, SHUT_WR) != 0) {
        close_conn(c);
        return false;
    }
    c->state = CONN_LINGER;
    conn_deadline_in(c, LINGER_TIME);
    return true;
}

static bool
discard(struct conn *c)
{
    uint8_t bytes[READ_AT_ONCE];
    ssize_t n = recv(c->io.fd, bytes, sizeof bytes, 0);
    if (n > 0 && (c->lingered += (size_t)n) <= LINGER_BYTES)
        return true;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    close_conn(c);
    return false;
}

/* Write until all is sent or the socket is full. TLS_WANTS_WRITE: full. */
static enum tls_state
send_some(struct conn *c, bool *ret_moved)
{
    *ret_moved = false;
    while (conn_unsent(c) > 0) {
        size_t n = 0;
        enum tls_state state = tls_write(c->tls, SPAN(c->out.p + c->sent, conn_unsent(c)), &n);
        if (state != TLS_DONE)
            return state;
        c->sent += n;
        *ret_moved = true;
    }
    return TLS_DONE;
}

/* Whether the connection lives on. */
static bool
flush(struct conn *c)
{
    enum tls_state state = TLS_DONE;

    if (c->state == CONN_SENDING)
        return true; /* send_file does it, when the socket has room */
    /* No memory for what was to be sent. After a hole in a stream its reader would acknowledge what
     * it never saw: it has to come again instead. */
    if (c->out.failed) {
        close_conn(c);
        return false;
    }
    /* A stream that made room fills it again. */
    while (conn_unsent(c) > 0 && state == TLS_DONE) {
        bool moved;
        state = send_some(c, &moved);
        if (moved && c->stream != NULL)
            stream_progress(c->stream);
        else if (moved && c->state == CONN_READING && !c->arriving)
            conn_deadline_in(c, c->server->limits.idle);
    }
    if (state != TLS_DONE && state != TLS_WANTS_WRITE) {
        close_conn(c);
        return false;
    }
    if (conn_unsent(c) > 0)
        return true;
    buf_done(&c->out);
    c->sent = 0;
    if (!c->arriving)
        conn_hold(c, 0);
    return c->state == CONN_LAST ? say_goodbye(c) : true;
}

/* False: closed. Nothing in `in` afterwards: there was nothing to read. */
static bool
fill(struct conn *c)
{
    uint8_t bytes[READ_AT_ONCE];
    size_t n = 0;
    enum tls_state state = tls_read(c->tls, bytes, sizeof bytes, &n);

    if (state == TLS_WANTS_READ)
        return true;
    buf_put(&c->in, SPAN(bytes, n));
    if (state == TLS_DONE && !c->in.failed)
        return true;
    close_conn(c);
    return false;
}

/* Send, read, handle, until one of them has to wait. One read of the socket a turn, so that nobody
 * keeps the loop for himself. */
static bool
work(struct conn *c, bool readable)
{
    for (;;) {
        if (!flush(c))
            return false;
        if (c->state != CONN_READING || conn_unsent(c) > 0)
            return true;
        if (c->in.n == 0) {
            if (!readable && !tls_pending(c->tls))
                return true;
            readable = false;
            if (!fill(c))
                return false;
            if (c->in.n == 0)
                return true;
        }
        exchange_take(c);
    }
}

/* A turn's share of a file: fast readers wait for each other, slow ones only for themselves. */
static bool
send_file(struct conn *c)
{
    for (size_t i = 0; i < FILE_WINDOWS_A_TURN; i++) {
        if (conn_unsent(c) == 0) {
            buf_clear(&c->out);
            c->sent = 0;
            if (!exchange_send_on(c)) {
                close_conn(c);
                return false;
            }
            if (c->state != CONN_SENDING) { /* that was all */
                conn_flush_later(c);
                return true;
            }
        }
        bool moved;
        enum tls_state state = send_some(c, &moved);
        if (moved)
            exchange_file_deadline(c);
        if (state == TLS_WANTS_WRITE)
            return true;
        if (state != TLS_DONE) {
            close_conn(c);
            return false;
        }
    }
    return true;
}

static bool
shake_hands(struct conn *c)
{
    enum tls_state state = tls_handshake(c->tls);

    c->handshake_writes = state == TLS_WANTS_WRITE;
    if (state == TLS_WANTS_READ || state == TLS_WANTS_WRITE)
        return true;
    if (state != TLS_DONE) {
        close_conn(c);
        return false;
    }
    c->state = CONN_READING;
    conn_deadline_in(c, c->server->limits.idle);
    return work(c, true);
}

/* Nothing is expected from a reader but that it goes. */
static bool
stream_turn(struct conn *c)
{
    if (!flush(c))
        return false;
    if (c->state != CONN_STREAMING)
        return true;
    uint8_t byte;
    size_t n;
    if (tls_read(c->tls, &byte, 1, &n) == TLS_WANTS_READ)
        return true;
    close_conn(c);
    return false;
}

static bool
turn(struct conn *c, bool readable)
{
    switch (c->state) {
    case CONN_HANDSHAKE:
        return shake_hands(c);
    case CONN_READING:
        return work(c, readable);
    case CONN_WAITING:
        if (conn_unsent(c) > 0)
            return flush(c);
        close_conn(c); /* the peer is gone; what it asked for is done all the same */
        return false;
    case CONN_SENDING:
        return send_file(c);
    case CONN_STREAMING:
        return stream_turn(c);
    case CONN_LINGER:
        return discard(c);
    default:
        return flush(c);
    }
}

static void
on_ready(struct loop_source *io)
{
    struct conn *c = container_of(io, struct conn, io);
    if (turn(c, true))
        rearm(c);
}

void
conn_resume(struct conn *c)
{
    if (turn(c, false))
        rearm(c);
}

static void
on_flush(struct loop_task *task)
{
    struct conn *c = container_of(task, struct conn, flush);
    bool lives;

    if (c->state == CONN_SENDING)
        lives = send_file(c);
    else
        lives = c->state == CONN_READING ? work(c, false) : flush(c);
    if (lives)
        rearm(c);
}

static void
on_deadline(struct loop_timer *timer)
{
    struct conn *c = container_of(timer, struct conn, deadline);

    if (c->state == CONN_READING && conn_unsent(c) == 0) {
        if (c->arriving)
            exchange_cut_short(c, 408, 0);
        conn_become_last(c);
        if (flush(c))
            rearm(c);
        return;
    }
    /* Whoever does not take what was sent is not to keep the kernel's memory for it either. */
    if (conn_unsent(c) > 0)
        (void)setsockopt(c->io.fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1},
                         sizeof(struct linger));
    close_conn(c);
}

void
conn_open(struct server *s, int fd, struct source source)
{
    struct conn *c = calloc(1, sizeof *c);
    struct tls_conn *tls = tls_conn_new(s->tls, fd);
    enum err e = c == NULL || tls == NULL ? ERR_MEMORY : OK;

    if (e == OK) {
        *c = (struct conn){
            .io = {.fd = fd, .ready = on_ready},
            .deadline = {.fire = on_deadline},
            .flush = {.run = on_flush},
            .server = s,
            .tls = tls,
            .keep_alive = true,
            .source = source,
            .in = BUF(2 * READ_AT_ONCE),
            .events = LOOP_IN,
        };
        http1_init(&c->http, service_body_max);
        e = sources_enter(s->sources, source, s->limits.connections_a_source);
    }
    if (e == OK &&
        (e = loop_timer_set(s->loop, &c->deadline, loop_now(s->loop) + s->limits.handshake)) != OK)
        sources_leave(s->sources, source);
    if (e == OK && (e = loop_add(s->loop, &c->io, LOOP_IN)) != OK) {
        loop_timer_clear(s->loop, &c->deadline);
        sources_leave(s->sources, source);
    }
    if (e != OK) {
        tls_conn_free(tls);
        free(c);
        close(fd);
        return;
    }
    c->next = s->conns;
    c->link = &s->conns;
    if (c->next != NULL)
        c->next->link = &c->next;
    s->conns = c;
    s->conn_count++;
}

void
conns_leave(struct server *s)
{
    struct conn *next;

    for (struct conn *c = s->conns; c != NULL; c = next) {
        next = c->next;
        if (c->state == CONN_HANDSHAKE || c->state == CONN_LINGER ||
            (c->state == CONN_READING && conn_unsent(c) == 0)) {
            tls_shutdown(c->tls);
            close_conn(c);
        } else if (c->state == CONN_READING) {
            conn_become_last(c);
        }
    }
}

void
conns_close_all(struct server *s)
{
    while (s->conns != NULL)
        close_conn(s->conns);
}
