/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/stream.h"

#include <assert.h>
#include <sodium.h>

#define TAG_MORE crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
#define TAG_LAST crypto_secretstream_xchacha20poly1305_TAG_FINAL

_Static_assert(sizeof(crypto_secretstream_xchacha20poly1305_state) == sizeof(struct stream_state),
               "room for libsodium's state");
_Static_assert(crypto_secretstream_xchacha20poly1305_ABYTES == STREAM_OVERHEAD, "B13.1");
_Static_assert(crypto_secretstream_xchacha20poly1305_HEADERBYTES == STREAM_HEADER, "B13.1");
_Static_assert(crypto_secretstream_xchacha20poly1305_KEYBYTES == sizeof(struct secret32), "B13.1");

/* Bytes only, in libsodium and in ours. */
static crypto_secretstream_xchacha20poly1305_state *
sodium_state(struct chunk_stream *s)
{
    return (crypto_secretstream_xchacha20poly1305_state *)(void *)&s->state;
}

static unsigned
log2_floor(uint64_t x)
{
    return 63 - (unsigned)__builtin_clzll(x);
}

/* Padmé: of the E + 1 bits of a size, those below its first log2(E) + 2 are rounded up to zero. */
uint64_t
padme(uint64_t size)
{
    unsigned e, kept;
    uint64_t mask;

    assert(size <= STREAM_SIZE_MAX);
    if (size < 2)
        return size;
    e = log2_floor(size);
    kept = log2_floor(e) + 1;
    mask = e > kept ? (UINT64_C(1) << (e - kept)) - 1 : 0;
    return (size + mask) & ~mask;
}

uint64_t
stream_sealed_size(uint64_t size)
{
    uint64_t padded = padme(size);
    uint64_t chunks = padded > 0 ? (padded + STREAM_CHUNK - 1) / STREAM_CHUNK : 1;

    return STREAM_HEADER + padded + STREAM_OVERHEAD * chunks;
}

void
stream_wipe(struct chunk_stream *s)
{
    secret_wipe(s, sizeof *s);
}

static void
place_write(uint64_t index, uint8_t ret[8])
{
    for (int i = 0; i < 8; i++)
        ret[i] = (uint8_t)(index >> (56 - 8 * i));
}

/* --- sealing --- */

void
stream_seal_begin(struct chunk_stream *s, const struct secret32 *key, struct buf *out)
{
    uint8_t header[STREAM_HEADER];

    s->index = s->bytes = s->padding = 0;
    s->held = 0;
    s->begun = true;
    s->failed = false;
    crypto_secretstream_xchacha20poly1305_init_push(sodium_state(s), header, key->b);
    buf_put(out, SPAN(header, sizeof header));
}

static void
seal_chunk(struct chunk_stream *s, uint8_t tag, struct buf *out)
{
    uint8_t place[8];
    uint8_t *to = buf_grow(out, s->held + STREAM_OVERHEAD);

    place_write(s->index++, place);
    if (to != NULL)
        crypto_secretstream_xchacha20poly1305_push(sodium_state(s), to, NULL, s->chunk, s->held,
                                                   place, sizeof place, tag);
    s->held = 0;
}

/* N bytes at P, or zeros without P. A full chunk leaves when something follows it. */
static void
seal_more(struct chunk_stream *s, const uint8_t *p, uint64_t n, struct buf *out)
{
    while (n > 0) {
        size_t take;

        if (s->held == STREAM_CHUNK)
            seal_chunk(s, TAG_MORE, out);
        take = STREAM_CHUNK - s->held < n ? STREAM_CHUNK - s->held : (size_t)n;
        if (p != NULL) {
            memcpy(s->chunk + s->held, p, take);
            p += take;
        } else {
            memset(s->chunk + s->held, 0, take);
        }
        s->held += take;
        n -= take;
    }
}

void
stream_seal(struct chunk_stream *s, struct span bytes, struct buf *out)
{
    assert(s->begun && bytes.n <= STREAM_SIZE_MAX - s->bytes);
    s->bytes += bytes.n;
    if (bytes.n > 0)
        seal_more(s, bytes.p, bytes.n, out);
}

enum err
stream_seal_end(struct chunk_stream *s, struct buf *out)
{
    assert(s->begun);
    seal_more(s, NULL, padme(s->bytes) - s->bytes, out);
    seal_chunk(s, TAG_LAST, out);
    stream_wipe(s);
    return buf_ok(out);
}

/* --- opening --- */

enum err
stream_open_begin(struct chunk_stream *s, const struct secret32 *key, uint64_t size)
{
    if (size > STREAM_SIZE_MAX)
        return fail(ERR_TOO_LARGE, "the size is beyond all measure");
    s->index = 0;
    s->bytes = size;
    s->padding = padme(size) - size;
    s->begun = s->failed = false;
    s->held = 0;
    /* The key waits where the first chunk will come, until there is a header. */
    _Static_assert(STREAM_HEADER + sizeof key->b <= STREAM_SEALED_CHUNK, "room for both");
    memcpy(s->chunk + STREAM_HEADER, key->b, sizeof key->b);
    return OK;
}

static enum err
open_header(struct chunk_stream *s)
{
    int bad = crypto_secretstream_xchacha20poly1305_init_pull(sodium_state(s), s->chunk,
                                                              s->chunk + STREAM_HEADER);

    secret_wipe(s->chunk, STREAM_HEADER + sizeof(struct secret32));
    s->begun = true;
    s->held = 0;
    return bad == 0 ? OK : fail(ERR_DECRYPT, "the file does not begin as it should");
}

/* How many bytes of content and padding the next chunk holds: it follows from the size. */
static size_t
chunk_expected(const struct chunk_stream *s)
{
    uint64_t left = s->bytes + s->padding;

    return left < STREAM_CHUNK ? (size_t)left : STREAM_CHUNK;
}

/* The last N bytes of OUT came out of a chunk: the padding among them goes. */
static enum err
take_opened(struct chunk_stream *s, size_t n, struct buf *out)
{
    size_t content = s->bytes < n ? (size_t)s->bytes : n;

    out->n -= n - content;
    if (n > content && !sodium_is_zero(out->p + out->n, n - content))
        return fail(ERR_MALFORMED, "there is something hidden behind the file's end");
    s->bytes -= content;
    s->padding -= n - content;
    return OK;
}

static enum err
open_chunk(struct chunk_stream *s, struct buf *out)
{
    size_t n = chunk_expected(s);
    uint8_t place[8], tag, *to = buf_grow(out, n);
    bool last = s->bytes + s->padding <= STREAM_CHUNK;

    TRY(buf_ok(out));
    place_write(s->index++, place);
    if (crypto_secretstream_xchacha20poly1305_pull(sodium_state(s), to, NULL, &tag, s->chunk,
                                                   n + STREAM_OVERHEAD, place, sizeof place) != 0) {
        out->n -= n;
        return fail(ERR_DECRYPT, "part %llu of the file is damaged or out of place",
                    (unsigned long long)(s->index - 1));
    }
    if (tag != (last ? TAG_LAST : TAG_MORE)) {
        out->n -= n;
        return fail(ERR_DECRYPT, "the file does not end where it should");
    }
    s->held = 0;
    return take_opened(s, n, out);
}

static size_t
held_wanted(const struct chunk_stream *s)
{
    return s->begun ? chunk_expected(s) + STREAM_OVERHEAD : STREAM_HEADER;
}

static bool
open_is_whole(const struct chunk_stream *s)
{
    return s->begun && s->index > 0 && s->bytes + s->padding == 0;
}

static enum err
open_more(struct chunk_stream *s, struct span bytes, struct buf *out)
{
    while (bytes.n > 0) {
        size_t wanted = held_wanted(s) - s->held;
        size_t take = bytes.n < wanted ? bytes.n : wanted;

        if (open_is_whole(s))
            return fail(ERR_DECRYPT, "the file goes on after its end");
        memcpy(s->chunk + s->held, bytes.p, take);
        bytes = SPAN(bytes.p + take, bytes.n - take);
        s->held += take;
        if (take == wanted)
            TRY(s->begun ? open_chunk(s, out) : open_header(s));
    }
    return OK;
}

enum err
stream_open(struct chunk_stream *s, struct span bytes, struct buf *out)
{
    enum err r;

    if (s->failed)
        return fail(ERR_DECRYPT, "the file is damaged");
    r = open_more(s, bytes, out);
    s->failed = r != OK;
    return r;
}

enum err
stream_open_end(struct chunk_stream *s)
{
    bool whole = !s->failed && open_is_whole(s) && s->held == 0;

    stream_wipe(s);
    return whole ? OK : fail(ERR_DECRYPT, "the file is cut short");
}
