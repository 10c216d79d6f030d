/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What stands in the place of the box while a voice note is recorded: how long it is, how loud, and
 * the choice to send it or not.
 *
 * Signals: "done" (OutgoingFile *): to be sent; "over" (const char *why): it is not recording any
 * more, after "done" too; WHY is a sentence when it failed, else "".
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/chat/outgoing_file.h"

#define SNUG_TYPE_VOICE_BAR (voice_bar_get_type())
G_DECLARE_FINAL_TYPE(VoiceBar, voice_bar, SNUG, VOICE_BAR, GtkWidget)

/* Where sounds come from: see voice_recorder_new. */
void voice_bar_set_source(VoiceBar *self, const char *source);
void voice_bar_start(VoiceBar *self);
/* Without "over"; where nothing is recorded, nothing happens. */
void voice_bar_cancel(VoiceBar *self);
