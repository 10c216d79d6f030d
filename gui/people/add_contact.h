/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Add a contact: by a link, an address, a message with one in it, or a picture of a QR code; and
 * how it went on.
 *
 * The one thing to know: a link names one account for certain, an address is only what its relay
 * says. The window tells the difference before and after.
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"

#define SNUG_TYPE_ADD_CONTACT (add_contact_get_type())
G_DECLARE_FINAL_TYPE(AddContact, add_contact, SNUG, ADD_CONTACT, AdwWindow)

/* PARENT may be NULL. */
AddContact *add_contact_new(GtkWindow *parent, Account *account);
/* As if it had been pasted. */
void add_contact_set_text(AddContact *self, const char *text);
