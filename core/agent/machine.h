/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the machine does that the lock follows (docs/PROTOCOL.md B18.5): the screen is locked, it
 * goes to sleep, it woke. A helper listens to that (core/watch), for the agent talks to no bus.
 *
 * The one thing to know: a helper that cannot be started, or ends, is tried again, and nothing is
 * noticed meanwhile.
 */
#pragma once

#include "core/agent/spawner.h"

struct machine_listener {
    void *self;
    void (*screen_locked)(void *self);
    void (*sleeps)(void *self); /* soon; at once when machine_hold_sleep is not in force */
    void (*woke)(void *self);
};

struct machine;

enum err machine_new(struct loop *l, struct spawner *s, const struct machine_listener *listener,
                     struct machine **ret);
void machine_free(struct machine *m); /* takes NULL */

/* Have sleep wait (for the 5 s that logind gives), until machine_let_sleep. Both may be repeated,
 * and cost nothing then. */
void machine_hold_sleep(struct machine *m);
void machine_let_sleep(struct machine *m);

/* What would be noticed now. */
struct machine_senses {
    bool sleep, screen;
};
struct machine_senses machine_senses(const struct machine *m);

/* What is due; the monotonic ms of the next time. */
int64_t machine_turn(struct machine *m);
