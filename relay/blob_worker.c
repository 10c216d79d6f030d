/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/blob_worker.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

struct job_list {
    struct blob_job *first, **end;
};

struct blob_worker {
    struct blob_files *files;
    int fd;
    bool runs;
    pthread_t thread;
    pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t wake;
    struct job_list to_do, done;
    bool busy, closing;
};

static void
list_add(struct job_list *l, struct blob_job *job)
{
    job->next = NULL;
    *l->end = job;
    l->end = &job->next;
}

static struct blob_job *
list_take(struct job_list *l)
{
    struct blob_job *job = l->first;

    if (job == NULL)
        return NULL;
    l->first = job->next;
    if (l->first == NULL)
        l->end = &l->first;
    return job;
}

static void
list_free(struct job_list *l)
{
    for (struct blob_job *job; (job = list_take(l)) != NULL;)
        free(job);
}

static void
do_job(struct blob_worker *w, struct blob_job *job)
{
    if (job->kind == BLOB_JOB_SEAL)
        job->result = blob_file_seal(w->files, job->file, job->size, &job->hash);
    else
        blob_file_remove(w->files, job->file);
}

/* Of what is finished only a SEAL has somebody waiting for it. */
static void
finish(struct blob_worker *w, struct blob_job *job)
{
    if (job->kind == BLOB_JOB_SEAL)
        list_add(&w->done, job);
    else
        free(job);
}

static void *
work(void *arg)
{
    struct blob_worker *w = arg;
    uint64_t one = 1;

    pthread_mutex_lock(&w->mutex);
    while (!w->closing) {
        struct blob_job *job = list_take(&w->to_do);
        if (job == NULL) {
            pthread_cond_wait(&w->wake, &w->mutex);
            continue;
        }
        w->busy = true;
        pthread_mutex_unlock(&w->mutex);
        do_job(w, job);
        pthread_mutex_lock(&w->mutex);
        w->busy = false;
        finish(w, job);
        pthread_cond_broadcast(&w->wake);
        if (write(w->fd, &one, sizeof one) != sizeof one)
            assert(errno == EAGAIN); /* it is readable already */
    }
    pthread_mutex_unlock(&w->mutex);
    return NULL;
}

enum err
blob_worker_new(struct blob_files *files, int fd, struct blob_worker **ret)
{
    struct blob_worker *w = calloc(1, sizeof *w);

    if (w == NULL)
        return fail(ERR_MEMORY, "no memory for the work on attachments");
    w->files = files;
    w->fd = fd;
    w->to_do.end = &w->to_do.first;
    w->done.end = &w->done.first;
    pthread_mutex_init(&w->mutex, NULL);
    pthread_cond_init(&w->wake, NULL);
    if (fd >= 0) {
        w->runs = pthread_create(&w->thread, NULL, work, w) == 0;
        if (!w->runs) {
            blob_worker_free(w);
            return fail(ERR_IO, "cannot start the thread for attachments");
        }
    }
    *ret = w;
    return OK;
}

void
blob_worker_free(struct blob_worker *w)
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
    list_free(&w->to_do);
    list_free(&w->done);
    pthread_mutex_destroy(&w->mutex);
    pthread_cond_destroy(&w->wake);
    free(w);
}

void
blob_worker_add(struct blob_worker *w, struct blob_job *job)
{
    if (!w->runs) {
        do_job(w, job);
        finish(w, job);
        return;
    }
    pthread_mutex_lock(&w->mutex);
    list_add(&w->to_do, job);
    pthread_cond_broadcast(&w->wake);
    pthread_mutex_unlock(&w->mutex);
}

struct blob_job *
blob_worker_take(struct blob_worker *w)
{
    pthread_mutex_lock(&w->mutex);
    struct blob_job *job = list_take(&w->done);
    pthread_mutex_unlock(&w->mutex);
    return job;
}

void
blob_worker_wait(struct blob_worker *w)
{
    pthread_mutex_lock(&w->mutex);
    while (w->busy || w->to_do.first != NULL)
        pthread_cond_wait(&w->wake, &w->mutex);
    pthread_mutex_unlock(&w->mutex);
}
