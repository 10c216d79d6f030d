/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/streams.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "relay/conn.h"
#include "relay/fetched.h"

#define BUCKETS 16384
#define LOW_WATER (STREAM_UNSENT_MAX / 4) /* below it, a stream that is behind reads again */

struct stream {
    struct stream *next, **link; /* in its bucket */
    struct stream_params params;
    struct conn *conn;
    struct streams *all;
    struct loop_timer timer;
    uint64_t cursor;          /* the last item written */
    uint64_t request;         /* a waiting request to tell of when no longer behind; 0: none */
    uint64_t ends, heartbeat; /* when it has to end; when the next one is due */
    uint64_t progress;        /* when the socket last took something */
    bool behind, ended;       /* reads from the store; `end` was written */
    bool hungry;              /* the rest of the backlog waits for a commit */
};

struct streams {
    struct server *server;
    size_t hungry;
    unsigned char key[crypto_shorthash_KEYBYTES];
    struct stream *buckets[BUCKETS];
};

enum err
streams_new(struct server *server, struct streams **ret)
{
    struct streams *s = calloc(1, sizeof *s);
    if (s == NULL)
        return fail(ERR_MEMORY, "no memory for the table of streams");
    s->server = server;
    crypto_shorthash_keygen(s->key);
    *ret = s;
    return OK;
}

void
streams_free(struct streams *s)
{
    free(s);
}

static struct stream **
bucket_of(struct streams *s, const struct account_id *account, uint32_t device)
{
    uint8_t text[sizeof account->b + sizeof device];
    uint64_t h;

    static_assert(sizeof h == crypto_shorthash_BYTES, "siphash gives 8 bytes");
    memcpy(text, account->b, sizeof account->b);
    memcpy(text + sizeof account->b, &device, sizeof device);
    crypto_shorthash((unsigned char *)&h, text, sizeof text, s->key);
    return &s->buckets[h % BUCKETS];
}

static struct stream *
find(struct streams *s, const struct account_id *account, uint32_t device)
{
    struct stream *st = *bucket_of(s, account, device);
    while (st != NULL && (st->params.device != device ||
                          memcmp(&st->params.account, account, sizeof *account) != 0))
        st = st->next;
    return st;
}

static void
set_hungry(struct stream *st, bool hungry)
{
    if (st->hungry && !hungry)
        st->all->hungry--;
    else if (!st->hungry && hungry)
        st->all->hungry++;
    st->hungry = hungry;
}

void
stream_gone(struct stream *st)
{
    set_hungry(st, false);
    loop_timer_clear(st->all->server->loop, &st->timer);
    *st->link = st->next;
    if (st->next != NULL)
        st->next->link = st->link;
    free(st);
}

static void
write_frame(struct stream *st, const struct frame *f)
{
    struct frame fetched;

    if (st->params.fetching && !fetched_part(f, &fetched))
        return;
    frame_write(conn_out(st->conn), st->params.fetching ? &fetched : f);
    conn_flush_later(st->conn);
}

/* Say why and let the connection end by itself. Frees the stream. */
static void
end(struct stream *st, enum bye_reason why)
{
    struct conn *c = st->conn;
    write_frame(st, &(struct frame){.kind = FRAME_BYE, .bye = why});
    stream_gone(st);
    conn_finish(c);
}

static void
caught_up(struct stream *st)
{
    st->behind = false;
    if (!st->ended)
        write_frame(st, &(struct frame){.kind = FRAME_END});
    st->ended = true;
    if (st->request != 0)
        write_frame(st, &(struct frame){.kind = FRAME_REQUEST_WAITING, .n = st->request});
    st->request = 0;
}

/* Read on from the store, until enough lies unsent or everything was read. */
static enum err
refill(struct stream *st)
{
    set_hungry(st, false);
    while (st->behind && conn_unsent(st->conn) <= LOW_WATER) {
        struct buf *out = conn_out(st->conn);
        size_t before = out->n;
        enum backlog more;
        TRY(service_backlog(st->all->server->service, &st->params, st->cursor,
                            STREAM_UNSENT_MAX - conn_unsent(st->conn), out, &st->cursor, &more));
        TRY(buf_ok(out));
        if (more == BACKLOG_DONE) {
            caught_up(st);
        } else if (out->n == before) {
            set_hungry(st, true);
            return OK;
        }
        conn_flush_later(st->conn);
    }
    return OK;
}

/* The store could not be read, or the device is gone: the reader comes back and hears it then. */
static void
refill_or_end(struct stream *st)
{
    if (st->behind && refill(st) != OK)
        end(st, BYE_SHUTDOWN);
}

static uint64_t
next_heartbeat(const struct streams *s)
{
    const struct server_limits *l = &s->server->limits;
    uint64_t spread = l->heartbeat_max - l->heartbeat_min;
    return loop_now(s->server->loop) + l->heartbeat_min +
           (spread == 0 ? 0 : randombytes_uniform((uint32_t)spread));
}

/* One timer for three ends: the next heartbeat, a stuck reader, old age. */
static enum err
set_timer(struct stream *st)
{
    const struct server_limits *l = &st->all->server->limits;
    uint64_t at = st->heartbeat;

    if (conn_unsent(st->conn) > 0 && st->progress + l->stuck < at)
        at = st->progress + l->stuck;
    if (st->ends < at)
        at = st->ends;
    return loop_timer_set(st->all->server->loop, &st->timer, at);
}

static void
on_timer(struct loop_timer *t)
{
    struct stream *st = container_of(t, struct stream, timer);
    const struct server_limits *l = &st->all->server->limits;
    uint64_t now = loop_now(st->all->server->loop);

    if (now >= st->ends) {
        end(st, BYE_AGE);
        return;
    }
    if (conn_unsent(st->conn) > 0 && now >= st->progress + l->stuck) {
        end(st, BYE_TOO_SLOW);
        return;
    }
    if (now >= st->heartbeat) {
        st->heartbeat = next_heartbeat(st->all);
        if (conn_unsent(st->conn) == 0)
            write_frame(st, &(struct frame){.kind = FRAME_HEARTBEAT});
    }
    if (set_timer(st) != OK)
        end(st, BYE_SHUTDOWN);
}

/* How long a stream with P may be open: not longer than the key is good that opened it. */
static uint64_t
life(const struct streams *s, const struct stream_params *p)
{
    struct service_host host = server_host(s->server);
    uint64_t most = s->server->limits.stream_life, now = host.now(host.ctx), end = p->expiry * 1000;

    if (p->expiry == 0)
        return most;
    uint64_t left = end > now ? end - now : 0;
    return left < most ? left : most;
}

enum err
streams_open(struct streams *s, const struct stream_params *p, struct conn *conn,
             struct stream **ret)
{
    struct stream *old = find(s, &p->account, p->device);
    uint64_t now = loop_now(s->server->loop);

    TRY(service_stream_begin(s->server->service, p, conn_out(conn)));
    struct stream *st = calloc(1, sizeof *st);
    if (st == NULL)
        return fail(ERR_MEMORY, "no memory for a stream");
    *st = (struct stream){
        .params = *p,
        .conn = conn,
        .all = s,
        .timer = {.fire = on_timer},
        .cursor = p->after,
        .ends = now + life(s, p),
        .heartbeat = next_heartbeat(s),
        .progress = now,
        .behind = true,
    };
    struct stream **bucket = bucket_of(s, &p->account, p->device);
    st->next = *bucket;
    st->link = bucket;
    if (st->next != NULL)
        st->next->link = &st->next;
    *bucket = st;
    enum err e = set_timer(st);
    if (e == OK)
        e = refill(st);
    if (e != OK) {
        stream_gone(st);
        return e;
    }
    if (old != NULL)
        end(old, BYE_DISPLACED);
    conn_flush_later(conn);
    *ret = st;
    return OK;
}

static void
push_item(struct stream *st, const struct frame *f)
{
    if (st->behind || f->n <= st->cursor)
        return; /* the backlog has it */
    if (conn_unsent(st->conn) + FRAME_MAX > STREAM_UNSENT_MAX) {
        st->behind = true;
        return;
    }
    st->cursor = f->n;
    write_frame(st, f);
}

void
streams_push(struct streams *s, const struct account_id *account, uint32_t device,
             const struct frame *f)
{
    struct stream *st = find(s, account, device);

    if (st == NULL)
        return;
    bool idle = conn_unsent(st->conn) == 0;
    if (f->kind == FRAME_ITEM)
        push_item(st, f);
    else if (f->kind == FRAME_REQUEST_WAITING && st->behind)
        st->request = f->n;
    else if (!st->behind && conn_unsent(st->conn) + FRAME_MAX <= STREAM_UNSENT_MAX)
        write_frame(st, f);
    if (idle && conn_unsent(st->conn) > 0)
        st->progress = loop_now(s->server->loop); /* from now on it can be stuck */
}

void
streams_end(struct streams *s, const struct account_id *account, uint32_t device,
            enum bye_reason why)
{
    uint32_t first = device == 0 ? 1 : device, last = device == 0 ? DEVICE_ID_MAX : device;

    for (uint32_t d = first; d <= last; d++) {
        struct stream *st = find(s, account, d);
        if (st != NULL)
            end(st, why);
    }
}

bool
streams_streaming(struct streams *s, const struct account_id *account, uint32_t device)
{
    const struct stream *st = find(s, account, device);
    return st != NULL && !st->params.fetching;
}

void
streams_end_fetching(struct streams *s, const struct account_id *account, uint32_t device)
{
    struct stream *st = find(s, account, device);
    if (st != NULL && st->params.fetching)
        end(st, BYE_DISPLACED);
}

void
streams_end_all(struct streams *s, enum bye_reason why)
{
    for (size_t i = 0; i < BUCKETS; i++)
        while (s->buckets[i] != NULL)
            end(s->buckets[i], why);
}

void
streams_committed(struct streams *s)
{
    for (size_t i = 0; i < BUCKETS && s->hungry > 0; i++) {
        struct stream *next;
        for (struct stream *st = s->buckets[i]; st != NULL; st = next) {
            next = st->next;
            if (st->hungry)
                refill_or_end(st);
        }
    }
}

void
stream_progress(struct stream *st)
{
    st->progress = loop_now(st->all->server->loop);
    refill_or_end(st);
}
