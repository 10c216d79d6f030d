/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a thread that writes or reads a backup shows to the one that watches it.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/err.h"

struct backup_watch {
    atomic_bool cancelled;
    _Atomic uint64_t done, total; /* bytes; TOTAL may be a guess, and is never below DONE */
};

static inline void
backup_watch_set(struct backup_watch *w, uint64_t done, uint64_t total)
{
    if (w == NULL)
        return;
    atomic_store(&w->total, total > done ? total : done);
    atomic_store(&w->done, done);
}

/* ERR_STATE: it is to be given up. */
static inline enum err
backup_watch_check(const struct backup_watch *w)
{
    return w != NULL && atomic_load(&w->cancelled) ? fail(ERR_STATE, "It was cancelled.") : OK;
}
