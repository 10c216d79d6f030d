/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The fetch key while unlocked (docs/PROTOCOL.md B3.6): made at random when the engine opens, left
 * with the relay, renewed daily; and what stays of a session when it is locked (B18.5).
 */
#pragma once

#include "core/collector.h"

struct engine;

enum err fetching_open(struct engine *e);
void fetching_close(struct engine *e);
void fetching_wake(struct engine *e);
int64_t fetching_step(struct engine *e);

/* All that a collector needs, the key being the caller's from now on. ERR_NOT_FOUND: the relay was
 * not given the key yet, so there will be nothing to collect with. */
enum err fetching_leave(struct engine *e, struct collecting *ret);
