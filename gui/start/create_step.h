/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * First run: the account is made, which takes some seconds. A job of the agent; leaving the step
 * gives it up.
 *
 * Signals: "created" (const json_t *account: address, account, kit), "refused" (const GError *),
 * "cancelled".
 */
#pragma once

#include "gui/bridge.h"
#include "gui/start/step.h"

#define SNUG_TYPE_CREATE_STEP (create_step_get_type())
G_DECLARE_FINAL_TYPE(CreateStep, create_step, SNUG, CREATE_STEP, Step)

/* Takes PARAMS, those of account.create. */
void create_step_begin(CreateStep *self, Bridge *bridge, json_t *params);
