/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What can be done with a message, as a menu: only what makes sense for this one, in groups. The
 * actions have the message's id as target and are installed by the page: message.reply, .edit,
 * .react, .forward, .pin, .copy, .delete-for-me, .delete-for-everyone, .details, .retry; what is
 * inside of the log acts by "log." (message_log.h).
 */
#pragma once

#include <gio/gio.h>

#include "gui/chat/message_row.h"

/* NOW_MS is the time: own messages can be changed for a day. */
GMenuModel *message_menu_new(MessageRow *row, gint64 now_ms);
