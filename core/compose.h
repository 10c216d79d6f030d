/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From what a person wants to say to a message in the history and in the outbox (B8.4): words, what
 * adorns them, what they answer to.
 *
 * The one thing to know: the row is what is sent. compose_row checks a wish and makes the row of
 * it, compose_add stores it, and compose_text makes the wire's Text of a stored one: at once, or on
 * the day it goes out.
 */
#pragma once

#include "core/message_rows.h"

struct composition {
    int64_t contact;
    struct span text;
    struct span marks; /* a packed Text that holds mentions and ranges only; SPAN_NONE: none */
    int64_t reply_to;  /* a message of the same conversation; 0: none */
    bool forwarded;
    int64_t due_ms; /* 0: it goes at once */
};

/* A row ready to be stored; it borrows from the composition and from here, so do not copy it. */
struct composed {
    struct contact to;
    struct message_row row;
    struct msg_id msg_id;
    Wire__Text *text;
    struct buf marks;
};
void composed_done(struct composed *c);

/* ERR_TOO_LARGE (TEXT_MAX), ERR_MALFORMED (not UTF-8). */
enum err compose_check_text(struct span text);

/* Check C and make the row of it, of type 1 until the caller says otherwise; the text may be empty.
 * ERR_TOO_LARGE (TEXT_MAX), ERR_MALFORMED (not UTF-8, a mark that splits a character or lies
 * outside of the text), ERR_NOT_FOUND and ERR_STATE for what is answered to, and those of
 * message_may_write. Inside the caller's transaction, as the next ones. */
enum err compose_row(struct engine *e, const struct composition *c, struct composed *ret);

/* Store the row, and put it into the outbox if it goes out now and is of type 1 or 14. */
enum err compose_add(struct engine *e, struct composed *c, int64_t *ret);

/* Put the stored message ID (type 1 or 14, of MESSAGE_QUEUED) into the outbox. */
enum err compose_queue(struct engine *e, int64_t id);

/* A packed Text of its parts, appended. ERR_TOO_LARGE. Whether it holds together: text_read. */
struct text_parts {
    struct span text, marks, reply_to, reply_hash; /* each may be SPAN_NONE */
    bool forwarded;
};
enum err compose_pack(const struct text_parts *parts, struct buf *ret);

/* The packed Text of the stored message ID: its words or caption, marks and quote; appended. */
enum err compose_text(struct engine *e, int64_t id, struct buf *ret);

/* The whole of it, in one transaction. ERR_USAGE: there are no words. */
enum err message_compose(struct engine *e, const struct composition *c, int64_t *ret);

/* Send ID on to CONTACT: words and marks without mentions, or the contact card. ERR_STATE: there
 * is nothing of it to send. One transaction, as the next one. */
enum err message_forward(struct engine *e, int64_t id, int64_t contact, int64_t *ret);

/* The same of a message with files, all of which are here: S has them for CONTACT (file_wish's
 * `attachment`). */
struct sealing;
enum err message_forward_files(struct engine *e, int64_t id, int64_t contact, struct sealing *s,
                               int64_t *ret);

/* Tell CONTACT about WHO, an accepted contact or oneself (type 14): address and account, no
 * invitation, and the name that they give themselves. */
enum err message_send_contact(struct engine *e, int64_t contact, int64_t who, int64_t *ret);
