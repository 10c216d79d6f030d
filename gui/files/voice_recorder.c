/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/files/voice_recorder.h"

#include <glib/gi18n.h>
#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <math.h>
#include <unistd.h>

#include "gui/memory.h"

#define LEVEL_EVERY (80 * GST_MSECOND)
#define QUIET_DB (-50.0) /* is no bar at all */

struct _VoiceRecorder {
    GObject parent;
    char *source;
    GstElement *pipeline, *sink;
    guint watch;
    gboolean over;
    gint64 ms;
    GArray *levels; /* of double, from 0 to 1, each LEVEL_EVERY */
};

G_DEFINE_FINAL_TYPE(VoiceRecorder, voice_recorder, G_TYPE_OBJECT)

enum { MOVED, DONE, FAILED, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

static void
end(VoiceRecorder *self)
{
    self->over = TRUE;
    g_clear_handle_id(&self->watch, g_source_remove);
    if (self->pipeline != NULL)
        gst_element_set_state(self->pipeline, GST_STATE_NULL);
    g_clear_pointer(&self->sink, gst_object_unref);
    g_clear_pointer(&self->pipeline, gst_object_unref);
}

static void
give_up(VoiceRecorder *self, const char *why)
{
    g_autoptr(VoiceRecorder) alive = g_object_ref(self);

    end(self);
    g_signal_emit(alive, signals[FAILED], 0, why);
}

/* --- what was recorded --- */

static gboolean
write_sample(GstSample *sample, int fd, gint64 *bytes)
{
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    GstMapInfo map;

    if (!gst_buffer_map(buffer, &map, GST_MAP_READ))
        return FALSE;
    gboolean whole = write(fd, map.data, map.size) == (gssize)map.size;
    *bytes += (gint64)map.size;
    gst_buffer_unmap(buffer, &map);
    return whole;
}

/* The loudest of each of the bars' parts. */
static void
draw_waveform(const GArray *levels, guint8 ret[WAVEFORM_BYTES])
{
    for (guint bar = 0; bar < WAVEFORM_BYTES; bar++) {
        guint from = bar * levels->len / WAVEFORM_BYTES,
              to = MAX((bar + 1) * levels->len / WAVEFORM_BYTES, from + 1);
        double most = 0;

        for (guint i = from; i < MIN(to, levels->len); i++)
            most = MAX(most, g_array_index(levels, double, i));
        ret[bar] = (guint8)(most * 255 + 0.5);
    }
}

static void
finish(VoiceRecorder *self)
{
    g_autoptr(VoiceRecorder) alive = g_object_ref(self);
    struct voice_note note = {.fd = memory_new(), .duration_ms = self->ms};
    gboolean whole = note.fd >= 0;
    GstSample *sample;

    while ((sample = gst_app_sink_try_pull_sample(GST_APP_SINK(self->sink), 0)) != NULL) {
        whole = whole && write_sample(sample, note.fd, &note.bytes);
        gst_sample_unref(sample);
    }
    draw_waveform(self->levels, note.waveform);
    end(self);
    if (whole && note.bytes > 0)
        g_signal_emit(alive, signals[DONE], 0, &note);
    else
        g_signal_emit(alive, signals[FAILED], 0, _("Nothing was recorded."));
    if (note.fd >= 0)
        memory_close(note.fd);
}

/* --- the pipeline --- */

static double
loudness(const GstStructure *level)
{
    const GValue *channels = gst_structure_get_value(level, "rms");
    double db = QUIET_DB;

    if (channels == NULL)
        return 0;
    G_GNUC_BEGIN_IGNORE_DEPRECATIONS
    GValueArray *list = g_value_get_boxed(channels);
    if (list->n_values > 0)
        db = g_value_get_double(g_value_array_get_nth(list, 0));
    G_GNUC_END_IGNORE_DEPRECATIONS
    return isfinite(db) ? CLAMP(1 - db / QUIET_DB, 0, 1) : 0;
}

static void
take_level(VoiceRecorder *self, const GstStructure *level)
{
    GstClockTime until = 0;
    double loud;

    if (!gst_structure_has_name(level, "level") ||
        !gst_structure_get_clock_time(level, "running-time", &until))
        return;
    loud = loudness(level);
    g_array_append_val(self->levels, loud);
    self->ms = (gint64)((until + LEVEL_EVERY) / GST_MSECOND);
    if (self->ms >= VOICE_MS_MAX)
        voice_recorder_stop(self);
    g_signal_emit(self, signals[MOVED], 0, self->ms, loud);
}

/* Where there is no microphone, autoaudiosrc only warns, and gives silence. */
static gboolean
is_no_device(GstMessage *message)
{
    g_autoptr(GError) error = NULL;

    gst_message_parse_warning(message, &error, NULL);
    return error->domain == GST_RESOURCE_ERROR;
}

static gboolean
on_bus(GstBus *bus, GstMessage *message, gpointer p)
{
    VoiceRecorder *self = p;

    switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_ELEMENT:
        take_level(self, gst_message_get_structure(message));
        return G_SOURCE_CONTINUE;
    case GST_MESSAGE_EOS:
        self->watch = 0;
        finish(self);
        return G_SOURCE_REMOVE;
    case GST_MESSAGE_WARNING:
        if (!is_no_device(message))
            return G_SOURCE_CONTINUE;
        break;
    case GST_MESSAGE_ERROR:
        break;
    default:
        return G_SOURCE_CONTINUE;
    }
    self->watch = 0;
    give_up(self, _("No microphone was found, or it cannot be used at the moment."));
    return G_SOURCE_REMOVE;
}

static gboolean
build(VoiceRecorder *self)
{
    g_autofree char *text = g_strdup_printf(
        "%s ! audioconvert ! audioresample ! audio/x-raw,rate=48000,channels=1 ! "
        "level interval=%" G_GUINT64_FORMAT " ! opusenc bitrate=24000 audio-type=voice ! oggmux ! "
        "appsink name=sink sync=false max-buffers=0 wait-on-eos=false",
        self->source != NULL ? self->source : "autoaudiosrc", (guint64)LEVEL_EVERY);

    self->pipeline = gst_parse_launch_full(text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, NULL);
    if (self->pipeline == NULL)
        return FALSE;
    gst_object_ref_sink(self->pipeline);
    self->sink = gst_bin_get_by_name(GST_BIN(self->pipeline), "sink");
    return TRUE;
}

/* Not before voice_recorder_start has returned. */
static gboolean
begin(gpointer p)
{
    VoiceRecorder *self = p;
    g_autoptr(GstBus) bus = NULL;

    self->watch = 0;
    if (!gst_init_check(NULL, NULL, NULL) || !build(self)) {
        give_up(self,
                _("This computer lacks what is needed to record sound (plug-ins of GStreamer)."));
        return G_SOURCE_REMOVE;
    }
    bus = gst_element_get_bus(self->pipeline);
    self->watch = gst_bus_add_watch(bus, on_bus, self);
    gst_element_set_state(self->pipeline, GST_STATE_PLAYING);
    return G_SOURCE_REMOVE;
}

void
voice_recorder_start(VoiceRecorder *self)
{
    self->watch = g_idle_add(begin, self);
}

void
voice_recorder_stop(VoiceRecorder *self)
{
    if (self->pipeline != NULL && !self->over)
        gst_element_send_event(self->pipeline, gst_event_new_eos());
    self->over = TRUE;
}

/* --- the object --- */

static void
voice_recorder_finalize(GObject *object)
{
    VoiceRecorder *self = SNUG_VOICE_RECORDER(object);

    end(self);
    g_array_unref(self->levels);
    g_free(self->source);
    G_OBJECT_CLASS(voice_recorder_parent_class)->finalize(object);
}

static void
voice_recorder_class_init(VoiceRecorderClass *klass)
{
    GType type = G_TYPE_FROM_CLASS(klass);

    G_OBJECT_CLASS(klass)->finalize = voice_recorder_finalize;
    signals[MOVED] = g_signal_new("moved", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 2, G_TYPE_INT64, G_TYPE_DOUBLE);
    signals[DONE] = g_signal_new("done", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                 1, G_TYPE_POINTER);
    signals[FAILED] = g_signal_new("failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
voice_recorder_init(VoiceRecorder *self)
{
    self->levels = g_array_new(FALSE, FALSE, sizeof(double));
}

VoiceRecorder *
voice_recorder_new(const char *source)
{
    VoiceRecorder *self = g_object_new(SNUG_TYPE_VOICE_RECORDER, NULL);

    self->source = g_strdup(source);
    return self;
}
