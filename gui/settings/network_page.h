/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The preferences about the network: how the relay is reached, and whether it is.
 */
#pragma once

#include "gui/account.h"
#include "gui/settings/settings.h"

#include <adwaita.h>

#define SNUG_TYPE_NETWORK_PAGE (network_page_get_type())
G_DECLARE_FINAL_TYPE(NetworkPage, network_page, SNUG, NETWORK_PAGE, AdwPreferencesPage)

void network_page_setup(NetworkPage *self, Account *account, Settings *settings);
