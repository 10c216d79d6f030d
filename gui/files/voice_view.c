/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/files/voice_view.h"

#include <glib/gi18n.h>

#include "gui/dialog.h"
#include "gui/files/file_view.h"
#include "gui/files/file_words.h"
#include "gui/files/voice_player.h"
#include "gui/files/waveform.h"

struct _VoiceView {
    GtkBox parent;
    VoicePlayer *player;
    Attachment *file;
    GtkButton *play, *act;
    Waveform *waveform;
    GtkLabel *time, *state;
};

G_DEFINE_FINAL_TYPE(VoiceView, voice_view, GTK_TYPE_BOX)

static void
show_position(VoiceView *self)
{
    gboolean playing = voice_player_is_playing(self->player, self->file);
    gint64 ms = voice_player_position(self->player, self->file);
    g_autofree char *time = file_time_words(ms > 0 ? ms : self->file->duration_ms),
                    *spoken = file_spoken_words(self->file),
                    *label = g_strdup_printf("%s: %s", playing ? _("Pause") : _("Play"), spoken);

    gtk_label_set_text(self->time, time);
    waveform_set_position(self->waveform, ms, self->file->duration_ms);
    gtk_button_set_icon_name(self->play, playing ? "media-playback-pause-symbolic"
                                                 : "media-playback-start-symbolic");
    gtk_widget_set_tooltip_text(GTK_WIDGET(self->play), playing ? _("Pause") : _("Play"));
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->play), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                   -1);
}

void
voice_view_show(VoiceView *self, Attachment *file)
{
    gboolean here = file_is_here(file), quiet = file->state == ATTACHMENT_HERE;
    g_autofree char *state = file_state_words(file);

    g_set_object(&self->file, file);
    gtk_widget_set_visible(GTK_WIDGET(self->play), here);
    gtk_widget_set_sensitive(GTK_WIDGET(self->waveform), here);
    waveform_set_bars(self->waveform, file->waveform);
    gtk_label_set_text(self->state, state);
    gtk_widget_set_visible(GTK_WIDGET(self->state), !quiet);
    if (quiet)
        gtk_widget_set_visible(GTK_WIDGET(self->act), FALSE);
    else
        file_button_show(self->act, file);
    show_position(self);
}

static void
on_play_clicked(VoiceView *self)
{
    if (self->file != NULL)
        voice_player_toggle(self->player, self->file);
}

static void
on_seek(VoiceView *self, gint64 ms)
{
    if (self->file != NULL && file_is_here(self->file))
        voice_player_seek(self->player, self->file, ms);
}

static void
on_changed(VoiceView *self)
{
    if (self->file != NULL)
        show_position(self);
}

/* Said once, near the one that was to be played. */
static void
on_failed(VoiceView *self, const char *why)
{
    if (self->file != NULL && voice_player_is_current(self->player, self->file))
        say(GTK_WIDGET(self), why);
}

static void
voice_view_dispose(GObject *object)
{
    VoiceView *self = SNUG_VOICE_VIEW(object);

    g_clear_object(&self->file);
    g_clear_object(&self->player);
    G_OBJECT_CLASS(voice_view_parent_class)->dispose(object);
}

static void
voice_view_class_init(VoiceViewClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = voice_view_dispose;
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/files/voice_view.ui");
    gtk_widget_class_bind_template_child(widget, VoiceView, play);
    gtk_widget_class_bind_template_child(widget, VoiceView, act);
    gtk_widget_class_bind_template_child(widget, VoiceView, waveform);
    gtk_widget_class_bind_template_child(widget, VoiceView, time);
    gtk_widget_class_bind_template_child(widget, VoiceView, state);
    gtk_widget_class_bind_template_callback(widget, on_play_clicked);
    gtk_widget_class_bind_template_callback(widget, on_seek);
}

static void
voice_view_init(VoiceView *self)
{
    g_type_ensure(SNUG_TYPE_WAVEFORM);
    gtk_widget_init_template(GTK_WIDGET(self));
}

GtkWidget *
voice_view_new(Account *account)
{
    VoiceView *self = g_object_new(SNUG_TYPE_VOICE_VIEW, NULL);

    self->player = g_object_ref(voice_player_of(account));
    g_signal_connect_object(self->player, "changed", G_CALLBACK(on_changed), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(self->player, "failed", G_CALLBACK(on_failed), self, G_CONNECT_SWAPPED);
    return GTK_WIDGET(self);
}
