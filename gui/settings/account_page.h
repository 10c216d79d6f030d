/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The preferences about oneself: what accepted contacts see, the address, the pass-phrase, and the
 * ways out.
 */
#pragma once

#include "gui/account.h"

#include <adwaita.h>

#define SNUG_TYPE_ACCOUNT_PAGE (account_page_get_type())
G_DECLARE_FINAL_TYPE(AccountPage, account_page, SNUG, ACCOUNT_PAGE, AdwPreferencesPage)

void account_page_setup(AccountPage *self, Account *account);
/* Show this picture file, or with the empty path none. */
void account_page_set_picture(AccountPage *self, const char *path);
