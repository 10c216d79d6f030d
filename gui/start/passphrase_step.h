/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * First run: the pass-phrase that seals everything on this computer.
 */
#pragma once

#include "gui/start/step.h"

#define SNUG_TYPE_PASSPHRASE_STEP (passphrase_step_get_type())
G_DECLARE_FINAL_TYPE(PassphraseStep, passphrase_step, SNUG, PASSPHRASE_STEP, Step)

/* Forget what was typed. */
void passphrase_step_clear(PassphraseStep *self);
