/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/kept.h"

#include <assert.h>

void
kept_key_bytes(struct kept_key *k, struct span bytes)
{
    assert(k->n + bytes.n <= sizeof k->b);
    memcpy(k->b + k->n, bytes.p, bytes.n);
    k->n += bytes.n;
}

void
kept_key_u8(struct kept_key *k, uint8_t v)
{
    kept_key_bytes(k, SPAN(&v, 1));
}

void
kept_key_u32(struct kept_key *k, uint32_t v)
{
    kept_key_u8(k, (uint8_t)(v >> 24));
    kept_key_u8(k, (uint8_t)(v >> 16));
    kept_key_u8(k, (uint8_t)(v >> 8));
    kept_key_u8(k, (uint8_t)v);
}

void
kept_key_u64(struct kept_key *k, uint64_t v)
{
    kept_key_u32(k, (uint32_t)(v >> 32));
    kept_key_u32(k, (uint32_t)v);
}

struct kept_key
kept_key_account(uint32_t account)
{
    struct kept_key k = {0};
    kept_key_u32(&k, account);
    return k;
}

struct kept_key
kept_key_device(uint32_t account, uint32_t device)
{
    struct kept_key k = kept_key_account(account);
    assert(device <= DEVICE_ID_MAX);
    kept_key_u8(&k, (uint8_t)device);
    return k;
}

enum err
kept_whole(const struct reader *r)
{
    return r->ok && r->rest.n == 0 ? OK : fail(ERR_DAMAGED, "a record of the relay is damaged");
}

enum err
kept_number_get(struct store *s, const char *name, uint32_t *ret)
{
    struct record found;

    TRY(store_get(s, TABLE_META, SPAN_STR(name), &found));
    struct reader r = READER(found.head);
    uint32_t value = read_u32(&r);
    TRY(kept_whole(&r));
    *ret = value;
    return OK;
}

enum err
kept_number_put(struct store *s, const char *name, uint32_t value)
{
    struct kept_key head = kept_key_account(value); /* just four bytes */
    struct record r = {.key = SPAN_STR(name), .head = kept_key_span(&head)};
    return store_put(s, TABLE_META, &r);
}

/* The keys of one slice that are due. */
struct sweep {
    const struct kept_walk *walk;
    uint64_t now;
    size_t left;
    struct kept_key last;
    struct buf due; /* u8 size, key, ... */
};

/* When the record's time has passed; 0: never. It stands last in the head of every such table. */
static uint64_t
until_of(const struct record *r)
{
    if (r->head.n < 8)
        return 0;
    struct reader tail = READER(SPAN(r->head.p + r->head.n - 8, 8));
    return read_u64(&tail);
}

static enum err
sweep_visit(void *ctx, const struct record *r, bool *stop)
{
    struct sweep *w = ctx;
    uint64_t until = until_of(r);

    w->last = (struct kept_key){0};
    kept_key_bytes(&w->last, r->key);
    if (until != 0 && until <= w->now) {
        buf_put_u8(&w->due, (uint8_t)r->key.n);
        buf_put(&w->due, r->key);
    }
    *stop = --w->left == 0;
    return OK;
}

enum err
kept_sweep(struct store *s, struct kept_walk *walk, size_t max, uint64_t now)
{
    struct sweep w = {.walk = walk, .now = now, .left = max, .due = BUF(max * (STORE_KEY_MAX + 1))};
    struct scan scan = {.table = walk->table, .after = SPAN(walk->at, walk->at_size)};

    assert(max > 0);
    enum err e = store_scan(s, &scan, sweep_visit, &w);
    struct reader due = READER(buf_span(&w.due));
    while (e == OK && due.rest.n > 0)
        e = store_delete(s, walk->table, read_span(&due, read_u8(&due)));
    if (e == OK)
        e = buf_ok(&w.due);
    if (e == OK) {
        bool at_end = w.left > 0;
        walk->at_size = at_end ? 0 : w.last.n;
        memcpy(walk->at, w.last.b, walk->at_size);
    }
    buf_done(&w.due);
    return e;
}
