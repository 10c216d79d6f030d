/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/media.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE (64 * 1024)

struct media {
    struct loop *loop;
    struct spawner *spawner;
    struct media_task *tasks; /* in the order in which they came */
    unsigned ending;          /* helpers without a task that have not ended yet */
};

struct media_task {
    struct media_task *next;
    struct media *media;
    struct media_order order; /* its fd is ours */
    uint64_t number;          /* of the helper; 0: it waits for one */
    int64_t deadline;
    struct source in, out; /* our ends of the helper's pipes; fd -1: closed */
    struct buf head;       /* of the job, as far as it is not sent */
    off_t sent;            /* of the file */
    struct buf answer;     /* the head of the result, then what comes with it */
    bool has_result, helper_ended;
    int status;
    struct media_outcome outcome; /* fd: where a stripped file goes */
    uint64_t received;            /* of what comes with the result */
};

/* --- the end of a task --- */

static void
close_source(struct media *m, struct source *s)
{
    if (s->fd < 0)
        return;
    loop_remove(m->loop, s);
    close(s->fd);
    s->fd = -1;
}

static void
unlink_task(struct media_task *t)
{
    struct media_task **link = &t->media->tasks;

    while (*link != t)
        link = &(*link)->next;
    *link = t->next;
}

/* Out of the list, out of the loop; the helper, too. */
static void
stop(struct media_task *t)
{
    unlink_task(t);
    close_source(t->media, &t->in);
    close_source(t->media, &t->out);
    if (t->number != 0 && !t->helper_ended) {
        spawner_kill(t->media->spawner, t->number);
        t->media->ending++;
    }
}

static void
task_free(struct media_task *t)
{
    if (t->order.fd >= 0)
        close(t->order.fd);
    if (t->outcome.fd >= 0)
        close(t->outcome.fd);
    buf_done(&t->head);
    buf_done(&t->answer);
    free(t);
}

static void
finish(struct media_task *t, enum err e)
{
    struct media_outcome *o = &t->outcome;

    stop(t);
    o->err = e;
    if (e == OK && o->fd < 0)
        o->bytes = buf_span(&t->answer);
    if (e != OK && o->fd >= 0) {
        close(o->fd);
        o->fd = -1;
    }
    t->order.done(t->order.self, o);
    task_free(t);
}

void
media_cancel(struct media_task *t)
{
    stop(t);
    task_free(t);
}

/* --- from the helper --- */

static enum err
error_of(const struct media_result *r, enum media_work work)
{
    if (work == MEDIA_SOUND && r->verdict != MEDIA_DONE)
        return fail(ERR_MALFORMED, "That is no voice note, or a damaged one.");
    switch (r->verdict) {
    case MEDIA_DONE:
        return OK;
    case MEDIA_NO_PICTURE:
        return fail(ERR_MALFORMED,
                    "That is no picture that Snug reads: PNG, JPEG, GIF, WebP, BMP.");
    case MEDIA_TOO_LARGE:
        return fail(ERR_TOO_LARGE, "The picture has too many pixels: %u by %u.", r->width,
                    r->height);
    case MEDIA_UNCLEANABLE:
        return fail(ERR_STATE, "From a %s file, what is hidden in it cannot be taken out.",
                    media_kind_name(r->kind));
    case MEDIA_NO_QR:
        return fail(ERR_NOT_FOUND, "There is no QR code in the picture.");
    case MEDIA_NO_MEMORY:
        return fail(ERR_TOO_LARGE, "The picture needs too much memory.");
    default:
        return fail(ERR_MALFORMED, "The picture is damaged or cut short.");
    }
}

/* Its output ended, and so did it: it did not do what it was started for. */
static bool
has_failed(const struct media_task *t)
{
    return t->out.fd < 0 && t->helper_ended;
}

static void
finish_failed(struct media_task *t)
{
    finish(t, t->status == HELPER_NOT_STARTED
                  ? fail(ERR_STATE, "snug-media, which looks at pictures, cannot be started.")
                  : fail(ERR_MALFORMED, t->order.job.work == MEDIA_SOUND
                                            ? "The voice note could not be read."
                                            : "The picture could not be read."));
}

/* The head of the result is whole. */
static enum err
take_result(struct media_task *t)
{
    struct media_outcome *o = &t->outcome;

    TRY(media_result_read(SPAN(t->answer.p, MEDIA_RESULT_HEAD), &t->order.job, &o->result));
    TRY(error_of(&o->result, t->order.job.work));
    buf_consume(&t->answer, MEDIA_RESULT_HEAD);
    t->has_result = true;
    if (t->order.job.work != MEDIA_STRIP)
        return OK;
    o->fd = memfd_create("picture", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return o->fd >= 0 ? OK : fail(ERR_IO, "memfd: %m");
}

/* Into the memfd of a stripped file. */
static enum err
move_bytes(struct media_task *t)
{
    struct span bytes = buf_span(&t->answer);

    if (write(t->outcome.fd, bytes.p, bytes.n) != (ssize_t)bytes.n)
        return fail(ERR_MEMORY, "There is not enough memory for the clean picture.");
    buf_clear(&t->answer);
    return OK;
}

static enum err
seal(int fd)
{
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0 ||
        lseek(fd, 0, SEEK_SET) != 0)
        return fail(ERR_IO, "memfd: %m");
    return OK;
}

/* N more bytes are in the answer. *RET_WHOLE: it is complete, and good. */
static enum err
take_bytes(struct media_task *t, size_t n, bool *ret_whole)
{
    struct media_outcome *o = &t->outcome;

    if (!t->has_result) {
        if (t->answer.n < MEDIA_RESULT_HEAD)
            return OK;
        TRY(take_result(t));
        n = t->answer.n;
    }
    t->received += n;
    if (t->received > o->result.size)
        return fail(ERR_MALFORMED, "The picture helper answered nonsense.");
    if (o->fd >= 0)
        TRY(move_bytes(t));
    if (t->received < o->result.size)
        return OK;
    TRY(o->fd >= 0 ? seal(o->fd)
                   : media_bytes_check(buf_span(&t->answer), &t->order.job, &o->result));
    *ret_whole = true;
    return OK;
}

static void
on_out(void *self, uint32_t events)
{
    struct media_task *t = self;
    uint8_t piece[PIECE];
    bool whole = false;
    ssize_t n = read(t->out.fd, piece, sizeof piece);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        close_source(t->media, &t->out);
        if (has_failed(t))
            finish_failed(t);
        return;
    }
    buf_put(&t->answer, SPAN(piece, n));
    enum err e = buf_ok(&t->answer);
    if (e == OK)
        e = take_bytes(t, (size_t)n, &whole);
    if (e != OK || whole)
        finish(t, e);
}

/* Marked first: whoever is told that a task is over may cancel others. */
static void
on_ended(void *self, uint64_t number, int status)
{
    struct media *m = self;
    struct media_task *t;
    bool ours = false;

    for (t = m->tasks; t != NULL; t = t->next) {
        if (t->number == 0 || (number != 0 && t->number != number))
            continue;
        t->helper_ended = ours = true;
        t->status = status;
    }
    if (number == 0)
        m->ending = 0;
    else if (!ours)
        m->ending--;
    do {
        for (t = m->tasks; t != NULL && !has_failed(t); t = t->next)
            continue;
        if (t != NULL)
            finish_failed(t);
    } while (t != NULL);
}

/* --- to the helper --- */

static void
on_in(void *self, uint32_t events)
{
    struct media_task *t = self;
    size_t left = t->order.job.size - (size_t)t->sent;
    ssize_t n;

    if (t->head.n > 0) {
        n = write(t->in.fd, t->head.p, t->head.n);
        if (n > 0)
            buf_consume(&t->head, (size_t)n);
    } else {
        n = sendfile(t->in.fd, t->order.fd, &t->sent, left);
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n == 0 && left > 0)
        finish(t, fail(ERR_IO, "The file became shorter while it was read."));
    else if (n <= 0 || (t->head.n == 0 && (uint64_t)t->sent == t->order.job.size))
        close_source(t->media, &t->in); /* all is said, or nobody listens: its end tells */
}

/* --- the begin of a task --- */

/* Our end of a pipe in the loop; the other one in RET. */
static enum err
open_pipe(struct media_task *t, struct source *s, int which, int *ret)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return fail(ERR_IO, "pipe: %m");
    *ret = ends[!which];
    fcntl(ends[which], F_SETFL, O_NONBLOCK);
    *s = (struct source){ends[which], t, which == 1 ? on_in : on_out};
    enum err e = loop_add(t->media->loop, s, which == 1 ? EPOLLOUT : EPOLLIN);
    if (e != OK) {
        close(ends[0]);
        close(ends[1]);
        s->fd = -1;
    }
    return e;
}

static enum err
launch(struct media_task *t)
{
    int in = -1, out = -1;

    media_job_write(&t->head, &t->order.job);
    enum err e = buf_ok(&t->head);
    if (e == OK)
        e = open_pipe(t, &t->in, 1, &in);
    if (e != OK)
        return e;
    e = open_pipe(t, &t->out, 0, &out);
    if (e == OK) {
        e = spawner_start(t->media->spawner, HELPER_MEDIA, in, out, &t->number);
        close(out);
    }
    close(in);
    t->deadline = loop_now() + MEDIA_TIME;
    return e;
}

static unsigned
count(const struct media *m, bool running)
{
    unsigned n = 0;

    for (const struct media_task *t = m->tasks; t != NULL; t = t->next)
        n += (t->number != 0) == running;
    return n;
}

/* What waits, as long as there is a helper to be had; whether one could not be started. */
static bool
launch_waiting(struct media *m)
{
    for (struct media_task *t = m->tasks;
         t != NULL && count(m, true) + m->ending < MEDIA_RUNNING_MAX; t = t->next) {
        enum err e = t->number == 0 ? launch(t) : OK;

        if (e == OK)
            continue;
        finish(t, e);
        return true; /* the list may have changed */
    }
    return false;
}

int64_t
media_turn(struct media *m)
{
    int64_t due = INT64_MAX, now = loop_now();

    if (launch_waiting(m))
        return now;
    for (struct media_task *t = m->tasks; t != NULL; t = t->next) {
        if (t->number == 0)
            continue;
        if (t->deadline <= now) {
            finish(t, fail(ERR_TIMEOUT, "It took too long to look at the picture."));
            return now; /* come again: the list may have changed, and others may have work */
        }
        due = t->deadline < due ? t->deadline : due;
    }
    return due;
}

/* The file of an order, as a descriptor of ours. */
static enum err
take_file(const struct media_order *order, int *ret, uint64_t *ret_size)
{
    struct stat s;
    int fd = order->fd >= 0 ? fcntl(order->fd, F_DUPFD_CLOEXEC, 3)
                            : memfd_create("picture", MFD_CLOEXEC);

    enum err e = fd < 0 ? fail(ERR_IO, "The picture cannot be opened: %m") : OK;
    if (e == OK && order->fd < 0 &&
        pwrite(fd, order->bytes.p, order->bytes.n, 0) != (ssize_t)order->bytes.n)
        e = fail(ERR_MEMORY, "There is not enough memory for the picture.");
    if (e == OK && (fstat(fd, &s) != 0 || !S_ISREG(s.st_mode)))
        e = fail(ERR_USAGE, "That is not a file.");
    if (e == OK && s.st_size > MEDIA_FILE_MAX)
        e = fail(ERR_TOO_LARGE, "A picture may have at most %d bytes.", MEDIA_FILE_MAX);
    if (e != OK) {
        if (fd >= 0)
            close(fd);
        return e;
    }
    *ret = fd;
    *ret_size = (uint64_t)s.st_size;
    return OK;
}

enum err
media_start(struct media *m, const struct media_order *order, struct media_task **ret)
{
    struct media_task *t, **end = &m->tasks;
    int fd;
    uint64_t size;

    if (count(m, false) >= MEDIA_WAITING_MAX)
        return fail(ERR_LIMIT, "Too many pictures wait to be looked at.");
    TRY(take_file(order, &fd, &size));
    t = calloc(1, sizeof *t);
    if (t == NULL) {
        close(fd);
        return fail(ERR_MEMORY, "no memory for a task");
    }
    *t = (struct media_task){.media = m, .order = *order, .in.fd = -1, .out.fd = -1};
    t->order.fd = fd;
    t->order.job.size = size;
    t->outcome.fd = -1;
    t->head = BUF(MEDIA_JOB_HEAD);
    t->answer = BUF(MEDIA_RESULT_HEAD + PIECE);
    if (order->job.work != MEDIA_STRIP)
        t->answer.max += media_size_max(&t->order.job);
    while (*end != NULL)
        end = &(*end)->next;
    *end = t;
    *ret = t;
    return OK;
}

/* --- all of it --- */

enum err
media_new(struct loop *l, struct spawner *s, struct media **ret)
{
    struct media *m = calloc(1, sizeof *m);

    if (m == NULL)
        return fail(ERR_MEMORY, "no memory for pictures");
    *m = (struct media){.loop = l, .spawner = s};
    enum err e = spawner_watch(s, l, HELPER_MEDIA, &(struct spawner_watcher){m, on_ended});
    if (e == OK)
        *ret = m;
    else
        free(m);
    return e;
}

void
media_free(struct media *m)
{
    while (m != NULL && m->tasks != NULL)
        media_cancel(m->tasks);
    free(m);
}
