/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/start/passphrase_step.h"

#include "gui/start/passphrase_fields.h"

struct _PassphraseStep {
    Step parent;
    PassphraseFields *fields;
};

G_DEFINE_FINAL_TYPE(PassphraseStep, passphrase_step, SNUG_TYPE_STEP)

static void
on_ready(PassphraseStep *self)
{
    step_set_trouble(SNUG_STEP(self), NULL);
    step_set_ready(SNUG_STEP(self), passphrase_fields_get_ready(self->fields));
}

static void
passphrase_step_collect(Step *step, json_t *params)
{
    PassphraseFields *fields = SNUG_PASSPHRASE_STEP(step)->fields;

    json_object_set_new(params, "passphrase", json_string(passphrase_fields_get_text(fields)));
}

static void
passphrase_step_enter(Step *step)
{
    gtk_widget_grab_focus(GTK_WIDGET(SNUG_PASSPHRASE_STEP(step)->fields));
}

static void
passphrase_step_class_init(PassphraseStepClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    SNUG_STEP_CLASS(klass)->collect = passphrase_step_collect;
    SNUG_STEP_CLASS(klass)->enter = passphrase_step_enter;
    g_type_ensure(SNUG_TYPE_PASSPHRASE_FIELDS);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/start/passphrase_step.ui");
    gtk_widget_class_bind_template_child(widget, PassphraseStep, fields);
    gtk_widget_class_bind_template_callback(widget, on_ready);
    gtk_widget_class_bind_template_callback(widget, step_entered);
}

static void
passphrase_step_init(PassphraseStep *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

void
passphrase_step_clear(PassphraseStep *self)
{
    passphrase_fields_clear(self->fields);
}
