/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a line of the list says of its last message beside the words for it, which are those of
 * gui/chat/message_words.h: when it was, and what became of it.
 */
#pragma once

#include "gui/models/message.h"

/* "14:05", "Yesterday", "Mon", "3 Nov", "3 Nov 2024", in the local time zone; a new string. */
char *words_when(gint64 ms, gint64 now_ms);
/* The icon for what became of it, or NULL. */
const char *words_state_icon(const Message *m);
