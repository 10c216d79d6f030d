/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sodium.h>
#include <stdlib.h>

#include "core/sealing_state.h"

#define PIECE (256 * 1024)

/* From the source to the folder, in pieces. */
struct pipe {
    struct sealing *s;
    struct sealed_file *f;
    struct chunk_stream *stream, *opening;
    struct digest *digest;
    struct buf out, plain;
    uint8_t *piece;
    int fd;
    uint64_t written;
};

static void
pipe_done(struct pipe *p)
{
    if (p->stream != NULL)
        stream_wipe(p->stream);
    free(p->stream);
    if (p->opening != NULL)
        stream_wipe(p->opening);
    free(p->opening);
    buf_done(&p->plain);
    digest_free(p->digest);
    buf_done(&p->out);
    if (p->piece != NULL)
        secret_wipe(p->piece, PIECE);
    free(p->piece);
    fd_closep(&p->fd);
}

static enum err
pipe_write(struct pipe *p)
{
    TRY(buf_ok(&p->out));
    digest_add(p->digest, buf_span(&p->out));
    TRY(fd_write(p->fd, buf_span(&p->out), p->written));
    p->written += p->out.n;
    buf_clear(&p->out);
    return OK;
}

/* What was read is sealed; that of a sealed file is opened before. */
static enum err
pipe_take(struct pipe *p, struct span bytes)
{
    if (!p->f->again) {
        stream_seal(p->stream, bytes, &p->out);
        return pipe_write(p);
    }
    buf_clear(&p->plain);
    TRY(stream_open(p->opening, bytes, &p->plain));
    stream_seal(p->stream, buf_span(&p->plain), &p->out);
    return pipe_write(p);
}

static enum err
pipe_run(struct pipe *p)
{
    struct sealed_file *f = p->f;
    uint64_t all = f->again ? f->from.cipher_size : f->size;
    int from = f->again ? f->from.fd : f->source;

    if (f->again)
        TRY(stream_open_begin(p->opening, &f->from.key, f->size));
    stream_seal_begin(p->stream, &f->key, &p->out);
    for (uint64_t at = 0; at < all;) {
        size_t n = all - at < PIECE ? (size_t)(all - at) : PIECE, got;

        TRY(fd_read(from, p->piece, n, at, &got));
        if (got != n)
            return f->again ? fail(ERR_DAMAGED, "A file is cut in the profile's folder.")
                            : fail(ERR_STATE, "The file got shorter while it was read.");
        TRY(pipe_take(p, SPAN(p->piece, n)));
        at += n;
        atomic_fetch_add(&p->s->so_far, n);
        if (atomic_load(&p->s->task.stop))
            return fail(ERR_STATE, "nobody waits for it");
    }
    if (f->again)
        TRY(stream_open_end(p->opening));
    TRY(stream_seal_end(p->stream, &p->out));
    return pipe_write(p);
}

static enum err
seal_one(struct sealing *s, struct sealed_file *f)
{
    AUTO(pipe_done)
    struct pipe p = {.s = s,
                     .f = f,
                     .stream = malloc(sizeof *p.stream),
                     .opening = f->again ? malloc(sizeof *p.opening) : NULL,
                     .plain = BUF(PIECE + STREAM_CHUNK),
                     .digest = digest_new(),
                     /* the padding of a large file comes at once, in chunks */
                     .out = BUF(16 * 1024 * 1024),
                     .piece = malloc(PIECE),
                     .fd = -1};

    if (p.stream == NULL || (f->again && p.opening == NULL) || p.digest == NULL || p.piece == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    randombytes_buf(f->key.b, sizeof f->key.b);
    TRY(files_create(s->task.files, &f->file, &p.fd));
    f->created = true;
    TRY(pipe_run(&p));
    digest_end(p.digest, &f->hash);
    f->cipher_size = p.written;
    return files_keep(s->task.files, &f->file, p.fd);
}

enum err
sealing_run(struct file_task *t)
{
    struct sealing *s = (struct sealing *)t;
    enum err r = OK;

    for (size_t i = 0; i < s->count && r == OK; i++)
        r = seal_one(s, &s->list[i]);
    if (r == OK)
        return OK;
    for (size_t i = 0; i < s->count; i++)
        if (s->list[i].created)
            files_remove(t->files, &s->list[i].file);
    return r;
}
