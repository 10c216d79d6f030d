/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A picture to look at closely: fitted into its room, or at a scale of one's own, to be scrolled in
 * the scrolled window that it is in.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/files/image_tiles.h"

#define SNUG_TYPE_IMAGE_CANVAS (image_canvas_get_type())
G_DECLARE_FINAL_TYPE(ImageCanvas, image_canvas, SNUG, IMAGE_CANVAS, GtkWidget)

/* A picture, which may be NULL. It is fitted. */
void image_canvas_set_texture(ImageCanvas *self, GdkTexture *texture);
/* The same of one of WIDTH and HEIGHT, of which TEXTURE is the overview and TILES has the rest. */
void image_canvas_set_large(ImageCanvas *self, GdkTexture *texture, const int size[2],
                            ImageTiles *tiles);
/* Fit it (never larger than it is). */
void image_canvas_fit(ImageCanvas *self);
/* 1: a pixel of the picture for one of the screen. Kept within sensible bounds. */
void image_canvas_set_scale(ImageCanvas *self, double scale);
double image_canvas_get_scale(ImageCanvas *self);
