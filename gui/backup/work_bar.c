/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/backup/work_bar.h"

#include <glib/gi18n.h>

#include "gui/models/fields.h"

struct _WorkBar {
    GtkBox parent;
    Bridge *bridge;
    guint job;
    GtkLabel *words;
    GtkProgressBar *bar;
};

G_DEFINE_FINAL_TYPE(WorkBar, work_bar, GTK_TYPE_BOX)

enum { DONE, CANCELLED, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

static void
show_stage(WorkBar *self, const char *stage)
{
    if (strcmp(stage, "joining") == 0)
        gtk_label_set_text(self->words, _("Taking the place of the former device…"));
    if (strcmp(stage, "asking") == 0)
        gtk_label_set_text(self->words, _("Asking the relay…"));
}

static void
on_progress(gpointer p, const json_t *about, gpointer data)
{
    WorkBar *self = p;
    const json_t *row = json_object_get(about, "row");
    gint64 done = field_int(row, "done"), total = field_int(row, "total");
    g_autofree char *have = g_format_size((guint64)MAX(done, 0)),
                    *all = g_format_size((guint64)MAX(total, 0)), *text = NULL;

    show_stage(self, field_text(about, "stage"));
    if (total <= 0) {
        gtk_progress_bar_pulse(self->bar);
        return;
    }
    text = g_strdup_printf(_("%s of %s"), have, all);
    gtk_progress_bar_set_fraction(self->bar, CLAMP((double)done / (double)total, 0, 1));
    gtk_progress_bar_set_text(self->bar, text);
    gtk_progress_bar_set_show_text(self->bar, TRUE);
}

static void
on_done(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    WorkBar *self = p;

    self->job = 0;
    gtk_widget_set_visible(GTK_WIDGET(self), FALSE);
    g_signal_emit(self, signals[DONE], 0, result, error);
}

void
work_bar_begin(WorkBar *self, Bridge *bridge, const char *method, json_t *params, const char *words)
{
    g_set_object(&self->bridge, bridge);
    gtk_label_set_text(self->words, words);
    gtk_progress_bar_set_fraction(self->bar, 0);
    gtk_progress_bar_set_show_text(self->bar, FALSE);
    gtk_widget_set_visible(GTK_WIDGET(self), TRUE);
    self->job = bridge_call(bridge, &(struct call){.method = method,
                                                   .params = params,
                                                   .self = self,
                                                   .done = on_done,
                                                   .progress = on_progress});
}

gboolean
work_bar_is_busy(WorkBar *self)
{
    return self->job != 0;
}

static void
on_cancel_clicked(WorkBar *self)
{
    if (self->job == 0)
        return;
    bridge_cancel(self->bridge, self->job);
    self->job = 0;
    gtk_widget_set_visible(GTK_WIDGET(self), FALSE);
    g_signal_emit(self, signals[CANCELLED], 0);
}

static void
work_bar_dispose(GObject *object)
{
    WorkBar *self = SNUG_WORK_BAR(object);

    if (self->job != 0)
        bridge_cancel(self->bridge, self->job);
    self->job = 0;
    g_clear_object(&self->bridge);
    G_OBJECT_CLASS(work_bar_parent_class)->dispose(object);
}

static void
work_bar_class_init(WorkBarClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);
    GType type = G_TYPE_FROM_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = work_bar_dispose;
    signals[DONE] = g_signal_new("done", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                 2, G_TYPE_POINTER, G_TYPE_POINTER);
    signals[CANCELLED] =
        g_signal_new("cancelled", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/backup/work_bar.ui");
    gtk_widget_class_bind_template_child(widget, WorkBar, words);
    gtk_widget_class_bind_template_child(widget, WorkBar, bar);
    gtk_widget_class_bind_template_callback(widget, on_cancel_clicked);
}

static void
work_bar_init(WorkBar *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}
