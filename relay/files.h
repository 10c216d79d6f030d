/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The relay's small files: keys, certificate, lock and address. A file is there whole or not at
 * all, and only its owner may read it.
 */
#pragma once

#include "wire/buf.h"

/* Make or replace PATH, mode 0600, on the disk before this returns: beside it, then renamed. */
enum err file_put(const char *path, struct span content);

/* The whole content, at most CONTENT's maximum. ERR_NOT_FOUND when there is no such file. */
enum err file_get(const char *path, struct buf *content);

/* DIR with mode 0700 if it is not there. ERR_IO when it cannot be, or is no directory. */
enum err directory_make(const char *dir);

/* Hold DIR for this process until it ends: *ret_fd keeps the lock. ERR_BUSY when another process
 * has it. */
enum err directory_lock(const char *dir, int *ret_fd);

/* DIR/NAME into RET. ERR_TOO_LARGE when it does not fit. */
#define FILE_PATH_MAX 4096
enum err path_join(const char *dir, const char *name, char ret[FILE_PATH_MAX]);
