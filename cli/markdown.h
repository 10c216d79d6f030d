/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A few marks that people type, as ranges. Only for what is typed here, and only when asked for: no
 * text of a peer is ever read for marks.
 *
 *     *bold*  _italic_  ~strike~  `monospace`  ||spoiler||
 *
 * A mark opens before something that is no blank and at the beginning of a word, and closes at the
 * end of one; a backslash before it leaves it as it is. What has no partner stays in the text.
 */
#pragma once

#include <jansson.h>

#include "wire/buf.h"

/* TEXT without its marks, appended to RET, and what they were as {start, length, kind}, a new list.
 * ERR_TOO_LARGE: there are more than RANGES_MAX. */
enum err markdown_read(struct span text, struct buf *ret, json_t **ret_ranges);
