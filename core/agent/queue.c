/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/queue.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/agent/leftovers.h"

struct list {
    struct work *first, **end;
};

struct queue {
    struct loop *loop;
    struct source source; /* an eventfd: something is over */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    /* under the lock: */
    struct list waiting, over;
    bool ending;
};

static void
list_add(struct list *l, struct work *w)
{
    w->next = NULL;
    *l->end = w;
    l->end = &w->next;
}

static struct work *
list_take(struct list *l)
{
    struct work *w = l->first;

    if (w == NULL)
        return NULL;
    l->first = w->next;
    if (l->first == NULL)
        l->end = &l->first;
    return w;
}

static void *
run(void *arg)
{
    struct queue *q = arg;
    struct work *w;

    pthread_mutex_lock(&q->lock);
    while (!q->ending) {
        w = list_take(&q->waiting);
        if (w == NULL) {
            pthread_cond_wait(&q->wake, &q->lock);
            continue;
        }
        pthread_mutex_unlock(&q->lock);
        w->run(w);
        leftovers_wipe();
        pthread_mutex_lock(&q->lock);
        list_add(&q->over, w);
        eventfd_write(q->source.fd, 1);
    }
    pthread_mutex_unlock(&q->lock);
    return NULL;
}

static struct work *
take_over(struct queue *q)
{
    struct work *w;

    pthread_mutex_lock(&q->lock);
    w = list_take(&q->over);
    pthread_mutex_unlock(&q->lock);
    return w;
}

static void
on_ready(void *self, uint32_t events)
{
    struct queue *q = self;
    struct work *w;
    eventfd_t count;

    eventfd_read(q->source.fd, &count);
    while ((w = take_over(q)) != NULL)
        w->done(w);
}

enum err
queue_new(struct loop *l, struct queue **ret)
{
    struct queue *q = calloc(1, sizeof *q);

    if (q == NULL)
        return fail(ERR_MEMORY, "no memory for the queue of work");
    *q = (struct queue){.loop = l,
                        .source = {.self = q, .ready = on_ready},
                        .lock = PTHREAD_MUTEX_INITIALIZER,
                        .wake = PTHREAD_COND_INITIALIZER};
    q->waiting.end = &q->waiting.first;
    q->over.end = &q->over.first;
    q->source.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (q->source.fd < 0 || pthread_create(&q->thread, NULL, run, q) != 0) {
        if (q->source.fd >= 0)
            close(q->source.fd);
        free(q);
        return fail(ERR_MEMORY, "no thread to work on");
    }
    *ret = q;
    return loop_add(l, &q->source, EPOLLIN);
}

void
queue_free(struct queue *q)
{
    struct work *w;

    if (q == NULL)
        return;
    pthread_mutex_lock(&q->lock);
    q->ending = true;
    pthread_cond_signal(&q->wake);
    pthread_mutex_unlock(&q->lock);
    pthread_join(q->thread, NULL);
    while ((w = list_take(&q->over)) != NULL || (w = list_take(&q->waiting)) != NULL)
        w->done(w);
    loop_remove(q->loop, &q->source);
    close(q->source.fd);
    pthread_mutex_destroy(&q->lock);
    pthread_cond_destroy(&q->wake);
    free(q);
}

void
queue_add(struct queue *q, struct work *w)
{
    pthread_mutex_lock(&q->lock);
    list_add(&q->waiting, w);
    pthread_cond_signal(&q->wake);
    pthread_mutex_unlock(&q->lock);
}
