/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lines that go away by themselves. What they say is plain text. Nothing of them, shown or waiting
 * for its turn, outlasts the profile: whoever has an overlay that is not destroyed at a lock drops
 * them then.
 */
#pragma once

#include <adwaita.h>

/* For a window that has an overlay of its own kind; else toast_show. */
AdwToast *toast_new(const char *text);

/* The toast, borrowed: something may be added to it. */
AdwToast *toast_show(AdwToastOverlay *overlay, const char *text);
void toasts_drop(AdwToastOverlay *overlay);
