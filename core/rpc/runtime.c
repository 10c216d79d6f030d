/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/rpc/runtime.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Ours, a directory and no link to one, closed to all others. */
static enum err
check_directory(const char *path)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        return fail(ERR_STATE, "%.150s: %m", path);
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077) != 0)
        return fail(ERR_STATE, "%.150s is not a directory of yours alone (mode 0700).", path);
    return OK;
}

static void
runtime_base(char *ret, size_t size)
{
    const char *xdg = getenv("XDG_RUNTIME_DIR");

    if (xdg != NULL && xdg[0] == '/')
        snprintf(ret, size, "%s", xdg);
    else
        snprintf(ret, size, "/run/user/%u", (unsigned)geteuid());
}

/* Somebody else could sit in a directory that is open to others and swap ours for theirs; one that
 * only we (or root) may write to is fine. */
static int
base_is_safe(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
           (st.st_uid == geteuid() || st.st_uid == 0) && (st.st_mode & 022) == 0;
}

enum err
runtime_socket_path(const char *profile, char ret[SOCKET_PATH_MAX])
{
    return runtime_path(profile, ".sock", ret);
}

enum err
runtime_path(const char *profile, const char *ending, char ret[SOCKET_PATH_MAX])
{
    char base[PATH_MAX], dir[PATH_MAX + 32], path[PATH_MAX + 96];

    runtime_base(base, sizeof base);
    if (base_is_safe(base))
        snprintf(dir, sizeof dir, "%s/snug", base);
    else
        snprintf(dir, sizeof dir, "/tmp/snug-%u", (unsigned)geteuid());
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return fail(ERR_STATE, "%.150s: %m", dir);
    TRY(check_directory(dir));
    if (snprintf(path, sizeof path, "%s/%.40s%s", dir, profile, ending) >= SOCKET_PATH_MAX)
        return fail(ERR_STATE, "The path of the runtime directory is too long for a socket.");
    snprintf(ret, SOCKET_PATH_MAX, "%s", path);
    return OK;
}

enum err
runtime_check_peer(int fd)
{
    struct ucred who;
    socklen_t n = sizeof who;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) != 0 || n != sizeof who)
        return fail(ERR_REFUSED, "The other end of the socket does not say who it is.");
    if (who.uid != geteuid())
        return fail(ERR_REFUSED, "The other end of the socket is another user's.");
    return OK;
}

bool
runtime_local_relay(char ret[RELAY_LINE_SIZE])
{
    char base[PATH_MAX], path[PATH_MAX + 32], line[RELAY_LINE_SIZE];

    runtime_base(base, sizeof base);
    snprintf(path, sizeof path, "%s/snug-relay.address", base);
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return false;
    bool there = fgets(line, sizeof line, f) != NULL;
    fclose(f);
    if (there)
        line[strcspn(line, "\r\n")] = '\0';
    if (!there || line[0] == '\0')
        return false;
    snprintf(ret, RELAY_LINE_SIZE, "%s", line);
    return true;
}
