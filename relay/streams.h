/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The streams of connected devices (B21 row 15, notes 4 to 6): who has one, what goes into it, and
 * what happens when its reader is slow.
 *
 * A stream begins with hello and the backlog, read from the store page by page as the socket takes
 * it; then `end`; then each item as it is pushed. When more than STREAM_UNSENT_MAX would lie unsent
 * it falls `behind`: pushes are left out, and once the socket has drained it reads from the store
 * again, from the last item it sent. So items come in rising n and none is left out, and a slow
 * reader costs a bounded amount of memory.
 *
 * The one thing to know: a device has one stream; a new one ends the old with bye (displaced).
 */
#pragma once

#include "relay/service.h"

struct streams;
struct stream;
struct server;
struct conn;

enum err streams_new(struct server *server, struct streams **ret);
void streams_free(struct streams *s); /* none may be open */

/* Write hello and what fits of the backlog into CONN, which is this stream's from now on. The
 * stream ends when either side calls: streams_end from here, stream_gone from there. */
enum err streams_open(struct streams *s, const struct stream_params *p, struct conn *conn,
                      struct stream **ret);

/* As service_host's callbacks of the same names. */
void streams_push(struct streams *s, const struct account_id *account, uint32_t device,
                  const struct frame *f);
void streams_end(struct streams *s, const struct account_id *account, uint32_t device,
                 enum bye_reason why);
bool streams_streaming(struct streams *s, const struct account_id *account, uint32_t device);
void streams_end_fetching(struct streams *s, const struct account_id *account, uint32_t device);
void streams_end_all(struct streams *s, enum bye_reason why);

/* The store has committed something: go on where the backlog was waiting for that. */
void streams_committed(struct streams *s);

/* From conn: some output was taken by the socket; the connection closes. */
void stream_progress(struct stream *st);
void stream_gone(struct stream *st);
