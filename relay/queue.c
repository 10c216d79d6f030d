/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/queue.h"

#include <assert.h>
#include <stdlib.h>

#define EPOCH_NAME "epoch"
#define EPOCH_START 1767225600u   /* 2026-01-01: minutes are counted from here */
#define EPOCH_MAX 0x7fffffffu     /* so that n fits a signed 64-bit column */
#define SLOTS_KEPT_MAX (1u << 20) /* loaded items in memory over all queues */

struct slot {
    uint64_t n;
    uint32_t tag;
    uint32_t day;
    uint32_t size;
};

struct queue {
    struct queue_name name;
    struct queue *next; /* in its hash chain */
    uint64_t highest;   /* never falls while we run */
    uint64_t acked;
    uint64_t floor; /* items up to it are acknowledged or expired */
    uint32_t expired;
    bool dropped;       /* the store has nothing of it */
    bool dirty;         /* floor, acked or expired differ from the store */
    bool loaded;        /* slots are valid */
    struct slot *slots; /* rising n; those up to floor are already taken out */
    size_t count, cap;
    uint64_t bytes;
};

struct queues {
    struct store *store;
    uint32_t epoch;
    struct queue **chains; /* by hash of name */
    size_t chain_count;    /* a power of two */
    size_t count;
    size_t slots; /* in all loaded queues */
    size_t dirty; /* queues to flush */
    size_t evict_at;
    struct kept_walk walk;
};

static uint32_t
day_of(uint64_t now)
{
    return (uint32_t)(now / SECONDS_A_DAY);
}

/* The last day whose items have passed their time. */
static uint32_t
expired_day(struct queue_name name, uint64_t now)
{
    uint32_t life = (name.device == 0 ? REQUEST_LIFE : QUEUE_LIFE) / SECONDS_A_DAY;
    uint32_t today = day_of(now);
    return today > life ? today - life - 1 : 0;
}

static enum err
take_epoch(struct store *store, uint64_t now, uint32_t *ret)
{
    uint32_t stored = 0;
    enum err e = kept_number_get(store, EPOCH_NAME, &stored);

    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    uint64_t minutes = now > EPOCH_START ? (now - EPOCH_START) / 60 : 0;
    uint64_t epoch = stored + (uint64_t)1 > minutes ? stored + (uint64_t)1 : minutes;
    if (epoch >= EPOCH_MAX)
        return fail(ERR_LIMIT, "the relay's clock is thousands of years ahead");
    TRY(kept_number_put(store, EPOCH_NAME, (uint32_t)epoch));
    TRY(store_commit(store));
    TRY(store_sync(store));
    *ret = (uint32_t)epoch;
    return OK;
}

enum err
queues_new(struct store *store, uint64_t now, struct queues **ret)
{
    struct queues *q = calloc(1, sizeof *q);

    if (q == NULL)
        return fail(ERR_MEMORY, "no memory for the queues");
    q->store = store;
    q->chain_count = 1024;
    q->walk.table = TABLE_QUEUE;
    q->chains = calloc(q->chain_count, sizeof(struct queue *));
    enum err e = q->chains == NULL ? fail(ERR_MEMORY, "no memory for the queues")
                                   : take_epoch(store, now, &q->epoch);
    if (e != OK) {
        store_rollback(store);
        queues_free(q);
        return e;
    }
    *ret = q;
    return OK;
}

static void
unload(struct queues *q, struct queue *u)
{
    free(u->slots);
    q->slots -= u->count;
    u->slots = NULL;
    u->count = u->cap = 0;
    u->bytes = 0;
    u->loaded = false;
}

void
queues_free(struct queues *q)
{
    if (q == NULL)
        return;
    for (size_t i = 0; q->chains != NULL && i < q->chain_count; i++) {
        while (q->chains[i] != NULL) {
            struct queue *u = q->chains[i];
            q->chains[i] = u->next;
            free(u->slots);
            free(u);
        }
    }
    free(q->chains);
    free(q);
}

/* Names are small numbers that we gave: nobody can aim at a chain. */
static size_t
hash(const struct queues *q, struct queue_name name)
{
    uint64_t h = ((uint64_t)name.account << 6 | name.device) * 0x9e3779b97f4a7c15u;
    return (size_t)(h >> 32) & (q->chain_count - 1);
}

static enum err
grow_chains(struct queues *q)
{
    size_t old_count = q->chain_count;
    struct queue **old = q->chains, **grown = calloc(2 * old_count, sizeof(struct queue *));

    if (grown == NULL)
        return fail(ERR_MEMORY, "no memory for the queues");
    q->chains = grown;
    q->chain_count = 2 * old_count;
    for (size_t i = 0; i < old_count; i++) {
        while (old[i] != NULL) {
            struct queue *u = old[i];
            old[i] = u->next;
            size_t at = hash(q, u->name);
            u->next = grown[at];
            grown[at] = u;
        }
    }
    free(old);
    return OK;
}

static enum err
insert(struct queues *q, struct queue_name name, struct queue **ret)
{
    struct kept_queue kept = {0};
    enum err e = kept_queue_get(q->store, name.account, name.device, &kept);

    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    if (q->count >= q->chain_count)
        TRY(grow_chains(q));
    struct queue *u = calloc(1, sizeof *u);
    if (u == NULL)
        return fail(ERR_MEMORY, "no memory for a queue");
    uint64_t first = (uint64_t)q->epoch << 32;
    u->name = name;
    u->highest = kept.assigned > first ? kept.assigned : first;
    u->acked = kept.acked;
    u->floor = kept.assigned;
    u->expired = kept.expired;
    size_t at = hash(q, name);
    u->next = q->chains[at];
    q->chains[at] = u;
    q->count++;
    *ret = u;
    return OK;
}

static void
mark_dirty(struct queues *q, struct queue *u)
{
    if (!u->dirty)
        q->dirty++;
    u->dirty = true;
}

static enum err
push_slot(struct queues *q, struct queue *u, const struct slot *slot)
{
    if (u->count == u->cap) {
        size_t cap = u->cap == 0 ? 4 : 2 * u->cap;
        struct slot *p = realloc(u->slots, cap * sizeof *p);
        if (p == NULL)
            return fail(ERR_MEMORY, "no memory for a queue");
        u->slots = p;
        u->cap = cap;
    }
    u->slots[u->count++] = *slot;
    u->bytes += slot->size;
    q->slots++;
    return OK;
}

static void
remove_slots(struct queues *q, struct queue *u, size_t first, size_t count)
{
    for (size_t i = first; i < first + count; i++)
        u->bytes -= u->slots[i].size;
    memmove(u->slots + first, u->slots + first + count,
            (u->count - first - count) * sizeof *u->slots);
    u->count -= count;
    q->slots -= count;
    if (u->count == 0) { /* most queues are empty most of the time */
        free(u->slots);
        u->slots = NULL;
        u->cap = 0;
    }
}

struct loading {
    struct queues *q;
    struct queue *u;
};

static enum err
load_visit(void *ctx, const struct kept_item *i, bool *stop)
{
    struct loading *l = ctx;
    struct slot slot = {.n = i->n, .tag = i->tag, .day = i->day, .size = i->size};

    if (i->n > l->u->highest)
        l->u->highest = i->n;
    return push_slot(l->q, l->u, &slot);
}

static enum err
load(struct queues *q, struct queue *u)
{
    struct items_wanted wanted = {
        .account = u->name.account, .device = u->name.device, .after = u->floor};
    struct loading l = {.q = q, .u = u};
    enum err e = kept_items_each(q->store, &wanted, &l, load_visit);

    if (e != OK)
        unload(q, u);
    else
        u->loaded = true;
    return e;
}

/* Unload one queue or two when too much is loaded. They are read again when they are needed. */
static void
evict(struct queues *q, const struct queue *keep)
{
    for (size_t tries = 0; q->slots > SLOTS_KEPT_MAX && tries < q->chain_count; tries++) {
        q->evict_at = (q->evict_at + 1) & (q->chain_count - 1);
        for (struct queue *u = q->chains[q->evict_at]; u != NULL; u = u->next)
            if (u != keep && u->loaded)
                unload(q, u);
    }
}

static void
expire(struct queues *q, struct queue *u, uint64_t now)
{
    uint32_t last_day = expired_day(u->name, now);
    size_t count = 0;

    while (count < u->count && u->slots[count].day <= last_day)
        count++;
    if (count == 0)
        return;
    u->floor = u->slots[count - 1].n;
    u->expired += (uint32_t)count;
    mark_dirty(q, u);
    remove_slots(q, u, 0, count);
}

/* The queue of this name, loaded, without what has expired. */
static enum err
find(struct queues *q, struct queue_name name, uint64_t now, struct queue **ret)
{
    struct queue *u = q->chains[hash(q, name)];

    while (u != NULL && (u->name.account != name.account || u->name.device != name.device))
        u = u->next;
    if (u == NULL)
        TRY(insert(q, name, &u));
    if (!u->loaded)
        TRY(load(q, u));
    expire(q, u, now);
    evict(q, u);
    *ret = u;
    return OK;
}

enum err
queue_facts(struct queues *q, struct queue_name name, uint64_t now, struct queue_facts *ret)
{
    struct queue *u;

    TRY(find(q, name, now, &u));
    *ret = (struct queue_facts){.highest = u->highest,
                                .acked = u->acked,
                                .expired = u->expired,
                                .items = (uint32_t)u->count,
                                .bytes = u->bytes};
    return OK;
}

enum err
queue_share(struct queues *q, struct queue_name name, uint32_t tag, uint64_t now,
            struct queue_share *ret)
{
    struct queue_share share = {0};
    struct queue *u;

    TRY(find(q, name, now, &u));
    for (size_t i = 0; i < u->count; i++)
        if (u->slots[i].tag == tag) {
            share.items++;
            share.bytes += u->slots[i].size;
        }
    *ret = share;
    return OK;
}

enum err
queue_add(struct queues *q, struct queue_name name, uint32_t tag, struct span envelope,
          uint64_t now, uint64_t *ret_n)
{
    struct queue *u;

    TRY(find(q, name, now, &u));
    struct slot slot = {
        .n = u->highest + 1, .tag = tag, .day = day_of(now), .size = (uint32_t)envelope.n};
    struct kept_item item = {.n = slot.n, .tag = tag, .day = slot.day, .envelope = envelope};
    u->highest = slot.n; /* also when storing fails: it may have been seen */
    TRY(push_slot(q, u, &slot));
    TRY(kept_item_put(q->store, name.account, name.device, &item));
    *ret_n = slot.n;
    return OK;
}

enum err
queue_ack(struct queues *q, struct queue_name name, uint64_t upto, uint64_t now)
{
    size_t count = 0;
    struct queue *u;

    TRY(find(q, name, now, &u));
    if (upto > u->highest)
        upto = u->highest;
    if (upto <= u->acked && u->expired == 0)
        return OK;
    while (count < u->count && u->slots[count].n <= upto)
        count++;
    if (count > 0)
        remove_slots(q, u, 0, count);
    u->acked = upto > u->acked ? upto : u->acked;
    u->floor = upto > u->floor ? upto : u->floor;
    u->expired = 0;
    mark_dirty(q, u);
    return OK;
}

enum err
queue_give_way(struct queues *q, struct queue_name name, uint64_t now)
{
    struct queue *u;

    TRY(find(q, name, now, &u));
    for (size_t i = 0; i < u->count; i++) {
        /* Only the day is kept: two days on, 24 hours have passed for certain. */
        if (u->slots[i].tag != 0 || u->slots[i].day + 2 > day_of(now))
            continue;
        uint64_t n = u->slots[i].n;
        remove_slots(q, u, i, 1);
        return kept_item_delete(q->store, name.account, name.device, n);
    }
    return ERR_NOT_FOUND;
}

enum err
queue_each(struct queues *q, struct queue_name name, uint64_t after, uint64_t now, void *ctx,
           enum err (*visit)(void *ctx, const struct kept_item *i, bool *stop))
{
    struct queue *u;

    TRY(find(q, name, now, &u));
    if (u->count == 0 || u->slots[u->count - 1].n <= after)
        return OK;
    struct items_wanted wanted = {.account = name.account,
                                  .device = name.device,
                                  .after = after > u->floor ? after : u->floor,
                                  .envelopes = true};
    return kept_items_each(q->store, &wanted, ctx, visit);
}

static enum err
flush(struct queues *q, struct queue *u)
{
    struct kept_queue kept = {.assigned = u->floor, .acked = u->acked, .expired = u->expired};

    TRY(kept_items_drop(q->store, u->name.account, u->name.device, u->floor));
    TRY(kept_queue_put(q->store, u->name.account, u->name.device, &kept));
    u->dirty = false;
    q->dirty--;
    return OK;
}

enum err
queues_flush(struct queues *q)
{
    if (q->dirty == 0)
        return OK;
    for (size_t i = 0; i < q->chain_count; i++)
        for (struct queue *u = q->chains[i]; u != NULL; u = u->next)
            if (u->dirty)
                TRY(flush(q, u));
    return OK;
}

/* What is left of it is a name and the highest number given: the deletion may be rolled back. */
enum err
queue_drop(struct queues *q, struct queue_name name, uint64_t now)
{
    struct queue *u;

    TRY(find(q, name, now, &u));
    TRY(kept_items_drop(q->store, name.account, name.device, UINT64_MAX));
    TRY(kept_queue_delete(q->store, name.account, name.device));
    unload(q, u);
    if (u->dirty)
        q->dirty--;
    u->dirty = false;
    u->dropped = true;
    return OK;
}

/* Whether the store has the queue all the same. */
static bool
is_there(const struct queues *q, const struct queue *u)
{
    struct kept_queue ignored;
    return kept_queue_get(q->store, u->name.account, u->name.device, &ignored) == OK;
}

void
queues_rolled_back(struct queues *q)
{
    for (size_t i = 0; i < q->chain_count; i++)
        for (struct queue *u = q->chains[i]; u != NULL; u = u->next) {
            if (u->loaded)
                unload(q, u);
            u->dropped = u->dropped && !is_there(q, u);
            if (u->floor > 0 && !u->dropped)
                mark_dirty(q, u); /* a flush may have been rolled back; another does no harm */
        }
}

enum err
queues_sweep(struct queues *q, size_t count, uint64_t now)
{
    for (size_t i = 0; i < count; i++) {
        struct queue_name name;
        struct queue *ignored;
        enum err e = kept_queue_next(q->store, &q->walk, &name.account, &name.device);
        if (e == ERR_NOT_FOUND)
            return OK;
        TRY(e);
        TRY(find(q, name, now, &ignored));
    }
    return OK;
}
