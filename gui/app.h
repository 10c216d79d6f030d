/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The program: one for each profile, which a second start brings to the front; its actions, and
 * the windows.
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"

#define SNUG_TYPE_APP (app_get_type())
G_DECLARE_FINAL_TYPE(App, app, SNUG, APP, AdwApplication)

App *app_new(const char *profile);
