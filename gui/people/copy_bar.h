/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A banner across the window while another copy of this profile has taken over, with the button
 * that goes on here.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"

#define SNUG_TYPE_COPY_BAR (copy_bar_get_type())
G_DECLARE_FINAL_TYPE(CopyBar, copy_bar, SNUG, COPY_BAR, GtkBox)

GtkWidget *copy_bar_new(Account *account);
