/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where the log is scrolled to. A list of GTK 4.8 does not follow what is appended, stays blank
 * when it is told to scroll before it has a size, and knows the heights of what is far away only
 * by guessing; this is all that is done about it.
 *
 * It sticks to the end as long as a person does not scroll away. A goal is a place that is being
 * scrolled to: it takes a few frames until the list has measured what is there.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/models/history.h"

enum log_goal {
    LOG_NOWHERE,
    LOG_END,
    LOG_TOP,   /* a message stands at the top */
    LOG_THIRD, /* or a third below it */
};

struct log_scroll {
    GtkListView *list;
    GtkScrolledWindow *scroller;
    GtkAdjustment *adjustment;
    GHashTable *rows;        /* Message -> row that shows it */
    History *history;        /* borrowed; NULL: none */
    void (*moved)(gpointer); /* called after something else is in sight */
    gpointer self;
    gboolean stick;
    enum log_goal goal;
    gint64 number; /* of the message that is the goal */
    guint ticking, frames;
    guint measuring;           /* rows that came, in the next frame; 0: none */
    double value, upper, page; /* as they were last */
};

/* The members up to SELF are set. Connects to the adjustment and the list. */
void log_scroll_start(struct log_scroll *scroll);
void log_scroll_stop(struct log_scroll *scroll);

void log_scroll_go(struct log_scroll *scroll, enum log_goal goal, gint64 number);
/* Items changed: until the list has measured them, nobody knows how far its ends are, and it would
 * grow again and again. */
void log_scroll_changed(struct log_scroll *scroll);
/* Items at the end were added: it follows where it sticks. */
void log_scroll_follow(struct log_scroll *scroll);

/* Whether the newest message of all is in the window of the history. */
gboolean log_scroll_has_newest(const struct log_scroll *scroll);
/* The last message whose end is in sight, borrowed; NULL: none. */
Message *log_scroll_last_in_sight(const struct log_scroll *scroll);
/* Have the history grow where the end of its window is near. */
void log_scroll_grow(const struct log_scroll *scroll);
