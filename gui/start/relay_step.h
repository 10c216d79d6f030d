/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * First run: the relay that keeps sealed messages until they are fetched. The one on this computer
 * is offered by itself; another one by its line, or a picture of its QR
 * code, chosen, pasted or dropped.
 */
#pragma once

#include "gui/account.h"
#include "gui/start/step.h"

#define SNUG_TYPE_RELAY_STEP (relay_step_get_type())
G_DECLARE_FINAL_TYPE(RelayStep, relay_step, SNUG, RELAY_STEP, Step)

/* The way to who reads pictures; before the step is shown. */
void relay_step_set_account(RelayStep *self, Account *account);
/* Take the relay out of a picture file. */
void relay_step_read_picture(RelayStep *self, GFile *file);
