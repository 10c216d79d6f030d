/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The system's and the session's bus, and what is heard there: that the screen is locked, that the
 * machine goes to sleep, that it woke (docs/PROTOCOL.md B18.5).
 *
 * The one thing to know: nothing here waits, and neither bus has to be there; one that goes away is
 * looked for again. The system's bus is root's. Whoever is on the session's can make a screen saver
 * up, and is a process of this user: he can have us lock, and nothing else.
 */
#pragma once

#include <poll.h>

#include "core/watch/words.h"

struct buses;

/* SAY is called with each word for the agent. NULL: no memory. */
struct buses *buses_new(void (*say)(int word));

/* What to wait for: two descriptors, and how many ms at the most (-1: for ever). */
int buses_wait(struct buses *b, struct pollfd ret[2]);
/* Do what came. */
void buses_work(struct buses *b);

void buses_hold_sleep(struct buses *b);
void buses_let_sleep(struct buses *b);
