/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Changing the pass-phrase of the profile.
 */
#pragma once

#include "gui/account.h"

#include <adwaita.h>

#define SNUG_TYPE_PASSPHRASE_WINDOW (passphrase_window_get_type())
G_DECLARE_FINAL_TYPE(PassphraseWindow, passphrase_window, SNUG, PASSPHRASE_WINDOW, AdwWindow)

PassphraseWindow *passphrase_window_new(GtkWindow *parent, Account *account);
