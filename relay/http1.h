/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * HTTP/1.1, as little of it as the API needs (B21): bytes in, events out, no socket. GET, POST and
 * PUT; bodies by Content-Length only; one request at a time. Whatever two readers could understand
 * differently is refused: Transfer-Encoding, folded lines, a line ending without CR, repeated
 * Content-Length, Host or Authorization, spaces before a colon, bytes that are not ASCII.
 *
 * The one thing to know: feeding one byte at a time gives the same events as feeding everything at
 * once, and after HTTP1_REFUSED the connection has to be closed once the answer is out.
 *
 *     http1_feed -> HTTP1_HEAD      a body follows: say 100 if expected, or refuse it now
 *     http1_feed -> HTTP1_REQUEST   request and body are whole; answer it, then http1_next
 *
 * A body that the endpoint does not take (its limit is 0) is not read: the request arrives without
 * it and with keep_alive false.
 */
#pragma once

#include "relay/service.h"

#define HTTP1_TARGET_MAX 1024
#define HTTP1_FIELDS_MAX 64

enum http1_event {
    HTTP1_MORE,    /* everything was used, more is needed */
    HTTP1_HEAD,    /* the head is good and a body follows */
    HTTP1_REQUEST, /* whole */
    HTTP1_REFUSED, /* not to be understood, or too large: answer with `refused` and close */
};

/* Borrowed from the parser until http1_next or http1_done. */
struct http1_request {
    enum method method;
    const char *target;        /* path and query, at most HTTP1_TARGET_MAX bytes */
    char authority[128];       /* of Host: lower case, the port always written */
    struct span authorization; /* may be empty */
    struct span range;         /* likewise */
    size_t content_length;
    bool expects_continue, keep_alive;
};

struct http1 {
    size_t (*body_max)(enum method method, const char *target);
    enum http1_state { HTTP1_IN_HEAD, HTTP1_IN_BODY, HTTP1_WHOLE, HTTP1_DEAD } state;
    struct http1_request request;
    struct buf head, body;
    size_t line;      /* where the line being read begins in head */
    unsigned refused; /* the status to answer with */
};

/* BODY_MAX tells the limit of an endpoint, 0 for one without a body. */
void http1_init(struct http1 *h, size_t (*body_max)(enum method method, const char *target));
void http1_done(struct http1 *h);

/* Take bytes up to the next event; *ret_used says how many. Not to be called between
 * HTTP1_REQUEST and http1_next. */
enum http1_event http1_feed(struct http1 *h, struct span bytes, size_t *ret_used);

/* Make ready for the next request. Gives the memory of the last one back. */
void http1_next(struct http1 *h);

/* Whether a request has begun to arrive and is not yet whole. */
bool http1_midway(const struct http1 *h);

struct http1_answer {
    unsigned status;
    uint32_t retry_after; /* seconds; 0: none */
    uint64_t whole;       /* with 416: how long all of it is */
    bool close, text;     /* text: plain text instead of a message of wire/ */
    struct span body;
};

#define HTTP1_ANSWER_OVERHEAD 512 /* what a head takes at most */

void http1_write_answer(struct buf *out, const struct http1_answer *a);
void http1_write_continue(struct buf *out);

/* The head of an answer whose COUNT bytes come from a file: all of it (200), or a part (206). */
struct http1_file {
    unsigned status;
    bool close;
    uint64_t from, count, whole;
};
void http1_write_file_head(struct buf *out, const struct http1_file *f);

/* The head of an answer that goes on until the connection closes: no length and no chunks, because
 * frames carry their own length and the last one says why it ended. */
void http1_write_stream_head(struct buf *out);

/* The words that go with a status, such as "Not Found"; "" for one that no relay sends. */
const char *http1_status_words(unsigned status);
