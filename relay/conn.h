/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One connection: TLS handshake, one request at a time, its answer, and so on; or, from a request
 * that opens a stream, frames until the end. A request that arrives while another is being answered
 * stays unread (pipelining costs nobody but who does it).
 *
 *     HANDSHAKE -> READING -> [WAITING for a commit ->] READING -> … -> LAST -> LINGER -> closed
 *                     ├-----> SENDING a file -> READING -> …
 *                     └-----> STREAMING ------------------------------> LAST
 *
 * The one thing to know: an idle connection owns no buffer; both come with the first byte and go
 * with the last.
 */
#pragma once

#include "relay/server.h"

struct stream;

/* FD (connected, not blocking) is taken, whatever happens. */
void conn_open(struct server *s, int fd, struct source source);

/* Note that every ticket up to UPTO that was not judged before is stored, or is not. */
void conns_judge(struct server *s, uint64_t upto, bool stored);
/* What the request that waits for WORK is answered; A is taken if it is still there. */
void conns_worked(struct server *s, uint64_t work, struct service_answer *a);
/* Answer those that were judged; when the store is broken, the others with 503. */
void conns_release(struct server *s);

/* Close the idle ones at once; let the others finish their answer and close. */
void conns_leave(struct server *s);
void conns_close_all(struct server *s);

/* For relay/streams, whose connection this is. */

/* What waits to be sent. */
size_t conn_unsent(const struct conn *c);
/* Where to append, room made first. Followed by conn_flush_later. */
struct buf *conn_out(struct conn *c);
void conn_flush_later(struct conn *c);
/* Send what is there, then close; give up after a while. The stream is let go of. */
void conn_finish(struct conn *c);
