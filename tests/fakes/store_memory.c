/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/fakes/store_memory.h"

#include <assert.h>
#include <stdlib.h>

/* A record, never changed once it is in a table, shared by the tables that hold it. */
struct row {
    unsigned shares;
    size_t key_size, head_size, body_size;
    uint8_t bytes[]; /* key, head, body */
};

/* Rows in the order of their keys. */
struct rows {
    struct row **at;
    size_t count, cap;
};

struct store {
    struct rows now[TABLE_COUNT];
    struct rows committed[TABLE_COUNT];
    bool changed[TABLE_COUNT];
    enum err next_commit;
    size_t limit;
};

static void *
must(void *p)
{
    assert(p != NULL); /* a test that is out of memory has nothing to tell */
    return p;
}

static struct span
row_key(const struct row *r)
{
    return SPAN(r->bytes, r->key_size);
}

static struct row *
row_new(const struct record *r)
{
    struct row *row = must(malloc(sizeof *row + r->key.n + r->head.n + r->body.n));

    row->shares = 1;
    row->key_size = r->key.n;
    row->head_size = r->head.n;
    row->body_size = r->body.n;
    memcpy(row->bytes, r->key.p, r->key.n);
    if (r->head.n > 0)
        memcpy(row->bytes + r->key.n, r->head.p, r->head.n);
    if (r->body.n > 0)
        memcpy(row->bytes + r->key.n + r->head.n, r->body.p, r->body.n);
    return row;
}

static void
row_release(struct row *row)
{
    if (--row->shares == 0)
        free(row);
}

static struct record
row_record(const struct row *row, bool body)
{
    const uint8_t *head = row->bytes + row->key_size;
    return (struct record){
        .key = row_key(row),
        .head = SPAN(head, row->head_size),
        .body = body ? SPAN(head + row->head_size, row->body_size) : SPAN_NONE,
        .body_size = row->body_size,
    };
}

static int
compare(struct span a, struct span b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n == 0 ? 0 : memcmp(a.p, b.p, n);
    return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

/* The place of the first row whose key is at least KEY. */
static size_t
place_of(const struct rows *rows, struct span key)
{
    size_t low = 0, high = rows->count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (compare(row_key(rows->at[mid]), key) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static bool
is_at(const struct rows *rows, size_t place, struct span key)
{
    return place < rows->count && compare(row_key(rows->at[place]), key) == 0;
}

static void
rows_clear(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        row_release(rows->at[i]);
    free(rows->at);
    *rows = (struct rows){0};
}

static void
rows_share(struct rows *to, const struct rows *from)
{
    rows_clear(to);
    if (from->count == 0)
        return;
    to->at = must(calloc(from->count, sizeof *to->at));
    to->count = to->cap = from->count;
    for (size_t i = 0; i < from->count; i++) {
        to->at[i] = from->at[i];
        to->at[i]->shares++;
    }
}

static void
rows_insert(struct rows *rows, size_t place, struct row *row)
{
    if (rows->count == rows->cap) {
        rows->cap = rows->cap == 0 ? 16 : 2 * rows->cap;
        rows->at = must(realloc(rows->at, rows->cap * sizeof *rows->at));
    }
    memmove(rows->at + place + 1, rows->at + place, (rows->count - place) * sizeof *rows->at);
    rows->at[place] = row;
    rows->count++;
}

static void
rows_remove(struct rows *rows, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++)
        row_release(rows->at[i]);
    if (end > first)
        memmove(rows->at + first, rows->at + end, (rows->count - end) * sizeof *rows->at);
    rows->count -= end - first;
}

struct store *
store_memory_new(void)
{
    return must(calloc(1, sizeof(struct store)));
}

struct store *
store_memory_copy(const struct store *s)
{
    struct store *copy = store_memory_new();

    for (int t = 0; t < TABLE_COUNT; t++) {
        rows_share(&copy->now[t], &s->committed[t]);
        rows_share(&copy->committed[t], &s->committed[t]);
    }
    return copy;
}

void
store_memory_fail_next_commit(struct store *s, enum err e)
{
    s->next_commit = e;
}

void
store_memory_limit(struct store *s, size_t bytes)
{
    s->limit = bytes;
}

static size_t
bytes_held(const struct store *s)
{
    size_t sum = 0;
    for (int t = 0; t < TABLE_COUNT; t++)
        for (size_t i = 0; i < s->now[t].count; i++) {
            const struct row *r = s->now[t].at[i];
            sum += r->key_size + r->head_size + r->body_size;
        }
    return sum;
}

size_t
store_memory_count(const struct store *s, enum store_table t)
{
    return s->now[t].count;
}

void
store_close(struct store *s)
{
    if (s == NULL)
        return;
    for (int t = 0; t < TABLE_COUNT; t++) {
        rows_clear(&s->now[t]);
        rows_clear(&s->committed[t]);
    }
    free(s);
}

enum err
store_put(struct store *s, enum store_table t, const struct record *r)
{
    struct rows *rows = &s->now[t];
    size_t place = place_of(rows, r->key);

    assert(r->key.n > 0 && r->key.n <= STORE_KEY_MAX);
    struct row *row = row_new(r);
    if (is_at(rows, place, r->key)) {
        row_release(rows->at[place]);
        rows->at[place] = row;
    } else {
        rows_insert(rows, place, row);
    }
    s->changed[t] = true;
    return OK;
}

enum err
store_delete(struct store *s, enum store_table t, struct span key)
{
    return store_delete_range(s, t, key, key);
}

enum err
store_delete_range(struct store *s, enum store_table t, struct span first, struct span last)
{
    struct rows *rows = &s->now[t];
    size_t from = place_of(rows, first), end = from;

    while (end < rows->count && compare(row_key(rows->at[end]), last) <= 0)
        end++;
    rows_remove(rows, from, end);
    s->changed[t] = true;
    return OK;
}

enum err
store_get(struct store *s, enum store_table t, struct span key, struct record *ret)
{
    const struct rows *rows = &s->now[t];
    size_t place = place_of(rows, key);

    if (!is_at(rows, place, key))
        return ERR_NOT_FOUND;
    *ret = row_record(rows->at[place], true);
    return OK;
}

enum err
store_scan(struct store *s, const struct scan *scan, store_visit *visit, void *ctx)
{
    const struct rows *rows = &s->now[scan->table];
    size_t i = place_of(rows, scan->after.n > 0 ? scan->after : scan->prefix);
    bool stop = false;

    if (scan->after.n > 0 && is_at(rows, i, scan->after))
        i++;
    for (; i < rows->count && !stop; i++) {
        struct record r = row_record(rows->at[i], scan->bodies);
        if (r.key.n < scan->prefix.n ||
            (scan->prefix.n > 0 && memcmp(r.key.p, scan->prefix.p, scan->prefix.n) != 0))
            break;
        TRY(visit(ctx, &r, &stop));
    }
    return OK;
}

enum err
store_commit(struct store *s)
{
    if (s->next_commit != OK) {
        enum err e = s->next_commit;
        s->next_commit = OK;
        return fail(e, "the test wanted this commit to fail");
    }
    if (s->limit > 0 && bytes_held(s) > s->limit)
        return fail(ERR_FULL, "the test's store is full");
    for (int t = 0; t < TABLE_COUNT; t++) {
        if (s->changed[t])
            rows_share(&s->committed[t], &s->now[t]);
        s->changed[t] = false;
    }
    return OK;
}

void
store_rollback(struct store *s)
{
    for (int t = 0; t < TABLE_COUNT; t++) {
        if (s->changed[t])
            rows_share(&s->now[t], &s->committed[t]);
        s->changed[t] = false;
    }
}

enum err
store_sync(struct store *s)
{
    return OK;
}
