/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The corner of a bubble: the time, and what became of the message as icons with words.
 */
#pragma once

#include "gui/chat/message_bubble.h"
#include "gui/models/message.h"

struct message_corner {
    GtkWidget *box, *time, *timer, *pin, *state; /* made when a message needs them */
};

void message_corner_show(struct message_corner *corner, MessageBubble *bubble,
                         const Message *message);
