/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a request does (B21): a request, the clock and the store in; an answer and pushes out. It
 * knows no socket and starts no thread of its own that a host could see: the same code runs behind
 * snug-relay's loop and, with the memory store and a virtual clock, inside the scenario tests.
 *
 * The one thing to know: every call is made on the host's one thread, and every callback of the
 * host is made from inside such a call. What a request wrote is durable only once the store has
 * committed it; until then its answer is held by the host under a ticket (ANSWER_AFTER_COMMIT).
 *
 *     service_handle -> ANSWER_AFTER_COMMIT, ticket 7            host keeps the answer
 *     ... the store commits ...   service_fd gets readable (or a test calls service_commit)
 *     service_settle -> host.committed(upto 7)                   host sends every answer up to 7
 */
#pragma once

#include <stdbool.h>

#include "wire/buf.h"
#include "wire/frame.h"
#include "wire/ids.h"
#include "wire/relay.pb-c.h"

struct service;
struct store;
struct blob_files;
struct blob_reader;

enum method { METHOD_GET, METHOD_POST, METHOD_PUT };

/* Where a request came from, already cut to its /24 or /48: all that limits need. */
struct source {
    uint8_t b[6];  /* IPv4: the first three bytes after three zero bytes; IPv6: the first six */
    bool loopback; /* no rate limits (B9.7) */
};

struct service_request {
    enum method method;
    const char *path;          /* with the query, as sent */
    const char *authority;     /* of the Host header, lower case and with the port always written */
    struct span authorization; /* the header's value; empty: none */
    struct span range;         /* likewise */
    struct span body;
    struct source source;
};

/* Whose stream, and from where on. */
struct stream_params {
    struct account_id account;
    uint32_t device;
    uint64_t after;
    bool fetching; /* a fetch key opened it (B3.6): it gets items without tags, and no transients */
    uint64_t expiry; /* seconds since 1970: it has to end then; 0: as all do */
};

enum answer_kind {
    ANSWER_NOW,          /* status, retry_after and body, to be sent at once */
    ANSWER_AFTER_COMMIT, /* the same, but not before TICKET is committed */
    ANSWER_STREAM,       /* 200, then frames: see service_stream_begin */
    ANSWER_FILE,         /* status, then COUNT bytes of FILE */
    ANSWER_AFTER_WORK,   /* nothing yet: host.worked brings the answer that WORK has */
};

struct service_answer {
    enum answer_kind kind;
    unsigned status;
    uint32_t retry_after; /* seconds; 0: no such header */
    uint64_t ticket;
    struct stream_params stream;
    uint64_t work;
    struct blob_reader *file; /* owned; relay/blob_files.h reads it */
    uint64_t from, count;     /* what of it */
    uint64_t whole;           /* how long all of it is; also with 416 */
    bool text;                /* BODY is plain text (/v1/health) and not a message of wire/ */
    struct buf body;          /* empty with 204 and streams */
};

#define SERVICE_ANSWER ((struct service_answer){.body = BUF(ANSWER_MAX)})
void service_answer_done(struct service_answer *a);

/* What a service needs of the one that runs it. CTX goes back into every call. */
struct service_host {
    void *ctx;
    uint64_t (*now)(void *ctx); /* milliseconds since 1970 */
    /* A frame for the stream of this device, if it has one. F is borrowed; of it a fetching stream
     * gets what relay/fetched.h says. */
    void (*push)(void *ctx, const struct account_id *account, uint32_t device,
                 const struct frame *f);
    /* Say bye and close the stream of this device (0: of every device of the account). */
    void (*end)(void *ctx, const struct account_id *account, uint32_t device, enum bye_reason why);
    /* Whether this device has a stream that is not a fetching one. */
    bool (*streaming)(void *ctx, const struct account_id *account, uint32_t device);
    /* Say bye (displaced) and close the stream of this device if it is a fetching one. */
    void (*end_fetching)(void *ctx, const struct account_id *account, uint32_t device);
    /* Every ticket up to and including UPTO is durable: send their answers. */
    void (*committed)(void *ctx, uint64_t upto);
    /* The disk is full: of the tickets not yet reported, those up to and including UPTO are not
     * stored and never will be: answer them 507. Later ones may do better. */
    void (*refused)(void *ctx, uint64_t upto);
    /* What WORK is answered after all: NOW or AFTER_COMMIT. A is taken (and left empty) or given
     * back. Only with COMMIT_BY_THREAD; NULL is fine otherwise. */
    void (*worked)(void *ctx, uint64_t work, struct service_answer *a);
    /* The store failed. No ticket above the last committed one ever will be: answer 503 to all that
     * wait, accept nothing more and leave. */
    void (*broken)(void *ctx);
};

/* When the store commits. */
enum commit_mode {
    COMMIT_BY_THREAD, /* as soon as the disk is free, in a group; report it by service_fd */
    COMMIT_ON_DEMAND, /* tests: only service_commit does */
    COMMIT_AT_ONCE,   /* tests: every answer is ANSWER_NOW, its writes committed */
};

struct service_config {
    const char *const *names; /* the authorities this relay answers to, each "host:port" */
    size_t name_count;
    Wire__RequestPolicy registration; /* open, invite or closed */
    uint8_t rlk_seed[32];             /* of the relay's identity key (RLK), Ed25519 */
    enum commit_mode commit;
    struct blob_files *blob_files; /* the caller's, like STORE; NULL: no attachments at all */
    uint64_t blob_max;             /* the largest padded file, at most BLOB_MAX; 0: no new ones */
    unsigned pow_bits;             /* 0: POW_BITS; tests ask for less work */
    bool limit_loopback;           /* tests: rates hold for loopback too */
};

/* STORE stays the caller's and must outlive the service; HOST and CONFIG are copied. */
enum err service_new(const struct service_config *config, struct store *store,
                     const struct service_host *host, struct service **ret);
void service_free(struct service *s);

/* The most bytes of body that this endpoint takes, so that a host can answer 413 before it reads
 * one; 0 for endpoints without a body and unknown ones, whose requests are handled with an empty
 * body whatever was sent. PATH may carry a query. */
size_t service_body_max(enum method method, const char *path);

/* Fill ANSWER (a fresh SERVICE_ANSWER). Every failure is an answer with a status. */
void service_handle(struct service *s, const struct service_request *request,
                    struct service_answer *answer);

/* After ANSWER_STREAM: append to OUT the hello frame and whatever else belongs before the backlog.
 * ERR_NOT_FOUND when the device is gone. */
enum err service_stream_begin(struct service *s, const struct stream_params *stream,
                              struct buf *out);

enum backlog {
    BACKLOG_DONE, /* every item up to *ret_last is out, and every later one will be pushed */
    BACKLOG_MORE, /* call again; when nothing was appended, not before the next `committed` */
};

/* Append item frames with n > AFTER, rising, to OUT while they fit into MAX bytes (at least one
 * frame where there is any). *ret_last is the n of the last one, or AFTER. */
enum err service_backlog(struct service *s, const struct stream_params *stream, uint64_t after,
                         size_t max, struct buf *out, uint64_t *ret_last, enum backlog *ret);

/* The host has handled all requests it had at hand: what they wrote may go to the writer as one
 * batch. Called at the end of every turn with a service_handle in it; cheap when nothing was
 * written. A ticket that this call makes durable may be reported from inside it. */
void service_batch_end(struct service *s);

/* Readable when service_settle has something to do; -1 when it never will by itself. */
int service_fd(const struct service *s);
/* Take in what the store has committed meanwhile. Never waits. */
void service_settle(struct service *s);
/* Commit everything pending, wait for it and settle. For tests, and at the end. */
enum err service_commit(struct service *s);

/* Whether writes wait so long (8 MiB or 250 ms) that new ones are to be refused with 503. */
bool service_overloaded(const struct service *s);

/* An invitation code for one registration (B3.1), as text. It is good once the store has committed:
 * call service_commit before handing it out. */
enum err service_invite(struct service *s, char ret_code[INVITATION_MAX + 1]);

/* What has to happen with time: once a second is right, more often harmless. */
void service_tick(struct service *s);
