/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * First run: the contact link, which is how others find one. The finish.
 */
#pragma once

#include "gui/bridge.h"
#include "gui/start/step.h"

#define SNUG_TYPE_LINK_STEP (link_step_get_type())
G_DECLARE_FINAL_TYPE(LinkStep, link_step, SNUG, LINK_STEP, Step)

/* The account is there from now on. */
void link_step_set_bridge(LinkStep *self, Bridge *bridge);
