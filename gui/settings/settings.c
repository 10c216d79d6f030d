/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/settings/settings.h"

#include "gui/settings/rows.h"

struct _Settings {
    GObject parent;
    Bridge *bridge;
    json_t *values; /* NULL: not known yet */
};

G_DEFINE_FINAL_TYPE(Settings, settings, G_TYPE_OBJECT)

enum { CHANGED, REFUSED, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

static void
on_read(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    Settings *self = p;

    if (error != NULL) {
        g_signal_emit(self, signals[REFUSED], 0, error->message);
        return;
    }
    json_decref(self->values);
    self->values = json_deep_copy(result);
    g_signal_emit(self, signals[CHANGED], 0);
}

static void
on_written(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    Settings *self = p;

    if (error == NULL)
        return;
    g_signal_emit(self, signals[REFUSED], 0, error->message);
    bridge_call(self->bridge,
                &(struct call){.method = "settings.get", .self = self, .done = on_read});
}

const json_t *
settings_get(Settings *self, const char *key)
{
    return json_object_get(self->values, key);
}

void
settings_set(Settings *self, const char *key, json_t *value)
{
    json_t *params = json_object();

    json_object_set(params, key, value);
    if (self->values != NULL)
        json_object_set(self->values, key, value);
    json_decref(value);
    bridge_call(self->bridge,
                &(struct call){
                    .method = "settings.set", .params = params, .self = self, .done = on_written});
}

void
settings_attach(Settings *self, GtkWidget *root)
{
    if (SNUG_IS_CHOICE_ROW(root))
        choice_row_attach(SNUG_CHOICE_ROW(root), self);
    else if (SNUG_IS_SWITCH_ROW(root))
        switch_row_attach(SNUG_SWITCH_ROW(root), self);
    else
        for (GtkWidget *c = gtk_widget_get_first_child(root); c != NULL;
             c = gtk_widget_get_next_sibling(c))
            settings_attach(self, c);
}

/* --- the object --- */

static void
settings_finalize(GObject *object)
{
    Settings *self = SNUG_SETTINGS(object);

    g_clear_object(&self->bridge);
    json_decref(self->values);
    G_OBJECT_CLASS(settings_parent_class)->finalize(object);
}

static void
settings_class_init(SettingsClass *klass)
{
    GType type = G_TYPE_FROM_CLASS(klass);

    G_OBJECT_CLASS(klass)->finalize = settings_finalize;
    signals[CHANGED] =
        g_signal_new("changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    signals[REFUSED] = g_signal_new("refused", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
settings_init(Settings *self)
{
}

Settings *
settings_new(Bridge *bridge)
{
    Settings *self = g_object_new(SNUG_TYPE_SETTINGS, NULL);

    self->bridge = g_object_ref(bridge);
    bridge_call(bridge, &(struct call){.method = "settings.get", .self = self, .done = on_read});
    return self;
}
