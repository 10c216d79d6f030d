/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Who asks to be a contact, apart from all conversations: what they call themselves, where they
 * are, and what they write, until a person decides.
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"

#define SNUG_TYPE_REQUESTS (requests_get_type())
G_DECLARE_FINAL_TYPE(Requests, requests, SNUG, REQUESTS, AdwWindow)

/* PARENT may be NULL. */
Requests *requests_new(GtkWindow *parent, Account *account);
