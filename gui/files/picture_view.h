/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A picture of a message: one button, which does what stands first (fetch it, look at it, give up).
 * What is not here yet says so over its preview.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/models/attachment.h"

#define SNUG_TYPE_PICTURE_VIEW (picture_view_get_type())
G_DECLARE_FINAL_TYPE(PictureView, picture_view, SNUG, PICTURE_VIEW, GtkWidget)

GtkWidget *picture_view_new(void);
/* TEXTURE is what there is of it, or NULL. TILE: as a square of that side; 0: as it is. */
void picture_view_show(PictureView *self, const Attachment *file, GdkTexture *texture, int tile);
