/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One thread's turns: wait for descriptors and timers, call who waits for them, then call what was
 * put off to the end of the turn.
 *
 * The one thing to know: everything is intrusive. The caller owns the source, timer or task and
 * takes it back (remove, clear) before freeing it; that is allowed at any time, also from inside a
 * callback of the same turn.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/err.h"

struct loop;

/* The struct that a source, timer or task is part of. */
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

enum { LOOP_IN = 1, LOOP_OUT = 4 }; /* as EPOLLIN and EPOLLOUT; hang-ups wake either */

struct loop_source {
    int fd;
    void (*ready)(struct loop_source *self);
};

struct loop_timer {
    void (*fire)(struct loop_timer *self);
    uint64_t at;
    size_t place; /* in the heap, from 1; 0: not set */
};

struct loop_task {
    void (*run)(struct loop_task *self);
    struct loop_task *next, **link; /* NULL: not waiting */
};

enum err loop_new(struct loop **ret);
void loop_free(struct loop *l);
void loop_freep(struct loop **l);

/* Milliseconds of the monotonic clock, read once a turn. */
uint64_t loop_now(const struct loop *l);

/* Level-triggered. EVENTS is LOOP_IN, LOOP_OUT, both, or 0 (only a failure of the descriptor). */
enum err loop_add(struct loop *l, struct loop_source *s, uint32_t events);
void loop_change(struct loop *l, struct loop_source *s, uint32_t events);
void loop_remove(struct loop *l, struct loop_source *s);

/* Fire once, AT or later. Setting a set timer moves it. */
enum err loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t at);
void loop_timer_clear(struct loop *l, struct loop_timer *t);

/* Run at the end of this turn, once however often it is asked for. */
void loop_later(struct loop *l, struct loop_task *t);
void loop_later_clear(struct loop *l, struct loop_task *t);

/* Turn until loop_stop. ERR_IO when waiting itself fails. */
enum err loop_run(struct loop *l);
void loop_stop(struct loop *l);
