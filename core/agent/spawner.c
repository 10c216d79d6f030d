/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/spawner.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/agent/jail.h"

#define HELPERS_MAX 16
#define ORDERS 3   /* the spawner's descriptor of the socket */
#define PROGRAMS 4 /* and of the first program; the others follow */
#define DESCRIPTORS_MAX 64

/* Both ends are the same program, so its structs will do. */
struct order {
    enum { ORDER_START, ORDER_KILL } what;
    enum helper helper;
    uint64_t number;
};

struct report {
    enum helper helper;
    uint64_t number;
    int status;
};

/* --- in the spawner --- */

struct spawned {
    pid_t pid; /* 0: free */
    enum helper helper;
    uint64_t number;
};

struct keeper {
    struct spawned helpers[HELPERS_MAX];
    bool installed[HELPER_COUNT]; /* is its program's descriptor there? */
    int signals;
};

static const char *const names[HELPER_COUNT] = {"snug-media", "snug-keyring", "snug-watch"};

/* The program NAME in FOLDER, to be started by its descriptor; -1. */
static int
open_program(const char *folder, const char *below, const char *name)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/%s%s", folder, below, name) >= PATH_MAX ||
        access(path, X_OK) != 0)
        return -1;
    return open(path, O_PATH | O_CLOEXEC);
}

/* Beside the agent or in libexec, and in a build folder. They are opened once, and started from
 * there: what lies under their names later is not started. */
static void
find(int ret[HELPER_COUNT])
{
    static const char *const folders[HELPER_COUNT] = {"../media/", "../keyring/", "../watch/"};
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    self[n > 0 ? n : 0] = '\0';
    if (strrchr(self, '/') != NULL)
        *strrchr(self, '/') = '\0';
    for (int h = 0; h < HELPER_COUNT; h++) {
        ret[h] = open_program(self, "", names[h]);
        if (ret[h] < 0)
            ret[h] = open_program(self, folders[h], names[h]);
        if (ret[h] < 0)
            ret[h] = open_program(SNUG_LIBEXEC, "", names[h]);
    }
}

static void
report(enum helper helper, uint64_t number, int status)
{
    const struct report r = {helper, number, status};

    if (send(ORDERS, &r, sizeof r, MSG_NOSIGNAL) < 0)
        _exit(EXIT_FAILURE);
}

/* What of our environment a helper gets: the way to the buses, and not the one that looks at
 * pictures. */
static void
choose_environment(enum helper helper, char *ret[4])
{
    static const char *const wanted[] = {
        "DBUS_SESSION_BUS_ADDRESS=", "XDG_RUNTIME_DIR=", "DBUS_SYSTEM_BUS_ADDRESS="};
    int n = 0;

    for (char **e = environ; helper != HELPER_MEDIA && *e != NULL; e++)
        for (int i = 0; i < 3; i++)
            if (n < 3 && strncmp(*e, wanted[i], strlen(wanted[i])) == 0)
                ret[n++] = *e;
    ret[n] = NULL;
}

/* In the child: only calls that are allowed between fork and exec. */
static void
become_helper(enum helper helper, pid_t spawner, int in, int out)
{
    char *argv[] = {strdupa(names[helper]), NULL}, *environment[4];
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != spawner)
        _exit(127);
    for (int s = 1; s < NSIG; s++)
        signal(s, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
        _exit(127);
    choose_environment(helper, environment);
    close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    execveat(PROGRAMS + (int)helper, "", argv, environment, AT_EMPTY_PATH);
    _exit(127);
}

static void
start(struct keeper *k, const struct order *o, int in, int out)
{
    struct spawned *free_one = NULL;
    pid_t self = getpid(), child = -1;

    for (int i = 0; i < HELPERS_MAX; i++)
        if (k->helpers[i].pid == 0)
            free_one = &k->helpers[i];
    if (free_one != NULL && o->helper < HELPER_COUNT && k->installed[o->helper])
        child = fork();
    if (child == 0)
        become_helper(o->helper, self, in, out);
    if (child > 0)
        *free_one = (struct spawned){child, o->helper, o->number};
    else
        report(o->helper, o->number, HELPER_NOT_STARTED);
}

static void
reap(struct keeper *k)
{
    struct signalfd_siginfo info;
    int status;

    while (read(k->signals, &info, sizeof info) == sizeof info)
        continue;
    for (int i = 0; i < HELPERS_MAX; i++) {
        struct spawned *h = &k->helpers[i];

        if (h->pid == 0 || waitpid(h->pid, &status, WNOHANG) != h->pid)
            continue;
        report(h->helper, h->number,
               WIFEXITED(status) && WEXITSTATUS(status) == 127 ? HELPER_NOT_STARTED : status);
        h->pid = 0;
    }
}

/* All helpers end with us. */
static void
leave(const struct keeper *k)
{
    for (int i = 0; i < HELPERS_MAX; i++)
        if (k->helpers[i].pid != 0)
            kill(k->helpers[i].pid, SIGKILL);
    while (wait(NULL) > 0 || errno == EINTR)
        continue;
    _exit(EXIT_SUCCESS);
}

/* The descriptors that came with a message; -1 for those that did not. */
static void
take_descriptors(struct msghdr *m, int ret[2])
{
    struct cmsghdr *c = CMSG_FIRSTHDR(m);

    ret[0] = ret[1] = -1;
    if (c != NULL && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(2 * sizeof(int)))
        memcpy(ret, CMSG_DATA(c), 2 * sizeof(int));
}

static void
take_order(struct keeper *k)
{
    struct order o;
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(2 * sizeof(int))];
    } control;
    struct iovec v = {&o, sizeof o};
    struct msghdr m = {
        .msg_iov = &v, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    int in_out[2];
    ssize_t n = recvmsg(ORDERS, &m, MSG_CMSG_CLOEXEC);

    if (n < 0 && errno == EINTR)
        return;
    if (n != sizeof o)
        leave(k);
    take_descriptors(&m, in_out);
    if (o.what == ORDER_START)
        start(k, &o, in_out[0], in_out[1]);
    for (int i = 0; o.what == ORDER_KILL && i < HELPERS_MAX; i++)
        if (k->helpers[i].pid != 0 && k->helpers[i].number == o.number)
            kill(k->helpers[i].pid, SIGKILL);
    for (int i = 0; i < 2; i++)
        if (in_out[i] >= 0)
            close(in_out[i]);
}

/* FROM becomes TO, one of the numbers that belong to us; the old one goes with all others. */
static bool
move_to(int from, int to)
{
    return dup3(from, to, O_CLOEXEC) == to;
}

/* Nothing open but the socket and the programs, at their numbers, and nothing at 0 to 2. */
static bool
settle_descriptors(struct keeper *k, int socket)
{
    const int above = PROGRAMS + HELPER_COUNT;
    int programs[HELPER_COUNT], nowhere = open("/dev/null", O_RDWR);
    bool good = nowhere >= 0;

    find(programs);
    socket = fcntl(socket, F_DUPFD, above);
    nowhere = fcntl(nowhere, F_DUPFD, above);
    for (int h = 0; h < HELPER_COUNT; h++)
        programs[h] = programs[h] < 0 ? -1 : fcntl(programs[h], F_DUPFD, above);
    close_range(ORDERS, (unsigned)above - 1, 0);
    for (int fd = 0; fd < ORDERS; fd++)
        good = good && dup2(nowhere, fd) == fd;
    good = good && move_to(socket, ORDERS);
    for (int h = 0; h < HELPER_COUNT; h++)
        k->installed[h] = programs[h] >= 0 && move_to(programs[h], PROGRAMS + h);
    return close_range((unsigned)above, ~0U, 0) == 0 && good;
}

/* It ends by the end of the agent or of the socket, not by signals meant for the agent. */
static bool
settle_signals(struct keeper *k)
{
    sigset_t child;

    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_SETMASK, &child, NULL);
    k->signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    return k->signals >= 0;
}

static void
settle(struct keeper *k, int socket, pid_t agent)
{
    const struct rlimit few = {DESCRIPTORS_MAX, DESCRIPTORS_MAX};

    prctl(PR_SET_NAME, "snug-spawner", 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != agent || !settle_descriptors(k, socket) || !settle_signals(k) ||
        chdir("/") != 0 || setrlimit(RLIMIT_NOFILE, &few) != 0 ||
        jail_spawner(PROGRAMS, HELPER_COUNT) != OK)
        _exit(EXIT_FAILURE);
}

static void
keep(int socket, pid_t agent)
{
    struct keeper k = {0};

    settle(&k, socket, agent);
    for (;;) {
        struct pollfd p[2] = {{.fd = ORDERS, .events = POLLIN},
                              {.fd = k.signals, .events = POLLIN}};

        if (poll(p, 2, -1) < 0)
            continue;
        if (p[1].revents != 0)
            reap(&k);
        if (p[0].revents != 0)
            take_order(&k);
    }
}

/* --- in the agent --- */

enum err
spawner_fork(struct spawner *s)
{
    int ends[2];
    pid_t agent = getpid(), child;

    *s = (struct spawner){.source.fd = -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return fail(ERR_IO, "socketpair: %m");
    child = fork();
    if (child == 0)
        keep(ends[1], agent);
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return fail(ERR_IO, "fork: %m");
    }
    s->pid = child;
    s->source.fd = ends[0];
    return OK;
}

static void
shut(struct spawner *s)
{
    if (s->source.fd < 0)
        return;
    if (s->loop != NULL)
        loop_remove(s->loop, &s->source);
    close(s->source.fd);
    s->source.fd = -1;
}

static void
on_report(void *self, uint32_t events)
{
    struct spawner *s = self;
    struct report r;
    ssize_t n = recv(s->source.fd, &r, sizeof r, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n != sizeof r) {
        shut(s);
        r = (struct report){.status = HELPER_NOT_STARTED};
    }
    for (int h = 0; h < HELPER_COUNT; h++)
        if (s->watchers[h].ended != NULL && (r.number == 0 || r.helper == (enum helper)h))
            s->watchers[h].ended(s->watchers[h].self, r.number, r.status);
}

enum err
spawner_watch(struct spawner *s, struct loop *l, enum helper helper,
              const struct spawner_watcher *w)
{
    assert(s->source.fd >= 0 && s->loop == NULL);
    s->source.self = s;
    s->source.ready = on_report;
    s->watchers[helper] = *w;
    TRY(loop_add(l, &s->source, EPOLLIN));
    s->loop = l;
    return OK;
}

void
spawner_done(struct spawner *s)
{
    if (s->pid == 0)
        return;
    shut(s);
    while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    s->pid = 0;
}

/* Whether it was taken. */
static bool
give_order(struct spawner *s, const struct order *o, const int *descriptors)
{
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(2 * sizeof(int))];
    } control = {0};
    struct order copy = *o;
    struct iovec v = {&copy, sizeof copy};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};

    if (descriptors != NULL) {
        m.msg_control = &control;
        m.msg_controllen = sizeof control;
        *CMSG_FIRSTHDR(&m) = (struct cmsghdr){.cmsg_len = CMSG_LEN(2 * sizeof(int)),
                                              .cmsg_level = SOL_SOCKET,
                                              .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)), descriptors, 2 * sizeof(int));
    }
    return s->source.fd >= 0 &&
           sendmsg(s->source.fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof copy;
}

enum err
spawner_start(struct spawner *s, enum helper helper, int in, int out, uint64_t *ret)
{
    struct order o = {ORDER_START, helper, s->last + 1};

    if (!give_order(s, &o, (const int[]){in, out}))
        return fail(ERR_STATE, "Helper programs cannot be started; restart the agent.");
    *ret = ++s->last;
    return OK;
}

void
spawner_kill(struct spawner *s, uint64_t number)
{
    const struct order o = {ORDER_KILL, 0, number};

    give_order(s, &o, NULL); /* not taken: it is gone, and the helper with it */
}
