/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What has to be known before writing to a contact, above the conversation: the key changed, there
 * are two histories, they ask, they were asked, they are blocked, they cannot be reached. With the
 * ways to go on. Hidden when all is well.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"

#define SNUG_TYPE_TRUST_BANNER (trust_banner_get_type())
G_DECLARE_FINAL_TYPE(TrustBanner, trust_banner, SNUG, TRUST_BANNER, GtkBox)

GtkWidget *trust_banner_new(Account *account);
/* Tell about CONTACT from now on; NULL: about nobody. */
void trust_banner_open(TrustBanner *self, const char *contact);
