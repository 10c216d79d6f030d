/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lines out of a byte stream, none longer than RPC_LINE_MAX. What was taken is wiped.
 */
#pragma once

#include "core/rpc/json.h"

struct lines {
    struct buf bytes;
    size_t searched; /* no line end before this */
    size_t taken;    /* length of the line given out last, with its end */
};

#define LINES ((struct lines){.bytes = BUF(RPC_LINE_MAX + 2)})

void lines_done(struct lines *l);

/* Read what FD has, as far as there is room. OK also when there was nothing yet (EAGAIN).
 * ERR_NOT_FOUND: the other end is gone. ERR_REFUSED: it is, and did not read all that it was sent.
 * ERR_IO. ERR_TOO_LARGE: a line without an end. */
enum err lines_read(struct lines *l, int fd);

/* The next whole line, without its end; valid until the next call of either. False: none yet. */
bool lines_next(struct lines *l, struct span *ret);
