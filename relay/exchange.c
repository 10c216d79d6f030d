/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/exchange.h"

#include "relay/blob_files.h"
#include "relay/conn_state.h"
#include "relay/refusal.h"

#define SMALL_BODY (64 * 1024)    /* cheaper to read than another handshake */
#define SMALL_ANSWER (16 * 1024)  /* not worth counting beside the connection itself */
#define BIG_BODY DELIVER_BODY_MAX /* more than that is an attachment's */
#define FILE_WINDOW (64 * 1024)
#define NEVER (1000ULL * 365 * SECONDS_A_DAY)
#define STREAM_OUT_MAX (2 * (STREAM_UNSENT_MAX + FRAME_MAX))

/* Put an answer into `out`, and say what comes after it. */
static void
answer(struct conn *c, const struct http1_answer *a)
{
    struct http1_answer out = *a;

    out.close = a->close || !c->keep_alive || c->server->leaving;
    c->out.max = ANSWER_MAX + HTTP1_ANSWER_OVERHEAD;
    http1_write_answer(&c->out, &out);
    c->arriving = false;
    c->state = CONN_READING;
    conn_deadline_in(c, c->server->limits.idle);
    if (out.close || c->out.failed)
        conn_become_last(c);
}

static void
answer_refusal(struct conn *c, unsigned status, uint32_t retry_after)
{
    AUTO(buf_done) struct buf body = BUF(1024);
    refusal_write(&body, status, retry_after);
    answer(c, &(struct http1_answer){
                  .status = status, .retry_after = retry_after, .body = buf_span(&body)});
}

/* Refuse before the request is whole, which leaves no way to find the next one. */
void
exchange_cut_short(struct conn *c, unsigned status, uint32_t retry_after)
{
    c->keep_alive = false;
    answer_refusal(c, status, retry_after);
}

static void
answer_from_service(struct conn *c)
{
    struct service_answer *a = &c->answer;

    answer(c, &(struct http1_answer){.status = a->status,
                                     .retry_after = a->retry_after,
                                     .whole = a->whole,
                                     .text = a->text,
                                     .body = buf_span(&a->body)});
    service_answer_done(a);
}

static void
wait_for_commit(struct conn *c)
{
    struct server *s = c->server;

    c->state = CONN_WAITING;
    bool committed = c->answer.kind == ANSWER_AFTER_COMMIT && c->answer.ticket <= s->committed;
    c->verdict = committed ? COMMITTED : UNDECIDED;
    c->next_waiting = s->waiting;
    c->waiting_link = &s->waiting;
    if (c->next_waiting != NULL)
        c->next_waiting->waiting_link = &c->next_waiting;
    s->waiting = c;
    conn_deadline_in(c, NEVER);
    if (c->verdict != UNDECIDED || s->broken)
        loop_later(s->loop, &s->release);
}

void
exchange_stop_waiting(struct conn *c)
{
    *c->waiting_link = c->next_waiting;
    if (c->next_waiting != NULL)
        c->next_waiting->waiting_link = c->waiting_link;
    c->waiting_link = NULL;
    c->next_waiting = NULL;
}

static void
open_stream(struct conn *c)
{
    struct stream_params params = c->answer.stream;

    service_answer_done(&c->answer);
    c->out.max = STREAM_OUT_MAX;
    http1_write_stream_head(&c->out);
    c->state = CONN_STREAMING;
    conn_deadline_in(c, NEVER);
    if (streams_open(c->server->streams, &params, c, &c->stream) != OK) {
        buf_clear(&c->out);
        exchange_cut_short(c, 503, 1);
    }
}

/* ---- files ---- */

void
exchange_file_deadline(struct conn *c)
{
    uint64_t now = loop_now(c->server->loop), stuck = c->server->limits.stuck;
    uint64_t left = c->file_end > now ? c->file_end - now : 0;

    conn_deadline_in(c, left < stuck ? left : stuck);
}

static void
open_file(struct conn *c)
{
    const struct service_answer *a = &c->answer;
    const struct server_limits *limits = &c->server->limits;

    c->out.max = FILE_WINDOW + HTTP1_ANSWER_OVERHEAD;
    http1_write_file_head(&c->out, &(struct http1_file){
                                       .status = a->status,
                                       .close = !c->keep_alive || c->server->leaving,
                                       .from = a->from,
                                       .count = a->count,
                                       .whole = a->whole,
                                   });
    c->arriving = false;
    c->state = CONN_SENDING;
    c->file_end = loop_now(c->server->loop) + limits->stuck + a->count / limits->slowest;
    exchange_file_deadline(c);
    conn_flush_later(c);
}

bool
exchange_send_on(struct conn *c)
{
    struct service_answer *a = &c->answer;
    size_t n = a->count < FILE_WINDOW ? (size_t)a->count : FILE_WINDOW;

    if (n == 0) {
        service_answer_done(a);
        buf_done(&c->out);
        conn_hold(c, 0);
        c->holds_big = false;
        c->state = CONN_READING;
        conn_deadline_in(c, c->server->limits.idle);
        if (!c->keep_alive || c->server->leaving)
            conn_become_last(c);
        return true;
    }
    uint8_t *to = buf_grow(&c->out, n);
    if (to == NULL || blob_reader_read(a->file, a->from, to, n) != OK)
        return false;
    a->from += n;
    a->count -= n;
    return true;
}

/* ---- requests ---- */

/* What an answer is held for until the peer has taken it. */
static size_t
size_held(const struct service_answer *a)
{
    if (a->kind == ANSWER_FILE)
        return FILE_WINDOW;
    return a->kind == ANSWER_NOW && a->body.n > SMALL_ANSWER ? a->body.n : 0;
}

/* Attachments leave half of the memory to messages. */
static bool
may_hold(const struct conn *c, size_t n, bool big)
{
    const struct server *s = c->server;

    if (big && s->held_big - (c->holds_big ? c->held : 0) + n > s->limits.held / 2)
        return false;
    return conn_may_hold(c, n);
}

static bool
may_take(const struct conn *c, size_t n)
{
    return may_hold(c, n, c->http.request.content_length > BIG_BODY);
}

static void
handle(struct conn *c)
{
    struct server *s = c->server;
    const struct http1_request *h = &c->http.request;
    struct service_request request = {
        .method = h->method,
        .path = h->target,
        .authority = h->authority,
        .authorization = h->authorization,
        .range = h->range,
        .body = buf_span(&c->http.body),
        .source = c->source,
    };

    c->keep_alive = h->keep_alive;
    c->answer = SERVICE_ANSWER;
    bool busy = h->method != METHOD_GET && service_overloaded(s->service);
    if (!busy) {
        service_handle(s->service, &request, &c->answer);
        loop_later(s->loop, &s->batch_end);
    }
    http1_next(&c->http);
    conn_hold(c, 0);
    c->holds_big = false;
    size_t large = size_held(&c->answer);
    bool big = c->answer.kind == ANSWER_FILE;
    if (busy || !may_hold(c, large, big)) {
        service_answer_done(&c->answer);
        answer_refusal(c, 503, 1);
        return;
    }
    c->holds_big = big;
    conn_hold(c, large);
    if (c->answer.kind == ANSWER_NOW)
        answer_from_service(c);
    else if (c->answer.kind == ANSWER_FILE)
        open_file(c);
    else if (c->answer.kind == ANSWER_STREAM)
        open_stream(c);
    else
        wait_for_commit(c);
}

/* The head of a request with a body. */
static void
expect_body(struct conn *c)
{
    struct server *s = c->server;
    size_t n = c->http.request.content_length;

    if (!may_take(c, n) || (n > SMALL_BODY && service_overloaded(s->service))) {
        exchange_cut_short(c, 503, 1);
        return;
    }
    conn_hold(c, 0);
    c->holds_big = n > BIG_BODY;
    conn_deadline_in(c, s->limits.request + n / s->limits.slowest);
    if (c->http.request.expects_continue)
        http1_write_continue(&c->out);
}

/* What has come counts, not what was announced: that would cost who announces it nothing. */
static void
count_body(struct conn *c)
{
    if (may_take(c, c->http.body.cap))
        conn_hold(c, c->http.body.cap);
    else
        exchange_cut_short(c, 503, 1);
}

void
exchange_take(struct conn *c)
{
    size_t used;

    if (!c->arriving)
        conn_deadline_in(c, c->server->limits.request);
    c->arriving = true;
    c->out.max = ANSWER_MAX;
    enum http1_event e = http1_feed(&c->http, buf_span(&c->in), &used);
    buf_consume(&c->in, used);
    if (c->in.n == 0)
        buf_done(&c->in);
    if (e == HTTP1_HEAD)
        expect_body(c);
    else if (e == HTTP1_MORE)
        count_body(c);
    else if (e == HTTP1_REQUEST)
        handle(c);
    else if (e == HTTP1_REFUSED)
        exchange_cut_short(c, c->http.refused, 0);
}

void
conns_judge(struct server *s, uint64_t upto, bool stored)
{
    for (struct conn *c = s->waiting; c != NULL; c = c->next_waiting)
        if (c->verdict == UNDECIDED && c->answer.kind == ANSWER_AFTER_COMMIT &&
            c->answer.ticket <= upto)
            c->verdict = stored ? COMMITTED : NOT_STORED;
}

void
conns_worked(struct server *s, uint64_t work, struct service_answer *a)
{
    for (struct conn *c = s->waiting; c != NULL; c = c->next_waiting) {
        if (c->answer.kind != ANSWER_AFTER_WORK || c->answer.work != work)
            continue;
        c->answer = *a;
        *a = SERVICE_ANSWER;
        if (c->answer.kind == ANSWER_NOW)
            c->verdict = COMMITTED;
        return;
    }
}

/* Handling a pipelined request may make the same connection wait again, which puts it at the front
 * of the list: behind this walk. */
void
conns_release(struct server *s)
{
    struct conn *next;

    for (struct conn *c = s->waiting; c != NULL; c = next) {
        next = c->next_waiting;
        if (c->verdict == UNDECIDED && !s->broken)
            continue;
        exchange_stop_waiting(c);
        if (c->verdict == COMMITTED) {
            answer_from_service(c);
        } else {
            service_answer_done(&c->answer);
            answer_refusal(c, c->verdict == NOT_STORED ? 507 : 503, 0);
        }
        conn_resume(c);
    }
}
