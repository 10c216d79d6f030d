/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * "Save As…": where to is asked, and the agent writes the file there. How it went is said near the
 * widget.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"
#include "gui/models/attachment.h"

void save_as(GtkWidget *near, Account *account, const Attachment *file);
/* The second half: PATH was chosen, and may be replaced. */
void save_to(GtkWidget *near, Account *account, const char *attachment, const char *path);
