/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A banner across the window while a restored profile is not let into its account, and does not try
 * again by itself: why, and what can be done (account.rejoin).
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"

#define SNUG_TYPE_JOIN_BAR (join_bar_get_type())
G_DECLARE_FINAL_TYPE(JoinBar, join_bar, SNUG, JOIN_BAR, GtkBox)

GtkWidget *join_bar_new(Account *account);
