/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loudness of a voice note as bars, filled as far as it was played. A slider: a click goes
 * there, the arrow keys go five seconds on or back.
 *
 * Signal: "seek" (gint64 ms).
 */
#pragma once

#include <gtk/gtk.h>

#define SNUG_TYPE_WAVEFORM (waveform_get_type())
G_DECLARE_FINAL_TYPE(Waveform, waveform, SNUG, WAVEFORM, GtkWidget)

/* BARS: WAVEFORM_BYTES of them, or NULL: a flat line. */
void waveform_set_bars(Waveform *self, const guint8 *bars);
void waveform_set_position(Waveform *self, gint64 ms, gint64 of_ms);
