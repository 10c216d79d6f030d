/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A voice note of a message: play and pause, its waveform, how far it is. One that is not here yet
 * has the button of a file.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"
#include "gui/models/attachment.h"

#define SNUG_TYPE_VOICE_VIEW (voice_view_get_type())
G_DECLARE_FINAL_TYPE(VoiceView, voice_view, SNUG, VOICE_VIEW, GtkBox)

GtkWidget *voice_view_new(Account *account);
void voice_view_show(VoiceView *self, Attachment *file);
