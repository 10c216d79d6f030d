/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * First run: how a person is called, and the name others find them by.
 */
#pragma once

#include "gui/start/step.h"

#define SNUG_TYPE_NAME_STEP (name_step_get_type())
G_DECLARE_FINAL_TYPE(NameStep, name_step, SNUG, NAME_STEP, Step)
