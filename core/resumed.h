/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A machine that is put back together with its memory (B18.3): this very process goes on from where
 * it was, and nothing in it tells that a copy of it has been running since. But time has passed
 * that it did not live through. That shows when its clock is set right; or it goes on by the old
 * time, and a relay, which takes no delivery that comes too late by its own clock (`until` of B21
 * row 12), says what time it is.
 *
 * The one thing to know: neither proves anything, a clock may just have been wrong. So nobody is
 * told, and all that is done is what is right in both cases: what the copy may have used is not
 * used again. New chains and sessions, and new places for what has not gone out.
 */
#pragma once

#include "core/world.h"

struct engine;

/* First of all in engine_step: whether our clock was set. Returns NEVER. */
int64_t resumed_step(struct engine *e);

/* RELAY says that it is TIME_S, seconds UTC. True when time has passed that we know nothing of:
 * resumed_doubt is due. For a relay that says so all the time it is true 6 times, then every 10
 * minutes. */
bool resumed_hears(struct engine *e, const struct relay_address *relay, uint64_t time_s);

/* Inside the caller's transaction. What has been encrypted already goes out as it is: a copy of us
 * has sent the same bytes. The caller forgets (sending_undo) what was encrypted since. */
enum err resumed_doubt(struct engine *e);

/* The same in a transaction of its own. */
enum err resumed_doubt_now(struct engine *e);

/* The time until which a delivery to RELAY is to be taken: some seconds from now, and more the
 * oftener (TIMES) it came late without a doubt; 0: at any time. */
uint64_t resumed_until(struct engine *e, const struct relay_address *relay, unsigned times);
