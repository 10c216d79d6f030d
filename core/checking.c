/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A download is looked through while it still comes: every chunk, then the end, the padding and the
 * hash of the whole. Only what passed all of it gets its name (docs/PROTOCOL.md B13.4).
 */
#include <fcntl.h>
#include <stdlib.h>

#include "core/attachment_work.h"

#define PIECE (64 * 1024)

struct checking {
    struct file_task task; /* used again for each run */
    int64_t id;
    bool busy, end;
    int fd;
    struct file_name name;
    struct sha256 hash;
    uint64_t done, upto;
    struct digest *digest;
    struct chunk_stream *stream;
    struct buf plain;
};

static void
destroy(struct file_task *t)
{
    struct checking *c = (struct checking *)t;

    fd_closep(&c->fd);
    digest_free(c->digest);
    if (c->stream != NULL)
        stream_wipe(c->stream);
    free(c->stream);
    buf_done(&c->plain);
    free(c);
}

static enum err
look_at(struct checking *c, uint8_t piece[PIECE])
{
    size_t n = c->upto - c->done < PIECE ? (size_t)(c->upto - c->done) : PIECE, got;

    TRY(fd_read(c->fd, piece, n, c->done, &got));
    if (got != n)
        return fail(ERR_IO, "a file of the profile got shorter by itself");
    digest_add(c->digest, SPAN(piece, n));
    buf_clear(&c->plain);
    TRY(stream_open(c->stream, SPAN(piece, n), &c->plain));
    c->done += n;
    return OK;
}

static enum err
look_at_end(struct checking *c)
{
    struct sha256 hash;

    TRY(stream_open_end(c->stream));
    digest_end(c->digest, &hash);
    if (memcmp(&hash, &c->hash, sizeof hash) != 0)
        return fail(ERR_DECRYPT, "the file is not the one that was announced");
    return files_keep(c->task.files, &c->name, c->fd);
}

static enum err
run(struct file_task *t)
{
    struct checking *c = (struct checking *)t;
    uint8_t *piece = malloc(PIECE);
    enum err r = piece == NULL ? fail(ERR_MEMORY, "not enough memory") : OK;

    while (r == OK && c->done < c->upto) {
        r = look_at(c, piece);
        if (atomic_load(&t->stop))
            r = fail(ERR_STATE, "nobody waits for it");
    }
    free(piece);
    if (r == OK && c->end)
        r = look_at_end(c);
    return r;
}

static void
over(struct engine *e, struct file_task *t)
{
    struct checking *c = (struct checking *)t;

    c->busy = false;
    download_checked(e, c->id, file_task_error(t), c->end);
}

enum err
checking_new(struct transfer *t, struct checking **ret)
{
    struct checking *c = calloc(1, sizeof *c);

    if (c == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    *c = (struct checking){.task = {.run = run, .over = over},
                           .id = t->id,
                           .fd = fcntl(t->fd, F_DUPFD_CLOEXEC, 0),
                           .name = t->name,
                           .hash = t->hash,
                           .digest = digest_new(),
                           .stream = malloc(sizeof *c->stream),
                           .plain = BUF(2 * STREAM_CHUNK)};
    enum err r = OK;
    if (c->fd < 0 || c->digest == NULL || c->stream == NULL)
        r = fail(ERR_MEMORY, "not enough memory or descriptors");
    if (r == OK)
        r = stream_open_begin(c->stream, &t->key, t->size);
    if (r != OK) {
        destroy(&c->task);
        return r;
    }
    *ret = c;
    return OK;
}

void
checking_free(struct checking *c)
{
    if (c == NULL)
        return;
    if (!c->busy) {
        destroy(&c->task);
        return;
    }
    c->task.free = destroy; /* once its run has ended */
    file_task_drop(&c->task);
}

bool
checking_busy(const struct checking *c)
{
    return c->busy;
}

uint64_t
checking_done(const struct checking *c)
{
    return c->done;
}

void
checking_go(struct engine *e, struct checking *c, uint64_t bytes, bool end)
{
    c->busy = true;
    c->upto = bytes;
    c->end = end;
    file_task_start(e, &c->task);
}
