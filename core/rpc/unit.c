/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/rpc/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define SYSTEMCTL "/usr/bin/systemctl"

extern char **environ;

/* `systemctl --user enable` leaves a link, which leads nowhere after Snug was taken away. */
static bool
enabled(const char *unit)
{
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    bool set = xdg != NULL && xdg[0] == '/';
    char path[PATH_MAX];

    if (!set && home == NULL)
        return false;
    return snprintf(path, sizeof path, "%s%s/systemd/user/default.target.wants/%s",
                    set ? xdg : home, set ? "" : "/.config", unit) < PATH_MAX &&
           access(path, F_OK) == 0;
}

/* The manager of the runtime directory in which the agent's socket is looked for, and no other that
 * the session's bus knows. */
static bool
managed(void)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    char path[PATH_MAX];

    return runtime != NULL && runtime[0] == '/' &&
           snprintf(path, sizeof path, "%s/systemd/private", runtime) < PATH_MAX &&
           access(path, F_OK) == 0;
}

static bool
ended_well(pid_t child)
{
    int status;

    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool
unit_start(const char *profile)
{
    char unit[128];
    char *const argv[] = {(char[]){"systemctl"},
                          (char[]){"--user"},
                          (char[]){"--quiet"},
                          (char[]){"start"},
                          unit,
                          NULL};
    posix_spawn_file_actions_t files;
    pid_t child;

    snprintf(unit, sizeof unit, "snug-agent@%.40s.service", profile);
    if (!enabled(unit) || !managed() || posix_spawn_file_actions_init(&files) != 0)
        return false;
    bool ready = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDWR, 0) == 0 &&
                 posix_spawn_file_actions_adddup2(&files, 0, 1) == 0 &&
                 posix_spawn_file_actions_adddup2(&files, 0, 2) == 0 &&
                 posix_spawn_file_actions_addclosefrom_np(&files, 3) == 0;
    bool started = ready && posix_spawn(&child, SYSTEMCTL, &files, NULL, argv, environ) == 0;
    posix_spawn_file_actions_destroy(&files);
    return started && ended_well(child);
}
