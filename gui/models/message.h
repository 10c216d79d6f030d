/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A message as the agent shows one (docs/RPC.md). The fields are for reading; message_update
 * writes them and emits "changed". All texts are a peer's words: for gtk_label_set_text, never for
 * markup.
 */
#pragma once

#include <glib-object.h>
#include <jansson.h>

#include "gui/models/attachment.h"

enum message_type {
    MESSAGE_TEXT,
    MESSAGE_FILES,
    MESSAGE_CONTACT, /* CARD_LINK, CARD_NAME, CARD_CONTACT */
    MESSAGE_TIMER,   /* TIMER_S was set */
    MESSAGE_MISSING, /* a place holder */
    MESSAGE_UNKNOWN, /* needs a newer version */
};

enum message_state {
    MESSAGE_RECEIVED,
    MESSAGE_QUEUED,
    MESSAGE_AT_RELAY,
    MESSAGE_DELIVERED,
    MESSAGE_READ,
    MESSAGE_FAILED, /* WHY names the error */
    MESSAGE_UNCONFIRMED,
    MESSAGE_KEPT,      /* a note to oneself */
    MESSAGE_SCHEDULED, /* for DUE_MS */
    MESSAGE_GAP,       /* place holders: it may still come, */
    MESSAGE_GONE,      /* or it will not */
};

enum range_kind { RANGE_BOLD, RANGE_ITALIC, RANGE_STRIKE, RANGE_MONOSPACE, RANGE_SPOILER };

/* START and LENGTH count bytes of UTF-8. */
struct text_range {
    guint start, length;
    enum range_kind kind;
};

struct text_mention {
    guint start, length;
    char *account;
    char *contact; /* "" when they are none of ours */
};

enum quote_state { QUOTE_NONE, QUOTE_HERE, QUOTE_MISSING, QUOTE_DIFFERS };

struct message_quote {
    enum quote_state state;
    char *message; /* id, "" where there is none */
    char *text;    /* its beginning */
    enum message_type type;
    gboolean outgoing, deleted;
};

struct message_reaction {
    char *emoji;
    gboolean mine;
    gint64 sent_ms;
};

#define SNUG_TYPE_MESSAGE (message_get_type())
G_DECLARE_FINAL_TYPE(Message, message, SNUG, MESSAGE, GObject)

struct _Message {
    GObject parent;
    char *id, *contact, *label, *text, *why;
    gint64 number; /* of the id: later messages have larger ones */
    enum message_type type;
    enum message_state state;
    gboolean outgoing, unread, forwarded, mentions_me;
    int versions;
    gint64 sent_ms, stored_ms, state_ms, edited_ms, deleted_ms, pinned_ms;
    gint64 expire_s, expires_ms, due_ms, retained_ms, timer_s;
    gint64 asked;             /* place holders: how often it was asked for; */
    gint64 asked_ms, next_ms; /* last and next, 0: not yet, no more */
    gint64 elsewhere;         /* how many of our own are only on another copy of this profile */
    char *card_link, *card_name, *card_contact;
    struct message_quote quote;
    GArray *ranges;    /* of struct text_range */
    GArray *mentions;  /* of struct text_mention */
    GArray *reactions; /* of struct message_reaction */
    GPtrArray *files;  /* of Attachment; kept over updates, so that a view may hold on to one */
};

Message *message_new(const json_t *shown);
void message_update(Message *self, const json_t *shown);

/* A place holder stands for it. */
gboolean message_is_missing(const Message *self);

/* The number in an id such as "message-7"; 0: there is none. */
gint64 message_number(const char *id);
