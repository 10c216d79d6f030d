/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a connection is, for the two files that share it: relay/conn moves bytes, relay/exchange
 * makes requests and answers of them.
 */
#pragma once

#include "relay/conn.h"
#include "relay/http1.h"

enum conn_state {
    CONN_HANDSHAKE,
    CONN_READING,
    CONN_WAITING,   /* for a commit */
    CONN_SENDING,   /* a file, as the socket takes it */
    CONN_STREAMING, /* frames out, nothing in */
    CONN_LAST,      /* what is in `out`, then close */
    CONN_LINGER,    /* our side is closed; read on, or a reset could overtake the answer */
};

enum verdict { UNDECIDED, COMMITTED, NOT_STORED };

struct conn {
    struct loop_source io;
    struct loop_timer deadline;
    struct loop_task flush;
    struct server *server;
    struct tls_conn *tls;
    enum conn_state state;
    uint32_t events;
    bool handshake_writes; /* the handshake waits for room, not for bytes */
    bool keep_alive, arriving;
    enum verdict verdict;
    struct source source;
    struct http1 http;
    struct buf in; /* read, and not yet looked at */
    struct buf out;
    size_t sent;       /* of `out` */
    size_t held;       /* of server->held_bytes */
    bool holds_big;    /* and of server->held_big: a body larger than a message has, or a file */
    uint64_t file_end; /* when a file that is SENDING has to be out, however it moves */
    size_t lingered;
    struct service_answer answer; /* while WAITING or SENDING */
    struct stream *stream;
    struct conn *next, **link, *next_waiting, **waiting_link;
};

/* Close unless something happens within MS. */
void conn_deadline_in(struct conn *c, uint64_t ms);

/* Whether N bytes of body or answer may be held for C in place of what is; and to say so. */
bool conn_may_hold(const struct conn *c, size_t n);
void conn_hold(struct conn *c, size_t n);

/* Send what is there and close; for how long that is tried depends on who is in a hurry. */
void conn_become_last(struct conn *c);

/* Go on after an answer was appended. The connection may be gone afterwards. */
void conn_resume(struct conn *c);
