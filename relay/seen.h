/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Things seen before, such as the nonces of requests (B3.2) and solved proofs of work (B9.6), in
 * bounded memory.
 *
 * The one thing to know: what is added is remembered for at least LIFE seconds and at most twice
 * that, as a keyed 64-bit hash, so that nobody outside can aim for a collision.
 */
#pragma once

#include "wire/buf.h"

struct seen;

/* At most MAX things are remembered within one life. */
enum err seen_new(uint64_t life, size_t max, struct seen **ret);
void seen_free(struct seen *s);

/* ERR_REPLAY when THING was added less than LIFE ago. ERR_LIMIT when no more can be remembered, or
 * ERR_MEMORY: then it must not be let through. NOW in seconds. */
enum err seen_add(struct seen *s, struct span thing, uint64_t now);
