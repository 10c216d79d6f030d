/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * First run: what contacts may see. Changes apply at once.
 */
#pragma once

#include "gui/bridge.h"
#include "gui/start/step.h"

#define SNUG_TYPE_PRIVACY_STEP (privacy_step_get_type())
G_DECLARE_FINAL_TYPE(PrivacyStep, privacy_step, SNUG, PRIVACY_STEP, Step)

/* The account is there from now on. */
void privacy_step_set_bridge(PrivacyStep *self, Bridge *bridge);
