/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A file's name as somebody else wrote it, made into one that a file may have here
 * (docs/PROTOCOL.md B13.3): no way into another folder, nothing hidden, nothing that shows as
 * something else.
 */
#pragma once

#include "wire/buf.h"

#define SAFE_NAME_MAX 255

/* What comes behind the last slash or backslash of NAME, without control, line-breaking, invisible
 * and direction-changing characters, leading dots, and blanks and dots at either end; a leading
 * hyphen, and names that are devices elsewhere, get an underscore in front. At most SAFE_NAME_MAX
 * bytes, of which a short ending is kept. "file" when nothing is left, or NAME is not UTF-8. */
void safe_name(struct span name, char ret[SAFE_NAME_MAX + 1]);

/* The same with " (N)" before its ending, for when the name is taken. */
void safe_name_numbered(const char *safe, unsigned n, char ret[SAFE_NAME_MAX + 1]);
