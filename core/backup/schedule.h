/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Backups that are made by themselves (docs/PROTOCOL.md B20): how often, where to, how many stay,
 * and how the last one went.
 *
 * The one thing to know: no pass-phrase is kept. What it became (crypto/backup_key.h) lies in the
 * encrypted store and makes backups that the pass-phrase opens; who has the store has all that
 * would be in them anyway.
 */
#pragma once

#include <limits.h>

#include "crypto/backup_key.h"

struct engine;

#define BACKUP_RETRY_MS (60 * 60 * 1000LL) /* after one that failed */
#define BACKUPS_KEPT_DEFAULT 7

enum backup_every { BACKUP_NEVER = 0, BACKUP_DAILY = 1, BACKUP_WEEKLY = 7 }; /* days */

struct backup_schedule {
    enum backup_every every;
    char folder[PATH_MAX]; /* absolute */
    unsigned keep;         /* the newest so many */
    bool files;            /* of attachments, too */
    bool has_root;
    int64_t last_ms;     /* of the last that was made, by itself or not; 0: none */
    char last[PATH_MAX]; /* where it went */
    int64_t last_bytes;  /* of it; 0: not known */
    int64_t tried_ms;    /* since then; 0: not */
    char error[32];      /* err_name of why that failed */
};

enum err backup_schedule_get(struct engine *e, struct backup_schedule *ret);
/* EVERY, FOLDER, KEEP and FILES of S. ROOT: NULL for the one that is held. ERR_USAGE: no absolute
 * path of a folder, or KEEP is not 1 to BACKUPS_KEPT_MAX; ERR_STATE: there is no root. */
enum err backup_schedule_set(struct engine *e, const struct backup_schedule *s,
                             const struct backup_root *root);
/* ERR_NOT_FOUND. */
enum err backup_schedule_root(struct engine *e, struct backup_root *ret);

/* When the next one is due, UTC ms; INT64_MAX: never. */
int64_t backup_schedule_due(const struct backup_schedule *s, int64_t now_ms);

/* One of BYTES was made at PATH, or failed with WHY; that is a notice, at most one a day. */
enum err backup_made(struct engine *e, const char *path, uint64_t bytes);
enum err backup_failed(struct engine *e, enum err why);

/* The path of one of PROFILE made now: FOLDER/snug-PROFILE-20261123-043000.backup (UTC). ERR_USAGE:
 * it is too long. */
enum err backup_path(const char *folder, const char *profile, int64_t now_ms, char ret[PATH_MAX]);
/* Only the KEEP newest of those of PROFILE in FOLDER stay, by their names. LAST is the path of the
 * one just made: what claims to be newer was made while the clock was wrong, and goes first. */
enum err backups_prune(const char *folder, const char *profile, unsigned keep, const char *last);
