/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The store of relay/store.h in one SQLite file: the only file of a relay that knows SQLite.
 *
 * The one thing to know: the database is in WAL mode. store_commit writes the log without waiting
 * for the disk; store_sync is one fdatasync of the log, on the writer's thread, so that both
 * together are SQLite's synchronous=FULL with the waiting taken off the serving thread. A thread of
 * the store's own, with its own connection, copies the log back into the file when it is 8 MiB
 * long; past 64 MiB the commit itself waits for that.
 *
 * Rows are kept in order of arrival with an index on the key: four times as fast as clustering by
 * device, measured.
 */
#pragma once

#include "relay/store.h"

/* Open or create the file at PATH (its directory exists) and make sure that no other process has
 * it. MAX_BYTES bounds the file, 0 does not. ERR_NEWER: written by a later version; ERR_DAMAGED:
 * not a store of a relay; ERR_BUSY: another relay runs on it; ERR_IO, ERR_FULL. Nothing is changed
 * then. Closed with store_close. */
enum err store_sqlite_open(const char *path, uint64_t max_bytes, struct store **ret);
