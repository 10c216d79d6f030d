/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The messages of a conversation on the screen. It follows what is newest as long as a person looks
 * at the end; elsewhere it stays where it is and counts what came on a button that goes there. What
 * was shown in the active window is marked as read. It asks its History to grow before an end is
 * reached.
 *
 * Signals: "failed" (const char *sentence). Actions for what is inside: "log.jump" (id),
 * "log.react" (id, emoji; "" takes it back), "log.open-link" (address), "log.show-all" (id),
 * "log.show-spoilers" (id), "log.save" (id of an attachment), "log.add-contact" (link),
 * "log.newest".
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"
#include "gui/models/history.h"

#define SNUG_TYPE_MESSAGE_LOG (message_log_get_type())
G_DECLARE_FINAL_TYPE(MessageLog, message_log, SNUG, MESSAGE_LOG, AdwBin)

void message_log_set_account(MessageLog *self, Account *account);

/* Show the conversation with CONTACT (an id) from where it is unread, or from its end. */
void message_log_open(MessageLog *self, const char *contact);
/* Go to a message (an id), which stands out for a moment. */
void message_log_jump(MessageLog *self, const char *message);
/* Go to the end, as after something was sent; nothing counts as new any more. */
void message_log_go_to_newest(MessageLog *self);
/* The keyboard's focus goes to the message that is looked at. */
void message_log_take_focus(MessageLog *self);

/* What is shown, borrowed; NULL: no conversation. */
History *message_log_get_history(MessageLog *self);
