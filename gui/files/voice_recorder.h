/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Records a voice note: Opus in Ogg, in memory. Nothing is ever written to a disk. This is the only
 * file that knows how sound is recorded (GStreamer).
 *
 * Signals: "moved" (gint64 ms, double level from 0 to 1), some ten times a second; "done" (struct
 * voice_note *, borrowed) after voice_recorder_stop; "failed" (const char *sentence).
 */
#pragma once

#include <glib-object.h>

#include "wire/limits.h"

#define VOICE_MS_MAX (10 * 60 * 1000) /* it stops by itself then */

struct voice_note {
    int fd; /* of gui/memory.h; whoever takes it leaves -1 */
    gint64 bytes, duration_ms;
    guint8 waveform[WAVEFORM_BYTES]; /* bars from 0 to 255 */
};

#define SNUG_TYPE_VOICE_RECORDER (voice_recorder_get_type())
G_DECLARE_FINAL_TYPE(VoiceRecorder, voice_recorder, SNUG, VOICE_RECORDER, GObject)

/* SOURCE is the element that sounds come from, with its properties; NULL: the microphone. */
VoiceRecorder *voice_recorder_new(const char *source);
/* Once. */
void voice_recorder_start(VoiceRecorder *self);
/* No more sound; "done" follows. */
void voice_recorder_stop(VoiceRecorder *self);
/* To stop without a note, let go of it. */
