/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A picture in the room that it will need, before there is any of it: by the sides that its sender
 * names, within bounds, so that what is around it never moves. It draws what it is given, filling
 * its room.
 */
#pragma once

#include <gtk/gtk.h>

#define SNUG_TYPE_PICTURE_FRAME (picture_frame_get_type())
G_DECLARE_FINAL_TYPE(PictureFrame, picture_frame, SNUG, PICTURE_FRAME, GtkWidget)

GtkWidget *picture_frame_new(void);
/* As WIDTH by HEIGHT say (0: not known), scaled to fit SIDE; TILE: a square of SIDE. */
void picture_frame_set_size(PictureFrame *self, int width, int height, int side);
void picture_frame_set_tile(PictureFrame *self, int side);
/* TEXTURE may be NULL. */
void picture_frame_set_texture(PictureFrame *self, GdkTexture *texture);
/* Something small over its middle; taken. */
void picture_frame_set_cover(PictureFrame *self, GtkWidget *cover);
