/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The words that somebody writes, with their formatting and mentions: tags of a GtkTextBuffer, and
 * lists of places in bytes where the agent is asked. There is no markup in between, so nothing that
 * somebody types can become formatting.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/models/message.h"

#define RANGE_KINDS (RANGE_SPOILER + 1)

/* Give BUFFER the tags. Call once. */
void written_setup(GtkTextBuffer *buffer);

/* The words of a message (or of a draft, which looks like one), not to be undone; NULL: none. */
void written_set(GtkTextBuffer *buffer, const Message *message);
gboolean written_is_empty(GtkTextBuffer *buffer);
/* In UTF-8, without white space at both ends. */
gsize written_bytes(GtkTextBuffer *buffer);

enum written_ends { WRITTEN_AS_IT_IS, WRITTEN_STRIPPED /* of white space at both ends */ };

/* Put `text`, and `ranges` and `mentions` where there are some, into PARAMS. */
void written_put(GtkTextBuffer *buffer, enum written_ends ends, json_t *params);

/* Format what is selected, or take that away where all of it has it. FALSE: nothing is selected. */
gboolean written_toggle(GtkTextBuffer *buffer, enum range_kind kind);
/* Whether all that is selected has it. */
gboolean written_has(GtkTextBuffer *buffer, enum range_kind kind);

/* Whether an "@" and the beginning of LABEL stand before the cursor. */
gboolean written_may_mention(GtkTextBuffer *buffer, const char *label);
/* Make a mention of CONTACT (an id) of it. */
void written_mention(GtkTextBuffer *buffer, const char *contact, const char *label);
