/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A thread for what would stall the loop: one task at a time, which touches nothing but what it was
 * given.
 */
#pragma once

#include <pthread.h>

#include "core/agent/loop.h"

struct worker {
    struct loop *loop;
    struct source source; /* an eventfd: the task is over */
    pthread_t thread;
    bool busy;
    void (*work)(void *task); /* on the thread */
    void (*done)(void *task); /* on the loop, afterwards */
    void *task;
};

enum err worker_init(struct worker *w, struct loop *l);
/* Waits for the task, and runs its `done`. */
void worker_done(struct worker *w);

/* Wait for the task under way, and run its `done` now. Fine when there is none. */
void worker_wait(struct worker *w);

/* ERR_BUSY: another task is under way. */
enum err worker_start(struct worker *w, void *task, void (*work)(void *task),
                      void (*done)(void *task));
