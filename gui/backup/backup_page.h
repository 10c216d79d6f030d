/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Preferences: backups, when the last one was made and why it failed, and how they are made by
 * themselves.
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"

#define SNUG_TYPE_BACKUP_PAGE (backup_page_get_type())
G_DECLARE_FINAL_TYPE(BackupPage, backup_page, SNUG, BACKUP_PAGE, AdwPreferencesPage)

void backup_page_setup(BackupPage *self, Account *account);
