/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/files.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static void
fd_done(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

enum err
path_join(const char *dir, const char *name, char ret[FILE_PATH_MAX])
{
    char path[FILE_PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/%s", dir, name);
    if (n < 0 || (size_t)n >= sizeof path)
        return fail(ERR_TOO_LARGE, "the path of %s is too long", name);
    memcpy(ret, path, (size_t)n + 1);
    return OK;
}

static enum err
write_all(int fd, struct span content)
{
    while (content.n > 0) {
        ssize_t n = write(fd, content.p, content.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_IO;
        content = SPAN(content.p + n, content.n - (size_t)n);
    }
    return fsync(fd) == 0 ? OK : ERR_IO;
}

static enum err
sync_directory_of(const char *path)
{
    char copy[FILE_PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    AUTO(fd_done) int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        return fail(ERR_IO, "%s: %s", path, strerror(errno));
    return OK;
}

enum err
file_put(const char *path, struct span content)
{
    char beside[FILE_PATH_MAX];
    int n = snprintf(beside, sizeof beside, "%s.new", path);
    if (n < 0 || (size_t)n >= sizeof beside)
        return fail(ERR_TOO_LARGE, "a path is too long");
    unlink(beside); /* what a crash left */
    AUTO(fd_done) int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return fail(ERR_IO, "%s: %s", beside, strerror(errno));
    enum err e = write_all(fd, content);
    if (e == OK && rename(beside, path) != 0)
        e = ERR_IO;
    if (e != OK) {
        int why = errno;
        unlink(beside);
        return fail(e, "%s: %s", path, strerror(why));
    }
    return sync_directory_of(path);
}

enum err
file_get(const char *path, struct buf *content)
{
    AUTO(fd_done) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail(errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: %s", path, strerror(errno));
    for (;;) {
        uint8_t piece[4096];
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(ERR_IO, "%s: %s", path, strerror(errno));
        if (n == 0)
            return buf_ok(content);
        buf_put(content, SPAN(piece, (size_t)n));
        explicit_bzero(piece, sizeof piece);
    }
}

enum err
directory_make(const char *dir)
{
    struct stat st;

    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return fail(ERR_IO, "%s: %s", dir, strerror(errno));
    if (stat(dir, &st) != 0)
        return fail(ERR_IO, "%s: %s", dir, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return fail(ERR_IO, "%s is not a directory", dir);
    return OK;
}

enum err
directory_lock(const char *dir, int *ret_fd)
{
    char path[FILE_PATH_MAX];
    TRY(path_join(dir, "lock", path));
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return fail(ERR_IO, "%s: %s", path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        bool held = errno == EWOULDBLOCK;
        int why = errno;
        close(fd);
        return held ? fail(ERR_BUSY, "another snug-relay is using %s", dir)
                    : fail(ERR_IO, "%s: %s", path, strerror(why));
    }
    *ret_fd = fd;
    return OK;
}
