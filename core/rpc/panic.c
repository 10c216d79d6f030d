/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/rpc/panic.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/rpc/lines.h"
#include "core/rpc/runtime.h"

#define AGENTS_MAX 256
#define ANSWER_WAIT 1000 /* ms, for all of them */
#define END_WAIT 1000

struct agent_end {
    int fd, process; /* -1: over */
    struct lines in;
};

static const char request[] = "{\"jsonrpc\":\"2.0\",\"id\":\"panic\",\"method\":\"agent.panic\"}\n";

static int64_t
now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
close_end(struct agent_end *a)
{
    close(a->fd);
    close(a->process);
    lines_done(&a->in);
    a->fd = a->process = -1;
}

/* The process that listens behind FD, which is not another one with its number: the connection
 * would have ended with the one that listened. */
static int
process_of(int fd)
{
    struct ucred who;
    socklen_t n = sizeof who;
    struct pollfd p = {.fd = fd};

    if (runtime_check_peer(fd) != OK || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) != 0)
        return -1;
    int process = pidfd_open(who.pid, 0);
    if (process >= 0 && poll(&p, 1, 0) > 0) {
        close(process);
        return -1;
    }
    return process;
}

/* Ask the agent at PATH. False: it is there and cannot be asked, or killed. */
static bool
ask(const char *path, struct agent_end *ret)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    *ret = (struct agent_end){.fd = -1, .process = -1, .in = LINES};
    if (fd < 0)
        return false;
    snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
        bool nobody = errno == ECONNREFUSED || errno == ENOENT;
        close(fd);
        return nobody;
    }
    int process = process_of(fd);
    if (process < 0) {
        close(fd);
        return false;
    }
    ret->fd = fd;
    ret->process = process;
    /* Who does not take it will not answer either. */
    if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) < 0)
        err_record(ERR_IO, "send: %m");
    return true;
}

/* Whether it has said that it is locked. */
static bool
answered(struct agent_end *a)
{
    AUTO(json_decrefpp) json_t *answer = NULL;
    struct span line;

    return lines_read(&a->in, a->fd) == OK && lines_next(&a->in, &line) &&
           json_line_read(line, &answer) == OK && json_object_get(answer, "result") != NULL;
}

/* Kill it, where it lives yet. Whether it is gone. */
static bool
end(const struct agent_end *a)
{
    struct pollfd p = {.fd = a->process, .events = POLLIN};

    pidfd_send_signal(a->process, SIGKILL, NULL, 0);
    return poll(&p, 1, END_WAIT) == 1;
}

static void
wait_for_answers(struct agent_end *all, size_t n, struct panic *p)
{
    struct pollfd polled[AGENTS_MAX];
    int64_t until = now_ms() + ANSWER_WAIT, left;
    bool any = true;

    while (any && (left = until - now_ms()) > 0) {
        any = false;
        for (size_t i = 0; i < n; i++) {
            polled[i] = (struct pollfd){.fd = all[i].fd, .events = POLLIN};
            any |= all[i].fd >= 0;
        }
        if (!any || poll(polled, n, (int)left) <= 0)
            continue;
        for (size_t i = 0; i < n; i++) {
            if (polled[i].revents == 0)
                continue;
            if (answered(&all[i]))
                p->locked++;
            else if (end(&all[i]))
                p->ended++;
            else
                p->failed++;
            close_end(&all[i]);
        }
    }
}

/* --- the note --- */

static enum err
note_path(const char *profile, char ret[SOCKET_PATH_MAX])
{
    return runtime_path(profile, ".panic", ret);
}

static void
note(const char *profile)
{
    char path[SOCKET_PATH_MAX];
    int fd;

    if (note_path(profile, path) != OK)
        return;
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0)
        close(fd);
}

bool
panic_noted(const char *profile)
{
    char path[SOCKET_PATH_MAX];

    return note_path(profile, path) != OK || access(path, F_OK) == 0;
}

void
panic_forget(const char *profile)
{
    char path[SOCKET_PATH_MAX];

    if (note_path(profile, path) == OK)
        unlink(path);
}

/* --- all of them --- */

/* The agents whose sockets lie in FOLDER. */
static size_t
ask_all(DIR *folder, struct agent_end all[AGENTS_MAX], struct panic *p)
{
    char profile[256], path[SOCKET_PATH_MAX];
    const struct dirent *each;
    size_t n = 0;

    while (n < AGENTS_MAX && (each = readdir(folder)) != NULL) {
        size_t length = strlen(each->d_name);

        if (length <= 5 || strcmp(each->d_name + length - 5, ".sock") != 0)
            continue;
        snprintf(profile, sizeof profile, "%.*s", (int)(length - 5), each->d_name);
        note(profile);
        if (runtime_socket_path(profile, path) != OK || !ask(path, &all[n]))
            p->failed++;
        else if (all[n].fd >= 0)
            n++;
    }
    return n;
}

enum err
panic_all(struct panic *ret)
{
    static struct agent_end all[AGENTS_MAX];
    char path[SOCKET_PATH_MAX];
    struct panic p = {0};

    TRY(runtime_socket_path("x", path));
    *strrchr(path, '/') = '\0';
    DIR *folder = opendir(path);
    if (folder == NULL)
        return fail(ERR_STATE, "%.100s: %m", path);
    size_t n = ask_all(folder, all, &p);
    closedir(folder);
    wait_for_answers(all, n, &p);
    for (size_t i = 0; i < n; i++) {
        if (all[i].fd < 0)
            continue;
        if (end(&all[i]))
            p.ended++;
        else
            p.failed++;
        close_end(&all[i]);
    }
    *ret = p;
    return OK;
}
