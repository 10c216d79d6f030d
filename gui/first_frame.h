/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How long after its start the program is of use: the frame in which its conversations are shown,
 * off the frame clock. Told in the log domain "snug", which is silent but for
 * G_MESSAGES_DEBUG=snug; a benchmark reads it.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/models/conversation_list.h"

/* Tell of the first such frame of WINDOW. */
void first_frame_watch(GtkWidget *window, ConversationList *conversations);
