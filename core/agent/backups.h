/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Backups in the agent (docs/PROTOCOL.md B20): one at a time is written, looked at or restored, on
 * a thread of its own, for a call that waits for it or because it is time.
 *
 * The one thing to know: the thread that writes one has a connection to the store, so locking the
 * profile gives it up and waits for it. What reads one needs no open profile.
 */
#pragma once

#include <limits.h>

#include "core/agent/agent.h"
#include "core/agent/key_task.h"
#include "core/backup/restore.h"
#include "core/backup/writer.h"

struct backup_task {
    struct agent *agent;
    struct call *call; /* NULL: nobody waits */
    enum backup_work { BACKUP_WRITE, BACKUP_CHECK, BACKUP_RESTORE, BACKUP_KEY } work;
    enum { BACKUP_ASKED, BACKUP_BY_ITSELF } because;
    struct backup_watch watch;
    struct passphrase *passphrase; /* the backup's; NULL with `root` */
    struct passphrase *fresh;      /* RESTORE: of the new profile */
    struct backup_root *root;      /* locked memory; KEY: what the pass-phrase becomes */
    struct db *db;                 /* WRITE: the snapshot */
    struct files *files;           /* WRITE: NULL without them */
    char path[PATH_MAX];           /* of the backup */
    int64_t now_ms;
    unsigned keep; /* BY_ITSELF */

    /* RESTORE, of the profile that is being made: */
    char store_path[PATH_MAX], files_path[PATH_MAX];
    struct buf slots;
    struct subkey *db_key; /* locked memory */

    void (*then)(struct backup_task *t); /* KEY: on the loop, while the call waits */

    struct backup_written written;
    struct backup_facts facts;
    int64_t size; /* CHECK, RESTORE: of the file */
    enum err err;
    char why[256];
};

/* Begin T (taken, also on failure) for C, which is deferred, as a job but for KEY; C NULL: for
 * nobody. ERR_BUSY: another one is under way. */
enum err backups_start(struct agent *a, struct backup_task *t, struct call *c);
struct backup_task *backup_task_new(struct agent *a, enum backup_work work);
void backup_task_free(struct backup_task *t); /* NULL is fine */

/* Whether a profile is just being restored. */
bool backups_restoring(const struct agent *a);
/* Whether one works with its pass-phrase, as far as anybody can tell. */
bool backups_use_passphrase(const struct agent *a);
/* Give up the one that is being written, and wait until it is. */
void backups_stop_writing(struct agent *a);

/* Give up the one that is being restored; its thread ends soon. */
void backups_stop_restoring(struct agent *a);

/* Wait in C, a job, until this device is the account's (core/replacing.h), and end C with RESULT
 * (taken) and `joined`; that it cannot be reached now is no error. */
void backups_wait_joined(struct call *c, json_t *result);

/* How that goes, and whether another device took the place of this one: `joining` and `replaced` of
 * account.status. */
enum err backups_show_joining(struct engine *e, json_t *j);

/* What is due; the monotonic ms of the next time. */
int64_t backups_turn(struct agent *a);
