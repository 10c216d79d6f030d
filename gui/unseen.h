/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is not shown is not read out: GTK 4.8 tells a screen reader of every page of a stack, of
 * closed menus, and of what a revealer or a folded leaflet holds back, as if all was there.
 */
#pragma once

/* For all windows, from now on. Call once, before the first. */
void unseen_setup(void);
