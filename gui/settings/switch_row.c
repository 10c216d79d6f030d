/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/settings/rows.h"

struct _SwitchRow {
    AdwActionRow parent;
    char *key;
    GtkSwitch *toggle;
    Settings *settings;
    gboolean showing; /* what is shown now is what the agent says */
};

G_DEFINE_FINAL_TYPE(SwitchRow, switch_row, ADW_TYPE_ACTION_ROW)

enum { PROP_KEY = 1, PROP_COUNT };
static GParamSpec *properties[PROP_COUNT];

static void
show_setting(SwitchRow *self)
{
    const json_t *value = settings_get(self->settings, self->key);

    gtk_widget_set_sensitive(GTK_WIDGET(self), value != NULL);
    self->showing = TRUE;
    gtk_switch_set_active(self->toggle, json_is_true(value));
    self->showing = FALSE;
}

static void
on_toggled(SwitchRow *self)
{
    if (self->settings != NULL && !self->showing)
        settings_set(self->settings, self->key, json_boolean(gtk_switch_get_active(self->toggle)));
}

void
switch_row_attach(SwitchRow *self, Settings *settings)
{
    g_set_object(&self->settings, settings);
    g_signal_connect_object(settings, "changed", G_CALLBACK(show_setting), self, G_CONNECT_SWAPPED);
    show_setting(self);
}

GtkSwitch *
switch_row_get_switch(SwitchRow *self)
{
    return self->toggle;
}

static void
switch_row_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    SNUG_SWITCH_ROW(object)->key = g_value_dup_string(value); /* the only one */
}

/* The row's title is the name of the switch. */
static void
switch_row_constructed(GObject *object)
{
    SwitchRow *self = SNUG_SWITCH_ROW(object);

    G_OBJECT_CLASS(switch_row_parent_class)->constructed(object);
    self->toggle = GTK_SWITCH(gtk_switch_new());
    gtk_widget_set_valign(GTK_WIDGET(self->toggle), GTK_ALIGN_CENTER);
    adw_action_row_add_suffix(ADW_ACTION_ROW(self), GTK_WIDGET(self->toggle));
    adw_action_row_set_activatable_widget(ADW_ACTION_ROW(self), GTK_WIDGET(self->toggle));
    g_signal_connect_object(self->toggle, "notify::active", G_CALLBACK(on_toggled), self,
                            G_CONNECT_SWAPPED);
}

static void
switch_row_finalize(GObject *object)
{
    g_clear_object(&SNUG_SWITCH_ROW(object)->settings);
    g_free(SNUG_SWITCH_ROW(object)->key);
    G_OBJECT_CLASS(switch_row_parent_class)->finalize(object);
}

static void
switch_row_class_init(SwitchRowClass *klass)
{
    GObjectClass *object = G_OBJECT_CLASS(klass);

    object->set_property = switch_row_set_property;
    object->constructed = switch_row_constructed;
    object->finalize = switch_row_finalize;
    properties[PROP_KEY] = g_param_spec_string(
        "key", NULL, NULL, "", G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
    g_object_class_install_properties(object, PROP_COUNT, properties);
}

static void
switch_row_init(SwitchRow *self)
{
}
