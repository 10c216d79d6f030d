/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a person decides about a contact, each with the question it needs: the same from the lists
 * of requests and conversations, the contact's page, and the banner in a conversation. NEAR is the
 * widget that was used; failures are said near it.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"

/* Asks once whether they may see when you are here, as the setting proposes. */
void decide_accept(GtkWidget *near, Account *account, Contact *contact);
void decide_decline(GtkWidget *near, Account *account, Contact *contact);
void decide_block(GtkWidget *near, Account *account, Contact *contact);
void decide_unblock(GtkWidget *near, Account *account, Contact *contact);
void decide_remove(GtkWidget *near, Account *account, Contact *contact);
/* Also of those who are no contacts: an id, and what it is called. */
void decide_delete_conversation(GtkWidget *near, Account *account, const char *contact,
                                const char *label);

/* After a key change. */
void decide_keep_key(GtkWidget *near, Account *account, Contact *contact);
void decide_take_new(GtkWidget *near, Account *account, Contact *contact);
