/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Picture files as boxes of parts, without looking at a pixel: how large the picture is, how it is
 * to be turned, and the same file without what is not needed to show it.
 *
 * The one thing to know: taking metadata out goes by a list of the parts that stay (pixels,
 * colours, timing of an animation, transparency), never by a list of what is known to tell on
 * people. What stands behind the end of the picture, where phones put films and second pictures,
 * goes too.
 */
#pragma once

#include "core/media/job.h"

struct facts {
    uint32_t width, height; /* as stored, from the header alone */
    unsigned orientation;   /* 1 to 8, as in Exif; 1: as stored */
};

/* By the first bytes; MEDIA_OTHER for what snug-media does not read. */
enum media_kind kind_of(struct span file);

/* ERR_MALFORMED: it has no size before the file ends, or a side is 0. */
enum err container_look(enum media_kind kind, struct span file, struct facts *ret);

/* Append FILE without its metadata; the orientation stays, written anew. ERR_MALFORMED: it is cut
 * or broken. ERR_STATE: a kind that cannot be cleaned. */
enum err container_strip(enum media_kind kind, struct span file, struct buf *out);

/* One file each: */
enum err jpeg_look(struct span file, struct facts *ret);
enum err jpeg_strip(struct span file, struct buf *out);
enum err png_look(struct span file, struct facts *ret);
enum err png_strip(struct span file, struct buf *out);
enum err gif_look(struct span file, struct facts *ret);
enum err gif_strip(struct span file, struct buf *out);
enum err webp_look(struct span file, struct facts *ret);
enum err webp_strip(struct span file, struct buf *out);
