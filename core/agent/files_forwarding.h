/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * message.forward of a message with files (docs/PROTOCOL.md B13.5): each contact gets them sealed
 * anew, so the call is answered when that is done.
 */
#pragma once

#include "core/agent/call.h"

#define FORWARD_MAX 32 /* contacts at a time */

struct engine;

/* Whether the message has files. */
enum err files_forwarding_needed(struct engine *e, int64_t message, bool *ret);

/* Defers C, which ends with the messages or with an error. ERR_STATE: a file is not here, it has to
 * be fetched first; those of sealing_start. */
enum err files_forwarding_start(struct call *c, int64_t message, const int64_t *contacts,
                                size_t count);
