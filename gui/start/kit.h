/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The recovery kit on its way out of the program: into a file, or on paper. It is a secret.
 */
#pragma once

#include <gtk/gtk.h>
#include <jansson.h>

/* Write it to the file at PATH, and its QR code to a picture beside it, "PATH.png" (without
 * ".txt"), both of which nobody else may read. ACCOUNT is what account.create gave. */
char *kit_picture_path(const char *path);
gboolean kit_save(const json_t *account, const char *path, GError **error);

/* Let a person choose a printer. DONE is called with the operation's result, unless SELF is gone.
 */
typedef void kit_printed_fn(gpointer self, GtkPrintOperationResult result, const char *why);
void kit_print(const json_t *account, GtkWidget *self, kit_printed_fn *done);
