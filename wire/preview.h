/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The small preview of a picture that goes into a message (B13 field 9): u8 width, u8 height, each
 * 1 to PREVIEW_SIDE_MAX, then width * height pixels of three bytes (red, green, blue; sRGB), row by
 * row from the top. Nothing in it is decoded: a receiver that checked the length may show it.
 */
#pragma once

#include "wire/buf.h"
#include "wire/limits.h"

struct preview {
    unsigned width, height;
    const uint8_t *pixels; /* borrowed; 3 * width * height bytes */
};

/* The preview in BYTES. ERR_MALFORMED: a side is 0 or too long, or it is not exactly as long as its
 * sides say. */
enum err preview_read(struct span bytes, struct preview *ret);

void preview_write(struct buf *out, const struct preview *p);
