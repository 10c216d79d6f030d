/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The store of relay/store.h in memory, for programs that hold SQLCipher and so may not link
 * SQLite. What SQLite does to a relay that is killed, put back from a copy or out of space can be
 * done to this one too.
 */
#pragma once

#include "relay/store.h"

/* An empty store; closed with store_close. Never fails. */
struct store *store_memory_new(void);

/* A second store that holds what was committed in S up to now: yesterday's copy, or what a killed
 * process leaves behind. */
struct store *store_memory_copy(const struct store *s);

/* The next commit fails with E and spoils the transaction; ERR_FULL or ERR_IO. */
void store_memory_fail_next_commit(struct store *s, enum err e);

/* From now on a commit with more than BYTES in all records is ERR_FULL; 0: no limit. */
void store_memory_limit(struct store *s, size_t bytes);

/* How many records the table has, written or committed. */
size_t store_memory_count(const struct store *s, enum store_table t);
