/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Small picture files with metadata wherever their format has a place for it. All of that says
 * TELLTALE; the pixels are no real ones, for nothing here decodes them.
 */
#pragma once

#include "core/media/job.h"

#define TELLTALE "51.5074N 0.1278W"

/* 40 by 30; ORIENTATION 0: none is said. */
void picture_write(enum media_kind kind, unsigned orientation, struct buf *out);

/* A WebP and a PNG that move. */
void picture_write_moving(enum media_kind kind, struct buf *out);
