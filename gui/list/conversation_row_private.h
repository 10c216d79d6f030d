/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the two files of a row share: what is in it (conversation_row.c), and where each part of it
 * goes (conversation_row_layout.c).
 */
#pragma once

#include "gui/list/conversation_row.h"

struct _ConversationRow {
    GtkWidget parent;
    Account *account;
    GObject *item;
    Contact *contact; /* of the item; NULL: not known (yet), or ourselves */
    char *word;
    gulong item_changed, contact_changed, book_changed;
    AdwAvatar *avatar;
    GtkImage *dot, *verified, *muted, *tick, *pinned;
    GtkLabel *name, *time, *preview, *mention, *badge;
};

/* For the class: how it is measured and placed. */
void conversation_row_lay_out(GtkWidgetClass *widget);
