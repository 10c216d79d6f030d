/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the parts of a history share: history.c (the window over a conversation, and how it is
 * loaded and grows) and history_news.c (what the agent tells, and reading again after something
 * was missed).
 */
#pragma once

#include "gui/models/history.h"

#define FIRST 40 /* messages of a new window: a list makes a row for each, so few are quick */

struct _History {
    GObject parent;
    Bridge *bridge;
    char *contact;
    GPtrArray *messages;    /* of Message, by number */
    gboolean more[2];       /* beyond that enum history_end */
    guint growing[2];       /* the call under way; 0: none */
    guint loading, halving; /* a new window: its last call, and the one before */
    guint rereading;        /* after a refresh */
    gint64 reread_after;    /* that page is above this number */
    char *wanted;           /* what the new window is around; NULL: the newest */
    GPtrArray *older;       /* the first half of a window around a message */
    gboolean older_more;
    gint64 deleted_upto; /* what has a number up to it does not come back */
};

/* How many have a smaller number than NUMBER. */
guint history_count_below(History *self, gint64 number);
/* The number of the message at a place that there is. */
gint64 history_number_at(History *self, guint position);
/* Of the first and the last message here; 0: there is none. */
gint64 history_first_number(History *self);
gint64 history_last_number(History *self);
void history_take_out(History *self, guint position, guint count);
/* A message that the agent showed: it is in the window from now on, where its number says. */
void history_put_in(History *self, const json_t *shown);
/* A message of the window changed. */
void history_update(History *self, Message *m, const json_t *shown);
/* Let go of what is too much at END. */
void history_forget_beyond(History *self, enum history_end end);

/* Call for messages; takes PARAMS. */
guint history_ask(History *self, json_t *params, bridge_done_fn *done, int data);
void history_stop_calls(History *self);
/* "message-7" of 7: places between messages have numbers, too. */
json_t *history_place(gint64 number);

/* --- history_news.c --- */

/* Follow what the bridge tells from now on. */
void history_follow(History *self);
