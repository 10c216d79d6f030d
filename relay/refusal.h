/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The body of an answer that says no: a wire Error with the status and its words (B21).
 */
#pragma once

#include "wire/buf.h"

void refusal_write(struct buf *out, unsigned status, uint32_t retry_after);
