/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/start/key_file_row.h"

#include <glib/gi18n.h>

#include "gui/choose_file.h"

struct _KeyFileRow {
    AdwActionRow parent;
    GtkWidget *choose, *create;
    char *path;
    gboolean make, may_make;
};

G_DEFINE_FINAL_TYPE(KeyFileRow, key_file_row, ADW_TYPE_ACTION_ROW)

enum { PROP_MAY_MAKE = 1, PROP_COUNT };
static GParamSpec *properties[PROP_COUNT];
enum { CHANGED, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

const char *
key_file_row_get_path(KeyFileRow *self)
{
    return self->path;
}

gboolean
key_file_row_get_make(KeyFileRow *self)
{
    return self->make;
}

static void
show_path(KeyFileRow *self)
{
    g_autofree char *name = self->path != NULL ? g_filename_display_basename(self->path) : NULL;
    g_autofree char *text = NULL;

    if (name == NULL)
        text = g_strdup(_("None chosen yet"));
    else
        text = self->make ? g_strdup_printf(_("%s (new)"), name) : g_strdup(name);
    adw_action_row_set_subtitle(ADW_ACTION_ROW(self), text);
}

void
key_file_row_set(KeyFileRow *self, const char *path, gboolean make)
{
    g_free(self->path);
    self->path = g_strdup(path);
    self->make = make;
    show_path(self);
    g_signal_emit(self, signals[CHANGED], 0);
}

/* --- asking --- */

static void
on_chosen(gpointer self, const char *path, gpointer make)
{
    key_file_row_set(self, path, GPOINTER_TO_INT(make));
}

static void
ask(KeyFileRow *self, const char *title, GtkFileChooserAction action)
{
    gboolean make = action == GTK_FILE_CHOOSER_ACTION_SAVE;

    choose_file(&(struct choosing){.self = GTK_WIDGET(self),
                                   .action = action,
                                   .title = title,
                                   .name = make ? _("Snug.key") : NULL,
                                   .chosen = on_chosen,
                                   .data = GINT_TO_POINTER(make)});
}

static void
on_choose(KeyFileRow *self)
{
    ask(self, _("Choose the Key File"), GTK_FILE_CHOOSER_ACTION_OPEN);
}

static void
on_create(KeyFileRow *self)
{
    ask(self, _("Make a Key File"), GTK_FILE_CHOOSER_ACTION_SAVE);
}

/* --- the object --- */

static GtkWidget *
add_button(KeyFileRow *self, const char *label, GCallback clicked)
{
    GtkWidget *button = gtk_button_new_with_mnemonic(label);

    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    g_signal_connect_object(button, "clicked", clicked, self, G_CONNECT_SWAPPED);
    adw_action_row_add_suffix(ADW_ACTION_ROW(self), button);
    return button;
}

static void
key_file_row_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    KeyFileRow *self = SNUG_KEY_FILE_ROW(object);

    self->may_make = g_value_get_boolean(value); /* the only one */
    gtk_widget_set_visible(self->create, self->may_make);
}

static void
key_file_row_dispose(GObject *object)
{
    KeyFileRow *self = SNUG_KEY_FILE_ROW(object);

    g_clear_pointer(&self->path, g_free);
    G_OBJECT_CLASS(key_file_row_parent_class)->dispose(object);
}

static void
key_file_row_class_init(KeyFileRowClass *klass)
{
    GObjectClass *object = G_OBJECT_CLASS(klass);

    object->set_property = key_file_row_set_property;
    object->dispose = key_file_row_dispose;
    properties[PROP_MAY_MAKE] = g_param_spec_boolean("may-make", NULL, NULL, FALSE,
                                                     G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS);
    g_object_class_install_properties(object, PROP_COUNT, properties);
    signals[CHANGED] = g_signal_new("changed", SNUG_TYPE_KEY_FILE_ROW, G_SIGNAL_RUN_LAST, 0, NULL,
                                    NULL, NULL, G_TYPE_NONE, 0);
}

static void
key_file_row_init(KeyFileRow *self)
{
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(self), _("Key File"));
    adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(self), FALSE);
    adw_action_row_set_subtitle_lines(ADW_ACTION_ROW(self), 1);
    self->create = add_button(self, _("_New…"), G_CALLBACK(on_create));
    self->choose = add_button(self, _("_Choose…"), G_CALLBACK(on_choose));
    gtk_widget_set_visible(self->create, FALSE);
    show_path(self);
}
