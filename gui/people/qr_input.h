/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Ways to hand in a picture of a QR code: from a file, from the clipboard, or dropped. The picture
 * is read by the agent; nothing of it is decoded here. What is pasted never becomes a file: it
 * travels in memory that has a path.
 *
 * Signal: "found" (const char *): the text of the code.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"

#define SNUG_TYPE_QR_INPUT (qr_input_get_type())
G_DECLARE_FINAL_TYPE(QrInput, qr_input, SNUG, QR_INPUT, GtkBox)

/* Codes that begin with PREFIX are wanted; pictures may be dropped on AREA. */
void qr_input_setup(QrInput *self, Account *account, const char *prefix, GtkWidget *area);

void qr_input_take_file(QrInput *self, GFile *file);
/* The bytes of a picture file, from a clipboard. */
void qr_input_take_bytes(QrInput *self, GBytes *bytes);
