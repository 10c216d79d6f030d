/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A file of a message as it stands in the log: a picture, a voice note, or any other file with what
 * can be done about it. It follows the file's "changed", and what the agent tells of its transfer.
 *
 * Actions, for what is inside of it: "file.download", "file.cancel", "file.retry", "file.save",
 * "file.open" (a picture, in the viewer).
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"
#include "gui/models/attachment.h"

#define SNUG_TYPE_ATTACHMENT_VIEW (attachment_view_get_type())
G_DECLARE_FINAL_TYPE(AttachmentView, attachment_view, SNUG, ATTACHMENT_VIEW, GtkWidget)

GtkWidget *attachment_view_new(Account *account);
/* FILE may be NULL: nothing is shown. */
void attachment_view_bind(GtkWidget *view, Attachment *file);
/* One of several pictures: a square of SIDE; 0: as it is. Before bind. */
void attachment_view_set_tile(GtkWidget *view, int side);
