/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where a profile lives on disk: $XDG_DATA_HOME/snug/NAME (0700) with the slot file and history.db,
 * and beside it NAME.lock, which one process at a time holds, as it does the directory: another
 * name may lead there (docs/PROTOCOL.md B18.4).
 *
 * The one thing to know: a new profile grows in a directory of its own and gets its name by one
 * rename when it is whole. Whatever happens before that leaves nothing but a directory that is
 * swept away when the lock is taken next. The lock lies outside, so that it can be held before
 * there is a profile.
 */
#pragma once

#include "wire/buf.h"

#define PROFILE_NAME_MAX 32

struct profile;

/* Lower-case letters, digits, `-` and `_`, beginning with a letter or a digit. ERR_USAGE. */
enum err profile_name_check(const char *name);

/* Take the lock of the profile NAME, whether there is such a profile yet or not. ERR_BUSY: another
 * process holds it. ERR_USAGE: no such name can be. */
enum err profile_lock(const char *name, struct profile **ret);

/* Gives the lock back, and sweeps away what was begun and not committed; after a wipe the lock,
 * too. Takes NULL. */
void profile_free(struct profile *p);
static inline void
profile_freep(struct profile **p)
{
    profile_free(*p);
}

const char *profile_name(const struct profile *p);

/* Destroy it, for good: first the slot file, overwritten and gone from the disk before anything
 * else (without it nothing opens), then all the rest. Close the store first; only profile_free may
 * follow, and until then nobody else makes one of that name. Fine where there is none, or only what
 * a kill has left of one. What a disk keeps of overwritten blocks is out of our reach: without the
 * pass-phrase it is of no use. ERR_IO: do it again. */
enum err profile_wipe(struct profile *p);

/* Whether there is one (and it is not just being made). */
bool profile_exists(const struct profile *p);

/* Begin to make it: paths lead into the new directory from now on. ERR_EXISTS. */
enum err profile_begin(struct profile *p);
/* Give it its name. Close the store first: its path changes. */
enum err profile_commit(struct profile *p);
void profile_abandon(struct profile *p);

/* Path of the database; borrowed until the next begin, commit or abandon. */
const char *profile_store_path(const struct profile *p);

/* The directory of its files (core/files.h), which may not be there yet; borrowed likewise. */
const char *profile_files_path(const struct profile *p);

/* The file of what comes while it is locked (core/collector.h), mostly not there; likewise. */
const char *profile_sealed_path(const struct profile *p);

/* Whether it was left open: by an agent that ended without being told to lock, as at the end of a
 * session, or crashed. Closing it does not fail where it matters; opening may, and is then as if it
 * had not happened (docs/PROTOCOL.md B18.1). */
bool profile_left_open(const struct profile *p);
enum left { LEFT_CLOSED, LEFT_OPEN };
void profile_leave(const struct profile *p, enum left how);

/* The slot file. ERR_NOT_FOUND; ERR_DAMAGED when it is too large. Writing replaces it as a whole or
 * not at all; ERR_FULL, ERR_IO. */
enum err profile_slots_read(const struct profile *p, struct buf *ret);
enum err profile_slots_write(const struct profile *p, struct span bytes);
