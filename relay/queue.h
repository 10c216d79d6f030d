/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The queues: which items a device has waiting, in memory, beside the envelopes in the store
 * (B9.7, B21 notes 5 and 9). Device 0 of an account is its request queue.
 *
 * The one thing to know: n is epoch << 32 | counter. The epoch is taken and made durable before the
 * first item is accepted (queues_new), and is above every one used before, also when the store was
 * put back from an old copy. So an n that was pushed and then lost in a crash never comes again,
 * and an acknowledgement of it can harm nothing.
 *
 * Acknowledged items are gone at once for everybody who asks here; queues_flush deletes them from
 * the store. Items past their time are gone when they are looked at.
 */
#pragma once

#include "relay/kept_items.h"

struct queues;

struct queue_name {
    uint32_t account;
    uint32_t device; /* 0: requests */
};

struct queue_facts {
    uint64_t highest; /* assigned; a cursor above it cannot be ours */
    uint64_t acked;
    uint32_t expired; /* items since the last ack */
    uint32_t items;
    uint64_t bytes;
};

/* How much one tag holds of a queue. */
struct queue_share {
    uint32_t items;
    uint64_t bytes;
};

/* Takes the next epoch, commits and syncs it. NOW in seconds, as everywhere here. */
enum err queues_new(struct store *store, uint64_t now, struct queues **ret);
void queues_free(struct queues *q);

enum err queue_facts(struct queues *q, struct queue_name name, uint64_t now,
                     struct queue_facts *ret);
enum err queue_share(struct queues *q, struct queue_name name, uint32_t tag, uint64_t now,
                     struct queue_share *ret);

/* Store the envelope (in the open transaction) as the newest item; *ret_n is its number. */
enum err queue_add(struct queues *q, struct queue_name name, uint32_t tag, struct span envelope,
                   uint64_t now, uint64_t *ret_n);

/* Forget everything up to UPTO (no more than was assigned), in memory. */
enum err queue_ack(struct queues *q, struct queue_name name, uint64_t upto, uint64_t now);

/* Drop the oldest item with tag 0 that came two days ago or earlier. ERR_NOT_FOUND: none. */
enum err queue_give_way(struct queues *q, struct queue_name name, uint64_t now);

/* The queue's device is gone: it and all its items are deleted. Its name never comes back, but when
 * the deletion is rolled back. */
enum err queue_drop(struct queues *q, struct queue_name name, uint64_t now);

/* Items that are neither acknowledged nor expired, with n > after, rising, with their envelopes. */
enum err queue_each(struct queues *q, struct queue_name name, uint64_t after, uint64_t now,
                    void *ctx, enum err (*visit)(void *ctx, const struct kept_item *i, bool *stop));

/* Delete from the store what was acknowledged and what expired. Once a second. */
enum err queues_flush(struct queues *q);

/* The store was rolled back: items that it does not have are forgotten, their numbers are not. */
void queues_rolled_back(struct queues *q);

/* Look at a few more queues for expired items. Once a second. */
enum err queues_sweep(struct queues *q, size_t count, uint64_t now);
