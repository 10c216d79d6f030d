/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A line that goes away by itself: never markup, and never longer than can be laid out at once,
 * whoever wrote what stands in it. `say` (gui/people/dialog.h) finds the place for one.
 */
#pragma once

#include <adwaita.h>

AdwToast *toast_new(const char *text);
