/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "wire/labels.h"

static void
closep(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static enum err
path_check(const char *path)
{
    if (path[0] != '/' || strlen(path) >= PATH_MAX)
        return fail(ERR_USAGE, "The path of a key file is absolute.");
    return OK;
}

static enum err
open_file(const char *path, int *ret)
{
    struct stat st;

    TRY(path_check(path));
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return errno == ELOOP ? fail(ERR_USAGE, "The key file is a link: name the file itself.")
                              : fail(ERR_NOT_FOUND, "The key file cannot be opened: %m");
    enum err e = OK;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        e = fail(ERR_USAGE, "The key file is no regular file.");
    else if (st.st_size > KEY_FILE_MAX)
        e = fail(ERR_TOO_LARGE, "A key file has at most %d bytes.", KEY_FILE_MAX);
    if (e == OK)
        *ret = fd;
    else
        close(fd);
    return e;
}

/* No more than the limit, even if it grows meanwhile. */
static enum err
hash(int fd, struct digest *d, struct sha256 *ret)
{
    uint8_t piece[4096];
    ssize_t n, all = 0;

    while ((n = read(fd, piece, sizeof piece)) > 0 && all <= KEY_FILE_MAX) {
        digest_add(d, SPAN(piece, (size_t)n));
        all += n;
    }
    secret_wipe(piece, sizeof piece);
    if (n < 0)
        return fail(ERR_IO, "The key file cannot be read: %m");
    if (all > KEY_FILE_MAX)
        return fail(ERR_TOO_LARGE, "A key file has at most %d bytes.", KEY_FILE_MAX);
    if (all < KEY_FILE_MIN)
        return fail(ERR_USAGE, "A key file has at least %d bytes.", KEY_FILE_MIN);
    digest_end(d, ret);
    return OK;
}

enum err
key_file_read(const char *path, struct key_factor *ret)
{
    AUTO(digest_freep) struct digest *d = digest_new();
    AUTO(closep) int fd = -1;
    struct sha256 h;

    if (d == NULL)
        return fail(ERR_MEMORY, "no memory for the key file");
    TRY(open_file(path, &fd));
    TRY(hash(fd, d, &h));
    memcpy(ret->b, h.b, sizeof ret->b);
    secret_wipe(&h, sizeof h);
    return OK;
}

void
key_file_invent(struct secret64 *ret_bytes, struct key_factor *ret)
{
    struct sha256 h;

    _Static_assert(sizeof ret_bytes->b == KEY_FILE_MADE, "all of it");
    randombytes_buf(ret_bytes->b, sizeof ret_bytes->b);
    sha256_of(SPAN_OF(*ret_bytes), &h);
    memcpy(ret->b, h.b, sizeof ret->b);
    secret_wipe(&h, sizeof h);
}

/* Its name, too. */
static enum err
sync_folder(const char *path)
{
    char folder[PATH_MAX];

    snprintf(folder, sizeof folder, "%s", path);
    strrchr(folder, '/')[1] = '\0';
    AUTO(closep) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* Not every file system of a stick can; the file itself is there. */
    return fd >= 0 && (fsync(fd) == 0 || errno == EINVAL)
               ? OK
               : fail(ERR_IO, "The key file cannot be written: %m");
}

enum err
key_file_free(const char *path)
{
    struct stat st;

    TRY(path_check(path));
    if (lstat(path, &st) == 0)
        return fail(ERR_EXISTS, "There is a file of that name already.");
    return OK;
}

/* --- making one --- */

void
key_file_made_init(struct key_file_made *made)
{
    *made = (struct key_file_made){.there = false};
    pthread_mutex_init(&made->lock, NULL);
}

void
key_file_made_done(struct key_file_made *made)
{
    pthread_mutex_destroy(&made->lock);
}

static enum err
make_locked(const char *path, struct key_file_made *made, int *ret)
{
    struct stat st;

    if (made->given_up)
        return fail(ERR_STATE, "The key file is not wanted any more.");
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno == EEXIST ? fail(ERR_EXISTS, "There is a file of that name already.")
                               : fail(ERR_IO, "The key file cannot be made: %m");
    if (fstat(fd, &st) == 0) {
        made->there = true;
        made->device = st.st_dev;
        made->file = st.st_ino;
    }
    *ret = fd;
    return OK;
}

static enum err
make_file(const char *path, struct key_file_made *made, int *ret)
{
    pthread_mutex_lock(&made->lock);
    enum err e = make_locked(path, made, ret);
    pthread_mutex_unlock(&made->lock);
    return e;
}

/* Who takes it back may be in a hurry, and the other thread wait for a stick that does not answer.
 */
#define PATIENCE 200000000 /* ns */

void
key_file_take_back(const char *path, struct key_file_made *made)
{
    struct timespec until;
    struct stat st;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += PATIENCE;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    if (pthread_mutex_clocklock(&made->lock, CLOCK_MONOTONIC, &until) != 0)
        return;
    made->given_up = true;
    if (made->there && lstat(path, &st) == 0 && st.st_dev == made->device &&
        st.st_ino == made->file)
        unlink(path);
    made->there = false;
    pthread_mutex_unlock(&made->lock);
}

enum err
key_file_write(const char *path, const struct secret64 *bytes, struct key_file_made *made)
{
    AUTO(closep) int fd = -1;
    enum err e = OK;

    TRY(path_check(path));
    TRY(make_file(path, made, &fd));
    if (write(fd, bytes->b, sizeof bytes->b) != sizeof bytes->b || fsync(fd) != 0)
        e = errno == ENOSPC || errno == EDQUOT
                ? fail(ERR_FULL, "There is no room for the key file.")
                : fail(ERR_IO, "The key file cannot be written: %m");
    if (e == OK)
        e = sync_folder(path);
    if (e != OK)
        key_file_take_back(path, made);
    return e;
}
