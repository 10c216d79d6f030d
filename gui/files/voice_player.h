/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Plays voice notes, one at a time. snug-media makes samples of them, five seconds at a time, by
 * way of the agent; here they only go to the speakers: no decoder meets what a peer made.
 *
 * Signals: "changed": what is played, or how far it is; "failed" (const char *sentence).
 */
#pragma once

#include "gui/account.h"
#include "gui/models/attachment.h"

#define SNUG_TYPE_VOICE_PLAYER (voice_player_get_type())
G_DECLARE_FINAL_TYPE(VoicePlayer, voice_player, SNUG, VOICE_PLAYER, GObject)

/* That of ACCOUNT; borrowed. */
VoicePlayer *voice_player_of(Account *account);
/* Another GStreamer element than the speakers from the next time on; for tests. */
void voice_player_set_sink(VoicePlayer *self, const char *element);

/* Play, pause, go on. Whatever else plays stops. */
void voice_player_toggle(VoicePlayer *self, const Attachment *file);
void voice_player_stop(VoicePlayer *self);
/* Go to MS of FILE, whether it plays or not. */
void voice_player_seek(VoicePlayer *self, const Attachment *file, gint64 ms);

/* It was touched last. */
gboolean voice_player_is_current(VoicePlayer *self, const Attachment *file);
gboolean voice_player_is_playing(VoicePlayer *self, const Attachment *file);
/* How far FILE is, in ms; 0 for one that is not the last that was touched. */
gint64 voice_player_position(VoicePlayer *self, const Attachment *file);
