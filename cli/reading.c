/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/reading.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err
read_all(int fd, struct buf *ret)
{
    uint8_t piece[4096];
    ssize_t n = 0;
    int why;

    /* What is too long is read no further: it may grow for ever. */
    while (buf_ok(ret) == OK && (n = read(fd, piece, sizeof piece)) > 0)
        buf_put(ret, SPAN(piece, (size_t)n));
    why = errno;
    sodium_memzero(piece, sizeof piece);
    errno = why;
    if (n < 0)
        return fail(ERR_IO, "The file cannot be read: %m");
    return buf_ok(ret);
}

enum err
file_read(const char *path, struct buf *ret)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0)
        return fail(errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s cannot be read: %m", path);
    enum err e = fstat(fd, &st) == 0 && S_ISREG(st.st_mode)
                     ? read_all(fd, ret)
                     : fail(ERR_USAGE, "%s is no regular file.", path);
    close(fd);
    return e;
}
