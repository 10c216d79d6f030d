/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * QR codes in pixels; the only file that knows zbar.
 */
#pragma once

#include "core/media/raster.h"

/* Append the texts in R to OUT, as media_text_write does: UTF-8 only, each once. ERR_NOT_FOUND:
 * there is none. */
enum err qr_read(const struct raster *r, struct buf *out);
