/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/files.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire/encoding.h"

#define UNFINISHED ".new"
#define PATH_ROOM (FILE_NAME_LEN + sizeof UNFINISHED)

struct files {
    int dir;
    unsigned holders;
};

/* --- descriptors --- */

void
fd_closep(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

enum err
fd_failed(const char *what)
{
    if (errno == ENOSPC || errno == EDQUOT)
        return fail(ERR_FULL, "The disk is full; free some space and try again.");
    return fail(errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: %m", what);
}

enum err
fd_write(int fd, struct span bytes, uint64_t offset)
{
    while (bytes.n > 0) {
        ssize_t n = pwrite(fd, bytes.p, bytes.n, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fd_failed("a file cannot be written");
        bytes = SPAN(bytes.p + n, bytes.n - (size_t)n);
        offset += (uint64_t)n;
    }
    return OK;
}

enum err
fd_read(int fd, uint8_t *ret, size_t n, uint64_t offset, size_t *ret_n)
{
    size_t all = 0;

    while (all < n) {
        ssize_t got = pread(fd, ret + all, n - all, (off_t)(offset + all));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fd_failed("a file cannot be read");
        if (got == 0)
            break;
        all += (size_t)got;
    }
    *ret_n = all;
    return OK;
}

enum err
fd_size(int fd, uint64_t *ret)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return fd_failed("a file cannot be looked at");
    *ret = (uint64_t)st.st_size;
    return OK;
}

/* --- the directory --- */

enum err
files_open(const char *path, struct files **ret)
{
    struct files *f;
    int dir;

    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return fd_failed("the folder of the profile's files cannot be made");
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (dir < 0)
        return fd_failed("the folder of the profile's files cannot be opened");
    f = malloc(sizeof *f);
    if (f == NULL) {
        close(dir);
        return fail(ERR_MEMORY, "not enough memory");
    }
    *f = (struct files){.dir = dir, .holders = 1};
    *ret = f;
    return OK;
}

struct files *
files_hold(struct files *f)
{
    f->holders++;
    return f;
}

void
files_release(struct files *f)
{
    if (f == NULL || --f->holders > 0)
        return;
    close(f->dir);
    free(f);
}

enum err
file_name_read(struct span text, struct file_name *ret)
{
    uint8_t bytes[FILE_NAME_LEN / 2];

    if (hex_read(text, bytes, sizeof bytes) != OK)
        return fail(ERR_DAMAGED, "that is no name of a file of ours");
    hex_write(SPAN(bytes, sizeof bytes), ret->text);
    return OK;
}

static void
unfinished_path(const struct file_name *name, char ret[PATH_ROOM])
{
    snprintf(ret, PATH_ROOM, "%s" UNFINISHED, name->text);
}

static enum err
open_in(struct files *f, const char *path, int flags, int *ret_fd)
{
    int fd = openat(f->dir, path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return fd_failed("a file of the profile cannot be opened");
    *ret_fd = fd;
    return OK;
}

enum err
files_create(struct files *f, struct file_name *ret_name, int *ret_fd)
{
    uint8_t bytes[FILE_NAME_LEN / 2];
    char path[PATH_ROOM];
    struct file_name name;

    randombytes_buf(bytes, sizeof bytes);
    hex_write(SPAN(bytes, sizeof bytes), name.text);
    unfinished_path(&name, path);
    TRY(open_in(f, path, O_RDWR | O_CREAT | O_EXCL, ret_fd));
    *ret_name = name;
    return OK;
}

enum err
files_resume(struct files *f, const struct file_name *name, int *ret_fd)
{
    char path[PATH_ROOM];

    unfinished_path(name, path);
    return open_in(f, path, O_RDWR, ret_fd);
}

enum err
files_keep(struct files *f, const struct file_name *name, int fd)
{
    char path[PATH_ROOM];

    unfinished_path(name, path);
    if (fsync(fd) != 0)
        return fd_failed("a file cannot be written");
    if (renameat(f->dir, path, f->dir, name->text) != 0)
        return fd_failed("a file cannot be given its name");
    return fsync(f->dir) == 0 ? OK : fd_failed("a folder cannot be written");
}

enum err
files_read(struct files *f, const struct file_name *name, int *ret_fd)
{
    return open_in(f, name->text, O_RDONLY, ret_fd);
}

void
files_remove(struct files *f, const struct file_name *name)
{
    char path[PATH_ROOM];

    unfinished_path(name, path);
    unlinkat(f->dir, path, 0); /* first: it may be getting its name at this moment */
    unlinkat(f->dir, name->text, 0);
}

/* --- sweeping --- */

static enum err
entry_wanted(const char *entry, void *ctx,
             enum err (*wanted)(void *ctx, const struct file_name *name, bool *ret), bool *ret)
{
    size_t n = strlen(entry), end = strlen(UNFINISHED);
    struct file_name name;

    if (n > end && strcmp(entry + n - end, UNFINISHED) == 0)
        n -= end;
    if (file_name_read(SPAN(entry, n), &name) != OK) {
        *ret = false;
        return OK;
    }
    return wanted(ctx, &name, ret);
}

static enum err
sweep_entries(struct files *f, DIR *d, void *ctx,
              enum err (*wanted)(void *ctx, const struct file_name *name, bool *ret))
{
    struct dirent *entry;

    while ((entry = readdir(d)) != NULL) {
        bool keep;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        TRY(entry_wanted(entry->d_name, ctx, wanted, &keep));
        if (!keep)
            unlinkat(f->dir, entry->d_name, 0);
    }
    return OK;
}

enum err
files_sweep(struct files *f, void *ctx,
            enum err (*wanted)(void *ctx, const struct file_name *name, bool *ret))
{
    int fd = openat(f->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

    if (d == NULL) {
        enum err r = fd_failed("the folder of the profile's files cannot be read");
        fd_closep(&fd);
        return r;
    }
    enum err r = sweep_entries(f, d, ctx, wanted);
    closedir(d);
    return r;
}
