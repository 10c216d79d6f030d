/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The page of a locked profile: nothing of it but its name, and where to type the pass-phrase.
 */
#pragma once

#include "gui/account.h"

#include <adwaita.h>

#define SNUG_TYPE_UNLOCK_PAGE (unlock_page_get_type())
G_DECLARE_FINAL_TYPE(UnlockPage, unlock_page, SNUG, UNLOCK_PAGE, AdwBin)

UnlockPage *unlock_page_new(Account *account);
/* The cursor into the field. */
void unlock_page_focus(UnlockPage *self);
