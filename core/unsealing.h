/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A whole file of a message in clear, in memory that has no name: for a helper that looks at it and
 * has nothing but a descriptor. Opened beside the loop.
 *
 * The one thing to know: it calls DONE once, later, unless it is freed before; and it has to be
 * freed before the engine is closed. What lies in the memory was all authenticated before DONE.
 */
#pragma once

#include "core/attachments.h"

struct unsealing;

struct unsealing_wish {
    int64_t attachment; /* HERE, or ERR_STATE */
    uint64_t most;      /* bytes; ERR_TOO_LARGE above */
    void *ctx;
    /* FD: a memfd that the unsealing owns; -1 on failure. */
    void (*done)(void *ctx, enum err r, int fd);
};
enum err unsealing_start(struct engine *e, const struct unsealing_wish *w, struct unsealing **ret);
void unsealing_free(struct unsealing *u); /* gives up, if it is not over. NULL is fine */
