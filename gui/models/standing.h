/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How the profile stands with its relay, as account.status tells: another copy of it has taken
 * over, so that this one says and hears nothing; or after a restore it did not get its place back.
 *
 * Signal "changed": it is other than before.
 */
#pragma once

#include "gui/bridge.h"

#define SNUG_TYPE_STANDING (standing_get_type())
G_DECLARE_FINAL_TYPE(Standing, standing, SNUG, STANDING, GObject)

Standing *standing_new(Bridge *bridge);
gboolean standing_copy_is_running(Standing *self);
/* The name of the error (core/err.h) for which it does not try again by itself; NULL: none. */
const char *standing_not_joined(Standing *self);
/* Ask the agent again. */
void standing_look(Standing *self);
