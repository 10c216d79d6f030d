/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is kept for a time only: the replay caches (B8.3, L6), the words of sent messages for
 * resending, and what waits in the outbox (B6.2).
 */
#pragma once

#include "core/db.h"

struct engine;

/* Part of healing_step: once an hour. */
enum err expiry_turn(struct engine *e, int64_t *ret_due);
