/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/files/waveform.h"

#include <glib/gi18n.h>
#include <string.h>

#include "gui/files/file_words.h"
#include "wire/limits.h"

#define HEIGHT 28
#define BAR 2
#define STEP 5000 /* ms */

struct _Waveform {
    GtkWidget parent;
    guint8 bars[WAVEFORM_BYTES];
    gint64 ms, of_ms;
};

G_DEFINE_FINAL_TYPE(Waveform, waveform, GTK_TYPE_WIDGET)

enum { SEEK, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

static void
waveform_measure(GtkWidget *widget, GtkOrientation orientation, int for_size, int *least,
                 int *natural, int *least_baseline, int *natural_baseline)
{
    gboolean across = orientation == GTK_ORIENTATION_HORIZONTAL;

    *least_baseline = *natural_baseline = -1;
    *least = across ? 64 : HEIGHT;
    *natural = across ? 3 * WAVEFORM_BYTES : HEIGHT;
}

/* The loudest of the bytes that one of COUNT bars stands for. */
static guint8
loudness(const Waveform *self, int bar, int count)
{
    int from = bar * WAVEFORM_BYTES / count, to = MAX((bar + 1) * WAVEFORM_BYTES / count, from + 1);
    guint8 most = 0;

    for (int i = from; i < to && i < WAVEFORM_BYTES; i++)
        most = MAX(most, self->bars[i]);
    return most;
}

static void
draw_bar(GtkSnapshot *snapshot, const GdkRGBA *colour, float x, float height)
{
    GskRoundedRect shape;

    gsk_rounded_rect_init_from_rect(
        &shape, &GRAPHENE_RECT_INIT(x, (HEIGHT - height) / 2, BAR, height), BAR / 2.0f);
    gtk_snapshot_push_rounded_clip(snapshot, &shape);
    gtk_snapshot_append_color(snapshot, colour, &shape.bounds);
    gtk_snapshot_pop(snapshot);
}

static void
waveform_snapshot(GtkWidget *widget, GtkSnapshot *snapshot)
{
    Waveform *self = SNUG_WAVEFORM(widget);
    int width = gtk_widget_get_width(widget), count = MIN(width / (BAR + 1), WAVEFORM_BYTES);
    gboolean left = gtk_widget_get_direction(widget) == GTK_TEXT_DIR_RTL;
    GdkRGBA done, rest;

    if (count < 1)
        return;
    gtk_style_context_get_color(gtk_widget_get_style_context(widget), &rest);
    if (!gtk_style_context_lookup_color(gtk_widget_get_style_context(widget), "accent_color",
                                        &done))
        done = rest;
    rest.alpha *= 0.35f;
    for (int i = 0; i < count; i++) {
        gboolean played = self->of_ms > 0 && (gint64)i * self->of_ms < self->ms * count;
        float x = (float)(left ? count - 1 - i : i) * (float)width / (float)count,
              height = MAX((float)loudness(self, i, count) / 255 * HEIGHT, BAR + 1);

        draw_bar(snapshot, played ? &done : &rest, x, height);
    }
}

static void
seek(Waveform *self, gint64 ms)
{
    g_signal_emit(self, signals[SEEK], 0, CLAMP(ms, 0, self->of_ms));
}

static void
on_pressed(Waveform *self, int presses, double x, double y)
{
    int width = gtk_widget_get_width(GTK_WIDGET(self));

    if (width <= 0)
        return;
    if (gtk_widget_get_direction(GTK_WIDGET(self)) == GTK_TEXT_DIR_RTL)
        x = width - x;
    seek(self, (gint64)(x / width * (double)self->of_ms));
}

static gboolean
on_key(Waveform *self, guint key, guint code, GdkModifierType held)
{
    gboolean left = gtk_widget_get_direction(GTK_WIDGET(self)) == GTK_TEXT_DIR_RTL;
    gint64 step = left ? -STEP : STEP;

    switch (key) {
    case GDK_KEY_Left:
        seek(self, self->ms - step);
        return TRUE;
    case GDK_KEY_Right:
        seek(self, self->ms + step);
        return TRUE;
    case GDK_KEY_Home:
        seek(self, 0);
        return TRUE;
    default:
        return FALSE;
    }
}

static void
waveform_class_init(WaveformClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    widget->measure = waveform_measure;
    widget->snapshot = waveform_snapshot;
    signals[SEEK] = g_signal_new("seek", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 1, G_TYPE_INT64);
    gtk_widget_class_set_css_name(widget, "waveform");
    gtk_widget_class_set_accessible_role(widget, GTK_ACCESSIBLE_ROLE_SLIDER);
}

static void
waveform_init(Waveform *self)
{
    GtkGesture *click = gtk_gesture_click_new();
    GtkEventController *keys = gtk_event_controller_key_new();

    g_signal_connect_swapped(click, "pressed", G_CALLBACK(on_pressed), self);
    g_signal_connect_swapped(keys, "key-pressed", G_CALLBACK(on_key), self);
    gtk_widget_add_controller(GTK_WIDGET(self), GTK_EVENT_CONTROLLER(click));
    gtk_widget_add_controller(GTK_WIDGET(self), keys);
    gtk_widget_set_focusable(GTK_WIDGET(self), TRUE);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Position"), -1);
}

void
waveform_set_bars(Waveform *self, const guint8 *bars)
{
    if (bars != NULL)
        memcpy(self->bars, bars, sizeof self->bars);
    else
        memset(self->bars, 0, sizeof self->bars);
    gtk_widget_queue_draw(GTK_WIDGET(self));
}

void
waveform_set_position(Waveform *self, gint64 ms, gint64 of_ms)
{
    g_autofree char *at = file_time_words(ms), *all = file_time_words(of_ms),
                    *words = g_strdup_printf(_("%s of %s"), at, all);

    self->of_ms = MAX(of_ms, 0);
    self->ms = CLAMP(ms, 0, self->of_ms);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_VALUE_NOW,
                                   (double)self->ms / 1000, GTK_ACCESSIBLE_PROPERTY_VALUE_MIN, 0.0,
                                   GTK_ACCESSIBLE_PROPERTY_VALUE_MAX, (double)self->of_ms / 1000,
                                   GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT, words, -1);
    gtk_widget_queue_draw(GTK_WIDGET(self));
}
