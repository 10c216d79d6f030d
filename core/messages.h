/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The conversation as a person sees it: what was said, by whom, and how far it got.
 */
#pragma once

#include "core/contacts.h"
#include "core/requests.h"

struct engine;

enum message_state {
    MESSAGE_RECEIVED = 0,
    MESSAGE_QUEUED = 1,      /* not at the relay yet */
    MESSAGE_AT_RELAY = 2,    /* the relay's 202 */
    MESSAGE_DELIVERED = 3,   /* acknowledged by the contact's device */
    MESSAGE_READ = 4,        /* by receipt */
    MESSAGE_FAILED = 5,      /* given up; `why` says why */
    MESSAGE_UNCONFIRMED = 6, /* at the relay, never acknowledged in 35 days */
    MESSAGE_GAP = 7,         /* place holder: a message before the next one is missing */
    MESSAGE_GONE = 8,        /* place holder: the sender no longer has it */
    MESSAGE_KEPT = 9,        /* a note to oneself: it goes nowhere */
    MESSAGE_SCHEDULED = 10,  /* goes out at its time */
};

/* What is borrowed holds for the call that gives it. Times that are 0 have not come. */
struct message {
    int64_t id;
    int64_t contact;
    bool outgoing;
    struct msg_id msg_id;
    int type;                         /* content type; 0: a place holder */
    const char *text;                 /* words or caption; borrowed */
    struct span marks;                /* packed: mentions and ranges; borrowed */
    struct span reply_to, reply_hash; /* SPAN_NONE: it answers to nothing; borrowed */
    struct span extra;                /* the packed card of a type 14; borrowed */
    bool forwarded, mentions_me, unread;
    int64_t sent_ms, stored_ms, state_ms;
    enum message_state state;
    const char *why; /* err_name, or "" */
    int64_t edited_ms, deleted_ms;
    int64_t pinned_ms; /* 0 also when PINNED_MAX others were pinned later */
    uint32_t expire_s;
    int64_t expires_ms, due_ms, retained_ms;
};

/* Store a text for C and put it into the outbox: one transaction. Waits in the outbox while C is
 * asked; ERR_STATE for a contact that is neither accepted nor asked, ERR_KEY_CHANGED, ERR_FORK,
 * ERR_TOO_LARGE (TEXT_MAX), ERR_MALFORMED (not UTF-8), ERR_USAGE (empty). */
enum err message_send_text(struct engine *e, int64_t contact, struct span text, int64_t *ret);

/* Whether something may be said to C now, or kept until it may: OK, or as message_send_text. */
enum err message_may_write(const struct contact *c);

/* A text or other shown content that was received; inside the inbox's transaction. It takes the
 * place of its place holder, if it has one. ERR_MALFORMED: the body is not what its type says; the
 * place holder is gone then as well. */
enum err message_receive(struct engine *e, const struct arrival *a);

/* The place holder that waits for what A brings; 0: none. */
enum err message_gap_of(struct engine *e, const struct arrival *a, int64_t *ret);

/* A message of A's chain is missing: its place holder, MESSAGE_GAP or MESSAGE_GONE. */
enum err message_add_gap(struct engine *e, const struct arrival *a, int64_t seq,
                         enum message_state state, int64_t *ret);
enum err message_gap_gone(struct engine *e, int64_t contact, int64_t id);
/* What A brings was shown before, under another number: its place holder goes. */
enum err message_gap_repeated(struct engine *e, const struct arrival *a);

/* Whether a message with this id from (or to) the contact is in the history. */
enum err message_known(struct engine *e, int64_t contact, const struct msg_id *id, bool *ret);

/* An outgoing message got further. Never back: a receipt that comes late changes nothing. */
enum err message_set_state(struct engine *e, int64_t id, enum message_state state, const char *why);

/* Everything from C up to message ID was shown to a person; one transaction. Sends read receipts
 * where they are turned on (B10). What is not there yet stays unread. */
enum err messages_mark_read(struct engine *e, int64_t contact, int64_t id);

/* The number of the newest message of all; 0: there is none. */
enum err messages_newest(struct engine *e, int64_t *ret);

/* Call EACH for the LIMIT newest messages with id below BEFORE (0: from the end), oldest of them
 * first; *ret_more tells whether there are older ones. CONTACT 0: of all. */
struct messages_page {
    int64_t contact;
    int64_t before; /* id; 0: none */
    int64_t after;  /* id; with it the page is the LIMIT oldest above it */
    int limit;
};
enum err messages_each(struct engine *e, const struct messages_page *page, void *ctx,
                       enum err (*each)(void *ctx, const struct message *m), bool *ret_more);

enum err message_get(struct engine *e, int64_t id, void *ctx,
                     enum err (*each)(void *ctx, const struct message *m));

/* What M answers to. */
enum quote_state {
    QUOTE_NONE,
    QUOTE_HERE,    /* and as the one who quotes it held it, edits aside */
    QUOTE_MISSING, /* never came, or was taken away */
    QUOTE_DIFFERS, /* was something else for the one who quotes it */
};
#define QUOTE_PREVIEW_MAX 200
struct quoted {
    enum quote_state state;
    int64_t message; /* 0: missing */
    int type;
    bool outgoing, deleted;
    char text[QUOTE_PREVIEW_MAX + 1]; /* how it begins; of one that is here only */
};
enum err message_quoted(struct engine *e, const struct message *m, struct quoted *ret);
