/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/worker.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void *
run(void *arg)
{
    struct worker *w = arg;

    w->work(w->task);
    eventfd_write(w->source.fd, 1);
    return NULL;
}

static void
finish(struct worker *w)
{
    pthread_join(w->thread, NULL);
    w->busy = false;
    w->done(w->task);
}

static void
on_ready(void *self, uint32_t events)
{
    struct worker *w = self;
    eventfd_t count;

    eventfd_read(w->source.fd, &count);
    if (w->busy)
        finish(w);
}

enum err
worker_init(struct worker *w, struct loop *l)
{
    *w = (struct worker){.loop = l, .source = {.self = w, .ready = on_ready}};
    w->source.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->source.fd < 0)
        return fail(ERR_IO, "eventfd: %m");
    return loop_add(l, &w->source, EPOLLIN);
}

void
worker_done(struct worker *w)
{
    if (w->busy)
        finish(w);
    if (w->loop != NULL && w->source.fd >= 0) {
        loop_remove(w->loop, &w->source);
        close(w->source.fd);
    }
}

void
worker_wait(struct worker *w)
{
    if (w->busy)
        finish(w);
}

enum err
worker_start(struct worker *w, void *task, void (*work)(void *task), void (*done)(void *task))
{
    if (w->busy)
        return fail(ERR_BUSY, "The agent is busy; try again in a moment.");
    w->task = task;
    w->work = work;
    w->done = done;
    if (pthread_create(&w->thread, NULL, run, w) != 0)
        return fail(ERR_MEMORY, "no thread to work on");
    w->busy = true;
    return OK;
}
