/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/admin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "relay/files.h"

#define LINE_MAX_BYTES 256
#define PATIENCE_SECONDS 5

struct admin {
    struct loop_source io;
    struct server *server;
    char path[FILE_PATH_MAX];
};

static void
fd_done(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static enum err
socket_address(const char *data, struct sockaddr_un *ret, char ret_path[FILE_PATH_MAX])
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    TRY(path_join(data, "admin.sock", ret_path));
    if (strlen(ret_path) >= sizeof a.sun_path)
        return fail(ERR_TOO_LARGE, "the path of the data directory is too long for a socket in it");
    memcpy(a.sun_path, ret_path, strlen(ret_path) + 1);
    *ret = a;
    return OK;
}

static void
answer(struct admin *a, int fd, const char *line)
{
    char code[INVITATION_MAX + 1], out[LINE_MAX_BYTES];
    enum err e = strcmp(line, "invite\n") == 0 ? service_invite(a->server->service, code)
                                               : fail(ERR_USAGE, "the one thing to ask is: invite");

    if (e == OK)
        e = service_commit(a->server->service);
    if (e == OK)
        snprintf(out, sizeof out, "ok %s\n", code);
    else
        snprintf(out, sizeof out, "error %s\n", err_why(e));
    (void)!write(fd, out, strlen(out));
}

static bool
may_administer(int fd)
{
    struct ucred peer;
    socklen_t n = sizeof peer;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 &&
           (peer.uid == 0 || peer.uid == geteuid());
}

/* Whoever gets here is the operator, so one line is waited for, briefly, on the loop's own time. */
static void
on_connect(struct loop_source *io)
{
    struct admin *a = container_of(io, struct admin, io);
    AUTO(fd_done) int fd = accept4(io->fd, NULL, NULL, SOCK_CLOEXEC);
    struct timeval patience = {.tv_usec = 200 * 1000};
    char line[LINE_MAX_BYTES];

    if (fd < 0 || !may_administer(fd) ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0)
        return;
    ssize_t n = read(fd, line, sizeof line - 1);
    if (n <= 0)
        return;
    line[n] = '\0';
    answer(a, fd, line);
}

static enum err
listen_here(struct admin *a, const struct sockaddr_un *where)
{
    unlink(a->path); /* the lock on the directory says that nobody uses it */
    mode_t mask = umask(0177);
    int failed = bind(a->io.fd, (const struct sockaddr *)where, sizeof *where);
    umask(mask);
    if (failed != 0 || listen(a->io.fd, 4) != 0)
        return fail(ERR_IO, "%s: %s", a->path, strerror(errno));
    return loop_add(a->server->loop, &a->io, LOOP_IN);
}

enum err
admin_new(struct server *server, const char *data, struct admin **ret)
{
    struct sockaddr_un where;
    struct admin *a = calloc(1, sizeof *a);

    if (a == NULL)
        return fail(ERR_MEMORY, "no memory for the admin socket");
    a->server = server;
    a->io = (struct loop_source){
        .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
        .ready = on_connect,
    };
    enum err e = a->io.fd < 0 ? fail(ERR_IO, "socket: %s", strerror(errno)) : OK;
    if (e == OK)
        e = socket_address(data, &where, a->path);
    if (e == OK)
        e = listen_here(a, &where);
    if (e != OK) {
        admin_free(a);
        return e;
    }
    *ret = a;
    return OK;
}

void
admin_free(struct admin *a)
{
    if (a == NULL)
        return;
    if (a->io.fd >= 0) {
        loop_remove(a->server->loop, &a->io);
        close(a->io.fd);
        unlink(a->path);
    }
    free(a);
}

enum err
admin_ask_invitation(const char *data)
{
    char path[FILE_PATH_MAX], line[LINE_MAX_BYTES];
    struct sockaddr_un where;
    struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
    static const char question[] = "invite\n";

    TRY(socket_address(data, &where, path));
    AUTO(fd_done) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&where, sizeof where) != 0)
        return fail(ERR_OFFLINE, "no snug-relay runs with %s: %s", data, strerror(errno));
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (write(fd, question, sizeof question - 1) != sizeof question - 1)
        return fail(ERR_IO, "%s: %s", path, strerror(errno));
    ssize_t n = read(fd, line, sizeof line - 1);
    if (n <= 0)
        return fail(ERR_IO, "%s: the relay did not answer", path);
    line[n] = '\0';
    if (strncmp(line, "ok ", 3) != 0)
        return fail(ERR_REFUSED, "%s", line);
    fputs(line + 3, stdout);
    return OK;
}
