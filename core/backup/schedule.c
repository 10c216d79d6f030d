/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/backup/schedule.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/engine_state.h"
#include "core/files.h"
#include "core/trust.h"
#include "wire/limits.h"

#define DAY_MS (1000 * (int64_t)SECONDS_A_DAY)

/* In meta. */
#define EVERY "backup.every"
#define FOLDER "backup.folder"
#define KEEP "backup.keep"
#define FILES "backup.files"
#define ROOT "backup.root"
#define LAST "backup.last_ms"
#define LAST_PATH "backup.last"
#define LAST_BYTES "backup.last_bytes"
#define TRIED "backup.tried_ms"
#define ERROR "backup.error"

/* --- reading and writing --- */

static enum err
get_int(struct engine *e, const char *key, int64_t otherwise, int64_t *ret)
{
    enum err r = meta_get_int(e->db, key, ret);

    if (r == ERR_NOT_FOUND)
        *ret = otherwise;
    return r == ERR_NOT_FOUND ? OK : r;
}

static enum err
get_text(struct engine *e, const char *key, char *ret, size_t size)
{
    AUTO(buf_done) struct buf text = BUF(size - 1);
    enum err r = meta_get_bytes(e->db, key, &text);

    if (r != OK && r != ERR_NOT_FOUND)
        return r;
    snprintf(ret, size, "%.*s", (int)text.n, text.n > 0 ? (const char *)text.p : "");
    return OK;
}

enum err
backup_schedule_get(struct engine *e, struct backup_schedule *ret)
{
    int64_t every, keep, files, root;

    TRY(get_int(e, EVERY, BACKUP_NEVER, &every));
    TRY(get_int(e, KEEP, BACKUPS_KEPT_DEFAULT, &keep));
    TRY(get_int(e, FILES, 0, &files));
    TRY(db_get_int(e->db, &root, "SELECT count(*) FROM meta WHERE key='" ROOT "'", ""));
    TRY(get_int(e, LAST, 0, &ret->last_ms));
    TRY(get_int(e, LAST_BYTES, 0, &ret->last_bytes));
    TRY(get_int(e, TRIED, 0, &ret->tried_ms));
    TRY(get_text(e, FOLDER, ret->folder, sizeof ret->folder));
    TRY(get_text(e, LAST_PATH, ret->last, sizeof ret->last));
    TRY(get_text(e, ERROR, ret->error, sizeof ret->error));
    ret->every = (enum backup_every)every;
    ret->keep = (unsigned)keep;
    ret->files = files != 0;
    ret->has_root = root != 0;
    return OK;
}

static enum err
check(const struct backup_schedule *s, bool root)
{
    AUTO(fd_closep) int fd = -1;

    if (s->keep < 1 || s->keep > BACKUPS_KEPT_MAX)
        return fail(ERR_USAGE, "1 to %d backups can be kept.", BACKUPS_KEPT_MAX);
    if (s->every == BACKUP_NEVER)
        return OK;
    if (s->folder[0] != '/')
        return fail(ERR_USAGE, "Backups go into a folder: give its absolute path.");
    fd = open(s->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fail(ERR_USAGE, "There is no folder %s.", s->folder);
    if (!root)
        return fail(ERR_STATE, "Backups need a pass-phrase of their own.");
    return OK;
}

static enum err
write_schedule(struct engine *e, const struct backup_schedule *s, const struct backup_root *root)
{
    AUTO(backup_root_bytes_wipe) struct backup_root_bytes bytes;

    TRY(meta_set_int(e->db, EVERY, s->every));
    TRY(meta_set_bytes(e->db, FOLDER, SPAN_STR(s->folder)));
    TRY(meta_set_int(e->db, KEEP, s->keep));
    TRY(meta_set_int(e->db, FILES, s->files));
    TRY(db_run(e->db, "DELETE FROM meta WHERE key IN ('" TRIED "','" ERROR "')", ""));
    if (root == NULL)
        return OK;
    backup_root_write(root, &bytes);
    return meta_set_bytes(e->db, ROOT, SPAN_OF(bytes));
}

enum err
backup_schedule_set(struct engine *e, const struct backup_schedule *s,
                    const struct backup_root *root)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(check(s, root != NULL || s->has_root));
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, write_schedule(e, s, root));
}

enum err
backup_schedule_root(struct engine *e, struct backup_root *ret)
{
    AUTO(buf_done) struct buf bytes = BUF(sizeof(struct backup_root_bytes));

    TRY(meta_get_bytes(e->db, ROOT, &bytes));
    return backup_root_read(buf_span(&bytes), ret);
}

/* --- when --- */

int64_t
backup_schedule_due(const struct backup_schedule *s, int64_t now_ms)
{
    if (s->every == BACKUP_NEVER || !s->has_root)
        return INT64_MAX;
    /* A clock that was wrong must not put the next one off for years. */
    int64_t last = s->last_ms <= now_ms ? s->last_ms : 0;
    int64_t due = last == 0 ? now_ms : last + s->every * DAY_MS;
    int64_t again = s->tried_ms == 0 || s->tried_ms > now_ms ? 0 : s->tried_ms + BACKUP_RETRY_MS;
    return due > again ? due : again;
}

static enum err
write_made(struct engine *e, const char *path, uint64_t bytes)
{
    TRY(meta_set_int(e->db, LAST, engine_now_ms(e)));
    TRY(meta_set_bytes(e->db, LAST_PATH, SPAN_STR(path)));
    TRY(meta_set_int(e->db, LAST_BYTES, (int64_t)bytes));
    return db_run(e->db, "DELETE FROM meta WHERE key IN ('" TRIED "','" ERROR "')", "");
}

enum err
backup_made(struct engine *e, const char *path, uint64_t bytes)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    return act_end(e, &tx, write_made(e, path, bytes));
}

static enum err
write_failed(struct engine *e, enum err why)
{
    TRY(meta_set_int(e->db, TRIED, engine_now_ms(e)));
    TRY(meta_set_bytes(e->db, ERROR, SPAN_STR(err_name(why))));
    return notice_once_a_day(e, "backup-failed", 0, SPAN_STR(err_name(why)), SPAN_NONE);
}

enum err
backup_failed(struct engine *e, enum err why)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    return act_end(e, &tx, write_failed(e, why));
}

/* --- in the folder --- */

#define STAMP_LEN 15 /* 20261123-043000 */
#define ENDING ".backup"

enum err
backup_path(const char *folder, const char *profile, int64_t now_ms, char ret[PATH_MAX])
{
    time_t now = (time_t)(now_ms / 1000);
    char stamp[STAMP_LEN + 1];
    struct tm tm;

    gmtime_r(&now, &tm);
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &tm);
    int n = snprintf(ret, PATH_MAX, "%s%ssnug-%s-%s" ENDING, folder,
                     folder[strlen(folder) - 1] == '/' ? "" : "/", profile, stamp);
    return n < PATH_MAX ? OK : fail(ERR_USAGE, "The folder's path is too long.");
}

/* What backup_path makes, and nothing else. */
static bool
is_one(const char *name, const char *profile)
{
    char begin[64];
    size_t n = (size_t)snprintf(begin, sizeof begin, "snug-%s-", profile);

    if (strncmp(name, begin, n) != 0 || strlen(name) != n + STAMP_LEN + strlen(ENDING) ||
        strcmp(name + n + STAMP_LEN, ENDING) != 0)
        return false;
    for (int i = 0; i < STAMP_LEN; i++)
        if (i == 8 ? name[n + 8] != '-' : name[n + i] < '0' || name[n + i] > '9')
            return false;
    return true;
}

static int
by_age(const void *a, const void *b, void *last)
{
    const char *one = *(char *const *)a, *other = *(char *const *)b;
    bool one_ahead = strcmp(one, last) > 0, other_ahead = strcmp(other, last) > 0;

    return one_ahead != other_ahead ? (int)other_ahead - (int)one_ahead : strcmp(one, other);
}

struct names {
    char *names[4 * BACKUPS_KEPT_MAX];
    size_t count;
};

static void
names_done(struct names *n)
{
    for (size_t i = 0; i < n->count; i++)
        free(n->names[i]);
}

static void
dir_closep(DIR **d)
{
    if (*d != NULL)
        closedir(*d);
}

enum err
backups_prune(const char *folder, const char *profile, unsigned keep, const char *last)
{
    AUTO(names_done) struct names found = {.count = 0};
    AUTO(dir_closep) DIR *d = opendir(folder);
    char newest[NAME_MAX + 1];

    snprintf(newest, sizeof newest, "%s", strrchr(last, '/') + 1);

    if (d == NULL)
        return fd_failed("The folder of the backups cannot be read");
    for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        if (!is_one(e->d_name, profile) || found.count == sizeof found.names / sizeof(char *))
            continue;
        char *name = strdup(e->d_name);
        if (name != NULL)
            found.names[found.count++] = name;
    }
    qsort_r(found.names, found.count, sizeof found.names[0], by_age, newest);
    for (size_t i = 0; i + keep < found.count; i++)
        unlinkat(dirfd(d), found.names[i], 0);
    return OK;
}
