/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What stands above everything else in each window with messages in it, the main one and those of
 * one conversation: that the agent is away or does not answer, that another copy of the profile has
 * taken over, that a restored one is not in its account, and what a person has to look at
 * (notice.list). Hidden when all is well.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"

#define SNUG_TYPE_ALARM_BARS (alarm_bars_get_type())
G_DECLARE_FINAL_TYPE(AlarmBars, alarm_bars, SNUG, ALARM_BARS, GtkBox)

/* For one that a template made. Where it is there are toasts (gui/toast.h) around it. */
void alarm_bars_setup(AlarmBars *self, Account *account);
