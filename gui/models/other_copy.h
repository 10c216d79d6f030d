/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whether another copy of this profile has taken over, so that this one says and hears nothing
 * (account.status).
 *
 * Signal "changed": it is other than before.
 */
#pragma once

#include "gui/bridge.h"

#define SNUG_TYPE_OTHER_COPY (other_copy_get_type())
G_DECLARE_FINAL_TYPE(OtherCopy, other_copy, SNUG, OTHER_COPY, GObject)

OtherCopy *other_copy_new(Bridge *bridge);
gboolean other_copy_is_running(OtherCopy *self);
/* Ask the agent again. */
void other_copy_look(OtherCopy *self);
