/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How the conversation with a contact is kept: pinned, muted, archived, for how long its messages
 * stay on both sides, and on this computer.
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"

#define SNUG_TYPE_CONTACT_KEEPING (contact_keeping_get_type())
G_DECLARE_FINAL_TYPE(ContactKeeping, contact_keeping, SNUG, CONTACT_KEEPING, AdwPreferencesGroup)

/* Once. */
void contact_keeping_open(ContactKeeping *self, Account *account, const char *contact);
