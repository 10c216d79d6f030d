/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Work that snug-keyring does for the agent: what a slot's secret is, as the system's keyring keeps
 * it (docs/PROTOCOL.md B18.1).
 *
 * The one thing to know: `done` is called once for each keyring_start that gave OK, later and from
 * the loop, unless it is cancelled or keyring_free comes first.
 */
#pragma once

#include "core/agent/spawner.h"
#include "core/keyring/job.h"

#define KEYRING_TASKS_MAX 4

struct keyring;
struct keyring_task;

enum err keyring_new(struct loop *l, struct spawner *s, struct keyring **ret);
/* Ends every task, without calling its `done`. NULL is fine. */
void keyring_free(struct keyring *k);

/* Ends what took too long; the monotonic ms of the next time. */
int64_t keyring_turn(struct keyring *k);

struct keyring_order {
    enum keyring_work work;
    enum may_ask asks;
    const uint8_t *id; /* KEYRING_ID */
    const char *name;
    const uint8_t *secret; /* KEYRING_SECRET, for KEYRING_STORE; else NULL */
    void *self;
    /* OK, or why not, with a sentence for a person: ERR_NOT_FOUND (no such item), ERR_REFUSED (it
     * is locked), ERR_TIMEOUT, ERR_DAMAGED (the item is not ours), ERR_STATE (no keyring, or no
     * helper). SECRET is there with OK of KEYRING_READ, and gone when this returns. */
    void (*done)(void *self, enum err e, const uint8_t *secret);
};

/* ERR_BUSY: too many at once. ERR_STATE: no helper can be started. */
enum err keyring_start(struct keyring *k, const struct keyring_order *order,
                       struct keyring_task **ret);
/* Its `done` is not called. */
void keyring_cancel(struct keyring_task *t);
