/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From a backup to a store (docs/PROTOCOL.md B20), and what a backup is, without one.
 *
 * The one thing to know: the store belongs to a profile that is just being made (core/profile.h):
 * on every failure the caller throws it away, so a damaged backup leaves nothing. What comes out is
 * the account on a new device that the relay has not heard of; core/replacing brings that about.
 * Both run on any thread.
 */
#pragma once

#include "core/backup/watch.h"
#include "core/db.h"
#include "core/files.h"
#include "wire/ids.h"
#include "wire/limits.h"

struct backup_facts {
    int64_t created_ms;
    struct account_id account;
    char address[ADDRESS_MAX + 1]; /* of the account, then */
    uint32_t device;
    uint64_t messages, contacts;
    uint64_t files; /* that are in it */
};

/* Read all of the backup in FD. Errors as of backup_read. */
enum err backup_check(int fd, const struct secret32 *key, struct backup_watch *watch,
                      struct backup_facts *ret);

struct backup_restoring {
    int fd;
    const struct secret32 *key;
    struct db *db;       /* fresh, of db_create */
    struct files *files; /* of the new profile */
    int64_t now_ms;
    struct backup_watch *watch;
};

/* ERR_DAMAGED also for one whose tables contradict each other; ERR_NEWER: tables that are not known
 * here. ERR_FULL. */
enum err backup_restore(const struct backup_restoring *o, struct backup_facts *ret);
