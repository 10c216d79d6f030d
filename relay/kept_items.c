/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/kept_items.h"

enum err
kept_queue_get(struct store *s, uint32_t account, uint32_t device, struct kept_queue *ret)
{
    struct kept_key k = kept_key_device(account, device);
    struct record found;
    struct kept_queue q;

    TRY(store_get(s, TABLE_QUEUE, kept_key_span(&k), &found));
    struct reader r = READER(found.head);
    q.assigned = read_u64(&r);
    q.acked = read_u64(&r);
    q.expired = read_u32(&r);
    TRY(kept_whole(&r));
    *ret = q;
    return OK;
}

enum err
kept_queue_put(struct store *s, uint32_t account, uint32_t device, const struct kept_queue *q)
{
    struct kept_key k = kept_key_device(account, device), head = {0};

    kept_key_u64(&head, q->assigned);
    kept_key_u64(&head, q->acked);
    kept_key_u32(&head, q->expired);
    struct record r = {.key = kept_key_span(&k), .head = kept_key_span(&head)};
    return store_put(s, TABLE_QUEUE, &r);
}

enum err
kept_queue_delete(struct store *s, uint32_t account, uint32_t device)
{
    struct kept_key k = kept_key_device(account, device);
    return store_delete(s, TABLE_QUEUE, kept_key_span(&k));
}

static struct kept_key
item_key(uint32_t account, uint32_t device, uint64_t n)
{
    struct kept_key k = kept_key_device(account, device);
    kept_key_u64(&k, n);
    return k;
}

enum err
kept_item_put(struct store *s, uint32_t account, uint32_t device, const struct kept_item *i)
{
    struct kept_key k = item_key(account, device, i->n), head = {0};

    kept_key_u32(&head, i->tag);
    kept_key_u32(&head, i->day);
    struct record r = {.key = kept_key_span(&k), .head = kept_key_span(&head), .body = i->envelope};
    return store_put(s, TABLE_ITEM, &r);
}

enum err
kept_items_drop(struct store *s, uint32_t account, uint32_t device, uint64_t upto)
{
    struct kept_key first = item_key(account, device, 0), last = item_key(account, device, upto);
    return store_delete_range(s, TABLE_ITEM, kept_key_span(&first), kept_key_span(&last));
}

enum err
kept_item_delete(struct store *s, uint32_t account, uint32_t device, uint64_t n)
{
    struct kept_key k = item_key(account, device, n);
    return store_delete(s, TABLE_ITEM, kept_key_span(&k));
}

struct each {
    void *ctx;
    enum err (*visit)(void *ctx, const struct kept_item *i, bool *stop);
};

static enum err
each_visit(void *ctx, const struct record *found, bool *stop)
{
    const struct each *each = ctx;
    struct reader key = READER(found->key), r = READER(found->head);
    struct kept_item i = {.size = (uint32_t)found->body_size, .envelope = found->body};

    read_span(&key, 5); /* account, device */
    i.n = read_u64(&key);
    i.tag = read_u32(&r);
    i.day = read_u32(&r);
    TRY(kept_whole(&key));
    TRY(kept_whole(&r));
    return each->visit(each->ctx, &i, stop);
}

enum err
kept_items_each(struct store *s, const struct items_wanted *wanted, void *ctx,
                enum err (*visit)(void *ctx, const struct kept_item *i, bool *stop))
{
    struct kept_key prefix = kept_key_device(wanted->account, wanted->device);
    struct kept_key after = item_key(wanted->account, wanted->device, wanted->after);
    struct scan scan = {.table = TABLE_ITEM,
                        .prefix = kept_key_span(&prefix),
                        .after = kept_key_span(&after),
                        .bodies = wanted->envelopes};
    struct each each = {.ctx = ctx, .visit = visit};
    return store_scan(s, &scan, each_visit, &each);
}

enum err
kept_idem_get(struct store *s, const struct idem_key *k, struct body_hash *ret_body,
              uint64_t *ret_until)
{
    struct record found;
    struct body_hash body;

    TRY(store_get(s, TABLE_IDEM, SPAN_OF(k->b), &found));
    struct reader r = READER(found.head);
    read_bytes(&r, body.b, sizeof body.b);
    uint64_t until = read_u64(&r);
    TRY(kept_whole(&r));
    *ret_body = body;
    *ret_until = until;
    return OK;
}

enum err
kept_idem_put(struct store *s, const struct idem_key *k, const struct body_hash *body,
              uint64_t until)
{
    struct kept_key head = {0};

    kept_key_bytes(&head, SPAN_OF(*body));
    kept_key_u64(&head, until);
    struct record r = {.key = SPAN_OF(k->b), .head = kept_key_span(&head)};
    return store_put(s, TABLE_IDEM, &r);
}

struct next {
    struct kept_key key;
};

static enum err
next_visit(void *ctx, const struct record *r, bool *stop)
{
    struct next *next = ctx;
    next->key = (struct kept_key){0};
    kept_key_bytes(&next->key, r->key);
    *stop = true;
    return OK;
}

enum err
kept_queue_next(struct store *s, struct kept_walk *walk, uint32_t *ret_account,
                uint32_t *ret_device)
{
    struct scan scan = {.table = TABLE_QUEUE, .after = SPAN(walk->at, walk->at_size)};
    struct next next = {0};

    TRY(store_scan(s, &scan, next_visit, &next));
    walk->at_size = next.key.n;
    memcpy(walk->at, next.key.b, next.key.n);
    if (next.key.n == 0)
        return ERR_NOT_FOUND;
    struct reader r = READER(kept_key_span(&next.key));
    uint32_t account = read_u32(&r), device = read_u8(&r);
    TRY(kept_whole(&r));
    *ret_account = account;
    *ret_device = device;
    return OK;
}
