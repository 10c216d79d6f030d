/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is kept for a time only: the replay caches (B8.3, L6), the words of sent messages for
 * resending, and what waits in the outbox (B6.2).
 */
#pragma once

#include "core/db.h"

struct engine;

/* Words were taken away that must not lie on in the write-ahead log: it is emptied with the next
 * step, also after a crash. Inside the caller's transaction. */
enum err wal_wipe_soon(struct engine *e);

/* Parts of healing_step: what was asked for by wal_wipe_soon; once an hour. */
enum err wal_wipe(struct engine *e, int64_t *ret_due);
enum err expiry_turn(struct engine *e, int64_t *ret_due);
