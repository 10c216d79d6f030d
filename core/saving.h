/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Out of the profile's folder: saving a file where its user wants it, and reading a part of it for
 * showing. The bytes are opened beside the loop, and never lie in clear anywhere but where they
 * were asked to: until it is whole the file has no name, so that a kill leaves nothing.
 *
 * The one thing to know: each calls DONE once, later, unless it is freed before; and it has to be
 * freed before the engine is closed.
 */
#pragma once

#include "core/attachments.h"

struct saving;

struct saving_wish {
    int64_t attachment; /* HERE, or ERR_STATE */
    /* A folder: under its own name there, with a number when that is taken. Else the file's path:
     * ERR_EXISTS when there is one, unless it may be replaced (never in a folder). Absolute. */
    const char *path;
    enum { SAVE_NEW, SAVE_REPLACE } how;
    void *ctx;
    /* PATH: where it is now. ERR_FULL: no room. ERR_DECRYPT: the file in the folder is damaged. */
    void (*done)(void *ctx, enum err r, const char *path);
};
enum err saving_start(struct engine *e, const struct saving_wish *w, struct saving **ret);
void saving_free(struct saving *s); /* gives up, if it is not over. NULL is fine */

#define READING_MAX (512 * 1024)

struct reading;

struct reading_wish {
    int64_t attachment;
    uint64_t offset;
    size_t n; /* READING_MAX at most; fewer come at the end */
    void *ctx;
    void (*done)(void *ctx, enum err r, struct span bytes);
};
enum err reading_start(struct engine *e, const struct reading_wish *w, struct reading **ret);
void reading_free(struct engine *e, struct reading *r);
