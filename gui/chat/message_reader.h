/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A window for the whole of a text that is too long for its bubble: to be read, searched and
 * copied. A text view lays out what is looked at only, so that no length stops the program.
 *
 * It shows what the message says now, and closes when the message is gone (deleted, disappeared)
 * or the profile is locked.
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"
#include "gui/models/message.h"

#define SNUG_TYPE_MESSAGE_READER (message_reader_get_type())
G_DECLARE_FINAL_TYPE(MessageReader, message_reader, SNUG, MESSAGE_READER, AdwWindow)

/* Belongs to PARENT's window, and closes with it. */
MessageReader *message_reader_show(GtkWidget *parent, Account *account, Message *message);
