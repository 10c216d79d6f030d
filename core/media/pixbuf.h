/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Decoding and encoding; the only file that knows gdk-pixbuf.
 */
#pragma once

#include "core/media/job.h"
#include "core/media/raster.h"

/* Load all that is loaded from files, while there are files: one loader for each kind, named by us
 * and not found by what a file says. ERR_STATE: one is not installed (webp may be missing). */
enum err pixbuf_prepare(void);

struct decoded {
    struct source source;
    void *owner; /* a GdkPixbuf */
};
void decoded_done(struct decoded *d);

/* Decode FILE, of the size in its header (W, H). Where the format allows it cheaply, it is scaled
 * down on the way, to no less than ENOUGH on its longer side; of an animation comes the first
 * picture. ERR_MALFORMED; ERR_TOO_LARGE: more pixels come out of it than its header said. */
struct decoding {
    enum media_kind kind;
    struct span file;
    unsigned width, height, enough;
};
enum err pixbuf_decode(const struct decoding *d, struct decoded *ret);

/* R as a file. QUALITY is that of a JPEG. */
enum err pixbuf_encode(const struct raster *r, enum media_form form, int quality, struct buf *out);
