/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What of a frame goes to a stream that a fetch key opened (B3.6): sealed items and nothing by
 * which a thief of a locked machine could tell correspondents or the account's state apart.
 */
#pragma once

#include "wire/frame.h"

/* *RET is F without what is not for it. False: it gets nothing of F. */
bool fetched_part(const struct frame *f, struct frame *ret);
