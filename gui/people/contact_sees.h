/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What one contact may see of you, beside what the settings say for all.
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"

#define SNUG_TYPE_CONTACT_SEES (contact_sees_get_type())
G_DECLARE_FINAL_TYPE(ContactSees, contact_sees, SNUG, CONTACT_SEES, AdwPreferencesGroup)

/* Once. */
void contact_sees_open(ContactSees *self, Account *account, const char *contact);
