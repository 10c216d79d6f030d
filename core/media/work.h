/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A job done: file in, result and bytes out. The pixels are counted before one is decoded.
 */
#pragma once

#include "core/media/job.h"

/* OUT is empty, and has as its maximum media_size_max. */
void media_work(const struct media_job *job, struct span file, struct media_result *ret,
                struct buf *out);
