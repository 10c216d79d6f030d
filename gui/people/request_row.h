/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Somebody who asks to be a contact, with what can be done about it.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"

#define SNUG_TYPE_REQUEST_ROW (request_row_get_type())
G_DECLARE_FINAL_TYPE(RequestRow, request_row, SNUG, REQUEST_ROW, GtkBox)

GtkWidget *request_row_new(Account *account, Contact *contact);
