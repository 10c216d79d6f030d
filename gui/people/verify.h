/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Make sure that a contact is who they are: the safety number as digits and as a QR code, comparing
 * it with what they show, and marking them as verified without the program's help.
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"

#define SNUG_TYPE_VERIFY (verify_get_type())
G_DECLARE_FINAL_TYPE(Verify, verify, SNUG, VERIFY, AdwWindow)

/* PARENT may be NULL. */
Verify *verify_new(GtkWindow *parent, Account *account, const char *contact);
