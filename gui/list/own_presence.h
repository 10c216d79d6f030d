/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The button with one's own picture: whether one is online, away, busy or invisible, and a status
 * in one's own words.
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"

#define SNUG_TYPE_OWN_PRESENCE (own_presence_get_type())
G_DECLARE_FINAL_TYPE(OwnPresence, own_presence, SNUG, OWN_PRESENCE, AdwBin)

/* Once, before it is shown: it comes out of a template. */
void own_presence_set_account(OwnPresence *self, Account *account);
