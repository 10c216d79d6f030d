/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/backup/reader.h"

#include <sodium.h>
#include <stdlib.h>

#include "core/files.h"
#include "crypto/stream.h"

#define FORMAT 1
#define READ_AT 131072

#define DAMAGED "The backup is damaged, or not whole."

struct reading {
    int fd;
    const struct backup_taker *t;
    struct chunk_stream *stream;
    uint8_t *piece;    /* READ_AT */
    struct buf opened; /* not parsed yet */
    uint64_t records;
    bool begun, ended;
    size_t columns;     /* of the table */
    uint64_t file_left; /* bytes of the file that are still to come */
};

static void
reading_done(struct reading *r)
{
    secret_free(r->stream);
    free(r->piece);
    buf_done(&r->opened);
}

/* --- the file --- */

/* How many bytes, padding included, are sealed in a file of SIZE. */
static enum err
sealed_in(uint64_t size, uint64_t *ret)
{
    uint64_t sealed, chunks, clear;

    if (size < BACKUP_HEADER + STREAM_HEADER + STREAM_OVERHEAD)
        return fail(ERR_DAMAGED, "The backup is not whole: it was cut off.");
    sealed = size - BACKUP_HEADER - STREAM_HEADER;
    chunks = (sealed + STREAM_SEALED_CHUNK - 1) / STREAM_SEALED_CHUNK;
    if (sealed < chunks * STREAM_OVERHEAD)
        return fail(ERR_DAMAGED, "The backup is not whole: it was cut off.");
    clear = sealed - chunks * STREAM_OVERHEAD;
    if (clear > STREAM_SIZE_MAX || padme(clear) != clear)
        return fail(ERR_DAMAGED, "The backup is not whole: it was cut off.");
    *ret = clear;
    return OK;
}

enum err
backup_open(int fd, struct span passphrase, struct secret32 *ret_key)
{
    uint8_t header[BACKUP_HEADER];
    uint64_t size, clear;
    size_t n;

    TRY(fd_size(fd, &size));
    TRY(fd_read(fd, header, sizeof header, 0, &n));
    TRY(backup_header_check(SPAN(header, n)));
    TRY(sealed_in(size, &clear));
    return backup_header_open(SPAN(header, n), passphrase, ret_key);
}

/* --- records --- */

static enum err
take_begin(struct reading *r, const Wire__BackupBegin *b)
{
    if (b->format > FORMAT)
        return fail(ERR_NEWER, "The backup was made by a newer version of Snug.");
    r->begun = true;
    return r->t->begin != NULL ? r->t->begin(r->t->ctx, b) : OK;
}

static enum err
take_table(struct reading *r, const Wire__BackupTable *t)
{
    r->columns = t->n_columns;
    return r->t->table != NULL ? r->t->table(r->t->ctx, t) : OK;
}

static enum err
take_row(struct reading *r, const Wire__BackupRow *row)
{
    if (row->n_values != r->columns)
        return fail(ERR_DAMAGED, DAMAGED);
    return r->t->row != NULL ? r->t->row(r->t->ctx, row) : OK;
}

static enum err
file_over(struct reading *r)
{
    return r->file_left == 0 && r->t->file_end != NULL ? r->t->file_end(r->t->ctx) : OK;
}

static enum err
take_file(struct reading *r, const Wire__BackupFile *f)
{
    r->columns = 0; /* no rows any more */
    r->file_left = f->size;
    if (r->t->file != NULL)
        TRY(r->t->file(r->t->ctx, f));
    return file_over(r);
}

static enum err
take_data(struct reading *r, struct span bytes)
{
    if (bytes.n > r->file_left)
        return fail(ERR_DAMAGED, DAMAGED);
    r->file_left -= bytes.n;
    if (r->t->data != NULL)
        TRY(r->t->data(r->t->ctx, bytes));
    return file_over(r);
}

static enum err
take(struct reading *r, const Wire__BackupRecord *m)
{
    bool is_data = m->kind_case == WIRE__BACKUP_RECORD__KIND_DATA;
    bool is_begin = m->kind_case == WIRE__BACKUP_RECORD__KIND_BEGIN;

    if (is_begin == r->begun || is_data != (r->file_left > 0))
        return fail(ERR_DAMAGED, DAMAGED);
    switch (m->kind_case) {
    case WIRE__BACKUP_RECORD__KIND_BEGIN:
        return take_begin(r, m->begin);
    case WIRE__BACKUP_RECORD__KIND_TABLE:
        return take_table(r, m->table);
    case WIRE__BACKUP_RECORD__KIND_ROW:
        return take_row(r, m->row);
    case WIRE__BACKUP_RECORD__KIND_FILE:
        return take_file(r, m->file);
    case WIRE__BACKUP_RECORD__KIND_DATA:
        return take_data(r, span_pb(m->data));
    case WIRE__BACKUP_RECORD__KIND_END:
        r->ended = true;
        return m->end->records == r->records ? OK : fail(ERR_DAMAGED, DAMAGED);
    default:
        return fail(ERR_DAMAGED, DAMAGED);
    }
}

static enum err
parse(struct reading *r, struct span bytes)
{
    AUTO(backup_record_freep) Wire__BackupRecord *m = NULL;

    enum err e = backup_record_read(bytes, &m);
    if (e == ERR_MEMORY)
        return e;
    if (e != OK)
        return fail(ERR_DAMAGED, DAMAGED);
    TRY(take(r, m));
    r->records++;
    return OK;
}

/* All whole records in `opened`; behind the last one there are zeros. */
static enum err
take_opened(struct reading *r)
{
    size_t at = 0;

    while (!r->ended && r->opened.n - at >= 4) {
        struct reader in = READER(SPAN(r->opened.p + at, r->opened.n - at));
        uint32_t n = read_u32(&in);

        if (n == 0 || n > BACKUP_RECORD_MAX)
            return fail(ERR_DAMAGED, DAMAGED);
        if (in.rest.n < n)
            break;
        TRY(parse(r, SPAN(in.rest.p, n)));
        at += 4 + n;
    }
    buf_consume(&r->opened, at);
    if (!r->ended)
        return OK;
    bool zeros = r->opened.n == 0 || sodium_is_zero(r->opened.p, r->opened.n);
    buf_clear(&r->opened);
    return zeros ? OK : fail(ERR_DAMAGED, DAMAGED);
}

/* What the stream refuses was damaged, whatever it calls it. */
static enum err
open_piece(struct reading *r, struct span sealed)
{
    enum err e = stream_open(r->stream, sealed, &r->opened);

    if (e == OK || e == ERR_MEMORY)
        return e;
    return fail(ERR_DAMAGED, DAMAGED);
}

static enum err
read_all(struct reading *r, uint64_t size, struct backup_watch *watch)
{
    for (uint64_t at = BACKUP_HEADER; at < size;) {
        size_t n;

        TRY(backup_watch_check(watch));
        TRY(fd_read(r->fd, r->piece, READ_AT, at, &n));
        if (n == 0)
            return fail(ERR_DAMAGED, DAMAGED);
        TRY(open_piece(r, SPAN(r->piece, n)));
        TRY(take_opened(r));
        at += n;
        backup_watch_set(watch, at, size);
    }
    if (stream_open_end(r->stream) != OK || !r->ended)
        return fail(ERR_DAMAGED, DAMAGED);
    return OK;
}

enum err
backup_read(int fd, const struct secret32 *key, const struct backup_taker *t,
            struct backup_watch *watch)
{
    AUTO(reading_done)
    struct reading r = {.fd = fd, .t = t, .opened = BUF(BACKUP_RECORD_MAX + 4 + 2 * READ_AT)};
    uint64_t size, clear;

    r.stream = SECRET_NEW(struct chunk_stream);
    r.piece = malloc(READ_AT);
    if (r.stream == NULL || r.piece == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    TRY(fd_size(fd, &size));
    TRY(sealed_in(size, &clear));
    TRY(stream_open_begin(r.stream, key, clear));
    return read_all(&r, size, watch);
}
