/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How long nobody has done anything, for the lock that comes by itself (docs/PROTOCOL.md B18.5).
 *
 * The one thing to know: time in which the machine was suspended counts.
 */
#pragma once

#include "core/agent/loop.h"

struct idle {
    struct loop *loop;
    struct source timer;
    int64_t used;  /* ms since the machine started */
    int64_t limit; /* ms; 0: none */
};

enum err idle_init(struct idle *i, struct loop *l);
void idle_done(struct idle *i);

/* LIMIT ms from now on, or from the next idle_used; 0: never. */
void idle_begin(struct idle *i, int64_t limit);
/* A person did something. */
void idle_used(struct idle *i);
/* The loop comes round when it is. */
bool idle_over(const struct idle *i);
