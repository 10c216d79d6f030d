/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/loop.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum err
loop_init(struct loop *l)
{
    l->stopped = false;
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    return l->epoll >= 0 ? OK : fail(ERR_IO, "epoll: %m");
}

void
loop_done(struct loop *l)
{
    if (l->epoll >= 0)
        close(l->epoll);
    l->epoll = -1;
}

enum err
loop_add(struct loop *l, struct source *s, uint32_t events)
{
    struct epoll_event ev = {.events = events, .data.ptr = s};

    return epoll_ctl(l->epoll, EPOLL_CTL_ADD, s->fd, &ev) == 0 ? OK : fail(ERR_IO, "epoll: %m");
}

void
loop_change(struct loop *l, struct source *s, uint32_t events)
{
    struct epoll_event ev = {.events = events, .data.ptr = s};
    int bad = epoll_ctl(l->epoll, EPOLL_CTL_MOD, s->fd, &ev);

    assert(bad == 0);
}

void
loop_remove(struct loop *l, struct source *s)
{
    epoll_ctl(l->epoll, EPOLL_CTL_DEL, s->fd, NULL);
}

int64_t
loop_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int
wait_ms(int64_t due)
{
    int64_t left = due == INT64_MAX ? -1 : due - loop_now();

    if (due == INT64_MAX)
        return -1;
    return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

enum err
loop_run(struct loop *l, void *self, int64_t (*turn)(void *self))
{
    while (!l->stopped) {
        struct epoll_event ev;
        int64_t due = turn(self);

        if (l->stopped)
            break;
        int n = epoll_wait(l->epoll, &ev, 1, wait_ms(due));
        if (n < 0 && errno != EINTR)
            return fail(ERR_IO, "epoll: %m");
        if (n > 0) {
            struct source *s = ev.data.ptr;

            s->ready(s->self, ev.events);
        }
    }
    return OK;
}

void
loop_stop(struct loop *l)
{
    l->stopped = true;
}
