/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pixels as they come from the agent, as textures. Nothing is decoded here, and nothing is
 * believed: sides and lengths have to fit each other.
 */
#pragma once

#include <gdk/gdk.h>

#include "gui/bridge.h"

/* The small preview of attachment.show, in base64url; NULL: it makes no sense. */
GdkTexture *preview_texture(const char *text);

/* TEXTURE is borrowed; NULL: ERROR says why (borrowed). */
typedef void pixels_done_fn(gpointer self, GdkTexture *texture, const GError *error, gpointer data);

/* The picture ATTACHMENT (an id) within WIDTH and HEIGHT, 2048 each at most. DONE is called once,
 * later, unless SELF (an object) is gone by then. */
struct pixels_wish {
    const char *attachment;
    int width, height;
    gpointer self;
    pixels_done_fn *done;
    gpointer data;
    GDestroyNotify free_data;
};
void pixels_fetch(Bridge *bridge, const struct pixels_wish *wish);
