/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/saving.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/attachment_work.h"
#include "core/safe_name.h"

#define NUMBERS_MAX 10000

/* --- saving --- */

struct saving {
    struct file_task task;
    bool working;
    void *ctx;
    void (*done)(void *ctx, enum err r, const char *path);
    struct sealed from;
    bool replace, in_folder;
    char path[PATH_MAX]; /* as asked, then where it is */
};

static void
saving_destroy(struct file_task *t)
{
    struct saving *s = (struct saving *)t;

    sealed_done(&s->from);
    free(s);
}

static enum err
check_room(const struct saving *s, int folder)
{
    struct statvfs v;

    if (fstatvfs(folder, &v) != 0)
        return OK; /* writing will tell */
    if (s->from.size > (uint64_t)v.f_bavail * v.f_frsize)
        return fail(ERR_FULL, "The file has %llu MiB, and there is room for %llu there.",
                    (unsigned long long)(s->from.size >> 20),
                    (unsigned long long)((uint64_t)v.f_bavail * v.f_frsize >> 20));
    return OK;
}

/* What is written: a file without a name, of which nothing is left if we are killed; where the file
 * system has none such, one with a name that shows what it is. */
struct fresh {
    int fd;
    bool named;
    char name[40]; /* also of the moment before it replaces another */
};

static void
fresh_done(struct fresh *f)
{
    fd_closep(&f->fd);
}

static enum err
fresh_make(int folder, struct fresh *ret)
{
    char random[17];
    uint8_t bytes[8];

    randombytes_buf(bytes, sizeof bytes);
    hex_write(SPAN(bytes, sizeof bytes), random);
    snprintf(ret->name, sizeof ret->name, ".snug-%s.part", random);
    if (access("/proc/self/fd", X_OK) == 0) /* by which it gets its name */
        ret->fd = openat(folder, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
    if (ret->fd >= 0)
        return OK;
    ret->named = true;
    ret->fd = openat(folder, ret->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return ret->fd >= 0 ? OK : fd_failed("no file can be made there");
}

static void
fresh_drop(const struct fresh *f, int folder)
{
    if (f->named)
        unlinkat(folder, f->name, 0);
}

/* Give one without a name the name NAME. EEXIST is in errno when there is such a file. */
static bool
fresh_link(const struct fresh *f, int folder, const char *name)
{
    char path[32];

    snprintf(path, sizeof path, "/proc/self/fd/%d", f->fd);
    return linkat(AT_FDCWD, path, folder, name, AT_SYMLINK_FOLLOW) == 0;
}

/* NAMED gets NAME in FOLDER: over whatever is there, or not at all when something is. */
static enum err
rename_to(int folder, const char *fresh, const char *name, bool replace)
{
    if (replace)
        return renameat(folder, fresh, folder, name) == 0 ? OK
                                                          : fd_failed("the file cannot be named");
    if (renameat2(folder, fresh, folder, name, RENAME_NOREPLACE) == 0)
        return OK;
    if (errno == EINVAL || errno == ENOSYS) { /* a file system without it */
        if (linkat(folder, fresh, folder, name, 0) == 0)
            return unlinkat(folder, fresh, 0) == 0 ? OK : fd_failed("the file cannot be named");
    }
    if (errno == EEXIST)
        return fail(ERR_EXISTS, "There is a file of that name already.");
    return fd_failed("the file cannot be named");
}

static enum err
give_name(int folder, struct fresh *f, const char *name, bool replace)
{
    if (!f->named) {
        if (fresh_link(f, folder, name))
            return OK;
        if (errno != EEXIST)
            return fd_failed("the file cannot be named");
        if (!replace)
            return fail(ERR_EXISTS, "There is a file of that name already.");
        if (!fresh_link(f, folder, f->name))
            return fd_failed("the file cannot be named");
        f->named = true;
    }
    return rename_to(folder, f->name, name, replace);
}

/* In the folder that was asked for: its own name, or the first with a number that is free. Never
 * over a file: the name is its sender's choice, and what is replaced has to be its user's. */
static enum err
give_any_name(struct saving *s, int folder, struct fresh *fresh)
{
    char name[SAFE_NAME_MAX + 1];
    size_t n = strlen(s->path);

    snprintf(name, sizeof name, "%s", s->from.name);
    for (unsigned i = 1; i < NUMBERS_MAX; i++) {
        enum err r = give_name(folder, fresh, name, false);
        if (r == OK) {
            snprintf(s->path + n, sizeof s->path - n, "%s%s",
                     n > 0 && s->path[n - 1] == '/' ? "" : "/", name);
            return OK;
        }
        if (r != ERR_EXISTS)
            return r;
        safe_name_numbered(s->from.name, i, name);
    }
    return fail(ERR_EXISTS, "There are too many files of that name already.");
}

static enum err
write_in(struct saving *s, int folder)
{
    AUTO(fresh_done) struct fresh fresh = {.fd = -1};

    TRY(check_room(s, folder));
    TRY(fresh_make(folder, &fresh));
    enum err r = sealed_copy(&s->from, &s->task.stop, fresh.fd);
    if (r == OK && fsync(fresh.fd) != 0)
        r = fd_failed("the file cannot be written");
    if (r == OK)
        r = s->in_folder ? give_any_name(s, folder, &fresh)
                         : give_name(folder, &fresh, strrchr(s->path, '/') + 1, s->replace);
    if (r != OK)
        fresh_drop(&fresh, folder);
    return r;
}

static enum err
saving_run(struct file_task *t)
{
    struct saving *s = (struct saving *)t;
    char folder[PATH_MAX];

    snprintf(folder, sizeof folder, "%s", s->path);
    if (!s->in_folder)
        strrchr(folder, '/')[1] = '\0';
    AUTO(fd_closep) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fd_failed("the folder cannot be opened");
    TRY(write_in(s, fd));
    fsync(fd); /* a file system that cannot is no reason to fail */
    return OK;
}

static void
saving_over(struct engine *e, struct file_task *t)
{
    struct saving *s = (struct saving *)t;
    enum err r = file_task_error(t);

    s->working = false;
    s->done(s->ctx, r, s->path);
}

static enum err
check_path(struct saving *s, const char *path)
{
    struct stat st;

    if (path[0] != '/' || strlen(path) + SAFE_NAME_MAX + 2 > sizeof s->path)
        return fail(ERR_USAGE, "Where to save is an absolute path.");
    snprintf(s->path, sizeof s->path, "%s", path);
    s->in_folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    if (!s->in_folder && path[strlen(path) - 1] == '/')
        return fail(ERR_NOT_FOUND, "There is no such folder.");
    return OK;
}

enum err
saving_start(struct engine *e, const struct saving_wish *w, struct saving **ret)
{
    struct saving *s = calloc(1, sizeof *s);

    if (s == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    s->task = (struct file_task){.run = saving_run, .over = saving_over};
    s->ctx = w->ctx;
    s->done = w->done;
    s->replace = w->how == SAVE_REPLACE;
    s->from.fd = -1;
    enum err r = check_path(s, w->path);
    if (r == OK)
        r = sealed_open(e, w->attachment, &s->from);
    if (r != OK) {
        saving_destroy(&s->task);
        return r;
    }
    s->working = true;
    *ret = s;
    file_task_start(e, &s->task);
    return OK;
}

void
saving_free(struct saving *s)
{
    if (s == NULL)
        return;
    if (!s->working) {
        saving_destroy(&s->task);
        return;
    }
    s->task.free = saving_destroy;
    file_task_drop(&s->task);
}

/* --- reading --- */

/* What was opened last stays, so that who reads on does not begin at the start each time: the
 * secretstream goes forwards only. WINDOW is what came out of the chunks that the last part lay in.
 */
struct reading {
    struct file_task task;
    bool working;
    int64_t attachment;
    void *ctx;
    void (*done)(void *ctx, enum err r, struct span bytes);
    struct sealed from;
    struct chunk_stream stream;
    uint64_t at;     /* of the sealed form, read so far */
    uint64_t begins; /* of WINDOW, in the file */
    struct buf window;
    uint64_t offset;
    size_t n;
};

static void
reading_destroy(struct file_task *t)
{
    struct reading *r = (struct reading *)t;

    sealed_done(&r->from);
    stream_wipe(&r->stream);
    buf_done(&r->window);
    free(r);
}

static enum err
read_chunk(struct reading *r)
{
    uint8_t piece[STREAM_SEALED_CHUNK];
    size_t want = r->at == 0 ? STREAM_HEADER : sizeof piece, got;

    TRY(fd_read(r->from.fd, piece, want, r->at, &got));
    if (got == 0)
        return fail(ERR_DAMAGED, "This file is cut in the profile's folder.");
    r->at += got;
    return stream_open(&r->stream, SPAN(piece, got), &r->window);
}

static enum err
reading_run(struct file_task *t)
{
    struct reading *r = (struct reading *)t;
    uint64_t end = r->offset + r->n < r->from.size ? r->offset + r->n : r->from.size;

    if (r->at > 0 && r->offset < r->begins) { /* back: from the start */
        r->at = r->begins = 0;
        buf_clear(&r->window);
    }
    if (r->at == 0)
        TRY(stream_open_begin(&r->stream, &r->from.key, r->from.size));
    for (;;) {
        uint64_t drop = r->offset < r->begins + r->window.n ? r->offset - r->begins : r->window.n;

        buf_consume(&r->window, (size_t)drop);
        r->begins += drop;
        if (r->begins + r->window.n >= end)
            return OK;
        TRY(read_chunk(r));
        if (atomic_load(&t->stop))
            return fail(ERR_STATE, "nobody waits for it");
    }
}

void
reading_forget(struct engine *e)
{
    if (e->attachment_work->reading != NULL)
        reading_destroy(&e->attachment_work->reading->task);
    e->attachment_work->reading = NULL;
}

static void
reading_over(struct engine *e, struct file_task *t)
{
    struct reading *r = (struct reading *)t;
    enum err err = file_task_error(t);
    size_t n = r->offset < r->begins ? 0 : r->window.n < r->n ? r->window.n : r->n;

    r->working = false;
    if (err != OK)
        r->attachment = 0; /* not to be gone on with */
    r->done(r->ctx, err, SPAN(r->window.p, n));
}

/* It may have gone since it was opened. */
static bool
still_here(struct engine *e, int64_t id)
{
    int64_t n;

    return db_get_int(e->db, &n,
                      "SELECT id FROM attachments WHERE id=?1 AND file<>'' AND state<>?2", "ii", id,
                      (int64_t)ATTACHMENT_DOWNLOADING) == OK;
}

static enum err
reading_new(struct engine *e, int64_t id, struct reading **ret)
{
    struct reading *r = e->attachment_work->reading;

    if (r != NULL && r->attachment == id && still_here(e, id)) {
        e->attachment_work->reading = NULL;
        *ret = r;
        return OK;
    }
    r = calloc(1, sizeof *r);
    if (r == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    r->task = (struct file_task){.run = reading_run, .over = reading_over};
    r->window = BUF(READING_MAX + 2 * STREAM_CHUNK);
    r->attachment = id;
    enum err opened = sealed_open(e, id, &r->from);
    if (opened != OK) {
        reading_destroy(&r->task);
        return opened;
    }
    *ret = r;
    return OK;
}

enum err
reading_start(struct engine *e, const struct reading_wish *w, struct reading **ret)
{
    struct reading *r;

    if (w->n > READING_MAX)
        return fail(ERR_USAGE, "At most %d bytes at a time.", READING_MAX);
    TRY(reading_new(e, w->attachment, &r));
    if (w->offset > r->from.size) {
        reading_destroy(&r->task);
        return fail(ERR_USAGE, "The file ends before that.");
    }
    r->ctx = w->ctx;
    r->done = w->done;
    r->offset = w->offset;
    r->n = w->n;
    r->working = true;
    *ret = r;
    file_task_start(e, &r->task);
    return OK;
}

void
reading_free(struct engine *e, struct reading *r)
{
    if (r == NULL)
        return;
    if (r->working) {
        r->task.free = reading_destroy;
        file_task_drop(&r->task);
        return;
    }
    if (r->attachment == 0 || !still_here(e, r->attachment)) {
        reading_destroy(&r->task);
        return;
    }
    reading_forget(e);
    e->attachment_work->reading = r;
}
