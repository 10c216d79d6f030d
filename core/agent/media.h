/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The agent's side of snug-media (core/media/job.h): work on pictures that strangers made, done in
 * a process that can do nothing else, without the loop waiting for it.
 *
 * The one thing to know: a task that was started calls `done` exactly once, later, on the loop,
 * unless it is cancelled before. Two helpers run at a time and MEDIA_WAITING_MAX tasks wait; each
 * has MEDIA_TIME. A helper that crashes, is killed, or answers nonsense is an error of its task and
 * of nothing else.
 */
#pragma once

#include "core/agent/spawner.h"
#include "core/media/job.h"

#define MEDIA_TIME 10000 /* ms */
#define MEDIA_RUNNING_MAX 2
#define MEDIA_WAITING_MAX 64

struct media;
struct media_task;

enum err media_new(struct loop *l, struct spawner *s, struct media **ret);
/* Ends every task, without calling its `done`. NULL is fine. */
void media_free(struct media *m);

/* Ends what took too long; the monotonic ms of the next time. */
int64_t media_turn(struct media *m);

struct media_outcome {
    /* OK, or why not, with err_why's sentence: ERR_MALFORMED (no picture, broken, or the helper
     * failed on it), ERR_TOO_LARGE (pixels or bytes), ERR_NOT_FOUND (no QR code), ERR_STATE (a kind
     * that cannot be cleaned, or the helper is not installed), ERR_TIMEOUT. */
    enum err err;
    struct media_result result; /* kind, width and height also for ERR_TOO_LARGE and ERR_STATE */
    struct span bytes;          /* checked; borrowed until `done` returns; empty for MEDIA_STRIP */
    int fd; /* MEDIA_STRIP: the clean file at its begin, a memfd of result.size bytes. Set it to -1
               to keep it, or it is closed. -1 otherwise */
};

struct media_order {
    struct media_job job; /* size is found out */
    int fd;               /* a regular file; read from its begin; not closed, and duplicated */
    struct span bytes;    /* the file, copied, when fd is -1 */
    void *self;
    void (*done)(void *self, struct media_outcome *o);
};

/* ERR_LIMIT: too many wait. ERR_TOO_LARGE, ERR_USAGE (no regular file), ERR_STATE (no helper). */
enum err media_start(struct media *m, const struct media_order *order, struct media_task **ret);
/* Its `done` is not called. */
void media_cancel(struct media_task *t);

/* What goes out with an attachment, from the user's file: cleaned where that is possible. Both
 * steps happen at once, each in a helper of its own, so that a picture on which decoding fails is
 * still cleaned.
 *
 * CANNOT_CLEAN: the file is of a kind, or so broken, that metadata in it stays. It may be sent as
 * it is only after a person agreed to that. */
struct media_prepared {
    enum { MEDIA_CLEANED, MEDIA_CANNOT_CLEAN } cleaned;
    enum media_kind kind;   /* MEDIA_OTHER: no picture that can be shown; sent as a file */
    uint32_t width, height; /* of a picture, as shown */
    struct span preview;    /* wire/preview.h; empty for a picture that was too large to decode */
    int fd;                 /* MEDIA_CLEANED: as in media_outcome, `size` bytes; else -1 */
    uint64_t size;
};
struct media_preparation;

/* As media_start; FD as in media_order. There is no other failure: what goes wrong later is
 * MEDIA_CANNOT_CLEAN. */
enum err media_prepare(struct media *m, int fd, void *self,
                       void (*done)(void *self, struct media_prepared *p),
                       struct media_preparation **ret);
void media_prepare_cancel(struct media_preparation *p);
