/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/rpc/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define AGENT "snug-agent"
#define START_WAIT 15000 /* ms */

/* Where the agent lies as seen from this program: installed, and in a build folder. */
static const char *const places[] = {AGENT, "../core/agent/" AGENT};

static bool
beside_us(char ret[PATH_MAX])
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    if (n <= 0)
        return false;
    self[n] = '\0';
    *strrchr(self, '/') = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (snprintf(ret, PATH_MAX, "%s/%s", self, places[i]) < PATH_MAX && access(ret, X_OK) == 0)
            return true;
    return false;
}

/* Absolute entries of PATH only: "." is nowhere to start a keeper of keys from. */
static bool
in_path(char ret[PATH_MAX])
{
    const char *at = getenv("PATH");

    while (at != NULL && *at != '\0') {
        size_t n = strcspn(at, ":");

        if (at[0] == '/' && snprintf(ret, PATH_MAX, "%.*s/" AGENT, (int)n, at) < PATH_MAX &&
            access(ret, X_OK) == 0)
            return true;
        at += n + (at[n] == ':');
    }
    return false;
}

/* In the child: only calls that are allowed between fork and exec. */
static void
become_agent(const char *path, const char *profile, int ready, int nowhere)
{
    char *const argv[] = {(char[]){AGENT},        (char[]){"--profile"}, strdupa(profile),
                          (char[]){"--ready-fd"}, (char[]){"3"},         NULL};

    setsid();
    if (fork() != 0)
        _exit(0);
    dup2(nowhere, 0);
    dup2(nowhere, 1);
    dup2(nowhere, 2);
    if (ready == 3)
        fcntl(3, F_SETFD, 0);
    else
        dup2(ready, 3);
    close_range(4, ~0U, 0);
    if (chdir("/") == 0)
        execv(path, argv);
    _exit(127);
}

/* The agent writes "ready" once it listens, or why it does not. */
static enum err
await(int fd)
{
    char words[256] = "";
    size_t n = 0;
    struct pollfd p = {.fd = fd, .events = POLLIN};

    for (;;) {
        int ready = poll(&p, 1, START_WAIT);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return fail(ERR_TIMEOUT, "The agent does not start.");
        ssize_t got = read(fd, words + n, sizeof words - 1 - n);
        if (got <= 0)
            break;
        n += (size_t)got;
        words[n] = '\0';
        if (n == sizeof words - 1)
            break;
    }
    if (strcmp(words, "ready\n") == 0 || strncmp(words, "busy\n", 5) == 0)
        return OK;
    return fail(ERR_STATE, "The agent does not start: %s", n > 0 ? words : "it ended at once.");
}

enum err
spawn_agent(const char *profile)
{
    char path[PATH_MAX];
    int ends[2], status, nowhere;
    pid_t child;

    if (!beside_us(path) && !in_path(path))
        return fail(ERR_NOT_FOUND, "There is no " AGENT " beside this program or in PATH.");
    nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nowhere < 0 || pipe2(ends, O_CLOEXEC) != 0)
        return fail(ERR_IO, "pipe: %m");
    child = fork();
    if (child == 0)
        become_agent(path, profile, ends[1], nowhere);
    close(nowhere);
    close(ends[1]);
    enum err e = child < 0 ? fail(ERR_IO, "fork: %m") : OK;
    if (child > 0)
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
    if (e == OK)
        e = await(ends[0]);
    close(ends[0]);
    return e;
}
