/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/voice_bar.h"

#include <glib/gi18n.h>

#include "gui/files/voice_recorder.h"
#include "wire/encoding.h"

#define SHORTEST_MS 500 /* what is shorter was a slip */

struct _VoiceBar {
    GtkWidget parent;
    GtkLabel *time;
    GtkLevelBar *level;
    GtkWidget *send;
    VoiceRecorder *recorder; /* NULL: nothing is recorded */
    char *source;
};

G_DEFINE_FINAL_TYPE(VoiceBar, voice_bar, GTK_TYPE_WIDGET)

enum { DONE, OVER, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

static void
drop_recorder(VoiceBar *self)
{
    if (self->recorder != NULL)
        g_signal_handlers_disconnect_by_data(self->recorder, self);
    g_clear_object(&self->recorder);
}

void
voice_bar_cancel(VoiceBar *self)
{
    drop_recorder(self);
}

static void
end(VoiceBar *self, const char *why)
{
    drop_recorder(self);
    g_signal_emit(self, signals[OVER], 0, why);
}

/* --- what the recorder says --- */

static void
on_moved(VoiceBar *self, gint64 ms, double level)
{
    g_autofree char *text = g_strdup_printf("%d:%02d", (int)(ms / 60000), (int)(ms / 1000 % 60));

    gtk_label_set_text(self->time, text);
    gtk_level_bar_set_value(self->level, level);
}

static void
on_done(VoiceBar *self, struct voice_note *note)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *name = g_date_time_format(now, _("Voice note %Y-%m-%d %H.%M.ogg"));
    g_autoptr(OutgoingFile) file = NULL;
    char waveform[BASE64_LEN(WAVEFORM_BYTES) + 1];

    if (note->duration_ms < SHORTEST_MS) {
        end(self, _("This was too short for a voice note."));
        return;
    }
    file = outgoing_file_new_memory(name, note->fd, note->bytes);
    note->fd = -1;
    file->wish = json_pack("{s:s,s:s,s:I}", "kind", "voice", "mime", "audio/ogg", "duration_ms",
                           (json_int_t)note->duration_ms);
    base64url_write(SPAN(note->waveform, sizeof note->waveform), waveform);
    json_object_set_new(file->wish, "waveform", json_string(waveform));
    g_signal_emit(self, signals[DONE], 0, file);
    end(self, "");
}

static void
on_failed(VoiceBar *self, const char *why)
{
    end(self, why);
}

/* --- what a person does --- */

static void
on_cancel(VoiceBar *self)
{
    end(self, "");
}

static void
on_send(VoiceBar *self)
{
    if (self->recorder != NULL)
        voice_recorder_stop(self->recorder);
}

static gboolean
on_key(VoiceBar *self, guint key)
{
    if (key != GDK_KEY_Escape)
        return GDK_EVENT_PROPAGATE;
    on_cancel(self);
    return GDK_EVENT_STOP;
}

void
voice_bar_set_source(VoiceBar *self, const char *source)
{
    g_free(self->source);
    self->source = g_strdup(source);
}

void
voice_bar_start(VoiceBar *self)
{
    drop_recorder(self);
    on_moved(self, 0, 0);
    self->recorder = voice_recorder_new(self->source);
    g_signal_connect_swapped(self->recorder, "moved", G_CALLBACK(on_moved), self);
    g_signal_connect_swapped(self->recorder, "done", G_CALLBACK(on_done), self);
    g_signal_connect_swapped(self->recorder, "failed", G_CALLBACK(on_failed), self);
    voice_recorder_start(self->recorder);
    gtk_widget_grab_focus(self->send);
}

/* --- the object --- */

static void
voice_bar_dispose(GObject *object)
{
    VoiceBar *self = SNUG_VOICE_BAR(object);
    GtkWidget *child;

    drop_recorder(self);
    while ((child = gtk_widget_get_first_child(GTK_WIDGET(self))) != NULL)
        gtk_widget_unparent(child);
    g_clear_pointer(&self->source, g_free);
    G_OBJECT_CLASS(voice_bar_parent_class)->dispose(object);
}

static void
voice_bar_class_init(VoiceBarClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);
    GType type = G_TYPE_FROM_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = voice_bar_dispose;
    signals[DONE] = g_signal_new("done", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                 1, G_TYPE_POINTER);
    signals[OVER] = g_signal_new("over", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                 1, G_TYPE_STRING);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/chat/voice_bar.ui");
    gtk_widget_class_bind_template_child(widget, VoiceBar, time);
    gtk_widget_class_bind_template_child(widget, VoiceBar, level);
    gtk_widget_class_bind_template_child(widget, VoiceBar, send);
    gtk_widget_class_bind_template_callback(widget, on_cancel);
    gtk_widget_class_bind_template_callback(widget, on_send);
    gtk_widget_class_bind_template_callback(widget, on_key);
}

static void
voice_bar_init(VoiceBar *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}
