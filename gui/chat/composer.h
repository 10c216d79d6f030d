/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where messages of a conversation are written: the box, what it answers or changes, the files that
 * go with it, voice notes, and sending at a time. One is enough for the program: it is opened for
 * one conversation after the other.
 *
 * The one thing to know: what is sent leaves the box at once, and comes back with the reason when
 * the agent refuses it. What is not sent is kept as the conversation's draft.
 *
 * Signal: "sent": something was said here, which the log wants to show.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"
#include "gui/models/message.h"

#define SNUG_TYPE_COMPOSER (composer_get_type())
G_DECLARE_FINAL_TYPE(Composer, composer, SNUG, COMPOSER, GtkWidget)

GtkWidget *composer_new(Account *account);

/* Write to CONTACT (an id) from now on; what was written before is kept. NULL: to nobody. */
void composer_open(Composer *self, const char *contact);
/* Whom it writes to, borrowed; NULL: nobody. */
const char *composer_get_contact(Composer *self);
/* Messages of the conversation that is open. */
void composer_reply(Composer *self, Message *message);
void composer_edit(Composer *self, Message *message);

void composer_focus(Composer *self);
/* Files that are dropped on AREA are taken. */
void composer_accept_drops(Composer *self, GtkWidget *area);
/* A sentence above the box, until something else is done. */
void composer_say(Composer *self, const char *sentence);
