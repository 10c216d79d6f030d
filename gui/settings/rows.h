/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rows that show and change one setting of the agent each; made in templates, and brought to life
 * by settings_attach.
 *
 * ChoiceRow: property "key", its name; "values", what can be chosen, and "labels", how that is
 * called; "consequences", what it means, shown below the title (all a line each; the last may be
 * left out). Values of numbers are written as such. SwitchRow: "key".
 */
#pragma once

#include <adwaita.h>

#include "gui/settings/settings.h"

#define SNUG_TYPE_CHOICE_ROW (choice_row_get_type())
G_DECLARE_FINAL_TYPE(ChoiceRow, choice_row, SNUG, CHOICE_ROW, AdwComboRow)
void choice_row_attach(ChoiceRow *self, Settings *settings);

#define SNUG_TYPE_SWITCH_ROW (switch_row_get_type())
G_DECLARE_FINAL_TYPE(SwitchRow, switch_row, SNUG, SWITCH_ROW, AdwActionRow)
void switch_row_attach(SwitchRow *self, Settings *settings);
GtkSwitch *switch_row_get_switch(SwitchRow *self);
