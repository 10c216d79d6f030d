/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The running state of the outbox, shared by its files only: one line a contact, with at most one
 * request under way. Made anew from the table after a start; nothing is lost with it.
 *
 *     outbox.c     in and out of the table, the lines, giving up
 *     sending.c    from a row to an envelope: bundle, session, encryption (B6.2)
 *     delivery.c   the requests of a line (B21 rows 9, 12, 13)
 *     answers.c    what their answers mean
 *     giving_up.c  after two weeks, after five
 */
#pragma once

#include "core/engine_state.h"
#include "core/outbox.h"
#include "core/relay_link.h"
#include "wire/pow.h"

#define UNCONFIRMED_MS (35LL * SECONDS_A_DAY * 1000) /* from 202 until it is given up (B6.2) */

/* Acknowledgements, healing and transient contents may pass where content waits, up to this: below
 * libsignal's jump limit of 2,000, or two sides that both wait would wait for ever. */
#define CONTROL_MAX (UNACKNOWLEDGED_MAX + 900)

enum lane_of_row {
    ROW_DELIVER = 0,
    ROW_REQUEST = 1,
    ROW_TRANSIENT = 2, /* in no table */
};

/* The head of a line as it stands in the table. */
struct outbox_row {
    int64_t id, message;
    enum content_type type;
    enum lane_of_row lane;
    uint32_t device; /* 0: not encrypted yet */
    enum envelope_type ciphertext_type;
    bool chained;
    struct idem idem; /* with an envelope only */
    struct buf shared, ciphertext, envelope;
};
void outbox_row_done(struct outbox_row *r);

enum call_kind { CALL_KEYS, CALL_DELIVER, CALL_REQUEST };

struct line {
    int64_t contact;
    struct backoff backoff;
    bool idle;       /* nothing to do until woken: it is let go */
    bool under_way;  /* a call is out: its `done` will come */
    bool searching;  /* proof of work for `body` */
    bool fetched;    /* a bundle was fetched for the head row just now */
    int retries;     /* repeats without back-off since something went well */
    unsigned late;   /* how often it came too late, for no reason but a slow network */
    int token_index; /* 0: the newest token; 1: the one before, after a 404 */
    /* the call under way or being prepared */
    uint64_t ref;
    enum call_kind kind;
    bool start; /* a session is to be started with the keys */
    bool reset; /* even if there is one */
    int64_t row;
    struct idem idem;
    struct relay_address relay;
    struct relay_pins pins;
    struct buf body; /* without its proof of work */
    struct pow_seed seed;
    unsigned bits; /* 0: none */
    uint64_t nonce;
};

struct outbox_work {
    struct line **lines;
    size_t count, space;
    uint64_t refs;
    size_t turn;         /* whose the next slice of work is */
    int64_t healing_due; /* monotonic ms */
    int64_t repeats_due;
};

struct line *line_of(struct engine *e, int64_t contact); /* NULL: none */

/* The next row of this line. ERR_NOT_FOUND: nothing that may go now. */
enum err outbox_head(struct engine *e, const struct contact *c, struct outbox_row *ret);

/* Contents encrypted to C and not known to have arrived: what its device may have to jump over. */
struct open_contents {
    int64_t kept, transient;
};
enum err outbox_open_to(struct engine *e, const struct contact *c, struct open_contents *ret);

/* Give a row up: its message FAILED with the name of WHY; it leaves the table. In the caller's
 * transaction. */
enum err outbox_fail(struct engine *e, int64_t row, enum err why);

/* Take a row in STATE out of the table, its message shown as not delivered or not confirmed. */
enum err outbox_drop_row(struct engine *e, int64_t row, int64_t state);

/* giving_up.c: part of the hourly turn of expiry.c, inside its transaction. */
enum err outbox_give_up(struct engine *e);

/* sending.c: make the head row ready, inside no transaction. FETCHED: keys came just now. OK: it
 * has an envelope. ERR_NO_SESSION: keys have to be fetched to start a session; ERR_STALE: to renew
 * the bundle. ERR_TOO_LARGE: it can never be sent. Others: not now. */
enum err sending_prepare(struct engine *e, const struct contact *c, bool fetched,
                         struct outbox_row *row);

/* A reset and a request begin a session of their own: the other side may have lost the old one. */
bool sending_starts_anew(enum content_type type);

/* On no session of now is anything encrypted any more: before the next content to a device a new
 * one is started. What arrives on the old ones is decrypted. Inside the caller's transaction. */
enum err sending_doubt(struct engine *e);

/* A transient content for C, encrypted and sealed into RET, inside the caller's transaction. Never
 * starts a session and asks nobody for keys: ERR_NO_SESSION when C has not answered on one,
 * ERR_STALE without its keys. ERR_LIMIT: enough went unanswered (B10). */
enum err sending_transient(struct engine *e, const struct contact *c, struct span shared,
                           struct outbox_row *ret);

/* Forget the envelope, and with SENDING_CIPHERTEXT what was encrypted too. */
enum sending_part { SENDING_ENVELOPE, SENDING_CIPHERTEXT };
enum err sending_undo(struct engine *e, int64_t row, enum sending_part part);

/* A bundle of C's device came, with a one-time key or NULL: check it, store it, and start a session
 * as asked. ERR_UNTRUSTED, ERR_STALE as bundle_check. One transaction. */
enum session_start { START_NONE, START_IF_NEEDED, START_ANEW };
struct sending_bundle {
    uint32_t device;
    struct span object;
    const struct one_time_key *opk;
    enum session_start start;
};
enum err sending_take_bundle(struct engine *e, const struct contact *c,
                             const struct sending_bundle *b);

/* delivery.c: begin a call of this line, or the search for its proof of work. An error: not now. */
enum err delivery_keys(struct engine *e, struct line *l, const struct contact *c);
enum err delivery_send(struct engine *e, struct line *l, const struct contact *c,
                       const struct outbox_row *row);
enum err delivery_search(struct engine *e, struct line *l); /* one slice of it */

/* A transient ROW, once, past the lines; DONE gets the contact's id. */
enum err delivery_pass(struct engine *e, const struct contact *c, const struct outbox_row *row,
                       void (*done)(struct engine *e, int64_t ref,
                                    const struct relay_reply *reply));

/* answers.c */
void answers_take(struct engine *e, int64_t ref, const struct relay_reply *reply);
void line_fail(struct engine *e, struct line *l, uint32_t retry_after); /* back off */
