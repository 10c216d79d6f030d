/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/start/passphrase_fields.h"

#include <glib/gi18n.h>

#include "gui/models/fields.h"
#include "gui/start/passphrase.h"

struct _PassphraseFields {
    AdwPreferencesGroup parent;
    GtkEditable *first, *again;
    GtkLevelBar *meter;
    GtkLabel *words;
    gboolean ready;
};

G_DEFINE_FINAL_TYPE(PassphraseFields, passphrase_fields, ADW_TYPE_PREFERENCES_GROUP)

enum { PROP_READY = 1, PROP_COUNT };
static GParamSpec *properties[PROP_COUNT];
static guint entered;

static void
set_ready(PassphraseFields *self, gboolean ready)
{
    if (self->ready == ready)
        return;
    self->ready = ready;
    g_object_notify_by_pspec(G_OBJECT(self), properties[PROP_READY]);
}

static void
on_changed(PassphraseFields *self)
{
    const char *text = gtk_editable_get_text(self->first);
    const char *again = gtk_editable_get_text(self->again);
    enum strength strength = passphrase_strength(text);
    gboolean same = strcmp(text, again) == 0;

    gtk_level_bar_set_value(self->meter, strength);
    gtk_label_set_text(self->words, again[0] != '\0' && !same ? _("The two are not the same.")
                                                              : strength_words(strength));
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->meter), GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT,
                                   strength_words(strength), -1);
    set_ready(self, same && strength >= STRENGTH_WEAK);
}

static void
on_entered(PassphraseFields *self)
{
    if (self->ready)
        g_signal_emit(self, entered, 0);
    else
        gtk_widget_grab_focus(GTK_WIDGET(self->again));
}

/* Shown, so that it can be learned or written down. */
static void
on_suggest_clicked(PassphraseFields *self)
{
    char *text = passphrase_make();

    gtk_text_set_visibility(GTK_TEXT(gtk_editable_get_delegate(self->first)), TRUE);
    gtk_editable_set_text(self->first, text);
    free_wiped(text);
    gtk_editable_set_text(self->again, "");
    gtk_widget_grab_focus(GTK_WIDGET(self->again));
}

static void
passphrase_fields_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    g_value_set_boolean(value, SNUG_PASSPHRASE_FIELDS(object)->ready);
}

static gboolean
passphrase_fields_grab_focus(GtkWidget *widget)
{
    return gtk_widget_grab_focus(GTK_WIDGET(SNUG_PASSPHRASE_FIELDS(widget)->first));
}

static void
passphrase_fields_class_init(PassphraseFieldsClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->get_property = passphrase_fields_get_property;
    widget->grab_focus = passphrase_fields_grab_focus;
    properties[PROP_READY] =
        g_param_spec_boolean("ready", NULL, NULL, FALSE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
    g_object_class_install_properties(G_OBJECT_CLASS(klass), PROP_COUNT, properties);
    entered = g_signal_new("entered", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                           NULL, G_TYPE_NONE, 0);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/start/passphrase_fields.ui");
    gtk_widget_class_bind_template_child(widget, PassphraseFields, first);
    gtk_widget_class_bind_template_child(widget, PassphraseFields, again);
    gtk_widget_class_bind_template_child(widget, PassphraseFields, meter);
    gtk_widget_class_bind_template_child(widget, PassphraseFields, words);
    gtk_widget_class_bind_template_callback(widget, on_changed);
    gtk_widget_class_bind_template_callback(widget, on_entered);
    gtk_widget_class_bind_template_callback(widget, on_suggest_clicked);
}

static void
passphrase_fields_init(PassphraseFields *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    on_changed(self);
}

gboolean
passphrase_fields_get_ready(PassphraseFields *self)
{
    return self->ready;
}

const char *
passphrase_fields_get_text(PassphraseFields *self)
{
    return gtk_editable_get_text(self->first);
}

void
passphrase_fields_clear(PassphraseFields *self)
{
    gtk_editable_set_text(self->first, "");
    gtk_editable_set_text(self->again, "");
}
