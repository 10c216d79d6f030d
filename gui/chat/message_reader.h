/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A window for the whole of a text that is too long for its bubble. A text view lays out what is
 * looked at only, so that no length stops the program.
 */
#pragma once

#include <adwaita.h>

#include "gui/models/message.h"

/* Belongs to PARENT's window, and closes with it; also when MESSAGE changes, because it may have
 * been taken away. */
void message_reader_show(GtkWidget *parent, Message *message);
