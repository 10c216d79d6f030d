/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The preferences about the ways to unlock: the system's keyring, and key files.
 */
#pragma once

#include "gui/account.h"

#include <adwaita.h>

#define SNUG_TYPE_UNLOCKING_GROUP (unlocking_group_get_type())
G_DECLARE_FINAL_TYPE(UnlockingGroup, unlocking_group, SNUG, UNLOCKING_GROUP, AdwPreferencesGroup)

void unlocking_group_setup(UnlockingGroup *self, Account *account);
