/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A call that waits for snug-media to look at a file the caller names.
 */
#pragma once

#include "core/agent/call.h"
#include "core/agent/media.h"

/* Defer C until DONE, whose self is C and which ends it. The file is at the path in parameter NAME,
 * a whole one. ERR_USAGE, ERR_NOT_FOUND, ERR_IO, or as media_start. */
enum err media_call(struct call *c, const char *name, struct media_order *order,
                    void (*done)(void *self, struct media_outcome *o));

/* The same with a file that ORDER has as bytes, or as a descriptor, which stays the caller's. */
enum err media_call_order(struct call *c, struct media_order *order,
                          void (*done)(void *self, struct media_outcome *o));

/* BYTES as a string in base64url; NULL without memory. */
json_t *json_base64(struct span bytes);
