/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int
notify_open(void)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    size_t n = path != NULL ? strlen(path) : 0;

    if (n == 0 || n >= sizeof a.sun_path || (path[0] != '/' && path[0] != '@'))
        return -1;
    memcpy(a.sun_path, path, n);
    if (path[0] == '@') /* a name that is in no file system */
        a.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&a,
                           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

void
notify_send(int fd, const char *words)
{
    if (fd >= 0)
        (void)!send(fd, words, strlen(words), MSG_NOSIGNAL | MSG_DONTWAIT);
}
