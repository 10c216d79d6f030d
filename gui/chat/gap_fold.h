/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A run of place holders is one line of the log: the first of a run stands for all of it, and the
 * others are not in the list that is shown. A run is what stands side by side on one day, is of the
 * same side, and waits or is lost alike.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/models/history.h"

/* The first of the run that the message at POSITION belongs to; POSITION where it is in none. */
guint gap_fold_head(History *history, guint position);
/* How many are missing where the message at POSITION is the first of a run; 0: it is none. */
guint gap_fold_count(History *history, guint position);

/* What is shown of HISTORY. */
GtkFilterListModel *gap_fold_new(History *history);
/* Runs may begin or end elsewhere now. */
void gap_fold_again(GtkFilterListModel *folded);
/* The place of a message (by its number) in what is shown; -1: it is not there. */
int gap_fold_find(GListModel *folded, gint64 number);
