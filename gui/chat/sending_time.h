/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * When something is to be sent: the choices of a menu, and a dialog for any other time.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"

typedef void sending_time_fn(gpointer self, gint64 at_ms);

/* CHOICE is hour, evening or morning, or choose, which asks. CHOSEN is called with SELF (while it
 * lives), unless the person gives up. */
void sending_time_ask(const char *choice, GtkWidget *self, Account *account,
                      sending_time_fn *chosen);

/* The time of a choice, seen from NOW; 0: it has none. */
gint64 sending_time_of(const char *choice, GDateTime *now);
