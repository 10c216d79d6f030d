/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A row where a saved recovery kit is chosen: the file with its code, or a picture of its QR code,
 * which the agent reads (gui/people/qr_input.h).
 *
 * Signals: "found" (const char *code, const char *address or NULL); "trouble" (const char
 * *sentence).
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"

#define SNUG_TYPE_KIT_ROW (kit_row_get_type())
G_DECLARE_FINAL_TYPE(KitRow, kit_row, SNUG, KIT_ROW, AdwActionRow)

void kit_row_setup(KitRow *self, Account *account);
/* The file that was chosen. */
void kit_row_take_file(KitRow *self, GFile *file);
