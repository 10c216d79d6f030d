/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Small files that a command reads by itself: the recovery kit, evidence.
 */
#pragma once

#include "wire/buf.h"

/* Append all of the regular file PATH to RET; a link is followed. What is no regular file (a pipe,
 * to which nobody may ever write) is refused at once and not waited for. ERR_NOT_FOUND, ERR_IO,
 * ERR_USAGE: no regular file; ERR_TOO_LARGE: more than RET takes. */
enum err file_read(const char *path, struct buf *ret);
