/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/relay_client_curl.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "core/relay_client_curl_inside.h"

#define STREAM_AHEAD (4 * 1024 * 1024)
#define POOLS_KEPT 8

static int64_t
clock_ms(clockid_t which)
{
    struct timespec t;

    clock_gettime(which, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t
monotonic(void *self)
{
    return clock_ms(CLOCK_MONOTONIC);
}

static int64_t
utc(void *self)
{
    return clock_ms(CLOCK_REALTIME);
}

static void
random_bytes(void *self, uint8_t *ret, size_t n)
{
    randombytes_buf(ret, n);
}

/* --- pools --- */

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *userp, void *socketp)
{
    struct pool *p = userp;
    struct epoll_event ev = {.data.u64 = (uint64_t)p->number << 32 | (uint32_t)fd};

    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(p->client->epoll, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    ev.events =
        (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
    if (epoll_ctl(p->client->epoll, EPOLL_CTL_MOD, fd, &ev) != 0 &&
        epoll_ctl(p->client->epoll, EPOLL_CTL_ADD, fd, &ev) != 0)
        return -1;
    return 0;
}

static int
on_timer(CURLM *multi, long wait, void *userp)
{
    struct pool *p = userp;

    p->due = wait < 0 ? INT64_MAX : monotonic(NULL) + wait;
    return 0;
}

static void
pool_free(struct pool *p)
{
    curl_multi_cleanup(p->multi);
    free(p);
}

static struct pool *
pool_new(struct relay_client *c, const struct transport_request *r, int64_t circuit,
         const char *authority)
{
    struct pool *p = calloc(1, sizeof *p);

    if (p == NULL)
        return NULL;
    p->client = c;
    p->number = ++c->pools_made;
    p->lane = r->lane;
    p->private_too = r->private_too;
    p->circuit = circuit;
    p->due = INT64_MAX;
    snprintf(p->authority, sizeof p->authority, "%s", authority);
    p->multi = curl_multi_init();
    if (p->multi == NULL) {
        free(p);
        return NULL;
    }
    curl_multi_setopt(p->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(p->multi, CURLMOPT_SOCKETDATA, p);
    curl_multi_setopt(p->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(p->multi, CURLMOPT_TIMERDATA, p);
    curl_multi_setopt(p->multi, CURLMOPT_MAXCONNECTS, 16L);
    p->next = c->pools;
    c->pools = p;
    return p;
}

/* Forget the pool that was idle longest, when there are many. */
static void
pools_trim(struct relay_client *c)
{
    struct pool **oldest = NULL, *p;
    unsigned count = 0;

    for (struct pool **link = &c->pools; *link != NULL; link = &(*link)->next) {
        count++;
        if ((*link)->transfers == 0 && (oldest == NULL || (*link)->used < (*oldest)->used))
            oldest = link;
    }
    if (count <= POOLS_KEPT || oldest == NULL)
        return;
    p = *oldest;
    *oldest = p->next;
    pool_free(p);
}

static struct pool *
pool_for(struct relay_client *c, const struct transport_request *r)
{
    bool apart = c->proxy[0] != '\0' && r->lane == LANE_ANONYMOUS;
    char authority[ADDRESS_MAX + 8] = "";
    int64_t circuit = apart ? r->circuit : 0;

    if (apart)
        relay_authority_write(&r->relay, authority);
    for (struct pool *p = c->pools; p != NULL; p = p->next)
        if (p->lane == r->lane && p->private_too == r->private_too && p->circuit == circuit &&
            strcmp(p->authority, authority) == 0)
            return p;
    pools_trim(c);
    return pool_new(c, r, circuit, authority);
}

static struct pool *
pool_numbered(struct relay_client *c, uint32_t number)
{
    struct pool *p = c->pools;

    while (p != NULL && p->number != number)
        p = p->next;
    return p;
}

/* --- transfers --- */

static void
transfer_free(struct transfer *t)
{
    if (t->easy != NULL) {
        if (t->pool != NULL) {
            curl_multi_remove_handle(t->pool->multi, t->easy);
            t->pool->transfers--;
        }
        curl_easy_cleanup(t->easy);
    }
    curl_slist_free_all(t->headers);
    buf_done(&t->body);
    free(t);
}

static size_t
on_bytes(char *bytes, size_t size, size_t n, void *userp)
{
    struct transfer *t = userp;
    long status = 0;

    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    t->status = (unsigned)status;
    t->heard = monotonic(NULL);
    if (!(t->stream && status == 200) && t->body.n + size * n > ANSWER_MAX) {
        t->failure = TRANSPORT_TOO_LARGE;
        return 0;
    }
    buf_put(&t->body, SPAN(bytes, size * n));
    return buf_ok(&t->body) == OK ? size * n : 0;
}

static CURLcode
set_ends(struct transfer *t)
{
    CURLcode bad = curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);

    bad |= curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_bytes);
    return bad | curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
}

static bool
transfer_begin(struct relay_client *c, struct transfer *t, const struct transport_request *r)
{
    struct pool *p = pool_for(c, r);

    t->easy = curl_easy_init();
    if (p == NULL || t->easy == NULL)
        return false;
    if (set_ends(t) != CURLE_OK || !transfer_set(c, t, r))
        return false;
    if (curl_multi_add_handle(p->multi, t->easy) != CURLM_OK)
        return false;
    t->pool = p;
    p->transfers++;
    p->used = monotonic(NULL);
    return true;
}

static void
start(void *self, const struct transport_request *r)
{
    struct relay_client *c = self;
    struct transfer *t = calloc(1, sizeof *t);

    /* Without room for a few hundred bytes there is nobody to answer to. */
    assert(t != NULL);
    t->id = r->id;
    t->stream = r->kind == TRANSPORT_STREAM;
    t->body = BUF(t->stream ? STREAM_AHEAD : ANSWER_MAX);
    t->heard = monotonic(NULL);
    t->silence_ms = r->silence_ms;
    t->next = c->transfers;
    c->transfers = t;
    if (!transfer_begin(c, t, r)) {
        t->failure = TRANSPORT_UNREACHABLE;
        t->done = true; /* answered by the next run */
    }
}

static void
cancel(void *self, uint64_t id)
{
    struct relay_client *c = self;

    for (struct transfer **link = &c->transfers; *link != NULL; link = &(*link)->next) {
        struct transfer *t = *link;

        if (t->id != id)
            continue;
        *link = t->next;
        transfer_free(t);
        return;
    }
}

/* --- running --- */

static enum transport_failure
failure_of(CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return TRANSPORT_OK;
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_PEER_FAILED_VERIFICATION:
        return TRANSPORT_BAD_PIN;
    default:
        return TRANSPORT_UNREACHABLE;
    }
}

static void
transfer_ended(struct transfer *t, CURLcode code)
{
    long status = 0;
    curl_off_t wait = 0;

    t->done = true;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &wait);
    t->status = (unsigned)status;
    t->retry_after = wait > 0 && wait < SECONDS_A_DAY ? (uint32_t)wait : 0;
    if (t->failure == TRANSPORT_OK)
        t->failure = failure_of(code);
}

static void
pool_read_ends(struct pool *p)
{
    CURLMsg *m;
    int left;

    while ((m = curl_multi_info_read(p->multi, &left)) != NULL) {
        struct transfer *t;

        if (m->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
        transfer_ended(t, m->data.result);
    }
}

static void
end_silent_streams(struct relay_client *c, int64_t now)
{
    for (struct transfer *t = c->transfers; t != NULL; t = t->next) {
        if (!t->stream || t->done || now - t->heard < t->silence_ms)
            continue;
        t->failure = TRANSPORT_UNREACHABLE;
        t->done = true;
    }
}

static void
hand_out(struct relay_client *c, struct transfer *t)
{
    struct transport_answer a = {.failure = t->failure,
                                 .status = t->status,
                                 .retry_after = t->retry_after,
                                 .body = buf_span(&t->body)};

    if (a.failure != TRANSPORT_OK || (t->stream && t->status == 200))
        a.body = SPAN_NONE;
    if (c->events.answer != NULL)
        c->events.answer(c->events.self, t->id, &a);
}

/* One of what waits to be handed out; false when nothing does. The receiver may cancel anything, so
 * the list is looked at anew each time. */
static bool
hand_out_one(struct relay_client *c)
{
    for (struct transfer **link = &c->transfers; *link != NULL; link = &(*link)->next) {
        struct transfer *t = *link;

        if (t->stream && t->status == 200 && t->body.n > 0) {
            AUTO(buf_done) struct buf bytes = t->body;

            t->body = BUF(STREAM_AHEAD);
            if (c->events.stream != NULL)
                c->events.stream(c->events.self, t->id, buf_span(&bytes));
            return true;
        }
        if (t->done) {
            *link = t->next;
            hand_out(c, t);
            transfer_free(t);
            return true;
        }
    }
    return false;
}

void
relay_client_run(struct relay_client *c)
{
    struct epoll_event ready[32];
    int n = epoll_wait(c->epoll, ready, 32, 0), running;
    int64_t now = monotonic(NULL);

    for (int i = 0; i < n; i++) {
        struct pool *p = pool_numbered(c, (uint32_t)(ready[i].data.u64 >> 32));
        uint32_t ev = ready[i].events;
        int mask = (ev & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
                   (ev & EPOLLOUT ? CURL_CSELECT_OUT : 0) | (ev & EPOLLERR ? CURL_CSELECT_ERR : 0);

        if (p != NULL)
            curl_multi_socket_action(p->multi, (int)(uint32_t)ready[i].data.u64, mask, &running);
    }
    for (struct pool *p = c->pools; p != NULL; p = p->next) {
        if (p->due <= now) {
            p->due = INT64_MAX;
            curl_multi_socket_action(p->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        }
        pool_read_ends(p);
    }
    end_silent_streams(c, now);
    while (hand_out_one(c))
        ;
}

int
relay_client_fd(const struct relay_client *c)
{
    return c->epoll;
}

int64_t
relay_client_due(const struct relay_client *c)
{
    int64_t due = INT64_MAX;

    for (const struct pool *p = c->pools; p != NULL; p = p->next)
        due = p->due < due ? p->due : due;
    for (const struct transfer *t = c->transfers; t != NULL; t = t->next) {
        if (t->done)
            return 0;
        if (t->stream && t->heard + t->silence_ms < due)
            due = t->heard + t->silence_ms;
    }
    return due;
}

/* --- its life --- */

enum err
relay_client_load(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK
               ? OK
               : fail(ERR_STATE, "libcurl does not start");
}

enum err
relay_client_new(struct relay_client **ret)
{
    AUTO(relay_client_freep) struct relay_client *c = calloc(1, sizeof *c);
    uint8_t nonce[8];

    if (c == NULL)
        return fail(ERR_MEMORY, "no memory for the transport");
    c->epoll = -1;
    TRY(relay_client_load());
    c->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (c->epoll < 0)
        return fail(ERR_IO, "epoll: %m");
    random_bytes(NULL, nonce, sizeof nonce);
    sodium_bin2hex(c->nonce, sizeof c->nonce, nonce, sizeof nonce);
    *ret = STEAL(c);
    return OK;
}

void
relay_client_free(struct relay_client *c)
{
    if (c == NULL)
        return;
    while (c->transfers != NULL) {
        struct transfer *t = c->transfers;

        c->transfers = t->next;
        transfer_free(t);
    }
    while (c->pools != NULL) {
        struct pool *p = c->pools;

        c->pools = p->next;
        pool_free(p);
    }
    if (c->epoll >= 0)
        close(c->epoll);
    free(c);
}

void
relay_client_listen(struct relay_client *c, const struct relay_client_events *events)
{
    c->events = events != NULL ? *events : (struct relay_client_events){0};
}

void *
relay_client_listener(const void *world_self)
{
    return ((const struct relay_client *)world_self)->events.self;
}

enum err
relay_client_set_proxy(struct relay_client *c, const char *proxy)
{
    struct relay_address where;

    if (proxy[0] != '\0')
        TRY(relay_address_read(SPAN_STR(proxy), &where));
    if (proxy[0] == '\0')
        c->proxy[0] = '\0';
    else
        relay_authority_write(&where, c->proxy);
    return OK;
}

struct world
relay_client_world(struct relay_client *c)
{
    return (struct world){.self = c,
                          .now_ms = utc,
                          .monotonic_ms = monotonic,
                          .random = random_bytes,
                          .start = start,
                          .cancel = cancel};
}
