/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tells the agent that a person is at a window, now and then, so that the profile is not locked
 * under somebody who only reads (docs/PROTOCOL.md B18.5).
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/bridge.h"

/* Watch the keys and pointers of every window that APP gets. */
void activity_watch(GtkApplication *app, Bridge *bridge);

/* Something was typed or moved. The agent hears of one in ACTIVITY_PAUSE. */
#define ACTIVITY_PAUSE (10 * G_TIME_SPAN_SECOND)
void activity_happened(Bridge *bridge);
