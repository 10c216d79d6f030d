/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/start/profiles_window.h"

#include <glib/gi18n.h>

#include "core/rpc/profiles.h"
#include "gui/entry_rows.h"

struct _ProfilesWindow {
    AdwWindow parent;
    char *own;
    AdwPreferencesGroup *list;
    GtkEditable *name;
    GtkWidget *create;
    GtkLabel *hint;
};

G_DEFINE_FINAL_TYPE(ProfilesWindow, profiles_window, ADW_TYPE_WINDOW)

gboolean
profile_open(const char *name, GError **error)
{
    const char *const argv[] = {"/proc/self/exe", "--profile", name, NULL};

    return g_spawn_async(NULL, (char **)(uintptr_t)argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
                         NULL, NULL, error);
}

static void
open_profile(ProfilesWindow *self, const char *name)
{
    gtk_widget_activate_action(GTK_WIDGET(self), "app.open-profile", "s", name);
    gtk_window_destroy(GTK_WINDOW(self));
}

static void
on_row_activated(GtkWidget *row, ProfilesWindow *self)
{
    open_profile(self, adw_preferences_row_get_title(ADW_PREFERENCES_ROW(row)));
}

static void
add_row(ProfilesWindow *self, const char *name)
{
    GtkWidget *row = adw_action_row_new();
    gboolean own = strcmp(name, self->own) == 0;

    adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(row), FALSE);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), name);
    if (own)
        adw_action_row_set_subtitle(ADW_ACTION_ROW(row), _("Open here"));
    else
        adw_action_row_add_suffix(ADW_ACTION_ROW(row),
                                  gtk_image_new_from_icon_name("go-next-symbolic"));
    gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(row), !own);
    g_signal_connect(row, "activated", G_CALLBACK(on_row_activated), self);
    adw_preferences_group_add(self->list, row);
}

static void
fill(ProfilesWindow *self)
{
    struct profiles p;

    if (profiles_list(&p) != OK)
        p.count = 0;
    for (int i = 0; i < p.count; i++)
        add_row(self, p.names[i]);
    gtk_widget_set_visible(GTK_WIDGET(self->list), p.count > 0);
}

static void
on_name_changed(ProfilesWindow *self)
{
    const char *name = gtk_editable_get_text(self->name);
    gboolean fine = profiles_name_check(name) == OK;

    gtk_widget_set_sensitive(self->create, fine);
    gtk_label_set_text(self->hint, fine || name[0] == '\0'
                                       ? _("Another profile has its own account, contacts and "
                                           "pass-phrase. Its name stays on this computer.")
                                       : err_why(ERR_USAGE));
}

static void
on_create(ProfilesWindow *self)
{
    const char *name = gtk_editable_get_text(self->name);

    if (profiles_name_check(name) == OK)
        open_profile(self, name);
}

static void
profiles_window_finalize(GObject *object)
{
    g_free(SNUG_PROFILES_WINDOW(object)->own);
    G_OBJECT_CLASS(profiles_window_parent_class)->finalize(object);
}

static void
profiles_window_class_init(ProfilesWindowClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->finalize = profiles_window_finalize;
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/start/profiles_window.ui");
    gtk_widget_class_bind_template_child(widget, ProfilesWindow, list);
    gtk_widget_class_bind_template_child(widget, ProfilesWindow, name);
    gtk_widget_class_bind_template_child(widget, ProfilesWindow, create);
    gtk_widget_class_bind_template_child(widget, ProfilesWindow, hint);
    gtk_widget_class_bind_template_callback(widget, on_name_changed);
    gtk_widget_class_bind_template_callback(widget, on_create);
    gtk_widget_class_add_binding_action(widget, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
profiles_window_init(ProfilesWindow *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    entry_rows_name(GTK_WIDGET(self));
    on_name_changed(self);
}

ProfilesWindow *
profiles_window_new(GtkWindow *parent, const char *own)
{
    ProfilesWindow *self = g_object_new(SNUG_TYPE_PROFILES_WINDOW, "transient-for", parent, NULL);

    self->own = g_strdup(own);
    fill(self);
    return self;
}
