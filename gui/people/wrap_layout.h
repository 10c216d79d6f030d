/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Buttons beside each other at the end of the line; where they do not fit, below each other.
 */
#pragma once

#include <gtk/gtk.h>

#define SNUG_TYPE_WRAP_LAYOUT (wrap_layout_get_type())
G_DECLARE_FINAL_TYPE(WrapLayout, wrap_layout, SNUG, WRAP_LAYOUT, GtkLayoutManager)
