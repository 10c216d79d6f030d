/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The first run: from nothing to an account in a few steps, each one decision. Nothing that was
 * typed is lost when the agent or the relay refuses; the step where it can be put right says why.
 *
 * The one thing to know: once the account is being made, the page stays whatever the agent's state
 * is, because the recovery kit is shown only here. Then it says "finished".
 */
#pragma once

#include "gui/account.h"

#include <adwaita.h>

#define SNUG_TYPE_WELCOME_PAGE (welcome_page_get_type())
G_DECLARE_FINAL_TYPE(WelcomePage, welcome_page, SNUG, WELCOME_PAGE, AdwBin)

WelcomePage *welcome_page_new(Account *account);

/* Whether it has to stay, although there is an account by now. */
gboolean welcome_page_is_busy(WelcomePage *self);
