/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The one thing of Exif that is wanted: how a camera was held.
 */
#pragma once

#include "wire/buf.h"

#define EXIF_LEN 26 /* of what exif_write writes */

/* The orientation, 1 to 8, in a TIFF block; 1 for anything that is not understood. */
unsigned exif_orientation(struct span tiff);

/* A TIFF block that says ORIENTATION and nothing else. */
void exif_write(unsigned orientation, struct buf *out);
