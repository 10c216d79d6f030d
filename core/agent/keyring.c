/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "crypto/secret.h"

#define GRACE 4 /* seconds above what the helper takes by its own clock */

struct keyring {
    struct loop *loop;
    struct spawner *spawner;
    struct keyring_task *tasks;
};

/* In locked memory. */
struct keyring_task {
    struct keyring_task *next;
    struct keyring *keyring;
    void *self;
    void (*done)(void *self, enum err e, const uint8_t *secret);
    struct source out; /* our end of the helper's pipe */
    uint64_t number;
    int64_t deadline;
    struct keyring_job job;
    uint8_t answer[KEYRING_RESULT];
    size_t got;
};

/* --- the end of a task --- */

/* Out of the list, out of the loop; the helper, too. */
static void
stop(struct keyring_task *t)
{
    struct keyring_task **link = &t->keyring->tasks;

    while (*link != t)
        link = &(*link)->next;
    *link = t->next;
    loop_remove(t->keyring->loop, &t->out);
    close(t->out.fd);
    spawner_kill(t->keyring->spawner, t->number);
}

void
keyring_cancel(struct keyring_task *t)
{
    stop(t);
    secret_free(t);
}

static void
finish(struct keyring_task *t, enum err e, const uint8_t *secret)
{
    stop(t);
    t->done(t->self, e, secret);
    secret_free(t);
}

static enum err
error_of(enum keyring_verdict v)
{
    switch (v) {
    case KEYRING_DONE:
        return OK;
    case KEYRING_NO_ITEM:
        return fail(ERR_NOT_FOUND, "The system's keyring no longer has what opens this profile.");
    case KEYRING_NO_SERVICE:
        return fail(ERR_STATE, "There is no keyring in this session.");
    case KEYRING_CLOSED:
        return fail(ERR_REFUSED, "The system's keyring is locked.");
    case KEYRING_SILENT:
        return fail(ERR_TIMEOUT, "The system's keyring does not answer.");
    case KEYRING_FOREIGN:
        return fail(ERR_DAMAGED, "What the system's keyring has for this profile is not ours.");
    case KEYRING_OPEN_TALK:
        return fail(ERR_STATE, "The system's keyring gives secrets away unencrypted: not used.");
    default:
        return fail(ERR_STATE, "The system's keyring failed.");
    }
}

/* --- from the helper --- */

static void
on_out(void *self, uint32_t events)
{
    struct keyring_task *t = self;
    struct keyring_result r;
    ssize_t n = read(t->out.fd, t->answer + t->got, sizeof t->answer - t->got);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        finish(t, fail(ERR_STATE, "snug-keyring, which asks the system's keyring, does not run."),
               NULL);
        return;
    }
    t->got += (size_t)n;
    if (t->got < sizeof t->answer)
        return;
    enum err e = keyring_result_read(t->answer, &r);
    if (e == OK)
        e = error_of(r.verdict);
    finish(t, e, e == OK && t->job.work == KEYRING_READ ? t->answer + 2 : NULL);
    secret_wipe(&r, sizeof r);
}

int64_t
keyring_turn(struct keyring *k)
{
    int64_t due = INT64_MAX, now = loop_now();

    for (struct keyring_task *t = k->tasks; t != NULL; t = t->next) {
        if (t->deadline <= now) {
            finish(t, error_of(KEYRING_SILENT), NULL);
            return now; /* come again: the list may have changed */
        }
        due = t->deadline < due ? t->deadline : due;
    }
    return due;
}

/* --- to the helper --- */

/* A pipe takes a job at once and whole. */
static enum err
send_job(const struct keyring_task *t, int fd)
{
    uint8_t bytes[KEYRING_JOB];

    keyring_job_write(&t->job, bytes);
    ssize_t n = write(fd, bytes, sizeof bytes);
    secret_wipe(bytes, sizeof bytes);
    return n == sizeof bytes ? OK : fail(ERR_IO, "pipe: %m");
}

/* IN and OUT: two pipes, of which the helper has an end each, and which are closed here. */
static enum err
launch(struct keyring_task *t, int in[2], int out[2])
{
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC | O_NONBLOCK) != 0)
        return fail(ERR_IO, "pipe: %m");
    fcntl(out[1], F_SETFL, 0); /* the helper's end waits */
    TRY(send_job(t, in[1]));
    TRY(spawner_start(t->keyring->spawner, HELPER_KEYRING, in[0], out[1], &t->number));
    t->out = (struct source){.fd = out[0], .self = t, .ready = on_out};
    TRY(loop_add(t->keyring->loop, &t->out, EPOLLIN));
    out[0] = -1;
    return OK;
}

static void
fill_job(const struct keyring_order *order, struct keyring_job *job)
{
    job->work = order->work;
    job->asks = order->asks;
    memcpy(job->id, order->id, sizeof job->id);
    snprintf(job->name, sizeof job->name, "%s", order->name);
    if (order->secret != NULL)
        memcpy(job->secret, order->secret, sizeof job->secret);
}

enum err
keyring_start(struct keyring *k, const struct keyring_order *order, struct keyring_task **ret)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1}, running = 0;

    for (const struct keyring_task *t = k->tasks; t != NULL; t = t->next)
        running++;
    if (running == KEYRING_TASKS_MAX)
        return fail(ERR_BUSY, "The system's keyring is being asked already.");
    struct keyring_task *t = SECRET_NEW(struct keyring_task);
    if (t == NULL)
        return fail(ERR_MEMORY, "no memory that stays out of swap");
    t->keyring = k;
    t->self = order->self;
    t->done = order->done;
    fill_job(order, &t->job);
    int64_t patience = 2 * KEYRING_WAIT + GRACE;
    if (order->asks == KEYRING_MAY_ASK)
        patience += KEYRING_PERSON_WAIT;
    t->deadline = loop_now() + 1000 * patience;
    enum err e = launch(t, in, out);
    for (int i = 0; i < 2; i++) {
        if (in[i] >= 0)
            close(in[i]);
        if (out[i] >= 0)
            close(out[i]);
    }
    if (e != OK) {
        secret_free(t);
        return e;
    }
    t->next = k->tasks;
    k->tasks = t;
    *ret = t;
    return OK;
}

/* --- its life --- */

enum err
keyring_new(struct loop *l, struct spawner *s, struct keyring **ret)
{
    struct keyring *k = calloc(1, sizeof *k);

    if (k == NULL)
        return fail(ERR_MEMORY, "no memory for the keyring");
    *k = (struct keyring){.loop = l, .spawner = s};
    *ret = k;
    return OK;
}

void
keyring_free(struct keyring *k)
{
    if (k == NULL)
        return;
    while (k->tasks != NULL)
        keyring_cancel(k->tasks);
    free(k);
}
