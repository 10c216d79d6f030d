/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Queues and requests for their owner (rows 14 to 18 of B21), and what a stream begins and goes on
 * with.
 */
#include <stdlib.h>

#include "relay/handlers.h"

static struct queue_name
own_queue(const struct call *c)
{
    return (struct queue_name){.account = c->account.number, .device = c->device.id};
}

static struct queue_name
own_requests(const struct call *c)
{
    return (struct queue_name){.account = c->account.number, .device = 0};
}

/* A page while it is collected: messages that borrow from `bytes`. */
struct page {
    struct buf bytes;
    bool fetching; /* then without tags (B3.6) */
    Wire__QueueItem items[QUEUE_PAGE_ITEMS];
    size_t offsets[QUEUE_PAGE_ITEMS];
    size_t count;
    bool more;
};

static enum err
page_visit(void *ctx, const struct kept_item *i, bool *stop)
{
    struct page *p = ctx;
    Wire__QueueItem *m = &p->items[p->count];

    if (p->count == QUEUE_PAGE_ITEMS || p->bytes.n + i->envelope.n > QUEUE_PAGE_BYTES) {
        p->more = true;
        *stop = true;
        return OK;
    }
    wire__queue_item__init(m);
    m->n = i->n;
    m->tag = p->fetching ? 0 : i->tag;
    m->envelope.len = i->envelope.n;
    p->offsets[p->count++] = p->bytes.n;
    buf_put(&p->bytes, i->envelope);
    return buf_ok(&p->bytes);
}

static enum err
answer_page(struct call *c, struct page *p)
{
    Wire__QueueItem *items[QUEUE_PAGE_ITEMS];
    Wire__QueuePage m = WIRE__QUEUE_PAGE__INIT;

    if (p->count == 0)
        return answer_empty(c, 204);
    for (size_t i = 0; i < p->count; i++) {
        p->items[i].envelope.data = p->bytes.p + p->offsets[i];
        items[i] = &p->items[i];
    }
    m.n_items = p->count;
    m.items = items;
    m.more = p->more;
    return answer_message(c, 200, &m.base);
}

static enum err
answer_highest(struct call *c, const struct queue_facts *facts)
{
    Wire__QueuePage m = WIRE__QUEUE_PAGE__INIT;
    m.highest = facts->highest;
    return answer_message(c, 409, &m.base);
}

/* A cursor above every number ever given is not from this relay's history (note 5). */
static enum err
cursor_known(struct call *c, struct queue_name name, bool *ret)
{
    struct queue_facts facts;

    TRY(queue_facts(c->s->queues, name, c->now, &facts));
    *ret = c->after <= facts.highest;
    return *ret ? OK : answer_highest(c, &facts);
}

static enum err
page_of(struct call *c, struct queue_name name)
{
    bool known = false;

    TRY(cursor_known(c, name, &known));
    if (!known)
        return OK;
    struct page *p = calloc(1, sizeof *p);
    if (p == NULL)
        return fail(ERR_MEMORY, "no memory for a page");
    p->bytes = BUF(QUEUE_PAGE_BYTES);
    p->fetching = c->fetching;
    enum err e = queue_each(c->s->queues, name, c->after, c->now, p, page_visit);
    if (e == OK)
        e = answer_page(c, p);
    buf_done(&p->bytes);
    free(p);
    return e;
}

/* Requests are the primary device's business (B9.3). */
static enum err
is_primary(struct call *c, bool *ret)
{
    struct kept_device devices[DEVICES_MAX];
    size_t count = 0;

    TRY(kept_devices(c->s->store, c->account.number, devices, &count));
    *ret = count > 0 && devices[0].id == c->device.id;
    return OK;
}

enum err
handle_queue_page(struct call *c)
{
    return page_of(c, own_queue(c));
}

enum err
handle_requests_page(struct call *c)
{
    bool primary = false;

    TRY(is_primary(c, &primary));
    return primary ? page_of(c, own_requests(c)) : answer_error(c, 404);
}

enum err
handle_queue_stream(struct call *c)
{
    struct service_host *host = &c->s->host;
    struct queue_facts facts;

    TRY(queue_facts(c->s->queues, own_queue(c), c->now, &facts));
    if (c->after > facts.highest ||
        (c->fetching && host->streaming(host->ctx, &c->account.id, c->device.id)))
        return answer_highest(c, &facts);
    c->answer->kind = ANSWER_STREAM;
    c->answer->status = 200;
    c->answer->stream = (struct stream_params){.account = c->account.id,
                                               .device = c->device.id,
                                               .after = c->after,
                                               .fetching = c->fetching,
                                               .expiry = c->fetch_expiry};
    return OK;
}

static enum err
ack(struct call *c, struct queue_name name)
{
    AUTO(queue_ack_freep) Wire__QueueAck *m = NULL;

    TRY(queue_ack_read(c->request->body, &m));
    TRY(queue_ack(c->s->queues, name, m->upto, c->now));
    return answer_empty(c, 204);
}

enum err
handle_queue_ack(struct call *c)
{
    return ack(c, own_queue(c));
}

enum err
handle_requests_ack(struct call *c)
{
    bool primary = false;

    TRY(is_primary(c, &primary));
    return primary ? ack(c, own_requests(c)) : answer_error(c, 404);
}
