/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/buf.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

void
buf_done(struct buf *b)
{
    if (b->p != NULL) {
        sodium_memzero(b->p, b->cap);
        free(b->p);
    }
    *b = BUF(b->max);
}

void
buf_clear(struct buf *b)
{
    if (b->p != NULL)
        sodium_memzero(b->p, b->cap);
    b->n = 0;
    b->failed = false;
}

/* realloc would leave a copy of the old bytes behind, so grow by hand and wipe. */
static bool
reserve(struct buf *b, size_t more)
{
    if (b->failed)
        return false;
    if (more > b->max || b->n > b->max - more) {
        b->failed = true;
        return false;
    }
    if (b->n + more <= b->cap)
        return true;
    size_t cap = b->cap != 0 ? b->cap : 64;
    while (cap < b->n + more)
        cap *= 2;
    if (cap > b->max)
        cap = b->max;
    uint8_t *p = malloc(cap);
    if (p == NULL) {
        b->failed = true;
        return false;
    }
    if (b->p != NULL) {
        memcpy(p, b->p, b->n);
        sodium_memzero(b->p, b->cap);
        free(b->p);
    }
    b->p = p;
    b->cap = cap;
    return true;
}

uint8_t *
buf_grow(struct buf *b, size_t n)
{
    if (!reserve(b, n))
        return NULL;
    if (b->p == NULL) /* nothing asked of nothing */
        return NULL;
    uint8_t *at = b->p + b->n;
    b->n += n;
    return at;
}

void
buf_put(struct buf *b, struct span bytes)
{
    if (bytes.n == 0)
        return;
    uint8_t *at = buf_grow(b, bytes.n);
    if (at != NULL)
        memcpy(at, bytes.p, bytes.n);
}

void
buf_put_u8(struct buf *b, uint8_t v)
{
    buf_put(b, SPAN(&v, 1));
}

static void
put_number(struct buf *b, uint64_t v, size_t n)
{
    uint8_t *at = buf_grow(b, n);
    for (size_t i = 0; at != NULL && i < n; i++)
        at[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

void
buf_put_u16(struct buf *b, uint16_t v)
{
    put_number(b, v, 2);
}

void
buf_put_u32(struct buf *b, uint32_t v)
{
    put_number(b, v, 4);
}

void
buf_put_u64(struct buf *b, uint64_t v)
{
    put_number(b, v, 8);
}

void
buf_put_str(struct buf *b, const char *text)
{
    buf_put(b, span_str(text));
}

void
buf_printf(struct buf *b, const char *format, ...)
{
    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    /* vsnprintf ends with a NUL, which is room we ask for and give back. */
    uint8_t *at = n < 0 ? NULL : buf_grow(b, (size_t)n + 1);
    if (at != NULL) {
        vsnprintf((char *)at, (size_t)n + 1, format, again);
        b->n--;
    } else {
        b->failed = true;
    }
    va_end(again);
}

void
buf_consume(struct buf *b, size_t n)
{
    assert(n <= b->n);
    if (n == 0)
        return;
    memmove(b->p, b->p + n, b->n - n);
    sodium_memzero(b->p + (b->n - n), n);
    b->n -= n;
}

enum err
buf_ok(const struct buf *b)
{
    if (!b->failed)
        return OK;
    /* Sticky failure does not say which; memory is the rarer one and only possible below the limit.
     */
    return fail(ERR_TOO_LARGE, "more than %zu bytes, or no memory for them", b->max);
}

struct span
read_span(struct reader *r, size_t n)
{
    if (!r->ok || r->rest.n < n) {
        r->ok = false;
        r->rest = SPAN_NONE;
        return SPAN_NONE;
    }
    struct span got = {r->rest.p, n};
    if (n != 0)
        r->rest.p += n;
    r->rest.n -= n;
    return got;
}

static uint64_t
read_number(struct reader *r, size_t n)
{
    struct span s = read_span(r, n);
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++)
        v = v << 8 | s.p[i];
    return v;
}

uint8_t
read_u8(struct reader *r)
{
    return (uint8_t)read_number(r, 1);
}

uint16_t
read_u16(struct reader *r)
{
    return (uint16_t)read_number(r, 2);
}

uint32_t
read_u32(struct reader *r)
{
    return (uint32_t)read_number(r, 4);
}

uint64_t
read_u64(struct reader *r)
{
    return read_number(r, 8);
}

void
read_bytes(struct reader *r, uint8_t *ret, size_t n)
{
    struct span s = read_span(r, n);
    memset(ret, 0, n);
    if (s.n == n && n != 0)
        memcpy(ret, s.p, n);
}
