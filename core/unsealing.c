/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/unsealing.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/attachment_work.h"

#define PIECE (256 * 1024)

/* --- the sealed file --- */

void
sealed_done(struct sealed *s)
{
    fd_closep(&s->fd);
    secret_wipe(&s->key, sizeof s->key);
}

enum err
sealed_open(struct engine *e, int64_t id, struct sealed *s)
{
    AUTO(query_done) struct query q;
    struct file_name name;

    s->fd = -1;
    TRY(db_query(e->db, &q,
                 "SELECT size,cipher_size,key,file,state,name FROM attachments WHERE id=?1", "i",
                 id));
    if (!query_next(&q)) {
        TRY(query_end(&q));
        return fail(ERR_NOT_FOUND, "There is no such file.");
    }
    bool here = file_name_read(query_bytes(&q, 3), &name) == OK &&
                query_int(&q, 4) != ATTACHMENT_DOWNLOADING;
    s->size = (uint64_t)query_int(&q, 0);
    s->cipher_size = (uint64_t)query_int(&q, 1);
    query_text(&q, 5, s->name, sizeof s->name);
    TRY(query_exact(&q, 2, s->key.b, sizeof s->key.b));
    TRY(query_end(&q));
    if (!here || e->attachment_work->files == NULL)
        return fail(ERR_STATE, "This file is not here yet.");
    enum err r = files_read(e->attachment_work->files, &name, &s->fd);
    return r == ERR_NOT_FOUND ? fail(ERR_DAMAGED, "This file was lost from the profile's folder.")
                              : r;
}

struct copy {
    struct chunk_stream *stream;
    struct buf plain;
    uint8_t *piece;
    uint64_t written;
};

static void
copy_done(struct copy *c)
{
    if (c->stream != NULL)
        stream_wipe(c->stream);
    free(c->stream);
    buf_done(&c->plain);
    free(c->piece);
}

static enum err
copy_piece(const struct sealed *s, struct copy *c, uint64_t at, int to)
{
    size_t n = s->cipher_size - at < PIECE ? (size_t)(s->cipher_size - at) : PIECE, got;

    TRY(fd_read(s->fd, c->piece, n, at, &got));
    buf_clear(&c->plain);
    TRY(stream_open(c->stream, SPAN(c->piece, got), &c->plain));
    TRY(fd_write(to, buf_span(&c->plain), c->written));
    c->written += c->plain.n;
    return got == n ? OK : fail(ERR_DAMAGED, "This file is cut in the profile's folder.");
}

enum err
sealed_copy(const struct sealed *s, const atomic_bool *stop, int to)
{
    AUTO(copy_done)
    struct copy c = {.stream = malloc(sizeof *c.stream),
                     .plain = BUF(PIECE + STREAM_CHUNK),
                     .piece = malloc(PIECE)};

    if (c.stream == NULL || c.piece == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    TRY(stream_open_begin(c.stream, &s->key, s->size));
    for (uint64_t at = 0; at < s->cipher_size; at += PIECE) {
        TRY(copy_piece(s, &c, at, to));
        if (atomic_load(stop))
            return fail(ERR_STATE, "nobody waits for it");
    }
    return stream_open_end(c.stream);
}

/* --- into memory --- */

struct unsealing {
    struct file_task task;
    bool working;
    struct sealed from;
    int fd;
    void *ctx;
    void (*done)(void *ctx, enum err r, int fd);
};

static void
unsealing_destroy(struct file_task *t)
{
    struct unsealing *u = (struct unsealing *)t;

    sealed_done(&u->from);
    fd_closep(&u->fd);
    free(u);
}

static enum err
unsealing_run(struct file_task *t)
{
    struct unsealing *u = (struct unsealing *)t;

    u->fd = memfd_create("attachment", MFD_CLOEXEC);
    if (u->fd < 0)
        return fd_failed("there is no memory for the file");
    return sealed_copy(&u->from, &t->stop, u->fd);
}

static void
unsealing_over(struct engine *e, struct file_task *t)
{
    struct unsealing *u = (struct unsealing *)t;

    u->working = false;
    u->done(u->ctx, file_task_error(t), u->fd);
}

enum err
unsealing_start(struct engine *e, const struct unsealing_wish *w, struct unsealing **ret)
{
    struct unsealing *u = calloc(1, sizeof *u);

    if (u == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    u->task = (struct file_task){.run = unsealing_run, .over = unsealing_over};
    u->fd = -1;
    u->ctx = w->ctx;
    u->done = w->done;
    enum err r = sealed_open(e, w->attachment, &u->from);
    if (r == OK && u->from.size > w->most)
        r = fail(ERR_TOO_LARGE, "Files of up to %llu MiB are shown; this one can be saved.",
                 (unsigned long long)(w->most >> 20));
    if (r != OK) {
        unsealing_destroy(&u->task);
        return r;
    }
    u->working = true;
    *ret = u;
    file_task_start(e, &u->task);
    return OK;
}

void
unsealing_free(struct unsealing *u)
{
    if (u == NULL)
        return;
    if (!u->working) {
        unsealing_destroy(&u->task);
        return;
    }
    u->task.free = unsealing_destroy;
    file_task_drop(&u->task);
}
