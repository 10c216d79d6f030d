/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What happened, as a tagged struct: the engine reports each committed change once, and the agent
 * turns it into a notification. An event names things by id; whoever wants the content reads it
 * from the store.
 */
#pragma once

#include <stdint.h>

enum event_kind {
    EVENT_MESSAGE,         /* a message was stored: contact, message */
    EVENT_MESSAGE_STATE,   /* an outgoing message moved on: contact, message */
    EVENT_MESSAGE_CHANGED, /* edited, deleted by its author, reacted to, pinned: contact, message */
    EVENT_MESSAGE_GONE,    /* taken out of the history: contact, message */
    EVENT_CONVERSATION,    /* a line of the list changed: contact */
    EVENT_TRANSFER,        /* a file got further, arrived or failed: contact, message, attachment */
    EVENT_PRESENCE,        /* somebody came, went or is typing; nothing is stored: contact */
    EVENT_GAP,     /* a gap was found, healed or given up: contact, message (its place holder) */
    EVENT_CONTACT, /* a contact was added or changed: contact */
    EVENT_REQUEST, /* somebody asks: contact */
    EVENT_LOOKUP,  /* adding by address went on or failed: lookup */
    EVENT_RELAY,   /* the connection to the own relay came, went or was refused */
    EVENT_NOTICE,  /* something a person has to look at: notice */
};

struct event {
    enum event_kind kind;
    int64_t contact;
    int64_t message;
    int64_t lookup;
    int64_t notice;
    int64_t attachment;
};
