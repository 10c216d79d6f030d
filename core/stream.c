/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The stream of our own device (B21 row 15): open it, read its frames, hand items to the inbox, and
 * acknowledge what was committed.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "core/account.h"
#include "core/anchor.h"
#include "core/collected.h"
#include "core/inbox.h"
#include "core/relay_state.h"
#include "core/transient.h"
#include "core/trust_state.h"
#include "wire/check.h"
#include "wire/frame.h"

#define RECONNECT_MIN 1000
#define RECONNECT_MAX (60 * 1000)
#define UNWANTED_WAIT (10 * 60 * 1000)
#define SMALL_MIN 2000
#define SMALL_MAX (60 * 1000)

static struct stream *
stream_of(struct engine *e)
{
    return &e->links->stream;
}

bool
relay_online(const struct engine *e)
{
    return e->links->stream.state == STREAM_OPEN;
}

void
stream_free(struct relay_links *l)
{
    buf_done(&l->stream.in);
}

/* --- opening and ending --- */

static void
tell_relay(struct engine *e)
{
    engine_note(e, (struct event){.kind = EVENT_RELAY});
    engine_flush_events(e);
}

static enum err
rewind_queue(struct engine *e, enum inbox_queue queue)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, inbox_rewind(e, queue)));
    stream_of(e)->handled[queue] = stream_of(e)->acked[queue] = 0;
    return OK;
}

static void
stream_ended(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    struct stream *s = stream_of(e);
    bool was_open = s->state == STREAM_OPEN;

    s->state = STREAM_CLOSED;
    buf_done(&s->in);
    own_relay_uncheck(e);
    if (reply->err == OK && reply->status == 409) {
        /* Our number is above all that the relay has given out: it was put back (note 5). */
        enum err r = rewind_queue(e, QUEUE_DEVICE);
        engine_heed(e, r);
    }
    if (reply->err == OK && reply->status == 401)
        account_on_unknown(e);
    backoff_fail(e, &s->backoff, RECONNECT_MIN, RECONNECT_MAX);
    if (s->unwanted)
        s->backoff.due = engine_monotonic_ms(e) + UNWANTED_WAIT;
    s->unwanted = false;
    if (was_open || reply->err == ERR_UNTRUSTED)
        tell_relay(e);
}

static enum err
stream_begin(struct engine *e)
{
    struct stream *s = stream_of(e);
    char path[CALL_PATH_MAX];
    uint64_t after;
    struct relay_call what = {
        .relay = relay_of(&e->address),
        .lane = LANE_OWN,
        .method = "GET",
        .path = path,
        .done = stream_ended,
    };

    TRY(inbox_cursor(e, QUEUE_DEVICE, &after));
    TRY(relay_own_pins(e, &what.pins));
    snprintf(path, sizeof path, "/v1/queue/stream?after=%" PRIu64, after);
    own_relay_uncheck(e);
    TRY(call_begin(e, &what, true));
    s->in = BUF(FRAME_MAX + ANSWER_MAX);
    s->state = STREAM_OPENING;
    return OK;
}

static void
stream_drop(struct engine *e, enum err why)
{
    struct call *c = call_of_stream(e);
    if (c != NULL)
        call_end(e, c, why);
}

void
stream_wake(struct engine *e)
{
    struct stream *s = stream_of(e);

    backoff_clear(&s->backoff);
    backoff_clear(&s->ack_backoff);
    backoff_clear(&s->page_backoff);
    if (s->state == STREAM_OPENING)
        stream_drop(e, ERR_OFFLINE);
    backoff_clear(&s->backoff);
}

/* --- acknowledging --- */

static void
ack_done(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    struct stream *s = stream_of(e);
    enum inbox_queue queue = (enum inbox_queue)(ref & 1);

    s->acking[queue] = false;
    if (reply->err != OK || reply->status != 204) {
        backoff_fail(e, &s->ack_backoff, SMALL_MIN, SMALL_MAX);
        return;
    }
    backoff_clear(&s->ack_backoff);
    s->acked[queue] = (uint64_t)ref >> 1;
}

/* One acknowledgement at a time under way, each for all that was committed until then. */
static void
ack(struct engine *e, enum inbox_queue queue)
{
    struct stream *s = stream_of(e);
    Wire__QueueAck message = WIRE__QUEUE_ACK__INIT;
    AUTO(buf_done) struct buf body = BUF(64);

    if (e->trouble != OK || s->state != STREAM_OPEN || s->acking[queue] ||
        s->handled[queue] <= s->acked[queue] || s->ack_backoff.due > engine_monotonic_ms(e))
        return;
    message.upto = s->handled[queue];
    wire_pack(&body, &message.base);
    enum err r =
        relay_call_own(e, &(struct relay_call){
                              .method = "POST",
                              .path = queue == QUEUE_DEVICE ? "/v1/queue/ack" : "/v1/requests/ack",
                              .body = buf_span(&body),
                              .done = ack_done,
                              .ref = (int64_t)(message.upto << 1 | (uint64_t)queue),
                          });
    if (r == OK)
        s->acking[queue] = true;
    else
        backoff_fail(e, &s->ack_backoff, SMALL_MIN, SMALL_MAX);
}

static enum err
take(struct engine *e, enum inbox_queue queue, const struct frame *item)
{
    struct stream *s = stream_of(e);

    enum err r = inbox_item(e, queue, item->n, item->tag, item->envelope);
    if (r != OK) {
        engine_heed(e, r == ERR_MEMORY ? ERR_IO : r);
        return r;
    }
    if (item->n > s->handled[queue])
        s->handled[queue] = item->n;
    return OK;
}

static enum err
take_transient(struct engine *e, const struct frame *f)
{
    enum err r = transient_take(e, f->envelope);
    engine_heed(e, r == ERR_MEMORY ? ERR_IO : r);
    return r;
}

/* --- the request queue --- */

static enum err
take_page(struct engine *e, struct span body)
{
    AUTO(queue_page_freep) Wire__QueuePage *page = NULL;

    TRY(queue_page_read(body, &page));
    for (size_t i = 0; i < page->n_items; i++)
        TRY(take(e, QUEUE_REQUEST,
                 &(struct frame){.n = page->items[i]->n,
                                 .tag = page->items[i]->tag,
                                 .envelope = span_pb(page->items[i]->envelope)}));
    if (page->more)
        stream_of(e)->page_wanted = true;
    return OK;
}

static void
page_done(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    struct stream *s = stream_of(e);
    enum err r = reply->err;

    s->paging = false;
    if (r == OK && reply->status == 200) {
        r = take_page(e, reply->body);
    } else if (r == OK && reply->status == 409) {
        r = rewind_queue(e, QUEUE_REQUEST);
        s->page_wanted = true;
    } else if (r == OK && reply->status != 204) {
        r = ERR_REFUSED;
    }
    if (r == OK) {
        backoff_clear(&s->page_backoff);
    } else {
        s->page_wanted = true;
        backoff_fail(e, &s->page_backoff, SMALL_MIN, SMALL_MAX);
    }
    ack(e, QUEUE_REQUEST);
}

static void
page(struct engine *e)
{
    struct stream *s = stream_of(e);
    char path[CALL_PATH_MAX];
    uint64_t after;

    if (e->trouble != OK || s->state != STREAM_OPEN || s->paging || !s->page_wanted ||
        s->page_backoff.due > engine_monotonic_ms(e))
        return;
    enum err r = inbox_cursor(e, QUEUE_REQUEST, &after);
    if (r == OK) {
        snprintf(path, sizeof path, "/v1/requests?after=%" PRIu64, after);
        r = relay_call_own(e,
                           &(struct relay_call){.method = "GET", .path = path, .done = page_done});
    }
    if (r == OK) {
        s->paging = true;
        s->page_wanted = false;
    } else {
        backoff_fail(e, &s->page_backoff, SMALL_MIN, SMALL_MAX);
    }
}

/* --- frames --- */

static enum err
on_hello(struct engine *e, const struct frame *f)
{
    struct stream *s = stream_of(e);

    /* What was committed may not have been acknowledged before we went away. */
    TRY(inbox_cursor(e, QUEUE_DEVICE, &s->handled[QUEUE_DEVICE]));
    TRY(inbox_cursor(e, QUEUE_REQUEST, &s->handled[QUEUE_REQUEST]));
    s->state = STREAM_OPEN;
    s->page_wanted = true;
    s->acked[QUEUE_DEVICE] = s->acked[QUEUE_REQUEST] = 0;
    backoff_clear(&s->ack_backoff);
    backoff_clear(&s->page_backoff);
    tell_relay(e);
    account_on_connect(e);
    anchor_on_hello(e, f->anchor);
    return OK;
}

static enum err
on_end(struct engine *e)
{
    AUTO(tx_done) struct tx tx = {0};

    backoff_clear(&stream_of(e)->backoff);
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, account_on_drained(e));
}

static enum err
on_bye(struct engine *e, enum bye_reason why)
{
    AUTO(tx_done) struct tx tx = {0};
    struct stream *s = stream_of(e);

    if (why != BYE_DISPLACED && why != BYE_DEVICE_REMOVED)
        return OK;
    if (why == BYE_DISPLACED)
        anchor_yield(e); /* or the two would take turns for ever */
    else
        s->unwanted = true;
    if (why == BYE_DEVICE_REMOVED)
        fetch_soon(e, FETCH_OWN, 0); /* by whom? */
    TRY(act_begin(e, &tx));
    return act_end(e, &tx,
                   notice_once_a_day(e, why == BYE_DISPLACED ? "displaced" : "device-removed", 0,
                                     SPAN_NONE, SPAN_NONE));
}

static enum err
on_frame(struct engine *e, const struct frame *f)
{
    struct stream *s = stream_of(e);

    if (s->state != STREAM_OPEN && f->kind != FRAME_HELLO)
        return fail(ERR_MALFORMED, "the stream does not begin with a hello");
    switch (f->kind) {
    case FRAME_HELLO:
        return on_hello(e, f);
    case FRAME_ITEM:
        return take(e, QUEUE_DEVICE, f);
    case FRAME_END:
        return on_end(e);
    case FRAME_BYE:
        return on_bye(e, f->bye);
    case FRAME_REQUEST_WAITING:
        s->page_wanted = true;
        return OK;
    case FRAME_TRANSIENT:
        return take_transient(e, f);
    case FRAME_HEARTBEAT:
    default:
        return OK;
    }
}

/* *ret_used: how many bytes were whole frames. */
static enum err
take_frames(struct engine *e, struct span bytes, size_t *ret_used)
{
    size_t used = 0;

    for (;;) {
        struct frame f;
        size_t n;
        enum err r = frame_read(SPAN(bytes.p + used, bytes.n - used), &f, &n);
        if (r == ERR_NOT_FOUND)
            break;
        TRY(r);
        TRY(on_frame(e, &f));
        used += n;
    }
    *ret_used = used;
    return OK;
}

void
stream_data(struct engine *e, struct span bytes)
{
    struct stream *s = stream_of(e);
    size_t used;

    if (e->trouble != OK)
        return;
    buf_put(&s->in, bytes);
    enum err r = buf_ok(&s->in);
    if (r == OK)
        r = take_frames(e, buf_span(&s->in), &used);
    if (r != OK) {
        stream_drop(e, r);
        return;
    }
    buf_consume(&s->in, used);
    ack(e, QUEUE_DEVICE);
    page(e);
}

int64_t
stream_step(struct engine *e)
{
    struct stream *s = stream_of(e);
    int64_t now = engine_monotonic_ms(e), due = NEVER;
    enum err why;

    if (account_registration(e, &why) != REGISTRATION_DONE || e->ended || !collected_over(e) ||
        anchor_state(e) == ANCHOR_YIELDED)
        return NEVER;
    if (s->state == STREAM_CLOSED && s->backoff.due <= now && stream_begin(e) != OK)
        backoff_fail(e, &s->backoff, RECONNECT_MIN, RECONNECT_MAX);
    if (s->state == STREAM_CLOSED)
        return s->backoff.due;
    if (s->state != STREAM_OPEN)
        return NEVER;
    ack(e, QUEUE_DEVICE);
    ack(e, QUEUE_REQUEST);
    page(e);
    for (int q = 0; q < 2; q++)
        if (!s->acking[q] && s->handled[q] > s->acked[q])
            due = sooner(due, s->ack_backoff.due);
    if (s->page_wanted && !s->paging)
        due = sooner(due, s->page_backoff.due);
    return due;
}
