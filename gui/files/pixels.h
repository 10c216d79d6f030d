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

#define PIXELS_SIDE 2048 /* the most that come at a time */

struct pixels {
    GdkTexture *texture;
    int width, height; /* of all of the picture */
};
/* PIXELS is borrowed; NULL: ERROR says why (borrowed). */
typedef void pixels_done_fn(gpointer self, const struct pixels *pixels, const GError *error,
                            gpointer data);

/* The picture ATTACHMENT (an id) within WIDTH and HEIGHT, PIXELS_SIDE each at most. DONE is called
 * once, later, unless SELF (an object) is gone by then. */
struct pixels_wish {
    const char *attachment;
    int width, height;
    gboolean part; /* not all of it, but so much as it is, from LEFT and TOP on */
    int left, top;
    gpointer self;
    pixels_done_fn *done;
    gpointer data;
    GDestroyNotify free_data;
};
void pixels_fetch(Bridge *bridge, const struct pixels_wish *wish);
