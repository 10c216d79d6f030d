/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A large picture at its own size, in parts: those that are looked at are asked of the agent, one
 * after the other, and the few that were looked at last are kept. Each asking decodes all of the
 * picture (not here), so there is an overview for what needs no more.
 *
 * Signal: "changed": a part has come.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/bridge.h"

#define SNUG_TYPE_IMAGE_TILES (image_tiles_get_type())
G_DECLARE_FINAL_TYPE(ImageTiles, image_tiles, SNUG, IMAGE_TILES, GObject)

/* Of the picture ATTACHMENT (an id), WIDTH by HEIGHT. */
ImageTiles *image_tiles_new(Bridge *bridge, const char *attachment, int width, int height);
/* This is looked at, in pixels of the picture; NULL: nothing is. Nothing is asked for where it is
 * more than is kept. */
void image_tiles_want(ImageTiles *self, const GdkRectangle *seen);
/* Draw what is here of the picture, whose left upper corner is at X, Y, each pixel SCALE large. */
void image_tiles_snapshot(ImageTiles *self, GtkSnapshot *snapshot, const graphene_point_t *at,
                          float scale);
