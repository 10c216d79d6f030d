/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/rpc/lines.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

void
lines_done(struct lines *l)
{
    buf_done(&l->bytes);
    *l = LINES;
}

static void
drop_taken(struct lines *l)
{
    buf_consume(&l->bytes, l->taken); /* which wipes */
    l->searched -= l->taken;
    l->taken = 0;
}

enum err
lines_read(struct lines *l, int fd)
{
    uint8_t bytes[16384];

    drop_taken(l);
    if (l->bytes.n > RPC_LINE_MAX)
        return fail(ERR_TOO_LARGE, "The line is longer than %d bytes.", RPC_LINE_MAX);
    size_t room = RPC_LINE_MAX + 1 - l->bytes.n;
    ssize_t n = read(fd, bytes, room < sizeof bytes ? room : sizeof bytes);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return OK;
    if (n < 0 && errno == ECONNRESET)
        return fail(ERR_REFUSED, "The other end closed the connection and did not listen.");
    if (n < 0)
        return fail(ERR_IO, "socket: %m");
    if (n == 0)
        return fail(ERR_NOT_FOUND, "The other end closed the connection.");
    buf_put(&l->bytes, SPAN(bytes, (size_t)n));
    sodium_memzero(bytes, (size_t)n);
    return buf_ok(&l->bytes);
}

bool
lines_next(struct lines *l, struct span *ret)
{
    drop_taken(l);
    if (l->searched == l->bytes.n)
        return false;
    const uint8_t *end = memchr(l->bytes.p + l->searched, '\n', l->bytes.n - l->searched);
    l->searched = l->bytes.n;
    if (end == NULL)
        return false;
    *ret = SPAN(l->bytes.p, (size_t)(end - l->bytes.p));
    l->taken = ret->n + 1;
    l->searched = l->taken;
    return true;
}
