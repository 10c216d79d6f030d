/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sixty digits to compare, in groups of five: each group is a stop for the keyboard, which a screen
 * reader says digit by digit.
 */
#pragma once

#include <gtk/gtk.h>

#define SNUG_TYPE_SAFETY_NUMBER (safety_number_get_type())
G_DECLARE_FINAL_TYPE(SafetyNumber, safety_number, SNUG, SAFETY_NUMBER, GtkGrid)

/* NUMBER as verify.show has it: groups with blanks between. */
void safety_number_set(SafetyNumber *self, const char *number);
