/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * First run: the recovery kit, shown this once, to be saved or printed. One goes on after saying
 * that it is put away; then it is forgotten.
 */
#pragma once

#include "gui/start/step.h"

#define SNUG_TYPE_KIT_STEP (kit_step_get_type())
G_DECLARE_FINAL_TYPE(KitStep, kit_step, SNUG, KIT_STEP, Step)

/* What account.create gave. */
void kit_step_set_account(KitStep *self, const json_t *account);
void kit_step_save(KitStep *self, const char *path);
/* Forget it. */
void kit_step_clear(KitStep *self);
