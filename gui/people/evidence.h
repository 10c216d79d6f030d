/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * "Export Evidence…": where to is asked, and the agent writes what proves a notice there, a new
 * file. How it went is said near the widget. Also for a notice that was put away long ago.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"

void evidence_export(GtkWidget *near, Account *account, const char *notice);
/* The newest that there is about a contact; when there is none, that is said. */
void evidence_export_about(GtkWidget *near, Account *account, const char *contact);
/* The second half: PATH was chosen. Nothing is replaced. */
void evidence_save(GtkWidget *near, Account *account, const char *notice, const char *path);
