/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A window for a picture of a message, and for those before and after it in the conversation:
 * fitted, at its own size, or larger; to be saved. Plus and minus or the wheel make it larger and
 * smaller, 0 fits it, 1 is its own size, the arrow keys go on and back, Escape closes.
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"
#include "gui/models/attachment.h"

#define SNUG_TYPE_IMAGE_VIEWER (image_viewer_get_type())
G_DECLARE_FINAL_TYPE(ImageViewer, image_viewer, SNUG, IMAGE_VIEWER, AdwWindow)

/* Show FILE; the pictures beside it are those of the list that FROM (a widget) stands in, where it
 * is one of messages. The window, borrowed. */
ImageViewer *image_viewer_open(GtkWidget *from, Account *account, Attachment *file);
