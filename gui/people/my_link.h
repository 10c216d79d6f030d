/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One's own contact links: the standing one as a QR code to show, copy and save, and those with an
 * end, which are made for somebody in particular.
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"

#define SNUG_TYPE_MY_LINK (my_link_get_type())
G_DECLARE_FINAL_TYPE(MyLink, my_link, SNUG, MY_LINK, AdwWindow)

/* PARENT may be NULL. */
MyLink *my_link_new(GtkWindow *parent, Account *account);
