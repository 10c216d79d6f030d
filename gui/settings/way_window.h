/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One change of the ways to unlock, with what it means and the pass-phrase that it needs.
 */
#pragma once

#include "gui/account.h"

#include <adwaita.h>

#define SNUG_TYPE_WAY_WINDOW (way_window_get_type())
G_DECLARE_FINAL_TYPE(WayWindow, way_window, SNUG, WAY_WINDOW, AdwWindow)

enum way_change {
    WAY_REQUIRE_FILE, /* the first key file */
    WAY_ADD_SPARE,
    WAY_REMOVE_SPARE,
    WAY_REMOVE_FILE, /* the last one */
    WAY_KEYRING_ON,
    WAY_KEYRING_OFF,
};

/* SLOT: the one to be taken away. */
WayWindow *way_window_new(GtkWindow *parent, Account *account, enum way_change change, gint64 slot);
