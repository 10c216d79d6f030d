/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the parts of the log share: message_log.c (the widget, and what it shows) and
 * message_log_actions.c (what is asked for in its rows and menus).
 */
#pragma once

#include "gui/chat/log_scroll.h"
#include "gui/chat/message_log.h"

struct _MessageLog {
    AdwBin parent;
    Account *account;
    History *history;
    GtkFilterListModel *folded; /* what is shown of it, owned by the list */
    GHashTable *rows;           /* Message -> MessageRow that shows it */
    GtkScrolledWindow *scroller;
    GtkListView *list;
    GtkRevealer *newest_revealer;
    GtkButton *newest;
    GtkLabel *newest_count;
    struct log_scroll scroll;
    gint64 new_from, found, read_upto; /* numbers of messages; 0: none */
    gint64 opening;                    /* the one that it opens at, until it is loaded */
    guint came;                        /* new messages that were not in sight */
    guint unfind, looking, asked;      /* timeouts, and a call */
    GtkWidget *root;                   /* the window, where there is one */
};

/* The actions that are named "log.…". */
void message_log_install_actions(GtkWidgetClass *widget);
/* Emits "failed". */
void message_log_fail(MessageLog *self, const char *sentence);
