/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/relay_link.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/account.h"
#include "core/relay_state.h"
#include "core/trust.h"
#include "crypto/request_auth.h"
#include "wire/check.h"

enum err
relay_links_new(struct relay_links **ret)
{
    struct relay_links *l = calloc(1, sizeof *l);
    if (l == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    l->next_id = 1;
    *ret = l;
    return OK;
}

void
relay_links_free(struct engine *e, struct relay_links *l)
{
    if (l == NULL)
        return;
    for (size_t i = 0; i < CALLS_MAX; i++) {
        if (l->calls[i].state == CALL_STARTED)
            e->world.cancel(e->world.self, l->calls[i].id);
        buf_done(&l->calls[i].body);
    }
    stream_free(l);
    free(l);
}

/* --- calls --- */

/* Our own the user gave, too. */
static bool
private_too(const struct engine *e, const struct relay_call *what)
{
    return what->typed || relay_is_own(e, &what->relay) || host_is_private(e->address.host);
}

/* *HEADER moves into ROOM; NULL stays NULL. */
static void
header_copy(const char **header, char room[CALL_HEADER_MAX])
{
    if (*header == NULL)
        return;
    assert(strlen(*header) < CALL_HEADER_MAX);
    memcpy(room, *header, strlen(*header) + 1);
    *header = room;
}

static enum err
call_take(struct engine *e, const struct relay_call *what, struct call **ret)
{
    struct call *c = NULL;

    if (e->resting)
        return fail(ERR_STATE, "the network is not to be used now");
    if (e->trouble != OK)
        return fail(ERR_STATE, "the store does not work, so nothing may leave");
    for (size_t i = 0; i < CALLS_MAX && c == NULL; i++)
        if (e->links->calls[i].state == CALL_FREE)
            c = &e->links->calls[i];
    if (c == NULL)
        return fail(ERR_LIMIT, "too many requests are under way");
    if (host_is_private(what->relay.host) && !private_too(e, what))
        return fail(ERR_UNTRUSTED, "the contact's address is in a private network");
    if (strlen(what->path) >= CALL_PATH_MAX)
        return fail(ERR_USAGE, "the path of a request is too long");
    assert(what->authorization == NULL || what->lane == LANE_ANONYMOUS);
    buf_done(&c->body);
    *c = (struct call){.what = *what, .body = BUF(ANSWER_MAX)};
    memcpy(c->path, what->path, strlen(what->path) + 1);
    buf_put(&c->body, what->body);
    TRY(buf_ok(&c->body));
    c->what.path = c->path;
    c->what.body = buf_span(&c->body);
    header_copy(&c->what.authorization, c->authorization);
    header_copy(&c->what.range, c->range);
    c->deadline =
        engine_monotonic_ms(e) + (what->patience_ms > 0 ? what->patience_ms : CALL_PATIENCE);
    *ret = c;
    return OK;
}

/* Free the call first: `done` may begin others. */
static void
call_finish(struct engine *e, struct call *c, const struct relay_reply *reply)
{
    struct relay_call what = c->what;

    buf_done(&c->body);
    secret_wipe(c, sizeof *c); /* it may hold a secret to show */
    if (what.done != NULL)
        what.done(e, what.ref, reply);
}

void
call_end(struct engine *e, struct call *c, enum err why)
{
    if (c->state == CALL_STARTED)
        e->world.cancel(e->world.self, c->id);
    call_finish(e, c, &(struct relay_reply){.err = why});
}

static enum err
sign(struct engine *e, struct call *c, char ret[AUTHORIZATION_MAX])
{
    const struct relay_seen *seen = relay_seen_find(e, &c->what.relay);
    int64_t offset;

    assert(seen != NULL && seen->checked);
    TRY(db_get_int(e->db, &offset, "SELECT offset_s FROM relays WHERE authority=?1", "t",
                   seen->authority));
    return request_authorize(e->device, (uint64_t)(engine_now_s(e) + offset),
                             &(struct request_subject){
                                 .relay = relay_id_of(&seen->facts.rlk),
                                 .authority = seen->authority,
                                 .method = c->what.method,
                                 .path = c->what.path,
                                 .body = c->what.body,
                             },
                             ret);
}

static enum err
call_start(struct engine *e, struct call *c)
{
    char authorization[AUTHORIZATION_MAX];

    if (c->signed_)
        TRY(sign(e, c, authorization));
    c->state = CALL_STARTED;
    c->id = e->links->next_id++;
    e->world.start(e->world.self,
                   &(struct transport_request){
                       .id = c->id,
                       .lane = c->what.lane,
                       .circuit = c->what.circuit,
                       .relay = c->what.relay,
                       .pins = c->what.pins,
                       .private_too = private_too(e, &c->what),
                       .method = c->what.method,
                       .path = c->what.path,
                       .authorization = c->signed_ ? authorization : c->what.authorization,
                       .range = c->what.range,
                       .body = c->what.body,
                       .kind = c->stream ? TRANSPORT_STREAM : TRANSPORT_WHOLE,
                       .silence_ms = STREAM_SILENCE_MS,
                   });
    return OK;
}

/* A relay said who it is, or did not: go on with what waited for it. */
static void
identity_asked(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    struct relay_seen *seen = &e->links->seen[ref];
    enum err why = reply->err;

    seen->asking = false;
    if (why == OK && !seen->checked)
        why = reply->status == 200 ? ERR_UNTRUSTED : ERR_OFFLINE;
    for (size_t i = 0; i < CALLS_MAX; i++) {
        struct call *c = &e->links->calls[i];
        if (c->state != CALL_WAITING || relay_seen_find(e, &c->what.relay) != seen)
            continue;
        if (why == OK && seen->checked) {
            enum err r = call_start(e, c);
            if (r != OK)
                call_end(e, c, r);
        } else {
            call_end(e, c, why == OK ? ERR_OFFLINE : why);
        }
    }
}

static enum err
ask_identity(struct engine *e, const struct relay_call *of)
{
    struct relay_seen *seen = relay_seen_make(e, &of->relay);
    struct call *c;
    struct relay_call what = {
        .relay = of->relay,
        .pins = of->pins,
        .lane = LANE_OWN,
        .typed = of->typed,
        .method = "GET",
        .path = "/v1/relay",
        .done = identity_asked,
        .ref = seen - e->links->seen,
    };

    if (seen->asking)
        return OK;
    TRY(call_take(e, &what, &c));
    TRY(call_start(e, c));
    seen->asking = true;
    return OK;
}

/* Some of the requests in the lane of our own are not signed: who the relay is, whose a name is,
 * and registering. */
static bool
needs_signature(const struct relay_call *what)
{
    return what->lane == LANE_OWN && strcmp(what->path, "/v1/relay") != 0 &&
           strcmp(what->path, "/v1/card") != 0 && strcmp(what->path, "/v1/accounts") != 0;
}

enum err
call_begin(struct engine *e, const struct relay_call *what, bool stream)
{
    const struct relay_seen *seen = relay_seen_find(e, &what->relay);
    struct call *c;

    TRY(call_take(e, what, &c));
    c->stream = stream;
    if (what->lane != LANE_OWN || strcmp(what->path, "/v1/relay") == 0)
        return call_start(e, c);
    c->signed_ = needs_signature(what);
    if (seen != NULL && seen->checked)
        return call_start(e, c);
    c->state = CALL_WAITING;
    enum err r = ask_identity(e, what);
    if (r != OK) {
        buf_done(&c->body);
        *c = (struct call){0};
    }
    return r;
}

enum err
relay_call(struct engine *e, const struct relay_call *call)
{
    return call_begin(e, call, false);
}

enum err
relay_call_own(struct engine *e, const struct relay_call *call)
{
    struct relay_call own = *call;

    own.lane = LANE_OWN;
    own.relay = relay_of(&e->address);
    TRY(relay_own_pins(e, &own.pins));
    return relay_call(e, &own);
}

enum err
relay_call_as_own(struct engine *e, const struct relay_address *relay,
                  const struct relay_call *call)
{
    struct relay_call own = *call;

    own.lane = LANE_OWN;
    own.relay = *relay;
    own.typed = true;
    TRY(relay_pins_get(e, relay, &own.pins));
    return relay_call(e, &own);
}

/* --- answers --- */

static enum err
set_offset(struct engine *e, const char *authority, int64_t offset)
{
    TRY(db_run(e->db, "UPDATE relays SET offset_s=?2 WHERE authority=?1", "ti", authority, offset));
    if (offset > CLOCK_SKEW_MAX || offset < -CLOCK_SKEW_MAX)
        TRY(notice_once_a_day(e, "clock", 0, SPAN_NONE, SPAN_NONE));
    return OK;
}

/* 401 with the relay's time: keep the difference and repeat once with a fresh nonce (B3.2). */
static enum err
repeat(struct engine *e, struct call *c, const Wire__Error *error)
{
    AUTO(tx_done) struct tx tx = {0};
    const struct relay_seen *seen = relay_seen_find(e, &c->what.relay);

    if (seen == NULL || !seen->checked)
        return ERR_STATE;
    if (error->server_time != 0) {
        int64_t offset = (int64_t)error->server_time - engine_now_s(e);
        TRY(act_begin(e, &tx));
        TRY(act_end(e, &tx, set_offset(e, seen->authority, offset)));
    }
    c->repeated = true;
    c->deadline = engine_monotonic_ms(e) + CALL_PATIENCE;
    return call_start(e, c);
}

/* What any answer says beside what was asked. Whether the call goes on with a repeat. */
static bool
heed_answer(struct engine *e, struct call *c, const struct transport_answer *a)
{
    AUTO(error_freep) Wire__Error *error = NULL;

    if (a->status == 200 && strcmp(c->path, "/v1/relay") == 0) {
        enum err r = relay_heed_info(e, &c->what.relay, a->body);
        engine_heed(e, r);
        return false;
    }
    if ((a->status != 401 && a->status != 428) || error_read(a->body, &error) != OK)
        return false;
    relay_heed_pow(e, &c->what.relay, error->pow);
    if (a->status != 401 || !c->signed_ || c->repeated)
        return false;
    enum err r = repeat(e, c, error);
    engine_heed(e, r);
    return r == OK;
}

static enum err
failure_err(enum transport_failure f)
{
    switch (f) {
    case TRANSPORT_OK:
        return OK;
    case TRANSPORT_BAD_PIN:
        return ERR_UNTRUSTED;
    case TRANSPORT_TOO_LARGE:
        return ERR_TOO_LARGE;
    case TRANSPORT_UNREACHABLE:
    default:
        return ERR_OFFLINE;
    }
}

static void
bad_pin(struct engine *e, const struct call *c)
{
    AUTO(tx_done) struct tx tx = {0};

    if (c->what.lane != LANE_OWN || !relay_is_own(e, &c->what.relay) || act_begin(e, &tx) != OK)
        return;
    enum err r = act_end(e, &tx, notice_once_a_day(e, "relay-pin", 0, SPAN_NONE, SPAN_NONE));
    engine_heed(e, r);
}

static struct call *
call_of(struct engine *e, uint64_t id)
{
    for (size_t i = 0; i < CALLS_MAX; i++)
        if (e->links->calls[i].state == CALL_STARTED && e->links->calls[i].id == id)
            return &e->links->calls[i];
    return NULL;
}

void
engine_on_answer(struct engine *e, uint64_t id, const struct transport_answer *a)
{
    struct call *c = call_of(e, id);

    if (c == NULL)
        return;
    if (a->failure == TRANSPORT_BAD_PIN)
        bad_pin(e, c);
    if (a->failure == TRANSPORT_OK && heed_answer(e, c, a))
        return;
    call_finish(e, c,
                &(struct relay_reply){
                    .err = failure_err(a->failure),
                    .status = a->status,
                    .retry_after = a->retry_after,
                    .body = a->body,
                });
}

void
engine_on_stream_data(struct engine *e, uint64_t id, struct span bytes)
{
    struct call *c = call_of(e, id);
    if (c != NULL && c->stream)
        stream_data(e, bytes);
}

struct call *
call_of_stream(struct engine *e)
{
    for (size_t i = 0; i < CALLS_MAX; i++)
        if (e->links->calls[i].state != CALL_FREE && e->links->calls[i].stream)
            return &e->links->calls[i];
    return NULL;
}

/* --- working --- */

void
relay_links_leave(struct engine *e)
{
    for (size_t i = 0; i < CALLS_MAX; i++)
        if (e->links->calls[i].state != CALL_FREE && e->links->calls[i].what.lane == LANE_OWN)
            call_end(e, &e->links->calls[i], ERR_OFFLINE);
    own_relay_uncheck(e);
}

void
relay_links_rest(struct engine *e)
{
    for (size_t i = 0; i < CALLS_MAX; i++)
        if (e->links->calls[i].state != CALL_FREE)
            call_end(e, &e->links->calls[i], ERR_OFFLINE);
    own_relay_uncheck(e);
}

void
relay_links_wake(struct engine *e)
{
    stream_wake(e);
}

int64_t
relay_links_step(struct engine *e)
{
    int64_t now = engine_monotonic_ms(e), due = NEVER;

    for (size_t i = 0; i < CALLS_MAX; i++) {
        struct call *c = &e->links->calls[i];
        if (c->state == CALL_FREE || c->stream)
            continue; /* a stream has its own patience */
        if (c->deadline <= now)
            call_end(e, c, ERR_OFFLINE);
        else
            due = sooner(due, c->deadline);
    }
    return sooner(due, stream_step(e));
}
