/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The frames of a device's stream (B21 note 4): u32be length of what follows, u8 kind, then by
 * kind. A frame is at most FRAME_MAX bytes long; a longer one, or one of another length than its
 * kind has, is malformed. Unknown kinds are skipped by readers; bye reasons may be unknown too.
 */
#pragma once

#include "wire/buf.h"
#include "wire/limits.h"

#define FRAME_MAX (4 + 1 + 8 + 4 + ENVELOPE_B3)

enum frame_kind {
    FRAME_HEARTBEAT = 0,
    FRAME_ITEM = 1,
    FRAME_TRANSIENT = 2,
    FRAME_HELLO = 3,
    FRAME_END = 4,
    FRAME_BYE = 5,
    FRAME_REQUEST_WAITING = 6,
};

enum bye_reason {
    BYE_DISPLACED = 1,
    BYE_DEVICE_REMOVED = 2,
    BYE_SHUTDOWN = 3,
    BYE_TOO_SLOW = 4,
    BYE_AGE = 5,
};

struct frame {
    enum frame_kind kind;
    uint64_t n;       /* item: its number; hello: highest assigned; request waiting: its number */
    uint32_t tag;     /* item */
    uint32_t expired; /* hello */
    uint64_t anchor;  /* hello */
    enum bye_reason bye;  /* bye */
    struct span envelope; /* item and transient: borrowed; one of the three envelope sizes */
};

/* Append F with its length. */
void frame_write(struct buf *out, const struct frame *f);

/* Take the first whole frame out of STREAM. OK: *ret (borrowing from STREAM) and *ret_used are set,
 * where an unknown kind gives the kind as it is and nothing else. ERR_NOT_FOUND: not whole yet.
 * ERR_MALFORMED: the stream cannot be read on. */
enum err frame_read(struct span stream, struct frame *ret, size_t *ret_used);
