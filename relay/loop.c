/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_A_TURN 128

static_assert(LOOP_IN == (int)EPOLLIN && LOOP_OUT == (int)EPOLLOUT, "documented as the same");

struct loop {
    int epoll;
    bool stopped;
    uint64_t now;
    struct loop_timer **heap; /* heap[0] is not used: places count from 1 */
    size_t timers, room;
    struct loop_task *tasks, **last_task;
    struct epoll_event events[EVENTS_A_TURN];
    int event, event_count; /* which of the turn's events is being told */
};

static uint64_t
clock_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

enum err
loop_new(struct loop **ret)
{
    struct loop *l = calloc(1, sizeof *l);
    if (l == NULL)
        return fail(ERR_MEMORY, "no memory for the loop");
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (l->epoll < 0) {
        free(l);
        return fail(ERR_IO, "epoll: %s", strerror(errno));
    }
    l->now = clock_now();
    l->last_task = &l->tasks;
    *ret = l;
    return OK;
}

void
loop_free(struct loop *l)
{
    if (l == NULL)
        return;
    close(l->epoll);
    free(l->heap);
    free(l);
}

void
loop_freep(struct loop **l)
{
    loop_free(*l);
}

uint64_t
loop_now(const struct loop *l)
{
    return l->now;
}

enum err
loop_add(struct loop *l, struct loop_source *s, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = s};
    if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, s->fd, &e) != 0)
        return fail(ERR_IO, "epoll: %s", strerror(errno));
    return OK;
}

void
loop_change(struct loop *l, struct loop_source *s, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = s};
    int failed = epoll_ctl(l->epoll, EPOLL_CTL_MOD, s->fd, &e);
    assert(failed == 0);
}

void
loop_remove(struct loop *l, struct loop_source *s)
{
    epoll_ctl(l->epoll, EPOLL_CTL_DEL, s->fd, NULL);
    for (int i = l->event + 1; i < l->event_count; i++)
        if (l->events[i].data.ptr == s)
            l->events[i].data.ptr = NULL;
}

/* Timers: a binary heap, smallest first, every timer knowing its place. */

static void
timer_put(struct loop *l, struct loop_timer *t, size_t place)
{
    l->heap[place] = t;
    t->place = place;
}

static void
timer_settle(struct loop *l, struct loop_timer *t)
{
    size_t i = t->place;

    for (; i > 1 && l->heap[i / 2]->at > t->at; i /= 2)
        timer_put(l, l->heap[i / 2], i);
    for (;;) {
        size_t child = 2 * i;
        if (child < l->timers && l->heap[child + 1]->at < l->heap[child]->at)
            child++;
        if (child > l->timers || l->heap[child]->at >= t->at)
            break;
        timer_put(l, l->heap[child], i);
        i = child;
    }
    timer_put(l, t, i);
}

enum err
loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t at)
{
    t->at = at;
    if (t->place == 0) {
        if (l->timers + 1 >= l->room) {
            size_t room = l->room == 0 ? 64 : 2 * l->room;
            struct loop_timer **heap = realloc(l->heap, room * sizeof *heap);
            if (heap == NULL)
                return fail(ERR_MEMORY, "no memory for a timer");
            l->heap = heap;
            l->room = room;
        }
        timer_put(l, t, ++l->timers);
    }
    timer_settle(l, t);
    return OK;
}

void
loop_timer_clear(struct loop *l, struct loop_timer *t)
{
    size_t place = t->place;
    if (place == 0)
        return;
    t->place = 0;
    struct loop_timer *moved = l->heap[l->timers--];
    if (moved != t) {
        timer_put(l, moved, place);
        timer_settle(l, moved);
    }
}

void
loop_later(struct loop *l, struct loop_task *t)
{
    if (t->link != NULL)
        return;
    t->next = NULL;
    t->link = l->last_task;
    *l->last_task = t;
    l->last_task = &t->next;
}

void
loop_later_clear(struct loop *l, struct loop_task *t)
{
    if (t->link == NULL)
        return;
    *t->link = t->next;
    if (t->next != NULL)
        t->next->link = t->link;
    else
        l->last_task = t->link;
    t->link = NULL;
}

static void
run_timers(struct loop *l)
{
    while (l->timers > 0 && l->heap[1]->at <= l->now) {
        struct loop_timer *t = l->heap[1];
        loop_timer_clear(l, t);
        t->fire(t);
    }
}

static void
run_tasks(struct loop *l)
{
    while (l->tasks != NULL) {
        struct loop_task *t = l->tasks;
        loop_later_clear(l, t);
        t->run(t);
    }
}

static int
until_next_timer(const struct loop *l)
{
    if (l->timers == 0)
        return -1;
    uint64_t now = clock_now(), at = l->heap[1]->at;
    if (at <= now)
        return 0;
    return at - now > 60000 ? 60000 : (int)(at - now);
}

static enum err
turn(struct loop *l)
{
    int n = epoll_wait(l->epoll, l->events, EVENTS_A_TURN, until_next_timer(l));
    l->now = clock_now();
    if (n < 0 && errno != EINTR)
        return fail(ERR_IO, "epoll: %s", strerror(errno));
    l->event_count = n < 0 ? 0 : n;
    for (l->event = 0; l->event < l->event_count; l->event++) {
        struct loop_source *s = l->events[l->event].data.ptr;
        if (s != NULL)
            s->ready(s);
    }
    l->event_count = 0;
    run_timers(l);
    run_tasks(l);
    return OK;
}

enum err
loop_run(struct loop *l)
{
    l->stopped = false;
    while (!l->stopped)
        TRY(turn(l));
    return OK;
}

void
loop_stop(struct loop *l)
{
    l->stopped = true;
}
