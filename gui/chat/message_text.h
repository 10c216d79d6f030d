/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The words in a bubble: a real label, so that they can be selected and read out, whose links and
 * hidden words act when they are clicked. Links act by "log.open-link".
 */
#pragma once

#include "gui/chat/message_bubble.h"
#include "gui/chat/rich_text.h"
#include "gui/models/message.h"

struct message_text {
    MessageBubble *bubble; /* that it is in; set first */
    GtkLabel *label;       /* NULL: no message had words yet */
    struct rich_text *rich;
    const Message *message; /* borrowed while it is shown */
    gboolean spoilers;      /* are shown */
};

void message_text_show(struct message_text *text, const Message *message);
/* Forget the words. */
void message_text_clear(struct message_text *text);

/* Whether the pointer can select in it. */
void message_text_set_selectable(struct message_text *text, gboolean selectable);
gboolean message_text_has_spoilers(const struct message_text *text);
void message_text_show_spoilers(struct message_text *text);
/* The addresses, as they are shown: free with g_strfreev. */
char **message_text_dup_links(const struct message_text *text);
