/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the list says in one line: when, what, and what of it is a peer's words. All texts are new,
 * for gtk_label_set_text.
 */
#pragma once

#include <glib.h>

#include "gui/models/message.h"

/* A peer's TEXT as one line: no line ends, no control characters, nothing that turns the direction
 * of what stands beside it; at most MAX characters. */
char *words_line(const char *text, int max);

/* "14:05", "Yesterday", "Mon", "3 Nov", "3 Nov 2024", in the local time zone. */
char *words_when(gint64 ms, gint64 now_ms);
/* "5 seconds", "1 hour", "4 weeks". */
char *words_duration(gint64 seconds);

/* What a message says: its text with spoilers covered, files in words, deleted, missing. */
char *words_preview(const Message *m);
/* "Delivered", "Waiting for a connection": what became of it; "" for a received one. */
const char *words_state(const Message *m);
/* The icon for that, or NULL. */
const char *words_state_icon(const Message *m);
