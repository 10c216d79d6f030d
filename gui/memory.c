/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

int
memory_new(void)
{
    const char *session = g_getenv("XDG_RUNTIME_DIR");
    g_autofree char *path = g_build_filename(
        session != NULL && session[0] == '/' ? session : "/dev/shm", "snug-memory-XXXXXX", NULL);

    return g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);
}

int
memory_new_bytes(GBytes *bytes)
{
    gsize size, done = 0;
    const char *from = g_bytes_get_data(bytes, &size);
    int fd = memory_new();

    while (fd >= 0 && done < size) {
        ssize_t n = write(fd, from + done, size - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            memory_close(fd);
            return -1;
        }
        done += (gsize)n;
    }
    return fd;
}

char *
memory_path(int fd)
{
    g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", fd);

    return g_file_read_link(link, NULL);
}

void
memory_close(int fd)
{
    g_autofree char *path = memory_path(fd);

    if (path != NULL)
        (void)g_unlink(path);
    close(fd);
}
