/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/files/voice_player.h"

#include <glib/gi18n.h>
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>
#include <string.h>

#include "gui/models/fields.h"
#include "wire/encoding.h"

#define RATE 48000
#define PIECE_MAX (RATE * 5 * 2) /* bytes of an answer */
#define AHEAD (8 * GST_SECOND)   /* of samples that are fetched before they are needed */
#define LOOK 100                 /* ms from one look at the position to the next */

struct _VoicePlayer {
    GObject parent;
    Bridge *bridge;
    char *sink;
    char *attachment; /* the last that was touched; NULL: none */
    gint64 from_ms;   /* where it begins, or goes on */
    gboolean playing;
    GstElement *pipeline; /* NULL: it stands still */
    GstElement *source;
    guint64 pushed; /* samples since FROM_MS */
    gboolean whole; /* all is pushed */
    guint call;     /* for more; 0: none */
    guint bus_watch, timer;
};

G_DEFINE_FINAL_TYPE(VoicePlayer, voice_player, G_TYPE_OBJECT)

enum { CHANGED, FAILED, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

static void want_more(VoicePlayer *self);

static void
tell(VoicePlayer *self)
{
    g_signal_emit(self, signals[CHANGED], 0);
}

static gboolean
is_current(VoicePlayer *self, const Attachment *file)
{
    return self->attachment != NULL && strcmp(self->attachment, file->id) == 0;
}

/* --- the pipeline --- */

static gint64
position_ms(VoicePlayer *self)
{
    gint64 ns = 0;

    if (self->pipeline == NULL || !gst_element_query_position(self->pipeline, GST_FORMAT_TIME, &ns))
        ns = 0;
    return self->from_ms + MAX(ns, 0) / GST_MSECOND;
}

/* It stands still, at where it is. */
static void
take_down(VoicePlayer *self)
{
    if (self->pipeline == NULL)
        return;
    self->from_ms = position_ms(self);
    if (self->call != 0)
        bridge_cancel(self->bridge, self->call);
    self->call = 0;
    g_clear_handle_id(&self->timer, g_source_remove);
    g_clear_handle_id(&self->bus_watch, g_source_remove);
    gst_element_set_state(self->pipeline, GST_STATE_NULL);
    gst_clear_object(&self->pipeline);
    self->source = NULL;
    self->playing = FALSE;
}

static void
give_up(VoicePlayer *self, const char *why)
{
    take_down(self);
    self->from_ms = 0;
    tell(self);
    g_signal_emit(self, signals[FAILED], 0, why);
}

static gboolean
on_bus(GstBus *bus, GstMessage *m, gpointer p)
{
    VoicePlayer *self = p;

    if (GST_MESSAGE_TYPE(m) == GST_MESSAGE_EOS) {
        take_down(self);
        self->from_ms = 0;
        tell(self);
    } else if (GST_MESSAGE_TYPE(m) == GST_MESSAGE_ERROR) {
        give_up(self, _("The voice note cannot be played: there is no sound on this computer."));
    }
    return G_SOURCE_CONTINUE;
}

static gboolean
on_timer(gpointer p)
{
    VoicePlayer *self = p;

    want_more(self);
    tell(self);
    return G_SOURCE_CONTINUE;
}

static GstElement *
make_source(void)
{
    GstElement *source = gst_element_factory_make("appsrc", NULL);
    g_autoptr(GstCaps) caps = gst_caps_new_simple(
        "audio/x-raw", "format", G_TYPE_STRING, "S16LE", "layout", G_TYPE_STRING, "interleaved",
        "rate", G_TYPE_INT, RATE, "channels", G_TYPE_INT, 1, NULL);

    if (source != NULL)
        g_object_set(source, "caps", caps, "format", GST_FORMAT_TIME, "max-bytes",
                     (guint64)4 * PIECE_MAX, NULL);
    return source;
}

static gboolean
build(VoicePlayer *self)
{
    GstElement *source = make_source(), *convert = gst_element_factory_make("audioconvert", NULL),
               *resample = gst_element_factory_make("audioresample", NULL),
               *sink = gst_element_factory_make(self->sink, NULL);

    if (source == NULL || convert == NULL || resample == NULL || sink == NULL) {
        GstElement *const made[] = {source, convert, resample, sink};

        for (size_t i = 0; i < G_N_ELEMENTS(made); i++)
            if (made[i] != NULL)
                gst_object_unref(gst_object_ref_sink(made[i]));
        return FALSE;
    }
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(sink), "sync") != NULL)
        g_object_set(sink, "sync", TRUE, NULL);
    self->pipeline = gst_object_ref_sink(gst_pipeline_new(NULL));
    gst_bin_add_many(GST_BIN(self->pipeline), source, convert, resample, sink, NULL);
    self->source = source;
    return gst_element_link_many(source, convert, resample, sink, NULL);
}

/* --- samples --- */

static void
push(VoicePlayer *self, GBytes *samples)
{
    GstBuffer *buffer = gst_buffer_new_wrapped_bytes(samples);
    guint64 n = g_bytes_get_size(samples) / 2;

    GST_BUFFER_PTS(buffer) = gst_util_uint64_scale(self->pushed, GST_SECOND, RATE);
    GST_BUFFER_DURATION(buffer) = gst_util_uint64_scale(n, GST_SECOND, RATE);
    self->pushed += n;
    gst_app_src_push_buffer(GST_APP_SRC(self->source), buffer);
}

/* Samples out of an answer that begins with a whole second; SKIP of them were not asked for. */
static GBytes *
read_samples(const json_t *result, gsize skip)
{
    const char *text = field_text(result, "sound");
    gsize length = strlen(text), n = length * 3 / 4;

    if (field_int(result, "rate") != RATE || n == 0 || n > PIECE_MAX || n % 2 != 0)
        return NULL;
    g_autofree guint8 *bytes = g_malloc(n);
    if (base64url_read(SPAN(text, length), bytes, n) != OK)
        return NULL;
    g_autoptr(GBytes) all = g_bytes_new_take(g_steal_pointer(&bytes), n);
    skip = MIN(2 * skip, n);
    return g_bytes_new_from_bytes(all, skip, n - skip);
}

static guint64
next_sample(VoicePlayer *self)
{
    return (guint64)self->from_ms * (RATE / 1000) + self->pushed;
}

/* Nothing is to come behind what RESULT had; also when it lies about its length. */
static gboolean
is_last(VoicePlayer *self, const json_t *result)
{
    gint64 length_ms = CLAMP(field_int(result, "length_ms"), 0, G_MAXINT32);

    return field_int(result, "samples") != PIECE_MAX / 2 ||
           next_sample(self) >= (guint64)length_ms * (RATE / 1000);
}

static void
on_sound(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    VoicePlayer *self = p;
    guint64 begin = next_sample(self);

    self->call = 0;
    if (error != NULL) {
        give_up(self, error->message);
        return;
    }
    g_autoptr(GBytes) samples = read_samples(result, (gsize)(begin % RATE));
    if (samples == NULL) {
        give_up(self, _("The voice note could not be read."));
        return;
    }
    push(self, samples);
    if (is_last(self, result)) {
        self->whole = TRUE;
        gst_app_src_end_of_stream(GST_APP_SRC(self->source));
    }
    want_more(self);
}

static void
want_more(VoicePlayer *self)
{
    guint64 played = (guint64)(position_ms(self) - self->from_ms) * GST_MSECOND;

    if (self->pipeline == NULL || self->whole || self->call != 0 ||
        gst_util_uint64_scale(self->pushed, GST_SECOND, RATE) > played + AHEAD)
        return;
    self->call = bridge_call(
        self->bridge,
        &(struct call){.method = "attachment.sound",
                       .params = json_pack("{s:s,s:I}", "attachment", self->attachment, "from_s",
                                           (json_int_t)(next_sample(self) / RATE)),
                       .self = self,
                       .done = on_sound});
}

/* --- what people do --- */

static void
start(VoicePlayer *self)
{
    self->pushed = 0;
    self->whole = FALSE;
    if (!build(self)) {
        gst_clear_object(&self->pipeline);
        give_up(self, _("The voice note cannot be played: a part of GStreamer is missing."));
        return;
    }
    g_autoptr(GstBus) bus = gst_element_get_bus(self->pipeline);
    self->bus_watch = gst_bus_add_watch(bus, on_bus, self);
    self->timer = g_timeout_add(LOOK, on_timer, self);
    self->playing = TRUE;
    gst_element_set_state(self->pipeline, GST_STATE_PLAYING);
    want_more(self);
}

static void
make_current(VoicePlayer *self, const Attachment *file)
{
    if (is_current(self, file))
        return;
    take_down(self);
    set_text(&self->attachment, file->id);
    self->from_ms = 0;
}

void
voice_player_toggle(VoicePlayer *self, const Attachment *file)
{
    make_current(self, file);
    if (self->playing)
        take_down(self);
    else
        start(self);
    tell(self);
}

void
voice_player_stop(VoicePlayer *self)
{
    take_down(self);
    self->from_ms = 0;
    tell(self);
}

void
voice_player_seek(VoicePlayer *self, const Attachment *file, gint64 ms)
{
    make_current(self, file);
    gboolean played = self->playing;
    take_down(self);
    self->from_ms = CLAMP(ms, 0, MAX(file->duration_ms - 1, 0));
    if (played)
        start(self);
    tell(self);
}

gboolean
voice_player_is_current(VoicePlayer *self, const Attachment *file)
{
    return is_current(self, file);
}

gboolean
voice_player_is_playing(VoicePlayer *self, const Attachment *file)
{
    return self->playing && is_current(self, file);
}

gint64
voice_player_position(VoicePlayer *self, const Attachment *file)
{
    return is_current(self, file) ? position_ms(self) : 0;
}

/* --- the object --- */

static void
on_state(VoicePlayer *self)
{
    if (bridge_get_state(self->bridge) == BRIDGE_OPEN)
        return;
    voice_player_stop(self);
    g_clear_pointer(&self->attachment, g_free);
}

static void
voice_player_dispose(GObject *object)
{
    VoicePlayer *self = SNUG_VOICE_PLAYER(object);

    take_down(self);
    g_clear_object(&self->bridge);
    g_clear_pointer(&self->attachment, g_free);
    g_clear_pointer(&self->sink, g_free);
    G_OBJECT_CLASS(voice_player_parent_class)->dispose(object);
}

static void
voice_player_class_init(VoicePlayerClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = voice_player_dispose;
    signals[CHANGED] = g_signal_new("changed", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                    NULL, NULL, G_TYPE_NONE, 0);
    signals[FAILED] = g_signal_new("failed", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
voice_player_init(VoicePlayer *self)
{
    gst_init(NULL, NULL);
    self->sink = g_strdup("autoaudiosink");
}

VoicePlayer *
voice_player_of(Account *account)
{
    static const char key[] = "snug-voice-player";
    VoicePlayer *self = g_object_get_data(G_OBJECT(account), key);

    if (self != NULL)
        return self;
    self = g_object_new(SNUG_TYPE_VOICE_PLAYER, NULL);
    self->bridge = g_object_ref(account->bridge);
    g_signal_connect_object(account->bridge, "notify::state", G_CALLBACK(on_state), self,
                            G_CONNECT_SWAPPED);
    g_object_set_data_full(G_OBJECT(account), key, self, g_object_unref);
    return self;
}

void
voice_player_set_sink(VoicePlayer *self, const char *element)
{
    set_text(&self->sink, element);
}
