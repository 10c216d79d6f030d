/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * All files of one message: a picture alone in its own proportions, several as a grid of squares,
 * and below them whatever else there is, one under the other.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"

#define SNUG_TYPE_FILES_BOX (files_box_get_type())
G_DECLARE_FINAL_TYPE(FilesBox, files_box, SNUG, FILES_BOX, GtkBox)

GtkWidget *files_box_new(Account *account);
/* FILES are Attachments. Nothing is built anew when they are the same as before. */
void files_box_bind(FilesBox *self, const GPtrArray *files);
