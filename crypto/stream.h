/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A file, sealed so that neither its bytes nor its exact size can be read off it: libsodium's
 * secretstream (XChaCha20-Poly1305) in chunks of STREAM_CHUNK bytes, zeros behind the content up to
 * its Padmé size, the last chunk marked as the last (docs/PROTOCOL.md B13.1; backups likewise).
 *
 *     header (24) || chunk 0 || chunk 1 ...     a chunk: 1 + bytes + 16
 *
 * The one thing to know: bytes come in pieces of any size and leave as soon as a chunk is whole, so
 * neither side ever holds more than a chunk. What stream_open has handed out before it failed is
 * authentic, in order and from the beginning, but only stream_open_end says that it is all.
 *
 * A key seals one stream, ever.
 */
#pragma once

#include "crypto/secret.h"

#define STREAM_CHUNK 65536
#define STREAM_OVERHEAD 17 /* of a chunk */
#define STREAM_HEADER 24
#define STREAM_SEALED_CHUNK (STREAM_CHUNK + STREAM_OVERHEAD)

/* The largest size that can be sealed, far from where 64 bits end. */
#define STREAM_SIZE_MAX (UINT64_C(1) << 60)

/* The size that SIZE (at most STREAM_SIZE_MAX) is filled up to: at most 12 % more, and of its bits
 * only the first few say anything. 0 for 0. */
uint64_t padme(uint64_t size);

/* How long the sealed form of SIZE bytes (at most STREAM_SIZE_MAX) is. */
uint64_t stream_sealed_size(uint64_t size);

struct stream_state {
    uint8_t b[52]; /* libsodium's */
};

struct chunk_stream {
    struct stream_state state;
    uint64_t index;   /* of the next chunk */
    uint64_t bytes;   /* of content: taken so far, or still to come out */
    uint64_t padding; /* opening: zeros still to come */
    bool begun, failed;
    size_t held; /* bytes of `chunk` in use */
    uint8_t chunk[STREAM_SEALED_CHUNK];
};

void stream_wipe(struct chunk_stream *s);

/* Begin to seal under KEY: the header goes to OUT. */
void stream_seal_begin(struct chunk_stream *s, const struct secret32 *key, struct buf *out);
/* Seal BYTES: what chunks get whole go to OUT. */
void stream_seal(struct chunk_stream *s, struct span bytes, struct buf *out);
/* That was all: padding and last chunk go to OUT. S is wiped. ERR_TOO_LARGE when OUT met its
 * maximum at any time. Ends up with stream_sealed_size of the bytes that were given. */
enum err stream_seal_end(struct chunk_stream *s, struct buf *out);

/* Begin to open what was sealed from SIZE bytes. ERR_TOO_LARGE over STREAM_SIZE_MAX. */
enum err stream_open_begin(struct chunk_stream *s, const struct secret32 *key, uint64_t size);
/* Open BYTES of the sealed form, which begins with the header: content goes to OUT, padding is
 * looked at and dropped. ERR_DECRYPT: a chunk is not authentic, not in its place, or the end comes
 * early or late; ERR_MALFORMED: there is something in the padding; ERR_TOO_LARGE: OUT is full.
 * After an error S takes nothing any more. */
enum err stream_open(struct chunk_stream *s, struct span bytes, struct buf *out);
/* That was all. ERR_DECRYPT when it was cut short. S is wiped. */
enum err stream_open_end(struct chunk_stream *s);
