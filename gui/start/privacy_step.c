/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/start/privacy_step.h"

#include "gui/settings/privacy_group.h"

struct _PrivacyStep {
    Step parent;
    Settings *settings;
    PrivacyGroup *group;
};

G_DEFINE_FINAL_TYPE(PrivacyStep, privacy_step, SNUG_TYPE_STEP)

static void
on_refused(PrivacyStep *self, const char *why)
{
    step_set_trouble(SNUG_STEP(self), why);
}

static void
on_changed(PrivacyStep *self)
{
    step_set_trouble(SNUG_STEP(self), NULL);
}

void
privacy_step_set_bridge(PrivacyStep *self, Bridge *bridge)
{
    g_clear_object(&self->settings);
    self->settings = settings_new(bridge);
    g_signal_connect_object(self->settings, "changed", G_CALLBACK(on_changed), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(self->settings, "refused", G_CALLBACK(on_refused), self,
                            G_CONNECT_SWAPPED);
    settings_attach(self->settings, GTK_WIDGET(self->group));
}

static void
privacy_step_dispose(GObject *object)
{
    g_clear_object(&SNUG_PRIVACY_STEP(object)->settings);
    G_OBJECT_CLASS(privacy_step_parent_class)->dispose(object);
}

static void
privacy_step_class_init(PrivacyStepClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = privacy_step_dispose;
    g_type_ensure(SNUG_TYPE_PRIVACY_GROUP);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/start/privacy_step.ui");
    gtk_widget_class_bind_template_child(widget, PrivacyStep, group);
}

static void
privacy_step_init(PrivacyStep *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}
