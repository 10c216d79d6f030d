/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A message in the log: the day and the "New messages" line above it where they belong, its bubble
 * (own at the end, theirs at the start), reactions below, and what to do when it could not be sent.
 * Rows are used again for other messages; what a message does not need is not made.
 *
 * It acts by the actions of the log above it (message_log.h: "log.jump", "log.react", ...), and
 * those of the page ("message.retry", ...).
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"
#include "gui/models/message.h"

#define SNUG_TYPE_MESSAGE_ROW (message_row_get_type())
G_DECLARE_FINAL_TYPE(MessageRow, message_row, SNUG, MESSAGE_ROW, GtkWidget)

GtkWidget *message_row_new(Account *account);

struct row_place {
    const Message *before; /* what stands above; NULL: nothing does */
    gboolean first_new;    /* the "New messages" line is above */
    gboolean found;        /* to be seen at a glance */
    guint gaps;            /* place holders: for how many messages it stands */
};

/* Show MESSAGE, and follow what changes of it. */
void message_row_bind(MessageRow *self, Message *message, const struct row_place *place);
void message_row_unbind(MessageRow *self);
/* The message that is shown, borrowed; NULL: none. */
Message *message_row_get_message(MessageRow *self);

/* Things around it changed. */
void message_row_set_place(MessageRow *self, const struct row_place *place);
/* The words can be selected with the pointer as long as it is near. */
void message_row_set_pointed(MessageRow *self, gboolean pointed);
/* Whether its words are more than it shows. */
gboolean message_row_is_cut(MessageRow *self);
/* Show what is hidden in it. */
gboolean message_row_has_spoilers(MessageRow *self);
void message_row_show_spoilers(MessageRow *self);
/* The addresses in its words, as they are shown: free with g_strfreev. */
char **message_row_dup_links(MessageRow *self);
