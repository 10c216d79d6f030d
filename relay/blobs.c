/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/blobs.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#define SEALS_MAX 64 /* waiting at a time: each waits for a hash and a disk */
#define WALK_SLICE 1024

/* A file that goes with the batch TICKET. */
struct doomed {
    uint64_t ticket, file;
};

struct blobs {
    struct store *store;
    struct blob_files *files;
    struct blob_worker *worker;
    uint64_t max;
    struct kept_walk walk;
    uint64_t works;              /* given out */
    uint64_t sealing[SEALS_MAX]; /* files */
    size_t sealing_count;
    struct doomed *doomed; /* in the order of their tickets */
    size_t doomed_count, doomed_cap;
};

/* ---- starting ---- */

struct numbers {
    uint64_t *at;
    size_t count, cap;
};

static enum err
numbers_add(struct numbers *n, uint64_t number)
{
    if (n->count == n->cap) {
        size_t cap = n->cap == 0 ? 256 : 2 * n->cap;
        uint64_t *at = realloc(n->at, cap * sizeof *at);
        if (at == NULL)
            return fail(ERR_MEMORY, "no memory for the list of attachments");
        n->at = at;
        n->cap = cap;
    }
    n->at[n->count++] = number;
    return OK;
}

static enum err
note_file(void *ctx, uint64_t file)
{
    return numbers_add(ctx, file);
}

static enum err
note_record(void *ctx, const struct kept_blob *k)
{
    return k->state == BLOB_GONE ? OK : numbers_add(ctx, k->file);
}

static int
by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static enum err
collect(struct blobs *b, struct numbers *files, struct numbers *named)
{
    struct kept_walk walk = {.table = TABLE_BLOB};

    TRY(blob_files_each(b->files, files, note_file));
    do
        TRY(kept_blobs_walk(b->store, &walk, WALK_SLICE, named, note_record));
    while (walk.at_size > 0);
    return OK;
}

/* Files of uploads or deletions that a crash cut short. */
static enum err
remove_orphans(struct blobs *b)
{
    struct numbers files = {0}, named = {0};
    enum err e = collect(b, &files, &named);

    if (e == OK && named.count > 0)
        qsort(named.at, named.count, sizeof *named.at, by_number);
    for (size_t i = 0; e == OK && i < files.count; i++)
        if (named.count == 0 ||
            bsearch(&files.at[i], named.at, named.count, sizeof *named.at, by_number) == NULL)
            blob_file_remove(b->files, files.at[i]);
    free(files.at);
    free(named.at);
    return e;
}

enum err
blobs_new(const struct blobs_config *config, struct blobs **ret)
{
    struct blobs *b = calloc(1, sizeof *b);

    if (b == NULL)
        return fail(ERR_MEMORY, "no memory for attachments");
    *b = (struct blobs){
        .store = config->store,
        .files = config->files,
        .max = config->max,
        .walk = {.table = TABLE_BLOB},
    };
    assert(b->max <= BLOB_MAX);
    enum err e = remove_orphans(b);
    if (e == OK)
        e = blob_worker_new(b->files, config->fd, &b->worker);
    if (e != OK) {
        blobs_free(b);
        return e;
    }
    *ret = b;
    return OK;
}

void
blobs_free(struct blobs *b)
{
    if (b == NULL)
        return;
    blob_worker_free(b->worker);
    free(b->doomed);
    free(b);
}

struct blob_files *
blobs_files(struct blobs *b)
{
    return b->files;
}

/* ---- limits ---- */

uint64_t
blobs_max(const struct blobs *b)
{
    return b == NULL ? 0 : b->max;
}

uint64_t
blobs_cipher_max(const struct blobs *b)
{
    uint64_t max = blobs_max(b), chunks = (max + BLOB_CHUNK - 1) / BLOB_CHUNK;
    return max == 0 ? 0 : BLOB_HEADER + max + BLOB_CHUNK_OVERHEAD * chunks;
}

struct summing {
    struct blob_sums sums;
    uint32_t tag;
    uint64_t now;
};

static enum err
sum_visit(void *ctx, const struct kept_blob *k)
{
    struct summing *s = ctx;

    if (k->state == BLOB_GONE || k->until <= s->now)
        return OK;
    s->sums.bytes += k->size;
    s->sums.count++;
    if (k->tag == s->tag) {
        s->sums.tag_bytes += k->size;
        s->sums.tag_count++;
    }
    return OK;
}

enum err
blobs_sum(struct blobs *b, uint32_t account, uint32_t tag, uint64_t now, struct blob_sums *ret)
{
    struct summing s = {.tag = tag, .now = now};

    TRY(kept_blobs_each(b->store, account, &s, sum_visit));
    *ret = s.sums;
    return OK;
}

uint64_t
blobs_new_file(void)
{
    uint64_t file;
    randombytes_buf(&file, sizeof file);
    return file;
}

/* ---- deleting ---- */

/* Without memory to remember it the file stays until the next start. */
static void
doom(struct blobs *b, uint64_t file, uint64_t ticket)
{
    assert(b->doomed_count == 0 || b->doomed[b->doomed_count - 1].ticket <= ticket);
    if (b->doomed_count == b->doomed_cap) {
        size_t cap = b->doomed_cap == 0 ? 64 : 2 * b->doomed_cap;
        struct doomed *more = realloc(b->doomed, cap * sizeof *more);
        if (more == NULL)
            return;
        b->doomed = more;
        b->doomed_cap = cap;
    }
    b->doomed[b->doomed_count++] = (struct doomed){.ticket = ticket, .file = file};
}

enum err
blobs_drop(struct blobs *b, const struct kept_blob *k, uint64_t ticket)
{
    TRY(kept_blob_delete(b->store, k));
    if (k->state != BLOB_GONE)
        doom(b, k->file, ticket);
    return OK;
}

/* Records found in a scan, which must not write. */
struct found {
    struct kept_blob *at;
    size_t count, cap;
    uint64_t due; /* only those whose time has passed by then; 0: all */
};

static enum err
found_add(void *ctx, const struct kept_blob *k)
{
    struct found *f = ctx;

    if (f->due != 0 && k->until > f->due)
        return OK;
    if (f->count == f->cap) {
        size_t cap = f->cap == 0 ? 32 : 2 * f->cap;
        struct kept_blob *at = realloc(f->at, cap * sizeof *at);
        if (at == NULL)
            return fail(ERR_MEMORY, "no memory for attachments");
        f->at = at;
        f->cap = cap;
    }
    f->at[f->count++] = *k;
    return OK;
}

enum err
blobs_delete_account(struct blobs *b, uint32_t account, uint64_t ticket)
{
    struct found f = {0};

    if (b == NULL)
        return OK;
    enum err e = kept_blobs_each(b->store, account, &f, found_add);
    for (size_t i = 0; e == OK && i < f.count; i++)
        e = blobs_drop(b, &f.at[i], ticket);
    free(f.at);
    return e;
}

static enum err
expire(struct blobs *b, struct kept_blob *k, uint64_t now, uint64_t ticket)
{
    if (k->state != BLOB_DONE || k->until + BLOB_GONE_LIFE <= now)
        return blobs_drop(b, k, ticket);
    k->state = BLOB_GONE;
    k->until += BLOB_GONE_LIFE;
    TRY(kept_blob_put(b->store, k));
    doom(b, k->file, ticket);
    return OK;
}

enum err
blobs_sweep(struct blobs *b, size_t max, uint64_t now, uint64_t ticket)
{
    struct found f = {.due = now};
    enum err e = kept_blobs_walk(b->store, &b->walk, max, &f, found_add);

    for (size_t i = 0; e == OK && i < f.count; i++)
        e = expire(b, &f.at[i], now, ticket);
    free(f.at);
    return e;
}

bool
blobs_wait_for_batch(const struct blobs *b)
{
    return b->doomed_count > 0;
}

static void
remove_file(struct blobs *b, uint64_t file)
{
    struct blob_job *job = calloc(1, sizeof *job);

    if (job == NULL)
        return; /* it goes at the next start */
    job->kind = BLOB_JOB_REMOVE;
    job->file = file;
    blob_worker_add(b->worker, job);
}

void
blobs_durable(struct blobs *b, uint64_t ticket)
{
    size_t n = 0;

    for (; n < b->doomed_count && b->doomed[n].ticket <= ticket; n++)
        remove_file(b, b->doomed[n].file);
    if (n == 0)
        return;
    b->doomed_count -= n;
    memmove(b->doomed, b->doomed + n, b->doomed_count * sizeof *b->doomed);
}

void
blobs_rolled_back(struct blobs *b)
{
    b->doomed_count = 0;
}

/* ---- finishing ---- */

/* The place of FILE in the list, or its end. */
static size_t
sealing_at(const struct blobs *b, uint64_t file)
{
    size_t i = 0;

    while (i < b->sealing_count && b->sealing[i] != file)
        i++;
    return i;
}

enum err
blobs_seal(struct blobs *b, const struct kept_blob *k, const struct sha256 *wanted,
           uint64_t *ret_work)
{
    if (b->sealing_count == SEALS_MAX)
        return fail(ERR_BUSY, "too many attachments are being finished");
    if (sealing_at(b, k->file) < b->sealing_count)
        return fail(ERR_BUSY, "the attachment is being finished");
    struct blob_job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return fail(ERR_MEMORY, "no memory for an attachment");
    *job = (struct blob_job){
        .kind = BLOB_JOB_SEAL,
        .file = k->file,
        .id = k->id,
        .size = k->size,
        .wanted = *wanted,
        .work = ++b->works,
    };
    *ret_work = job->work;
    b->sealing[b->sealing_count++] = k->file;
    blob_worker_add(b->worker, job);
    return OK;
}

struct blob_job *
blobs_sealed(struct blobs *b)
{
    struct blob_job *job = blob_worker_take(b->worker);

    if (job != NULL)
        b->sealing[sealing_at(b, job->file)] = b->sealing[--b->sealing_count];
    return job;
}

void
blobs_wait(struct blobs *b)
{
    if (b != NULL)
        blob_worker_wait(b->worker);
}
