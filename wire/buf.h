/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Bytes: a borrowed view (`struct span`) and a growing buffer (`struct buf`).
 *
 * The one thing to know: a buffer has a maximum given at its start and is sticky. A write that
 * would pass the maximum, or find no memory, marks it failed; later writes do nothing; check once
 * at the end with buf_ok. buf_done wipes what was in it, whether secret or not.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wire/err.h"

struct span {
    const uint8_t *p;
    size_t n;
};

#define SPAN(ptr, len) ((struct span){(const uint8_t *)(ptr), (len)})
#define SPAN_OF(value) ((struct span){(value).b, sizeof(value).b})
#define SPAN_STR(text) span_str(text)
#define SPAN_NONE ((struct span){NULL, 0})

static inline struct span
span_str(const char *text)
{
    return (struct span){(const uint8_t *)text, strlen(text)};
}

static inline bool
span_equal(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

struct buf {
    uint8_t *p; /* owned; may be NULL while empty */
    size_t n;   /* bytes in use */
    size_t cap;
    size_t max; /* never grows past this */
    bool failed;
};

/* An empty buffer that will hold at most MAX bytes. Nothing is allocated yet. */
#define BUF(maximum) ((struct buf){.max = (maximum)})

/* Wipe and free. A zeroed buffer is fine; the buffer is empty and usable again after it. */
void buf_done(struct buf *b);

/* Forget the content (wiped) and the failure; the memory is kept. */
void buf_clear(struct buf *b);

void buf_put(struct buf *b, struct span bytes);
void buf_put_u8(struct buf *b, uint8_t v);
void buf_put_u16(struct buf *b, uint16_t v); /* all numbers big-endian, B1.5 */
void buf_put_u32(struct buf *b, uint32_t v);
void buf_put_u64(struct buf *b, uint64_t v);
void buf_put_str(struct buf *b, const char *text); /* without the NUL */
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Room for N more bytes, counted as written; NULL once failed. Valid until the next write. */
uint8_t *buf_grow(struct buf *b, size_t n);

/* Drop the first N bytes (N at most b->n). */
void buf_consume(struct buf *b, size_t n);

/* OK, or ERR_TOO_LARGE when the maximum was met or there was no memory for it. */
enum err buf_ok(const struct buf *b);

static inline struct span
buf_span(const struct buf *b)
{
    return (struct span){b->p, b->n};
}

/* Reading: a cursor over a span, sticky as well. After a short read every value is 0 and the cursor
 * stays failed; check `ok` once. */
struct reader {
    struct span rest;
    bool ok;
};

#define READER(bytes) ((struct reader){.rest = (bytes), .ok = true})

uint8_t read_u8(struct reader *r);
uint16_t read_u16(struct reader *r);
uint32_t read_u32(struct reader *r);
uint64_t read_u64(struct reader *r);
struct span read_span(struct reader *r, size_t n);         /* borrowed from the input */
void read_bytes(struct reader *r, uint8_t *ret, size_t n); /* zeros when short */
