/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The outbox (B6.2): content goes in inside the caller's transaction and leaves when it is
 * acknowledged end to end, or given up by name. Encryption happens once, in the transaction that
 * advances the ratchet; a repeat sends the same bytes under the same key.
 */
#pragma once

#include "core/contacts.h"

struct engine;

enum content_type {
    CONTENT_TEXT = 1,
    CONTENT_EDIT = 2,
    CONTENT_DELETE = 3,
    CONTENT_REACTION = 4,
    CONTENT_ATTACHMENTS = 5,
    CONTENT_RECEIPT = 6,
    CONTENT_TYPING = 7,
    CONTENT_PROFILE = 8,
    CONTENT_TIMER = 9,
    CONTENT_TOKEN = 10,
    CONTENT_PRESENCE = 11,
    CONTENT_ACK = 12,
    CONTENT_PIN = 13,
    CONTENT_CONTACT_CARD = 14,
    CONTENT_REQUEST = 16,
    CONTENT_ACCEPT = 17,
    CONTENT_SESSION_RESET = 20,
    CONTENT_RESEND_REQUEST = 21,
    CONTENT_RESEND = 22,
    CONTENT_MANIFEST = 50,
};

struct outgoing {
    int64_t contact;
    enum content_type type;
    struct span body;      /* the serialised body of that type; may be empty */
    struct msg_id *msg_id; /* NULL: a random one; a repeated request keeps its own */
    int64_t message;       /* the row of `messages` that shows it, 0: none */
    uint32_t expire_s;     /* `shared`'s, of a message that disappears */
    int64_t sent_ms;       /* what it says when it was sent; 0: now */
};

/* Add to the outbox, inside the caller's transaction. Types that carry a chain get their place
 * here. *ret_id is the outbox row. */
enum err outbox_add(struct engine *e, const struct outgoing *o, int64_t *ret_id);

/* What waits and was not encrypted yet gets another place (core/chains.h): SHARED says which.
 * Inside the caller's transaction. */
struct chain_place;
struct outbox_moved {
    int64_t row, message; /* message 0: none */
    const struct chain_place *place;
    struct span shared;
};
enum err outbox_move(struct engine *e, const struct outbox_moved *m);

/* Take back MESSAGE and what was said about it (MSG_ID) as far as it is certain that nobody has
 * seen it: what was not encrypted yet. *RET: the message itself was. Others who miss its number are
 * told that it is gone. Inside the caller's transaction. */
enum err outbox_withdraw(struct engine *e, int64_t message, const struct msg_id *msg_id, bool *ret);

/* Drop what waits for C (removed, blocked), and mark its messages as not delivered. */
enum err outbox_drop(struct engine *e, const struct contact *c);

/* MESSAGE is taken out of the history: of what waits nothing goes out any more, and of what is on
 * its way only its place in the chain is remembered. Inside the caller's transaction. */
enum err outbox_forget(struct engine *e, int64_t contact, int64_t message);

/* Sessions with C's devices are no longer to be used (restored, reset): what was encrypted and is
 * not at the relay is encrypted anew. */
enum err outbox_reencrypt(struct engine *e, const struct contact *c);

/* The contact's state, keys or tokens changed: try again now. */
void outbox_wake(struct engine *e, int64_t contact);

/* Something may go out now that could not before (an acknowledgement made room); back-offs stay. */
void outbox_touch(struct engine *e, int64_t contact);

int64_t outbox_step(struct engine *e);
