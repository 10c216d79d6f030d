/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Taking in, once after unlocking, what was collected while locked (docs/PROTOCOL.md B18.5), before
 * the device's stream opens.
 *
 * The one thing to know: the file is nobody's word. What this process wrote itself is known by the
 * hash that it kept, and is taken as if the relay had just given it: the cursor moves, and the
 * stream begins behind it and acknowledges. All else (of an agent that was killed, or changed
 * since) is opened without moving the cursor: the relay has it too and gives it again, and it is
 * then known by its bytes. So nobody who can write there makes us acknowledge what we never read.
 */
#pragma once

#include "core/collector.h"

struct engine;

/* Before the first step. PROOF: of the collector that ended just now; NULL: there was none. No file
 * at PATH is fine. ERR_MEMORY. */
enum err collected_begin(struct engine *e, const char *path, const struct collected_proof *proof);
void collected_close(struct engine *e);

/* Whether the stream may be opened. */
bool collected_over(const struct engine *e);
int64_t collected_step(struct engine *e);
