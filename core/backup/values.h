/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the values in a backup may be: values.def as data, and asked.
 */
#pragma once

#include "core/db.h"

/* The rule for COLUMN of TABLE; borrowed, for good. NULL: there is none. */
const char *backup_value_rule(const char *table, const char *column);

/* Whether V keeps to RULE. */
bool backup_value_sound(const char *rule, const struct db_value *v);
