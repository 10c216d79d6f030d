/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pick one of the accepted contacts, narrowed by typing.
 *
 * Signal: "picked" (const char *id); the window closes then.
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"

#define SNUG_TYPE_CONTACT_PICKER (contact_picker_get_type())
G_DECLARE_FINAL_TYPE(ContactPicker, contact_picker, SNUG, CONTACT_PICKER, AdwWindow)

/* PARENT may be NULL; EXCEPT is the id of somebody who is not offered, or NULL. */
ContactPicker *contact_picker_new(GtkWindow *parent, Account *account, const char *title,
                                  const char *except);
