/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/scenarios/network.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "relay/fetched.h"
#include "tests/scenarios/machine.h"
#include "wire/check.h"

#define QUIET_MS (2 * MINUTE_MS)
#define HEARTBEAT_MS (45 * SECOND_MS)
#define GIVE_UP_MS (20 * SECOND_MS)
#define TICK_MS (10 * SECOND_MS)

enum happening_kind {
    HAPPENING_REQUEST,   /* arrives at the relay */
    HAPPENING_ANSWER,    /* arrives at the actor */
    HAPPENING_DATA,      /* of a stream, arrives at the actor */
    HAPPENING_HEARTBEAT, /* is due on a stream */
    HAPPENING_WORK,      /* of an actor, is over */
};

struct happening {
    struct happening *next;
    int64_t at;
    enum happening_kind kind;
    struct actor *actor;
    struct scene_relay *relay; /* NULL: nobody is there */
    uint64_t id;               /* the actor's request */
    bool gone;                 /* cancelled: the answer is of no use any more */
    struct work *work;

    /* A request: */
    enum method method;
    char path[128], authorization[512], range[64];
    bool has_authorization;
    bool repeat, lose_answer;
    bool unasked; /* the relay does it by itself */

    /* Data: only a sign of life. */
    bool heartbeat;

    /* An answer: */
    enum transport_failure failure;
    unsigned status;
    uint32_t retry_after;

    struct buf body;
};

/* An open stream. */
struct line {
    struct line *next;
    struct actor *actor;
    struct scene_relay *relay;
    uint64_t id;
    struct stream_params params;
    int64_t last_at; /* frames of one stream stay in order */
    int64_t opened_ms;
};

struct spki_pin
network_pin(const struct scene_relay *r, bool other)
{
    struct spki_pin pin = {{0x51, (uint8_t)(r - r->scene->relays)}};
    pin.b[31] = other ? 2 : 1;
    return pin;
}

void
network_unlink_files(const char *folder)
{
    struct dirent *entry;
    DIR *d = opendir(folder);

    while (d != NULL && (entry = readdir(d)) != NULL)
        unlinkat(dirfd(d), entry->d_name, 0);
    if (d != NULL)
        closedir(d);
    rmdir(folder);
}

void
network_unlink(const char *path)
{
    char beside[128];

    unlink(path);
    for (int i = 0; i < 2; i++) {
        snprintf(beside, sizeof beside, "%s-%s", path, i == 0 ? "wal" : "shm");
        unlink(beside);
    }
}

/* --- happenings --- */

static struct happening *
happening_new(struct actor *a, struct scene_relay *r, enum happening_kind kind, uint64_t id)
{
    struct happening *h = calloc(1, sizeof *h);
    assert_non_null(h);
    h->actor = a;
    h->relay = r;
    h->kind = kind;
    h->id = id;
    h->body = BUF(ANSWER_MAX + FRAME_MAX);
    return h;
}

static void
happening_free(struct happening *h)
{
    buf_done(&h->body);
    free(h);
}

/* In the order of time, and of adding at the same time. */
static void
happening_add(struct scene *s, struct happening *h, int64_t at)
{
    struct happening **p = &s->happenings;

    h->at = at;
    while (*p != NULL && (*p)->at <= at)
        p = &(*p)->next;
    h->next = *p;
    *p = h;
}

static int64_t
one_way(struct scene *s)
{
    return s->latency_ms + (s->latency_jitter_ms > 0
                                ? (int64_t)(scene_random(s) % (uint64_t)(s->latency_jitter_ms + 1))
                                : 0);
}

static void
unreachable_later(struct actor *a, uint64_t id, int64_t after_ms)
{
    struct happening *h = happening_new(a, NULL, HAPPENING_ANSWER, id);
    h->failure = TRANSPORT_UNREACHABLE;
    happening_add(a->scene, h, a->scene->now_ms + after_ms);
}

/* --- the actor's side --- */

static enum fate
choose_fate(struct actor *a, const char *path)
{
    struct scene *s = a->scene;

    if (s->fate != NULL) {
        enum fate f = s->fate(s->fate_ctx, a, path);
        if (f != FATE_ARRIVE)
            return f;
    }
    if (scene_chance(s, s->loss_percent))
        return FATE_LOSE_REQUEST;
    return scene_chance(s, s->loss_percent) ? FATE_LOSE_ANSWER : FATE_ARRIVE;
}

static bool
pinned(const struct scene_relay *r, const struct relay_pins *pins)
{
    struct spki_pin shown = network_pin(r, r->other_certificate);

    for (size_t i = 0; i < pins->count; i++)
        if (memcmp(pins->pins[i].b, shown.b, sizeof shown.b) == 0)
            return true;
    return false;
}

static struct scene_relay *
relay_at(struct scene *s, const struct relay_address *where)
{
    char authority[ADDRESS_MAX + 8];

    relay_authority_write(where, authority);
    for (size_t i = 0; i < s->relay_count; i++)
        if (strcmp(s->relays[i].authority, authority) == 0)
            return &s->relays[i];
    return NULL;
}

void
network_start(void *self, const struct transport_request *r)
{
    struct actor *a = self;
    struct scene *s = a->scene;
    struct scene_relay *relay = relay_at(s, &r->relay);
    enum fate fate;

    if (a->forked != NULL) {
        machine_start(a->forked, r);
        return;
    }
    fate = choose_fate(a, r->path);
    a->requests++;
    a->private_too = r->private_too;
    if (r->lane == LANE_ANONYMOUS)
        a->anonymous++;
    if (!a->offline)
        s->busy_ms = s->now_ms;
    if (a->offline || relay == NULL) {
        unreachable_later(a, r->id, 1);
        return;
    }
    if (fate == FATE_LOSE_REQUEST) {
        unreachable_later(a, r->id, GIVE_UP_MS);
        return;
    }
    struct happening *h = happening_new(a, relay, HAPPENING_REQUEST, r->id);
    h->method = strcmp(r->method, "GET") == 0    ? METHOD_GET
                : strcmp(r->method, "POST") == 0 ? METHOD_POST
                                                 : METHOD_PUT;
    snprintf(h->path, sizeof h->path, "%s", r->path);
    if (r->range != NULL)
        snprintf(h->range, sizeof h->range, "%s", r->range);
    h->has_authorization = r->authorization != NULL;
    if (h->has_authorization)
        snprintf(h->authorization, sizeof h->authorization, "%s", r->authorization);
    buf_put(&h->body, r->body);
    if (s->tamper_request != NULL)
        s->tamper_request(s->tamper_ctx, a, r->path, &h->body);
    h->repeat = fate == FATE_REPEAT;
    h->lose_answer = fate == FATE_LOSE_ANSWER;
    h->failure = pinned(relay, &r->pins) ? TRANSPORT_OK : TRANSPORT_BAD_PIN;
    happening_add(s, h, s->now_ms + one_way(s));
}

static void
line_drop(struct scene *s, const struct actor *a, uint64_t id)
{
    for (struct line **p = &s->lines; *p != NULL;) {
        struct line *l = *p;
        if (l->actor == a && (id == 0 || l->id == id)) {
            *p = l->next;
            free(l);
        } else {
            p = &l->next;
        }
    }
}

void
network_cancel(void *self, uint64_t id)
{
    struct actor *a = self;

    if (a->forked != NULL) {
        machine_cancel(a->forked, id);
        return;
    }
    for (struct happening *h = a->scene->happenings; h != NULL; h = h->next)
        if (h->actor == a && h->id == id)
            h->gone = true;
    line_drop(a->scene, a, id);
}

uint64_t
network_stream(const struct actor *a)
{
    for (const struct line *l = a->scene->lines; l != NULL; l = l->next)
        if (l->actor == a)
            return l->id;
    return 0;
}

void
network_lose(struct actor *a, uint64_t id, int64_t after_ms)
{
    unreachable_later(a, id, after_ms);
}

/* It is done in no time, and told a little later. */
void
network_work(void *self, struct work *w)
{
    struct actor *a = self;
    struct happening *h = happening_new(a, NULL, HAPPENING_WORK, 0);

    w->run(w);
    h->work = w;
    happening_add(a->scene, h, a->scene->now_ms + 1);
    a->scene->busy_ms = a->scene->now_ms;
}

/* --- the relay's side --- */

static struct happening *
send_bytes(struct line *l, struct span bytes)
{
    struct scene *s = l->actor->scene;
    struct happening *h = happening_new(l->actor, l->relay, HAPPENING_DATA, l->id);
    int64_t at = s->now_ms + one_way(s);

    if (at < l->last_at)
        at = l->last_at;
    l->last_at = at;
    buf_put(&h->body, bytes);
    assert_ok(buf_ok(&h->body));
    happening_add(s, h, at);
    return h;
}

static void
line_end(struct line *l)
{
    struct actor *a = l->actor;
    struct scene_relay *r = l->relay;
    uint64_t id = l->id;
    int64_t wait = l->last_at > a->scene->now_ms ? l->last_at - a->scene->now_ms : 1;

    line_drop(a->scene, a, id);
    struct happening *h = happening_new(a, r, HAPPENING_ANSWER, id);
    h->status = 200;
    happening_add(a->scene, h, a->scene->now_ms + wait);
}

static uint64_t
host_now(void *ctx)
{
    return (uint64_t)((struct scene_relay *)ctx)->scene->now_ms;
}

static bool
line_is(const struct line *l, const struct scene_relay *r, const struct account_id *account,
        uint32_t device)
{
    return l->relay == r && memcmp(l->params.account.b, account->b, sizeof account->b) == 0 &&
           (device == 0 || l->params.device == device);
}

static void
host_push(void *ctx, const struct account_id *account, uint32_t device, const struct frame *f)
{
    struct scene_relay *r = ctx;
    struct scene *s = r->scene;
    AUTO(buf_done) struct buf bytes = BUF(FRAME_MAX);
    AUTO(buf_done) struct buf fetched = BUF(FRAME_MAX);
    struct frame part;

    frame_write(&bytes, f);
    if (fetched_part(f, &part))
        frame_write(&fetched, &part);
    for (struct line *l = s->lines, *next; l != NULL; l = next) {
        next = l->next;
        if (!line_is(l, r, account, device))
            continue;
        s->busy_ms = s->now_ms;
        if (scene_chance(s, s->stream_loss_percent))
            line_end(l);
        else if (!l->params.fetching)
            send_bytes(l, buf_span(&bytes));
        else if (fetched.n > 0)
            send_bytes(l, buf_span(&fetched));
    }
}

static void
host_end(void *ctx, const struct account_id *account, uint32_t device, enum bye_reason why)
{
    struct scene_relay *r = ctx;
    struct scene *s = r->scene;
    AUTO(buf_done) struct buf bytes = BUF(FRAME_MAX);

    frame_write(&bytes, &(struct frame){.kind = FRAME_BYE, .bye = why});
    for (struct line *l = s->lines, *next; l != NULL; l = next) {
        next = l->next;
        if (!line_is(l, r, account, device))
            continue;
        send_bytes(l, buf_span(&bytes));
        line_end(l);
    }
}

static const struct line *
line_of(const struct scene_relay *r, const struct account_id *account, uint32_t device)
{
    const struct line *l = r->scene->lines;

    while (l != NULL && !line_is(l, r, account, device))
        l = l->next;
    return l;
}

static bool
host_streaming(void *ctx, const struct account_id *account, uint32_t device)
{
    const struct line *l = line_of(ctx, account, device);
    return l != NULL && !l->params.fetching;
}

static void
host_end_fetching(void *ctx, const struct account_id *account, uint32_t device)
{
    if (line_of(ctx, account, device) != NULL && !host_streaming(ctx, account, device))
        host_end(ctx, account, device, BYE_DISPLACED);
}

static void
host_committed(void *ctx, uint64_t upto)
{
}

static void
host_broken(void *ctx)
{
    fail_msg("the relay's store failed");
}

struct service_host
network_host(struct scene_relay *r)
{
    return (struct service_host){
        .ctx = r,
        .now = host_now,
        .push = host_push,
        .end = host_end,
        .streaming = host_streaming,
        .end_fetching = host_end_fetching,
        .committed = host_committed,
        .refused = host_committed,
        .broken = host_broken,
    };
}

static void
open_line(struct scene *s, const struct happening *h, const struct stream_params *params)
{
    struct service *service = h->relay->service;
    AUTO(buf_done) struct buf bytes = BUF(ANSWER_MAX + FRAME_MAX);
    struct line *l = calloc(1, sizeof *l);
    uint64_t after = params->after;
    enum backlog backlog;

    assert_non_null(l);
    /* A new stream of the same device ends the old one. */
    host_end(h->relay, &params->account, params->device, BYE_DISPLACED);
    *l = (struct line){.next = s->lines,
                       .actor = h->actor,
                       .relay = h->relay,
                       .id = h->id,
                       .params = *params,
                       .opened_ms = s->now_ms};
    s->lines = l;
    assert_ok(service_stream_begin(service, params, &bytes));
    do {
        assert_ok(service_backlog(service, params, after, ANSWER_MAX, &bytes, &after, &backlog));
        if (backlog == BACKLOG_MORE) {
            send_bytes(l, buf_span(&bytes));
            buf_clear(&bytes);
        }
    } while (backlog == BACKLOG_MORE);
    frame_write(&bytes, &(struct frame){.kind = FRAME_END});
    send_bytes(l, buf_span(&bytes));
    happening_add(s, happening_new(l->actor, l->relay, HAPPENING_HEARTBEAT, l->id),
                  s->now_ms + HEARTBEAT_MS);
}

static void
handle_once(const struct happening *h, struct service_answer *answer)
{
    struct service_request request = {
        .method = h->method,
        .path = h->path,
        .authority = h->relay->authority,
        .authorization = h->has_authorization ? SPAN_STR(h->authorization) : SPAN_NONE,
        .range = SPAN_STR(h->range),
        .body = buf_span(&h->body),
        .source = {.loopback = true},
    };
    service_handle(h->relay->service, &request, answer);
}

static void
read_file(const struct service_answer *answer, struct buf *ret)
{
    uint8_t *to;

    ret->max = answer->count;
    to = buf_grow(ret, answer->count);
    assert_non_null(to);
    assert_ok(blob_reader_read(answer->file, answer->from, to, answer->count));
}

/* Such a relay does not heed until when it was to be taken. */
static void
put_any_time(struct buf *b, struct span body)
{
    AUTO(deliver_freep) Wire__Deliver *m = NULL;

    assert_ok(deliver_read(body, &m));
    m->until = 0;
    wire_pack(b, &m->base);
    assert_ok(buf_ok(b));
}

void
network_deliver(struct actor *from, struct scene_relay *r, struct span body, int64_t at_ms)
{
    struct happening *h = happening_new(from, r, HAPPENING_REQUEST, 0);

    h->method = METHOD_POST;
    snprintf(h->path, sizeof h->path, "/v1/deliver");
    put_any_time(&h->body, body);
    h->unasked = true;
    happening_add(from->scene, h, at_ms);
}

static void
handle(struct scene *s, const struct happening *h, struct service_answer *answer)
{
    if (s->keeps != NULL && strcmp(h->path, "/v1/deliver") == 0 &&
        s->keeps(s->keeps_ctx, h->actor, h->relay, buf_span(&h->body))) {
        answer->kind = ANSWER_NOW;
        answer->status = 202;
        return;
    }
    handle_once(h, answer);
}

static void
request_arrives(struct scene *s, struct happening *h)
{
    AUTO(service_answer_done) struct service_answer answer = SERVICE_ANSWER;

    if (h->unasked) {
        handle_once(h, &answer);
        return;
    }
    if (h->relay->down || h->actor->offline || h->failure != TRANSPORT_OK) {
        if (h->gone)
            return;
        struct happening *back = happening_new(h->actor, NULL, HAPPENING_ANSWER, h->id);
        back->failure = h->failure != TRANSPORT_OK ? h->failure : TRANSPORT_UNREACHABLE;
        happening_add(s, back, s->now_ms + 1);
        return;
    }
    handle(s, h, &answer);
    if (h->repeat && answer.kind != ANSWER_STREAM) {
        AUTO(service_answer_done) struct service_answer second = SERVICE_ANSWER;
        handle_once(h, &second);
    }
    if (h->gone)
        return;
    if (answer.kind == ANSWER_STREAM && !h->lose_answer) {
        open_line(s, h, &answer.stream);
        return;
    }
    if (h->lose_answer || answer.kind == ANSWER_STREAM) {
        unreachable_later(h->actor, h->id, GIVE_UP_MS);
        return;
    }
    assert_true(answer.kind == ANSWER_NOW || answer.kind == ANSWER_FILE);
    struct happening *back = happening_new(h->actor, h->relay, HAPPENING_ANSWER, h->id);
    back->status = answer.status;
    back->retry_after = answer.retry_after;
    buf_put(&back->body, buf_span(&answer.body));
    if (answer.kind == ANSWER_FILE)
        read_file(&answer, &back->body);
    if (s->tamper_status != NULL)
        back->status = s->tamper_status(s->tamper_ctx, h->actor, h->path, back->status);
    if (s->tamper != NULL)
        s->tamper(s->tamper_ctx, h->actor, h->path, &back->body);
    happening_add(s, back, s->now_ms + one_way(s));
}

static void
heartbeat(struct scene *s, const struct happening *h)
{
    AUTO(buf_done) struct buf bytes = BUF(FRAME_MAX);

    for (struct line *l = s->lines; l != NULL; l = l->next) {
        if (l->actor != h->actor || l->id != h->id)
            continue;
        bool expired = l->params.expiry > 0 && s->now_ms >= (int64_t)l->params.expiry * 1000;
        if (s->now_ms - l->opened_ms >= DAY_MS || expired) {
            frame_write(&bytes, &(struct frame){.kind = FRAME_BYE, .bye = BYE_AGE});
            send_bytes(l, buf_span(&bytes));
            line_end(l);
            return;
        }
        frame_write(&bytes, &(struct frame){.kind = FRAME_HEARTBEAT});
        send_bytes(l, buf_span(&bytes))->heartbeat = true;
        happening_add(s, happening_new(h->actor, h->relay, HAPPENING_HEARTBEAT, h->id),
                      s->now_ms + HEARTBEAT_MS);
        return;
    }
}

static void
happen(struct scene *s, struct happening *h)
{
    struct engine *e = h->actor->engine;
    struct collector *c = h->actor->collector;
    struct machine *m = h->actor->machine;
    struct transport_answer answer = {.failure = h->failure,
                                      .status = h->status,
                                      .retry_after = h->retry_after,
                                      .body = buf_span(&h->body)};

    /* A sign of life only puts off what the actor has to do when there is none. */
    if (!h->heartbeat)
        h->actor->due_ms = 0;
    switch (h->kind) {
    case HAPPENING_REQUEST:
        request_arrives(s, h);
        break;
    case HAPPENING_ANSWER:
        if (!h->gone && e != NULL)
            engine_on_answer(e, h->id, &answer);
        else if (!h->gone && m != NULL)
            machine_answer(m, h->id, &answer);
        else if (!h->gone && c != NULL)
            collector_on_answer(c, h->id, &answer);
        break;
    case HAPPENING_DATA:
        if (!h->gone && e != NULL)
            engine_on_stream_data(e, h->id, buf_span(&h->body));
        else if (!h->gone && m != NULL)
            machine_data(m, h->id, buf_span(&h->body));
        else if (!h->gone && c != NULL)
            collector_on_stream_data(c, h->id, buf_span(&h->body));
        break;
    case HAPPENING_HEARTBEAT:
        heartbeat(s, h);
        break;
    case HAPPENING_WORK:
        h->work->done(h->work);
        break;
    }
}

/* --- cutting --- */

/* Those of A (NULL: anybody) with R (NULL: any relay). */
static void
cut(struct scene *s, const struct actor *a, const struct scene_relay *r)
{
    for (struct line *l = s->lines, *next; l != NULL; l = next) {
        next = l->next;
        if ((a == NULL || l->actor == a) && (r == NULL || l->relay == r)) {
            struct actor *of = l->actor;
            uint64_t id = l->id;
            line_drop(s, of, id);
            unreachable_later(of, id, 1);
        }
    }
    /* What is under way to the actor is lost on the way. */
    for (struct happening *h = s->happenings; h != NULL; h = h->next) {
        if ((a != NULL && h->actor != a) || (r != NULL && h->relay != r))
            continue;
        if (h->kind == HAPPENING_DATA)
            h->gone = true;
        if (h->kind == HAPPENING_ANSWER && h->failure == TRANSPORT_OK)
            h->failure = TRANSPORT_UNREACHABLE;
    }
}

void
network_cut(struct actor *a)
{
    cut(a->scene, a, NULL);
}

void
network_cut_relay(struct scene_relay *r)
{
    cut(r->scene, NULL, r);
}

void
network_free(struct scene *s)
{
    while (s->happenings != NULL) {
        struct happening *h = s->happenings;
        s->happenings = h->next;
        if (h->kind == HAPPENING_WORK)
            h->work->done(h->work);
        happening_free(h);
    }
    while (s->lines != NULL) {
        struct line *l = s->lines;
        s->lines = l->next;
        free(l);
    }
}

/* --- time --- */

static int64_t
machine_due(const struct actor *a)
{
    int64_t at = machine_step(a->machine);
    return at < INT64_MAX - a->scene->start_ms ? at + a->scene->start_ms : INT64_MAX;
}

/* Step those for whom it is time, or to whom something happened: over days of silence most of what
 * happens is no more than signs of life. */
static int64_t
step_all(struct scene *s)
{
    int64_t due = INT64_MAX;

    for (size_t i = 0; i < s->actor_count; i++) {
        struct actor *a = s->actors[i];
        if (a->machine != NULL) {
            if (a->due_ms <= s->now_ms)
                a->due_ms = machine_due(a);
            due = a->due_ms < due ? a->due_ms : due;
            continue;
        }
        if (a->engine == NULL && a->collector == NULL)
            continue;
        if (a->due_ms <= s->now_ms) {
            int64_t at = a->engine != NULL ? engine_step(a->engine) : collector_step(a->collector);
            a->due_ms = at < INT64_MAX - s->start_ms ? at + s->start_ms : INT64_MAX;
        }
        if (a->due_ms < due)
            due = a->due_ms;
    }
    return due;
}

/* The test may have done anything to anybody in the meantime. */
static void
all_are_due(struct scene *s)
{
    for (size_t i = 0; i < s->actor_count; i++)
        s->actors[i]->due_ms = 0;
}

/* Go to the next thing that happens, at most to UNTIL. */
static void
advance(struct scene *s, int64_t until)
{
    static const int64_t least = 1; /* a step that has more to do comes back a millisecond later */
    int64_t due = step_all(s);

    if (due < s->now_ms + least)
        due = s->now_ms + least;
    if (s->happenings != NULL && s->happenings->at < due)
        due = s->happenings->at;
    if (due > until)
        due = until;
    if (due > s->now_ms)
        s->now_ms = due;
    if (s->now_ms - s->tick_ms >= TICK_MS) {
        s->tick_ms = s->now_ms;
        for (size_t i = 0; i < s->relay_count; i++)
            service_tick(s->relays[i].service);
    }
    while (s->happenings != NULL && s->happenings->at <= s->now_ms) {
        struct happening *h = s->happenings;
        s->happenings = h->next;
        happen(s, h);
        happening_free(h);
    }
}

void
scene_pass(struct scene *s, int64_t ms)
{
    int64_t until = s->now_ms + ms;

    all_are_due(s);
    while (s->now_ms < until)
        advance(s, until);
}

void
scene_settle(struct scene *s)
{
    int64_t until = s->now_ms + DAY_MS;

    all_are_due(s);
    s->busy_ms = s->now_ms;
    while (s->now_ms < until && s->now_ms < s->busy_ms + QUIET_MS)
        advance(s, s->busy_ms + QUIET_MS < until ? s->busy_ms + QUIET_MS : until);
    if (s->now_ms >= until)
        fail_msg("a whole day has not been enough for quiet");
}

unsigned
scene_post(struct scene *s, const char *path, struct span body, struct buf *ret)
{
    AUTO(service_answer_done) struct service_answer answer = SERVICE_ANSWER;
    struct service_request request = {
        .method = METHOD_POST,
        .path = path,
        .authority = s->relay->authority,
        .body = body,
        .source = {.loopback = true},
    };

    service_handle(s->relay->service, &request, &answer);
    if (ret != NULL)
        buf_put(ret, buf_span(&answer.body));
    return answer.status;
}
