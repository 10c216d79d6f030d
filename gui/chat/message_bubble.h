/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where the parts of a message stand in its bubble: one below the other, and the time with its
 * marks at the end, beside the text where that is one line and leaves room. It measures its parts
 * itself, each once for the width it will have: boxes would ask wrapping labels many times over.
 */
#pragma once

#include <gtk/gtk.h>

enum bubble_part {
    BUBBLE_MARK, /* "Forwarded" */
    BUBBLE_QUOTE,
    BUBBLE_FILES,
    BUBBLE_CARD,
    BUBBLE_TEXT, /* a wrapping GtkLabel */
    BUBBLE_MORE,
    BUBBLE_META, /* time and state */
    BUBBLE_PARTS,
};

#define SNUG_TYPE_MESSAGE_BUBBLE (message_bubble_get_type())
G_DECLARE_FINAL_TYPE(MessageBubble, message_bubble, SNUG, MESSAGE_BUBBLE, GtkWidget)

MessageBubble *message_bubble_new(void);

/* NULL: it has no such part (yet). */
GtkWidget *message_bubble_get(MessageBubble *self, enum bubble_part part);
/* Takes a floating PART. Parts are made when a message needs them, and only hidden afterwards. */
void message_bubble_put(MessageBubble *self, enum bubble_part part, GtkWidget *widget);
/* Hides a part that is there. */
void message_bubble_hide(MessageBubble *self, enum bubble_part part);
