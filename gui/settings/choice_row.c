/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "gui/settings/rows.h"

struct _ChoiceRow {
    AdwComboRow parent;
    char *key;
    char **values, **consequences;
    Settings *settings;
    gboolean showing; /* what is selected now is what the agent says */
};

G_DEFINE_FINAL_TYPE(ChoiceRow, choice_row, ADW_TYPE_COMBO_ROW)

enum { PROP_KEY = 1, PROP_VALUES, PROP_LABELS, PROP_CONSEQUENCES, PROP_COUNT };
static GParamSpec *properties[PROP_COUNT];

/* libadwaita lets a long subtitle take the room of what is chosen, down to three dots. */
static void
keep_whole(GtkWidget *w)
{
    if (GTK_IS_LABEL(w))
        gtk_label_set_ellipsize(GTK_LABEL(w), PANGO_ELLIPSIZE_NONE);
    for (GtkWidget *c = gtk_widget_get_first_child(w); c != NULL;
         c = gtk_widget_get_next_sibling(c))
        keep_whole(c);
}

static void
keep_choice_whole(ChoiceRow *self)
{
    GtkWidget *box = gtk_widget_get_first_child(GTK_WIDGET(self));
    GtkWidget *suffixes = box != NULL ? gtk_widget_get_last_child(box) : NULL;

    for (GtkWidget *c = suffixes != NULL ? gtk_widget_get_first_child(suffixes) : NULL; c != NULL;
         c = gtk_widget_get_next_sibling(c))
        if (GTK_IS_LIST_VIEW(c))
            keep_whole(c);
}

static void
show_consequence(ChoiceRow *self)
{
    guint at = adw_combo_row_get_selected(ADW_COMBO_ROW(self));

    if (self->consequences != NULL && at < g_strv_length(self->consequences))
        adw_action_row_set_subtitle(ADW_ACTION_ROW(self), self->consequences[at]);
}

static gboolean
is_value(const json_t *value, const char *text)
{
    if (json_is_integer(value))
        return strtoll(text, NULL, 10) == json_integer_value(value);
    return g_strcmp0(json_string_value(value), text) == 0;
}

static void
show_setting(ChoiceRow *self)
{
    const json_t *value = settings_get(self->settings, self->key);
    guint at = 0;

    gtk_widget_set_sensitive(GTK_WIDGET(self), value != NULL);
    if (value == NULL)
        return;
    while (self->values[at] != NULL && !is_value(value, self->values[at]))
        at++;
    self->showing = TRUE;
    adw_combo_row_set_selected(ADW_COMBO_ROW(self),
                               self->values[at] != NULL ? at : GTK_INVALID_LIST_POSITION);
    self->showing = FALSE;
    show_consequence(self);
}

static void
on_selected(ChoiceRow *self)
{
    guint at = adw_combo_row_get_selected(ADW_COMBO_ROW(self));

    keep_choice_whole(self);
    show_consequence(self);
    if (self->settings == NULL || self->showing || at >= g_strv_length(self->values))
        return;
    const json_t *now = settings_get(self->settings, self->key);
    const char *value = self->values[at];
    if (is_value(now, value))
        return;
    settings_set(self->settings, self->key,
                 json_is_integer(now) ? json_integer(strtoll(value, NULL, 10))
                                      : json_string(value));
}

void
choice_row_attach(ChoiceRow *self, Settings *settings)
{
    g_set_object(&self->settings, settings);
    g_signal_connect_object(settings, "changed", G_CALLBACK(show_setting), self, G_CONNECT_SWAPPED);
    show_setting(self);
}

static void
choice_row_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    ChoiceRow *self = SNUG_CHOICE_ROW(object);
    const char *text = g_value_get_string(value);

    switch (id) {
    case PROP_KEY:
        self->key = g_strdup(text);
        break;
    case PROP_VALUES:
        self->values = g_strsplit(text, "\n", -1);
        break;
    case PROP_LABELS: {
        g_auto(GStrv) labels = g_strsplit(text, "\n", -1);
        g_autoptr(GtkStringList) list = gtk_string_list_new((const char *const *)labels);
        adw_combo_row_set_model(ADW_COMBO_ROW(self), G_LIST_MODEL(list));
        adw_combo_row_set_selected(ADW_COMBO_ROW(self), GTK_INVALID_LIST_POSITION);
        break;
    }
    case PROP_CONSEQUENCES:
        self->consequences = g_strsplit(text, "\n", -1);
        show_consequence(self);
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
}

static void
choice_row_finalize(GObject *object)
{
    ChoiceRow *self = SNUG_CHOICE_ROW(object);

    g_clear_object(&self->settings);
    g_free(self->key);
    g_strfreev(self->values);
    g_strfreev(self->consequences);
    G_OBJECT_CLASS(choice_row_parent_class)->finalize(object);
}

static void
choice_row_class_init(ChoiceRowClass *klass)
{
    const GParamFlags once = G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;
    const GParamFlags writable = G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS;

    G_OBJECT_CLASS(klass)->set_property = choice_row_set_property;
    G_OBJECT_CLASS(klass)->finalize = choice_row_finalize;
    properties[PROP_KEY] = g_param_spec_string("key", NULL, NULL, "", once);
    properties[PROP_VALUES] = g_param_spec_string("values", NULL, NULL, "", once);
    properties[PROP_LABELS] = g_param_spec_string("labels", NULL, NULL, "", writable);
    properties[PROP_CONSEQUENCES] = g_param_spec_string("consequences", NULL, NULL, "", writable);
    g_object_class_install_properties(G_OBJECT_CLASS(klass), PROP_COUNT, properties);
}

static void
choice_row_init(ChoiceRow *self)
{
    g_signal_connect(self, "map", G_CALLBACK(keep_choice_whole), NULL);
    g_signal_connect(self, "notify::selected", G_CALLBACK(on_selected), NULL);
}
