/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The preferences about what is kept on this computer: for how long, how much it is, and taking
 * some of it away.
 */
#pragma once

#include "gui/account.h"

#include <adwaita.h>

#define SNUG_TYPE_STORAGE_PAGE (storage_page_get_type())
G_DECLARE_FINAL_TYPE(StoragePage, storage_page, SNUG, STORAGE_PAGE, AdwPreferencesPage)

void storage_page_setup(StoragePage *self, Account *account);
