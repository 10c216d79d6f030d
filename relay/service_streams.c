/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a stream begins with and goes on with (row 15 of B21): the service's side of relay/streams.
 */
#include "relay/call.h"
#include "relay/fetched.h"
#include "relay/kept_devices.h"

static uint64_t
now_s(const struct service *s)
{
    return s->host.now(s->host.ctx) / 1000;
}

/* What a stream is of: ERR_NOT_FOUND when it is gone. */
static enum err
stream_device(struct service *s, const struct stream_params *stream, struct kept_account *ret,
              struct queue_name *ret_queue)
{
    struct kept_device device;

    TRY(kept_account_get(s->store, &stream->account, ret));
    TRY(kept_device_get(s->store, ret->number, stream->device, &device, NULL));
    *ret_queue = (struct queue_name){.account = ret->number, .device = stream->device};
    return OK;
}

static void
write_for(const struct stream_params *stream, struct buf *out, const struct frame *f)
{
    struct frame fetched;

    if (!stream->fetching)
        frame_write(out, f);
    else if (fetched_part(f, &fetched))
        frame_write(out, &fetched);
}

/* The newest request that waits, for the primary device. */
static enum err
newest_request(void *ctx, const struct kept_item *i, bool *stop)
{
    *(uint64_t *)ctx = i->n;
    return OK;
}

static enum err
hello_requests(struct service *s, const struct kept_account *account, uint32_t device,
               struct buf *out)
{
    struct queue_name requests = {.account = account->number, .device = 0};
    struct frame waiting = {.kind = FRAME_REQUEST_WAITING};
    struct kept_device devices[DEVICES_MAX];
    size_t count = 0;

    TRY(kept_devices(s->store, account->number, devices, &count));
    if (count == 0 || devices[0].id != device)
        return OK;
    TRY(queue_each(s->queues, requests, 0, now_s(s), &waiting.n, newest_request));
    if (waiting.n != 0)
        frame_write(out, &waiting);
    return OK;
}

enum err
service_stream_begin(struct service *s, const struct stream_params *stream, struct buf *out)
{
    struct frame hello = {.kind = FRAME_HELLO};
    struct kept_account account;
    struct kept_anchor anchor;
    struct queue_facts facts;
    struct queue_name name;

    TRY(stream_device(s, stream, &account, &name));
    TRY(queue_facts(s->queues, name, now_s(s), &facts));
    TRY(kept_anchor_get(s->store, account.number, stream->device, &anchor));
    hello.n = facts.highest;
    hello.expired = facts.expired;
    hello.anchor = anchor.version;
    write_for(stream, out, &hello);
    TRY(hello_requests(s, &account, stream->device, out));
    return buf_ok(out);
}

struct backlog_part {
    const struct stream_params *stream;
    struct buf *out;
    size_t start, max;
    uint64_t last;
    bool cut;
};

static enum err
backlog_visit(void *ctx, const struct kept_item *i, bool *stop)
{
    struct backlog_part *b = ctx;
    struct frame f = {.kind = FRAME_ITEM, .n = i->n, .tag = i->tag, .envelope = i->envelope};
    size_t size = 4 + 1 + 8 + 4 + i->envelope.n, used = b->out->n - b->start;

    if (used > 0 && used + size > b->max) {
        b->cut = *stop = true;
        return OK;
    }
    write_for(b->stream, b->out, &f);
    b->last = i->n;
    return buf_ok(b->out);
}

enum err
service_backlog(struct service *s, const struct stream_params *stream, uint64_t after, size_t max,
                struct buf *out, uint64_t *ret_last, enum backlog *ret)
{
    struct backlog_part part = {
        .stream = stream, .out = out, .start = out->n, .max = max, .last = after};
    struct kept_account account;
    struct queue_name name;

    TRY(stream_device(s, stream, &account, &name));
    TRY(queue_each(s->queues, name, after, now_s(s), &part, backlog_visit));
    *ret_last = part.last;
    *ret = part.cut ? BACKLOG_MORE : BACKLOG_DONE;
    return OK;
}
