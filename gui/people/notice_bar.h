/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a person has to look at (notice.list), one after the other above everything else, until it
 * was seen. Hidden when there is nothing.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"

#define SNUG_TYPE_NOTICE_BAR (notice_bar_get_type())
G_DECLARE_FINAL_TYPE(NoticeBar, notice_bar, SNUG, NOTICE_BAR, GtkBox)

GtkWidget *notice_bar_new(Account *account);
