/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Voice notes as samples; the only file that knows libopusfile.
 */
#pragma once

#include "core/media/job.h"

/* MEDIA_SOUND_SECONDS of FILE, an Ogg with Opus in it, from second FROM on, appended to OUT; fewer
 * at its end. How long all of it is, and the samples, into RET. ERR_MALFORMED: it is no such file,
 * or damaged; also when it ends before FROM. */
enum err sound_decode(struct span file, unsigned from, struct media_result *ret, struct buf *out);
