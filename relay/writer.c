/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/writer.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define BATCH_REQUESTS_MAX 1024
#define BATCH_BYTES_MAX (1024 * 1024)
#define WAITING_BYTES_MAX (8 * 1024 * 1024)
#define WAITING_MS_MAX 250

struct writer {
    struct store *store;
    enum commit_mode mode;

    /* The serving thread's own. Batches in order: durable <= committed < open. */
    uint64_t open; /* number of the batch that gathers now */
    size_t open_requests, open_bytes;
    uint64_t open_since;
    uint64_t committed; /* the last batch handed to store_commit with success */
    uint64_t asked;     /* the last batch whose sync was asked for */
    uint64_t durable;   /* the last batch known to be synced */
    size_t waiting_bytes;
    uint64_t waiting_since; /* 0: nothing waits */

    bool runs;
    pthread_t thread;
    int fd;                /* eventfd: the thread has finished a sync */
    pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t wake;
    uint64_t wanted; /* sync up to this batch */
    uint64_t synced;
    bool failed, closing;
};

static void *
sync_thread(void *arg)
{
    struct writer *w = arg;
    uint64_t one = 1;

    pthread_mutex_lock(&w->mutex);
    while (!w->closing && !w->failed) {
        if (w->wanted == w->synced) {
            pthread_cond_wait(&w->wake, &w->mutex);
            continue;
        }
        uint64_t upto = w->wanted;
        pthread_mutex_unlock(&w->mutex);
        enum err e = store_sync(w->store);
        pthread_mutex_lock(&w->mutex);
        if (e == OK)
            w->synced = upto;
        else
            w->failed = true; /* never tried again: the kernel has forgotten the dirty pages */
        pthread_cond_broadcast(&w->wake);
        if (write(w->fd, &one, sizeof one) != sizeof one)
            assert(errno == EAGAIN); /* it is readable already */
    }
    pthread_mutex_unlock(&w->mutex);
    return NULL;
}

enum err
writer_new(struct store *store, enum commit_mode mode, struct writer **ret)
{
    struct writer *w = calloc(1, sizeof *w);

    if (w == NULL)
        return fail(ERR_MEMORY, "no memory for the writer");
    w->store = store;
    w->mode = mode;
    w->open = 1;
    w->fd = -1;
    pthread_mutex_init(&w->mutex, NULL);
    pthread_cond_init(&w->wake, NULL);
    if (mode == COMMIT_BY_THREAD) {
        w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        w->runs = w->fd >= 0 && pthread_create(&w->thread, NULL, sync_thread, w) == 0;
        if (!w->runs) {
            writer_free(w);
            return fail(ERR_IO, "cannot start the writer thread");
        }
    }
    *ret = w;
    return OK;
}

void
writer_free(struct writer *w)
{
    if (w == NULL)
        return;
    if (w->runs) {
        pthread_mutex_lock(&w->mutex);
        w->closing = true;
        pthread_cond_broadcast(&w->wake);
        pthread_mutex_unlock(&w->mutex);
        pthread_join(w->thread, NULL);
    }
    if (w->fd >= 0)
        close(w->fd);
    pthread_mutex_destroy(&w->mutex);
    pthread_cond_destroy(&w->wake);
    free(w);
}

int
writer_fd(const struct writer *w)
{
    return w->fd;
}

uint64_t
writer_ticket(struct writer *w, size_t bytes, uint64_t now)
{
    if (w->open_requests++ == 0)
        w->open_since = now;
    w->open_bytes += bytes;
    w->waiting_bytes += bytes;
    if (w->waiting_since == 0)
        w->waiting_since = now;
    return w->open;
}

uint64_t
writer_now(const struct writer *w)
{
    return w->open;
}

static void
durable_now(struct writer *w, uint64_t upto)
{
    w->durable = upto;
    w->waiting_bytes = w->open_bytes;
    w->waiting_since = w->open_requests > 0 ? w->open_since : 0;
}

/* Ask the thread for a sync of everything committed. */
static void
start_sync(struct writer *w)
{
    pthread_mutex_lock(&w->mutex);
    w->wanted = w->asked = w->committed;
    pthread_cond_broadcast(&w->wake);
    pthread_mutex_unlock(&w->mutex);
}

/* How far the thread is. */
static enum err
look(struct writer *w)
{
    uint64_t count;

    if (w->mode != COMMIT_BY_THREAD)
        return OK;
    if (read(w->fd, &count, sizeof count) < 0)
        assert(errno == EAGAIN);
    pthread_mutex_lock(&w->mutex);
    uint64_t synced = w->synced;
    bool failed = w->failed;
    pthread_mutex_unlock(&w->mutex);
    if (failed)
        return fail(ERR_IO, "the disk did not keep what was written");
    if (synced > w->durable)
        durable_now(w, synced);
    return OK;
}

static enum err
wait_for_sync(struct writer *w)
{
    if (w->mode != COMMIT_BY_THREAD) {
        TRY(store_sync(w->store));
        durable_now(w, w->committed);
        return OK;
    }
    start_sync(w);
    pthread_mutex_lock(&w->mutex);
    while (w->synced < w->committed && !w->failed)
        pthread_cond_wait(&w->wake, &w->mutex);
    pthread_mutex_unlock(&w->mutex);
    return look(w);
}

/* The open batch will not be: report it once all before it is durable, so that one report tells
 * both. */
static enum err
refuse_batch(struct writer *w, struct writer_report *report)
{
    store_rollback(w->store);
    report->rolled_back = true;
    if (w->open_requests > 0)
        report->refused = w->open++;
    w->open_requests = w->open_bytes = 0;
    return wait_for_sync(w);
}

static enum err
close_batch(struct writer *w, struct writer_report *report)
{
    enum err e = store_commit(w->store);

    if (e == ERR_FULL)
        return refuse_batch(w, report);
    TRY(e);
    w->committed = w->open++;
    w->open_requests = w->open_bytes = 0;
    return OK;
}

static bool
batch_full(const struct writer *w)
{
    return w->open_requests >= BATCH_REQUESTS_MAX || w->open_bytes >= BATCH_BYTES_MAX;
}

enum err
writer_turn(struct writer *w, struct writer_report *ret)
{
    struct writer_report report = {0};

    TRY(look(w));
    if (w->mode == COMMIT_BY_THREAD) {
        bool idle = w->asked == w->durable;
        if (w->open_requests > 0 && (idle || batch_full(w)))
            TRY(close_batch(w, &report));
        if (idle && w->committed > w->durable)
            start_sync(w);
    }
    report.durable_upto = w->durable;
    *ret = report;
    return OK;
}

enum err
writer_flush(struct writer *w, struct writer_report *ret)
{
    struct writer_report report = {0};

    TRY(close_batch(w, &report));
    if (!report.rolled_back)
        TRY(wait_for_sync(w));
    report.durable_upto = w->durable;
    *ret = report;
    return OK;
}

enum err
writer_refuse(struct writer *w, struct writer_report *ret)
{
    struct writer_report report = {0};

    TRY(refuse_batch(w, &report));
    report.durable_upto = w->durable;
    *ret = report;
    return OK;
}

enum err
writer_tidy(struct writer *w, struct writer_report *ret)
{
    struct writer_report report = {.durable_upto = w->durable};

    if (w->open_requests == 0) {
        enum err e = store_commit(w->store);
        if (e == ERR_FULL)
            return writer_refuse(w, ret);
        TRY(e);
    }
    *ret = report;
    return OK;
}

bool
writer_overloaded(const struct writer *w, uint64_t now)
{
    return w->waiting_bytes > WAITING_BYTES_MAX ||
           (w->waiting_since != 0 && now > w->waiting_since + WAITING_MS_MAX);
}
