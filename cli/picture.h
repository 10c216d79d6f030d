/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files that a command names, for the agent, which opens them.
 */
#pragma once

#include <limits.h>

#include "cli/cli.h"

/* PATH from the root, as the agent wants it; the file need not be there. ERR_USAGE: too long. */
enum err path_absolute(const char *path, char ret[PATH_MAX]);

/* The text of the first QR code in the picture FILE that begins with BEGIN, NUL-terminated in RET.
 * ERR_NOT_FOUND: there is none. */
enum err picture_qr(struct cli *cli, const char *file, const char *begin, struct buf *ret);
