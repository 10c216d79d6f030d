/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/start/create_step.h"

#include <glib/gi18n.h>

#include "gui/models/fields.h"

struct _CreateStep {
    Step parent;
    Bridge *bridge;
    guint job;
    GtkSpinner *spinner;
    GtkLabel *stage;
    GtkWidget *cancel;
};

G_DEFINE_FINAL_TYPE(CreateStep, create_step, SNUG_TYPE_STEP)

enum { CREATED, REFUSED, CANCELLED, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

static void
on_done(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    CreateStep *self = p;

    self->job = 0;
    gtk_spinner_stop(self->spinner);
    if (error != NULL)
        g_signal_emit(self, signals[REFUSED], 0, error);
    else
        g_signal_emit(self, signals[CREATED], 0, result);
}

static void
on_progress(gpointer p, const json_t *about, gpointer data)
{
    CreateStep *self = p;

    if (strcmp(field_text(about, "stage"), "registering") == 0)
        gtk_label_set_text(self->stage, _("Registering at the relay…"));
}

void
create_step_begin(CreateStep *self, Bridge *bridge, json_t *params)
{
    g_set_object(&self->bridge, bridge);
    gtk_label_set_text(self->stage, _("Making your keys…"));
    gtk_spinner_start(self->spinner);
    self->job = bridge_call(bridge, &(struct call){.method = "account.create",
                                                   .params = params,
                                                   .self = self,
                                                   .done = on_done,
                                                   .progress = on_progress});
}

static void
on_cancel_clicked(CreateStep *self)
{
    if (self->job == 0)
        return;
    bridge_cancel(self->bridge, self->job);
    self->job = 0;
    gtk_spinner_stop(self->spinner);
    g_signal_emit(self, signals[CANCELLED], 0);
}

static void
create_step_enter(Step *step)
{
    gtk_widget_grab_focus(SNUG_CREATE_STEP(step)->cancel);
}

static void
create_step_dispose(GObject *object)
{
    CreateStep *self = SNUG_CREATE_STEP(object);

    if (self->job != 0)
        bridge_cancel(self->bridge, self->job);
    self->job = 0;
    g_clear_object(&self->bridge);
    G_OBJECT_CLASS(create_step_parent_class)->dispose(object);
}

static void
create_step_class_init(CreateStepClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);
    GType type = G_TYPE_FROM_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = create_step_dispose;
    SNUG_STEP_CLASS(klass)->enter = create_step_enter;
    signals[CREATED] = g_signal_new("created", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 1, G_TYPE_POINTER);
    signals[REFUSED] = g_signal_new("refused", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 1, G_TYPE_POINTER);
    signals[CANCELLED] =
        g_signal_new("cancelled", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/start/create_step.ui");
    gtk_widget_class_bind_template_child(widget, CreateStep, spinner);
    gtk_widget_class_bind_template_child(widget, CreateStep, stage);
    gtk_widget_class_bind_template_child(widget, CreateStep, cancel);
    gtk_widget_class_bind_template_callback(widget, on_cancel_clicked);
}

static void
create_step_init(CreateStep *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}
