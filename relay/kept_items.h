/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The records of queues, their items, and of what was answered 202 (relay/kept.h has the table).
 * relay/queue is what the rest of the relay uses for queues.
 */
#pragma once

#include "relay/kept.h"

struct kept_queue {
    uint64_t assigned; /* no n up to this is ever assigned again */
    uint64_t acked;
    uint32_t expired; /* since the last ack */
};

struct kept_item {
    uint64_t n;
    uint32_t tag;
    uint32_t day;
    uint32_t size;
    struct span envelope; /* where it was asked for; borrowed for the visit */
};

enum err kept_queue_get(struct store *s, uint32_t account, uint32_t device, struct kept_queue *ret);
enum err kept_queue_put(struct store *s, uint32_t account, uint32_t device,
                        const struct kept_queue *q);

enum err kept_queue_delete(struct store *s, uint32_t account, uint32_t device);

enum err kept_item_put(struct store *s, uint32_t account, uint32_t device,
                       const struct kept_item *i);
/* Drop every item up to and including n. */
enum err kept_items_drop(struct store *s, uint32_t account, uint32_t device, uint64_t upto);
enum err kept_item_delete(struct store *s, uint32_t account, uint32_t device, uint64_t n);

struct items_wanted {
    uint32_t account, device;
    uint64_t after;
    bool envelopes;
};
/* Items with n > after, rising. The visitor sets *stop to end. */
enum err kept_items_each(struct store *s, const struct items_wanted *wanted, void *ctx,
                         enum err (*visit)(void *ctx, const struct kept_item *i, bool *stop));

/* What a repeated delivery or request is known by. */
struct idem_key {
    struct sha256 b;
};
/* BLAKE2b of the request, four times as fast as SHA-256 and seen by nobody else. */
struct body_hash {
    uint8_t b[32];
};
enum err kept_idem_get(struct store *s, const struct idem_key *k, struct body_hash *ret_body,
                       uint64_t *ret_until);
enum err kept_idem_put(struct store *s, const struct idem_key *k, const struct body_hash *body,
                       uint64_t until);

/* The next queue, or ERR_NOT_FOUND at the end, after which the walk starts over. */
enum err kept_queue_next(struct store *s, struct kept_walk *walk, uint32_t *ret_account,
                         uint32_t *ret_device);
