/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/fakes/blob_files_memory.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

/* Shared by the list of files and by who reads it, as an unlinked file is. */
struct content {
    unsigned shares;
    uint8_t *p;
    uint64_t n;
};

struct memory_file {
    struct memory_file *next;
    uint64_t number;
    struct content *content;
};

struct blob_files {
    struct memory_file *first;
    uint64_t limit;
};

struct blob_reader {
    struct content *content;
};

static void *
must(void *p)
{
    assert(p != NULL); /* a test that is out of memory has nothing to tell */
    return p;
}

struct blob_files *
blob_files_memory_new(void)
{
    return must(calloc(1, sizeof(struct blob_files)));
}

void
blob_files_memory_limit(struct blob_files *f, uint64_t bytes)
{
    f->limit = bytes;
}

static struct memory_file **
find(struct blob_files *f, uint64_t file)
{
    struct memory_file **at = &f->first;

    while (*at != NULL && (*at)->number != file)
        at = &(*at)->next;
    return at;
}

static void
resize(struct content *c, uint64_t size)
{
    c->p = must(realloc(c->p, size + 1));
    if (size > c->n)
        memset(c->p + c->n, 0, size - c->n);
    c->n = size;
}

static void
release(struct content *c)
{
    if (--c->shares > 0)
        return;
    free(c->p);
    free(c);
}

void
blob_files_memory_resize(struct blob_files *f, uint64_t file, uint64_t size)
{
    resize((*find(f, file))->content, size);
}

size_t
blob_files_memory_count(const struct blob_files *f)
{
    size_t n = 0;

    for (const struct memory_file *m = f->first; m != NULL; m = m->next)
        n++;
    return n;
}

uint64_t
blob_files_memory_bytes(const struct blob_files *f)
{
    uint64_t n = 0;

    for (const struct memory_file *m = f->first; m != NULL; m = m->next)
        n += m->content->n;
    return n;
}

void
blob_files_close(struct blob_files *f)
{
    if (f == NULL)
        return;
    while (f->first != NULL)
        blob_file_remove(f, f->first->number);
    free(f);
}

enum err
blob_file_size(struct blob_files *f, uint64_t file, uint64_t *ret)
{
    struct memory_file *m = *find(f, file);

    *ret = m == NULL ? 0 : m->content->n;
    return OK;
}

enum err
blob_file_put(struct blob_files *f, uint64_t file, uint64_t at, struct span bytes)
{
    struct memory_file **place = find(f, file), *m = *place;

    if (m == NULL) {
        *place = m = must(calloc(1, sizeof *m));
        m->number = file;
        m->content = must(calloc(1, sizeof *m->content));
        m->content->shares = 1;
    }
    assert(at <= m->content->n);
    resize(m->content, at);
    if (f->limit > 0 && blob_files_memory_bytes(f) + bytes.n > f->limit)
        return fail(ERR_FULL, "no room for attachments");
    resize(m->content, at + bytes.n);
    memcpy(m->content->p + at, bytes.p, bytes.n);
    return OK;
}

enum err
blob_file_seal(struct blob_files *f, uint64_t file, uint64_t size, struct sha256 *ret)
{
    struct memory_file *m = *find(f, file);

    if (m == NULL || m->content->n < size)
        return fail(ERR_NOT_FOUND, "there is no such attachment");
    crypto_hash_sha256(ret->b, m->content->p, size);
    return OK;
}

void
blob_file_remove(struct blob_files *f, uint64_t file)
{
    struct memory_file **place = find(f, file), *m = *place;

    if (m == NULL)
        return;
    *place = m->next;
    resize(m->content, 0);
    release(m->content);
    free(m);
}

enum err
blob_files_each(struct blob_files *f, void *ctx, enum err (*visit)(void *, uint64_t file))
{
    for (struct memory_file *m = f->first; m != NULL; m = m->next)
        TRY(visit(ctx, m->number));
    return OK;
}

enum err
blob_file_open(struct blob_files *f, uint64_t file, struct blob_reader **ret)
{
    struct memory_file *m = *find(f, file);

    if (m == NULL)
        return fail(ERR_NOT_FOUND, "there is no such attachment");
    struct blob_reader *r = must(calloc(1, sizeof *r));
    r->content = m->content;
    r->content->shares++;
    *ret = r;
    return OK;
}

enum err
blob_reader_read(struct blob_reader *r, uint64_t at, uint8_t *ret, size_t n)
{
    if (at > r->content->n || n > r->content->n - at)
        return fail(ERR_NOT_FOUND, "an attachment is shorter than it was");
    memcpy(ret, r->content->p + at, n);
    return OK;
}

void
blob_reader_free(struct blob_reader *r)
{
    if (r == NULL)
        return;
    release(r->content);
    free(r);
}
