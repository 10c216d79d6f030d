/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pixels without a file around them: scaled, turned, laid on white, blurred. Only small results are
 * kept; what is scaled stays where the decoder put it.
 */
#pragma once

#include "wire/buf.h"

/* What a decoder made; borrowed. */
struct source {
    const uint8_t *pixels;
    unsigned width, height;
    size_t stride;     /* bytes from row to row */
    unsigned channels; /* 3: red, green, blue; 4: and alpha */
};

/* Of our own: four bytes a pixel, without gaps between rows. */
struct raster {
    unsigned width, height;
    uint8_t *pixels;
};

void raster_done(struct raster *r);

/* The largest size of the proportions of W and H within MAX_W and MAX_H, and not above W and H; no
 * side below 1. */
void fit(unsigned w, unsigned h, unsigned max_w, unsigned max_h, unsigned ret[2]);

/* Scale S to W and H: each pixel is the mean of what it covers, weighed by alpha. ERR_MEMORY. */
enum err raster_scale(const struct source *s, unsigned w, unsigned h, struct raster *ret);

/* Of S, turned as ORIENTATION says, the part of SIZE (width, height) at AT (left, top), which is
 * within. ERR_MEMORY. */
enum err raster_cut(const struct source *s, unsigned orientation, const unsigned at[2],
                    const unsigned size[2], struct raster *ret);

/* Turn as Exif's ORIENTATION (1 to 8) says. */
enum err raster_orient(struct raster *r, unsigned orientation);

void raster_over_white(struct raster *r);

/* Each pixel becomes the mean of itself and its neighbours; the picture is opaque. */
enum err raster_blur(struct raster *r);
