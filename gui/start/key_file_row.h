/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A row where a key file is chosen, or, with the property "may-make", named to be made. It is a
 * path only: the agent reads and makes key files.
 *
 * Signal "changed": another one.
 */
#pragma once

#include <adwaita.h>

#define SNUG_TYPE_KEY_FILE_ROW (key_file_row_get_type())
G_DECLARE_FINAL_TYPE(KeyFileRow, key_file_row, SNUG, KEY_FILE_ROW, AdwActionRow)

/* NULL: none yet. Borrowed. */
const char *key_file_row_get_path(KeyFileRow *self);
/* Whether it is to be made. */
gboolean key_file_row_get_make(KeyFileRow *self);
void key_file_row_set(KeyFileRow *self, const char *path, gboolean make);
