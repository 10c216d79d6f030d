/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The agent between lock and unlock: a connection of its own for the collector (core/collector.h),
 * and the word to programs that something has come (B18.5).
 */
#pragma once

#include "core/agent/agent.h"
#include "core/agent/settings.h"

/* What of the session stays: asked before it is closed. False: nothing is to be collected. */
struct collecting_wish {
    struct collecting what;
    struct settings settings; /* of which only the proxy is used */
};
bool collecting_ask(struct agent *a, struct collecting_wish *ret);

/* Takes the wish's key. When it cannot begin, nothing is collected. */
void collecting_start(struct agent *a, const struct collecting_wish *wish);

/* *RET is what was written. False: there was no collector. Fine when there is none. */
bool collecting_stop(struct agent *a, struct collected_proof *ret);

/* What is due; the monotonic ms of the next time. */
int64_t collecting_turn(struct agent *a);
