/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/idle.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static int64_t
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_BOOTTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* For what is left; a little more, lest it comes too early by a rounding. */
static void
arm(struct idle *i)
{
    int64_t left = i->limit == 0 ? 0 : i->used + i->limit - now() + 1;
    struct itimerspec t = {0};

    if (i->limit != 0 && left < 1)
        left = 1;
    t.it_value.tv_sec = left / 1000;
    t.it_value.tv_nsec = left % 1000 * 1000000;
    timerfd_settime(i->timer.fd, 0, &t, NULL);
}

static void
on_timer(void *self, uint32_t events)
{
    struct idle *i = self;
    uint64_t times;

    if (read(i->timer.fd, &times, sizeof times) > 0 && !idle_over(i))
        arm(i); /* it was used meanwhile */
}

enum err
idle_init(struct idle *i, struct loop *l)
{
    *i = (struct idle){.loop = l, .timer = {.self = i, .ready = on_timer}};
    i->timer.fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (i->timer.fd < 0)
        return fail(ERR_IO, "timerfd: %m");
    return loop_add(l, &i->timer, EPOLLIN);
}

void
idle_done(struct idle *i)
{
    if (i->loop == NULL || i->timer.fd < 0)
        return;
    loop_remove(i->loop, &i->timer);
    close(i->timer.fd);
    i->timer.fd = -1;
}

void
idle_begin(struct idle *i, int64_t limit)
{
    i->limit = limit;
    i->used = now();
    arm(i);
}

void
idle_used(struct idle *i)
{
    i->used = now();
}

bool
idle_over(const struct idle *i)
{
    return i->limit > 0 && i->used + i->limit <= now();
}
