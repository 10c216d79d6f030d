/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The agent's one loop: wait for descriptors or for the next thing that is due, then call.
 *
 * The one thing to know: one descriptor is handled at a time and the kernel is asked again after
 * each, so that whoever is called may close any other.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wire/err.h"

struct loop {
    int epoll;
    bool stopped;
};

struct source {
    int fd; /* -1: not in the loop */
    void *self;
    void (*ready)(void *self, uint32_t events); /* EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR */
};

enum err loop_init(struct loop *l);
void loop_done(struct loop *l);

/* S stays where it is until loop_remove. */
enum err loop_add(struct loop *l, struct source *s, uint32_t events);
void loop_change(struct loop *l, struct source *s, uint32_t events);
void loop_remove(struct loop *l, struct source *s); /* does not close the descriptor */

/* Run until loop_stop. Before each wait TURN does what is due and returns the monotonic time in ms
 * at which it wants to be called again at the latest. */
enum err loop_run(struct loop *l, void *self, int64_t (*turn)(void *self));
void loop_stop(struct loop *l);

int64_t loop_now(void); /* monotonic ms */
