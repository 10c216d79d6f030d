/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/jail.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/agent/jail_rules.h"
#include "core/relay_client_curl.h"
#include "wire/sanitized.h"

#define WORD_MAX 40

/* --- what would be loaded later --- */

/* One of the C library's ways to find a host: a module that it loads when it first asks it. It
 * finds it loaded then, by its name. */
static void
preload_module(const char *name)
{
    char file[WORD_MAX + 16];

    snprintf(file, sizeof file, "libnss_%s.so.2", name);
    (void)dlopen(file, RTLD_LAZY); /* stays; what is not there, is missing later, too */
}

/* A line such as `hosts: files mdns4_minimal [NOTFOUND=return] dns`. */
static void
preload_line(const char *line)
{
    char word[WORD_MAX];
    size_t n;

    for (line += strcspn(line, " \t"); *line != '\0' && *line != '#'; line += n) {
        n = *line == '[' ? strcspn(line, "]") + (strchr(line, ']') != NULL)
                         : strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789_");
        if (n > 0 && n < sizeof word && *line != '[') {
            snprintf(word, sizeof word, "%.*s", (int)n, line);
            preload_module(word);
        }
        n += n == 0;
    }
}

static void
preload_resolver(void)
{
    char line[512];
    FILE *f = fopen("/etc/nsswitch.conf", "re");

    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, "hosts:", 6) == 0)
            preload_line(line);
    if (f != NULL)
        fclose(f);
}

enum err
jail_preload(void)
{
    preload_resolver();
    return relay_client_load();
}

/* --- Landlock --- */

enum err
jail_landlock(void)
{
    /* That a domain is entered at all closes other processes to this one. Saving where a person
     * wants it and sending what lies anywhere leave little else to be taken away: REFER is handled
     * to be given back, for without it files cannot be moved. */
    const struct landlock_ruleset_attr handled = {
        .handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                             LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                             LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER};
    struct landlock_path_beneath_attr moving = {.allowed_access = LANDLOCK_ACCESS_FS_REFER};
    long rules, bad;

    if (SANITIZED ||
        syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 2)
        return OK; /* an older kernel */
    rules = syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
    moving.parent_fd = open("/", O_PATH | O_CLOEXEC);
    bad = rules < 0 || moving.parent_fd < 0 ||
          syscall(SYS_landlock_add_rule, (int)rules, LANDLOCK_RULE_PATH_BENEATH, &moving, 0) != 0 ||
          syscall(SYS_landlock_restrict_self, (int)rules, 0) != 0;
    enum err e = bad ? fail(ERR_STATE, "Landlock: %m") : OK;
    if (rules >= 0)
        close((int)rules);
    if (moving.parent_fd >= 0)
        close(moving.parent_fd);
    return e;
}

/* --- the line in the log --- */

static int log_socket = -1;

/* The system's log, where there is one: the agent mostly runs with nobody at its descriptor 2. */
static void
open_log(void)
{
    const struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};

    log_socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (log_socket >= 0 && connect(log_socket, (const struct sockaddr *)&a, sizeof a) != 0) {
        close(log_socket);
        log_socket = -1;
    }
}

/* Only calls that are allowed in a handler, and by the filter: a number is all that it says. */
static void
on_violation(int signal, siginfo_t *info, void *context)
{
    static const char head[] = "<2>snug-agent: ended, for it may not make system call ";
    char line[sizeof head + 16];
    size_t n = sizeof head - 1, end;
    unsigned call = (unsigned)info->si_syscall;

    memcpy(line, head, n);
    for (unsigned digits = call; digits > 9; digits /= 10)
        n++;
    end = n + 1;
    do {
        line[n--] = (char)('0' + call % 10);
        call /= 10;
    } while (call > 0);
    line[end++] = '\n';
    if (log_socket >= 0)
        send(log_socket, line, end - 1, MSG_NOSIGNAL);
    if (write(STDERR_FILENO, line + 3, end - 3) < 0)
        errno = 0;          /* nobody reads it */
    kill(getpid(), SIGSYS); /* among what ends the process at once */
    _exit(1);
}

static enum err
watch_violations(void)
{
    struct sigaction a = {.sa_sigaction = on_violation, .sa_flags = SA_SIGINFO | SA_NODEFER};

    sigemptyset(&a.sa_mask);
    open_log();
    return sigaction(SIGSYS, &a, NULL) == 0 ? OK : fail(ERR_STATE, "sigaction: %m");
}

/* --- the filters --- */

static enum err
filter_new(uint32_t otherwise, scmp_filter_ctx *ret)
{
    scmp_filter_ctx f = seccomp_init(otherwise);

    if (f == NULL)
        return fail(ERR_MEMORY, "no memory for the filter");
    if (seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0 ||
        seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1) != 0 ||
        seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2) != 0) {
        seccomp_release(f);
        return fail(ERR_STATE, "libseccomp or the kernel is too old");
    }
    *ret = f;
    return OK;
}

/* Takes F. */
static enum err
filter_load(scmp_filter_ctx f, int bad)
{
    if (bad == 0)
        bad = seccomp_load(f);
    seccomp_release(f);
    return bad == 0 ? OK : fail(ERR_STATE, "the filter of system calls cannot be loaded");
}

enum err
jail_agent(void)
{
    scmp_filter_ctx f;

    if (SANITIZED)
        return OK;
    TRY(watch_violations());
    TRY(filter_new(JAIL_AGENT_ELSE, &f));
    return filter_load(f, jail_agent_rules(f, getpid()));
}

enum err
jail_spawner(int first, int count)
{
    scmp_filter_ctx f;

    if (SANITIZED)
        return OK;
    TRY(filter_new(JAIL_SPAWNER_ELSE, &f));
    return filter_load(f, jail_spawner_rules(f, first, count));
}
