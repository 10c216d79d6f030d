/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * All about one contact: who they are and how sure that is, what they may see, how their
 * conversation is kept, and parting from them.
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"

#define SNUG_TYPE_CONTACT_DETAILS (contact_details_get_type())
G_DECLARE_FINAL_TYPE(ContactDetails, contact_details, SNUG, CONTACT_DETAILS, AdwWindow)

/* PARENT may be NULL. */
ContactDetails *contact_details_new(GtkWindow *parent, Account *account, const char *contact);
