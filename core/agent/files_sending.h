/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * message.send with files: they are opened, pictures looked at and cleaned, all sealed, and then
 * there is a message. Its part of the call ends there.
 */
#pragma once

#include "core/agent/call.h"
#include "core/compose.h"

/* What message.send says beside files: to whom, words and what adorns them, what they answer to.
 * and when. *RET borrows from C and from MARKS. */
enum err said_param(struct call *c, struct buf *marks, struct composition *ret);

/* Go on with C, which has `files`, for CONTACT. SENT is called with the message's id when there is
 * one, and ends the call; errors end it by themselves. */
enum err files_sending_start(struct call *c, int64_t contact,
                             void (*sent)(struct call *c, int64_t message, json_t *as_it_is));
