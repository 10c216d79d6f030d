/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A button that cannot be used while it works gives the focus away in GTK 4.8, and the window is
 * left without one. It comes back with the button, unless it has gone elsewhere meanwhile.
 */
#pragma once

/* For all windows, from now on. Call once, before the first. */
void focus_kept_setup(void);
