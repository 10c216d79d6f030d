/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Bytes that are on no disk, and yet have a path by which the agent opens them: files of the
 * session's own memory (XDG_RUNTIME_DIR, or /dev/shm). They are not a memfd by way of /proc, since
 * an agent under Landlock does not get at what another process has open.
 */
#pragma once

#include <glib.h>

/* The descriptor of an empty one that nobody else may read; -1: there is none. */
int memory_new(void);
/* One with BYTES; -1: there is no room for them. */
int memory_new_bytes(GBytes *bytes);

char *memory_path(int fd);

/* The bytes are gone with it. */
void memory_close(int fd);
