/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What functions that have returned left on a stack, of which the wiping heap (wiping_heap.c) does
 * not know: keys and words among them (docs/PROTOCOL.md B18.5).
 */
#pragma once

#include "wire/err.h"

/* Call before there are threads. What a thread that ended leaves is given back to the system at
 * once, whoever started it. */
enum err leftovers_of_threads_go(void);

/* Wipe this thread's stack below the caller's frame, and its last error. Call from near the top,
 * where nothing below is alive. */
void leftovers_wipe(void);
