/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Buttons are called what they say: GTK 4.8 tells a screen reader the mark of the access key as
 * well, and the words twice ("_Save Save"). Of what can be chosen in a row it tells nothing.
 */
#pragma once

/* For all windows, from now on. Call once, before the first. */
void spoken_names_setup(void);
