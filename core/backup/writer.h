/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writing a backup (docs/PROTOCOL.md B20): header, then a sealed stream of records, each a u32
 * length and a BackupRecord: BackupBegin; for each table of tables.def a BackupTable and its rows;
 * for each file a BackupFile and its bytes; BackupEnd; zeros up to Padmé size.
 *
 * The one thing to know: nothing of it is ever held as a whole. It is read from a snapshot of the
 * store, so the engine goes on meanwhile, and it may run on any thread. Attachments go in as the
 * ciphertext that lies in the profile, whose keys are in the tables: no plaintext is made of them.
 */
#pragma once

#include "core/backup/watch.h"
#include "core/db.h"
#include "core/files.h"
#include "crypto/backup_key.h"

struct backup_order {
    struct db *db;       /* of db_open_snapshot, or one that nobody writes to meanwhile */
    struct files *files; /* NULL: without the files of attachments */
    const struct backup_root *root;
    int64_t now_ms;
    struct backup_watch *watch; /* may be NULL */
};

struct backup_written {
    uint64_t bytes; /* of the file */
    uint64_t messages, files;
};

/* All of it to FD, from its beginning on. Errors leave something incomplete there, which no reader
 * takes for whole. ERR_STATE: cancelled. ERR_FULL. */
enum err backup_write(const struct backup_order *o, int fd, struct backup_written *ret);

/* The same into a new file PATH (absolute, 0600), which is on the disk and has its name when it is
 * whole, and of which nothing is left otherwise. ERR_EXISTS: there is one of that name. */
enum err backup_write_file(const struct backup_order *o, const char *path,
                           struct backup_written *ret);
