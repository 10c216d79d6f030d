/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a person does with a line of the list: the menu, and what its entries call. NEAR is the
 * widget that was used; what failed is said near it.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"

enum choice_mute {
    MUTE_OFF,
    MUTE_HOUR,
    MUTE_8_HOURS,
    MUTE_WEEK,
    MUTE_FOR_GOOD,
};

void choose_unread(GtkWidget *near, Account *account, const Conversation *v);
void choose_read(GtkWidget *near, Account *account, const Conversation *v);
void choose_pin(GtkWidget *near, Account *account, const Conversation *v); /* or take it away */
void choose_archive(GtkWidget *near, Account *account,
                    const Conversation *v); /* or bring it back */
void choose_mute(GtkWidget *near, Account *account, const Conversation *v, enum choice_mute time);
/* These ask first. */
void choose_block(GtkWidget *near, Account *account, const Conversation *v);
void choose_delete(GtkWidget *near, Account *account, const Conversation *v);

gboolean is_unread(const Conversation *v);
gboolean is_muted(const Conversation *v);

/* The menu of a line; its actions are in the group "chat". */
GMenuModel *choices_menu(const Conversation *v);
