/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/collector.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "crypto/request_auth.h"
#include "wire/check.h"
#include "wire/frame.h"

#define WAIT_MIN 1000 /* ms */
#define WAIT_MAX (60 * 1000)
#define UNWANTED_WAIT (10 * 60 * 1000)
#define CONFLICTS_SOON 4 /* the relay may not have noticed yet that our own stream has ended */

struct collector {
    struct world world;
    struct collecting what;
    char authority[ADDRESS_MAX + 8], path[PATH_MAX];
    enum { WAITING, OPENING, OPEN, OVER } state;
    uint64_t id;       /* of the stream's request */
    int64_t due;       /* monotonic ms */
    unsigned failures; /* in a row */
    bool repeated;     /* with the relay's time */
    bool unwanted;     /* somebody else has our place */
    struct buf in;     /* the beginning of a frame */
    int fd;            /* -1: no file yet */
    bool counting;     /* the file is full: no more goes into it */
    uint64_t written;
    crypto_generichash_state hash; /* of what was written */
    uint64_t activity, request;    /* how many; the last request that we heard of */
};

static int64_t
now(const struct collector *c)
{
    return c->world.monotonic_ms(c->world.self);
}

static uint64_t
relay_time(const struct collector *c)
{
    return (uint64_t)(c->world.now_ms(c->world.self) / 1000 + c->what.offset_s);
}

enum err
collector_new(const struct collecting *what, const struct world *world, const char *path,
              struct collector **ret)
{
    struct collector *c = secret_alloc(sizeof *c); /* aligned as the hash wants it, too */

    if (c == NULL || strlen(path) >= sizeof c->path) {
        secret_free(c);
        secret_free(what->key);
        return fail(ERR_MEMORY, "not enough lockable memory");
    }
    c->world = *world;
    c->what = *what;
    c->fd = -1;
    c->id = 0;
    strcpy(c->path, path);
    relay_authority_write(&what->relay, c->authority);
    crypto_generichash_init(&c->hash, NULL, 0, sizeof((struct collected_proof *)0)->hash);
    c->due = now(c);
    unlink(path);
    *ret = c;
    return OK;
}

void
collector_free(struct collector *c)
{
    if (c == NULL)
        return;
    if (c->state == OPENING || c->state == OPEN)
        c->world.cancel(c->world.self, c->id);
    if (c->fd >= 0)
        close(c->fd);
    buf_done(&c->in);
    secret_free(c->what.key);
    secret_free(c);
}

uint64_t
collector_activity(const struct collector *c)
{
    return c->activity;
}

struct collected_proof
collector_proof(const struct collector *c)
{
    struct collected_proof p = {.bytes = c->written};
    crypto_generichash_state copy = c->hash;

    crypto_generichash_final(&copy, p.hash, sizeof p.hash);
    return p;
}

/* --- the stream --- */

static void
come_again(struct collector *c, int64_t wait)
{
    c->state = WAITING;
    c->due = now(c) + wait;
    buf_done(&c->in);
}

static void
back_off(struct collector *c)
{
    int64_t wait = (int64_t)WAIT_MIN << (c->failures < 6 ? c->failures : 6);
    uint32_t jitter;

    c->failures++;
    c->world.random(c->world.self, (uint8_t *)&jitter, sizeof jitter);
    wait = wait < WAIT_MAX ? wait : WAIT_MAX;
    come_again(c, wait + (int64_t)(jitter % (uint32_t)(wait / 4 + 1)));
}

static enum err
open_stream(struct collector *c)
{
    char path[64], authorization[AUTHORIZATION_MAX];
    struct request_subject subject = {.relay = c->what.relay_id,
                                      .authority = c->authority,
                                      .method = "GET",
                                      .path = path,
                                      .body = SPAN_NONE};

    snprintf(path, sizeof path, "/v1/queue/stream?after=%" PRIu64, c->what.cursor);
    TRY(fetch_authorize(c->what.key, relay_time(c), &subject, authorization));
    c->in = BUF(FRAME_MAX + ANSWER_MAX);
    c->state = OPENING;
    c->id++;
    c->world.start(c->world.self, &(struct transport_request){
                                      .id = c->id,
                                      .lane = LANE_OWN,
                                      .relay = c->what.relay,
                                      .pins = c->what.pins,
                                      .private_too = true, /* the user chose it */
                                      .method = "GET",
                                      .path = path,
                                      .authorization = authorization,
                                      .kind = TRANSPORT_STREAM,
                                      .silence_ms = STREAM_SILENCE_MS,
                                  });
    return OK;
}

void
collector_wake(struct collector *c)
{
    c->failures = 0;
    if (c->state == WAITING)
        c->due = now(c);
}

int64_t
collector_step(struct collector *c)
{
    if (c->state != OVER && relay_time(c) >= c->what.not_after) {
        if (c->state != WAITING)
            c->world.cancel(c->world.self, c->id);
        c->state = OVER;
    }
    if (c->state == WAITING && c->due <= now(c) && open_stream(c) != OK)
        back_off(c);
    if (c->state == OVER)
        return INT64_MAX;
    if (c->state == WAITING)
        return c->due;
    return now(c) + (int64_t)(c->what.not_after - relay_time(c)) * 1000;
}

/* --- what comes --- */

/* As the file has it: u32be length, u64be n, envelope. A part that did not go in whole is cut off
 * again, and nothing more goes in. */
static void
append(struct collector *c, const struct frame *item)
{
    AUTO(buf_done) struct buf head = BUF(12);
    size_t size = 12 + item->envelope.n;

    buf_put_u32(&head, (uint32_t)item->envelope.n);
    buf_put_u64(&head, item->n);
    if (c->counting || buf_ok(&head) != OK)
        return;
    if (c->fd < 0)
        c->fd = open(c->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct iovec parts[] = {{head.p, head.n},
                            {(void *)(uintptr_t)item->envelope.p, item->envelope.n}};
    if (c->fd < 0 || c->written + size > SEALED_FILE_MAX ||
        pwritev(c->fd, parts, 2, (off_t)c->written) != (ssize_t)size) {
        c->counting = true;
        if (c->fd >= 0 && ftruncate(c->fd, (off_t)c->written) != 0)
            return; /* the proof covers what is whole */
        return;
    }
    crypto_generichash_update(&c->hash, head.p, head.n);
    crypto_generichash_update(&c->hash, item->envelope.p, item->envelope.n);
    c->written += size;
}

static void
take_item(struct collector *c, const struct frame *item)
{
    if (item->n <= c->what.cursor)
        return;
    append(c, item);
    c->what.cursor = item->n;
    c->activity++;
}

static enum err
take_frame(struct collector *c, const struct frame *f)
{
    if (c->state != OPEN && f->kind != FRAME_HELLO)
        return fail(ERR_MALFORMED, "the stream does not begin with a hello");
    if (f->kind == FRAME_HELLO) {
        c->state = OPEN;
        c->repeated = false;
    } else if (f->kind == FRAME_ITEM) {
        take_item(c, f);
    } else if (f->kind == FRAME_END) {
        c->failures = 0;
    } else if (f->kind == FRAME_REQUEST_WAITING && f->n > c->request) {
        c->request = f->n;
        c->activity++;
    } else if (f->kind == FRAME_BYE && f->bye == BYE_DISPLACED) {
        c->unwanted = true;
    } else if (f->kind == FRAME_BYE && f->bye == BYE_DEVICE_REMOVED) {
        c->what.not_after = 0;
    }
    return OK;
}

static enum err
take_frames(struct collector *c, size_t *ret_used)
{
    size_t used = 0;

    for (;;) {
        struct frame f;
        size_t n;
        enum err e = frame_read(SPAN(c->in.p + used, c->in.n - used), &f, &n);
        if (e == ERR_NOT_FOUND)
            break;
        TRY(e);
        TRY(take_frame(c, &f));
        used += n;
    }
    *ret_used = used;
    return OK;
}

void
collector_on_stream_data(struct collector *c, uint64_t id, struct span bytes)
{
    size_t used = 0;

    if (id != c->id || (c->state != OPENING && c->state != OPEN))
        return;
    buf_put(&c->in, bytes);
    enum err e = buf_ok(&c->in);
    if (e == OK)
        e = take_frames(c, &used);
    if (e != OK) {
        c->world.cancel(c->world.self, c->id);
        back_off(c);
        return;
    }
    buf_consume(&c->in, used);
}

/* --- how it ends --- */

/* Once with the relay's time; a key that is refused after that is good for nothing more. */
static void
refused(struct collector *c, struct span body)
{
    AUTO(error_freep) Wire__Error *error = NULL;

    if (c->repeated || error_read(body, &error) != OK || error->server_time == 0) {
        c->what.not_after = 0;
        back_off(c);
        return;
    }
    c->what.offset_s = (int64_t)error->server_time - c->world.now_ms(c->world.self) / 1000;
    c->repeated = true;
    come_again(c, 0);
}

/* Our number is above all that the relay has given out (B21 note 5), or another process has the
 * account's own stream. */
static void
in_conflict(struct collector *c, struct span body)
{
    AUTO(queue_page_freep) Wire__QueuePage *page = NULL;

    if (queue_page_read(body, &page) != OK) {
        back_off(c);
    } else if (page->highest < c->what.cursor) {
        c->what.cursor = 0;
        back_off(c);
    } else if (c->failures < CONFLICTS_SOON) {
        back_off(c);
    } else {
        come_again(c, UNWANTED_WAIT);
    }
}

void
collector_on_answer(struct collector *c, uint64_t id, const struct transport_answer *answer)
{
    if (id != c->id || (c->state != OPENING && c->state != OPEN))
        return;
    if (answer->failure == TRANSPORT_OK && answer->status == 401)
        refused(c, answer->body);
    else if (answer->failure == TRANSPORT_OK && answer->status == 409)
        in_conflict(c, answer->body);
    else if (c->unwanted)
        come_again(c, UNWANTED_WAIT);
    else
        back_off(c);
    c->unwanted = false;
}
