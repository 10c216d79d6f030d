/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A file that is neither shown nor played: what it is, how far it has come, and one button.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/models/attachment.h"

#define SNUG_TYPE_FILE_VIEW (file_view_get_type())
G_DECLARE_FINAL_TYPE(FileView, file_view, SNUG, FILE_VIEW, GtkBox)

GtkWidget *file_view_new(void);
void file_view_show(FileView *self, const Attachment *file);

/* BUTTON does what stands first for FILE now, and is named by it. */
void file_button_show(GtkButton *button, const Attachment *file);
