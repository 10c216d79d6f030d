/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/app.h"

#include <glib/gi18n.h>

#include "gui/first_frame.h"
#include "gui/focus_kept.h"
#include "gui/notifications.h"
#include "gui/settings/preferences_window.h"
#include "gui/spoken_names.h"
#include "gui/start/profiles_window.h"
#include "gui/unseen.h"
#include "gui/window.h"
#include "gui/windows.h"

struct _App {
    AdwApplication parent;
    char *profile;
    Account *account;
    Notifications *notifications;
};

G_DEFINE_FINAL_TYPE(App, app, ADW_TYPE_APPLICATION)

/* --- actions --- */

static void
on_lock_refused(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    GtkWindow *window = gtk_application_get_active_window(p);

    if (error != NULL && SNUG_IS_WINDOW(window))
        window_toast(SNUG_WINDOW(window), error->message);
}

static void
on_lock(GSimpleAction *action, GVariant *parameter, gpointer p)
{
    bridge_call(SNUG_APP(p)->account->bridge,
                &(struct call){.method = "account.lock", .self = p, .done = on_lock_refused});
}

static void
on_preferences(GSimpleAction *action, GVariant *parameter, gpointer p)
{
    GtkWindow *window = gtk_application_get_active_window(p);

    gtk_window_present(GTK_WINDOW(preferences_window_new(window, SNUG_APP(p)->account)));
}

static void
on_profiles(GSimpleAction *action, GVariant *parameter, gpointer p)
{
    GtkWindow *window = gtk_application_get_active_window(p);

    gtk_window_present(GTK_WINDOW(profiles_window_new(window, SNUG_APP(p)->profile)));
}

static void
on_open_profile(GSimpleAction *action, GVariant *parameter, gpointer p)
{
    GtkWindow *window = gtk_application_get_active_window(p);
    g_autoptr(GError) error = NULL;

    if (!profile_open(g_variant_get_string(parameter, NULL), &error) && SNUG_IS_WINDOW(window))
        window_toast(SNUG_WINDOW(window), error->message);
}

static void
on_about(GSimpleAction *action, GVariant *parameter, gpointer p)
{
    adw_show_about_window(gtk_application_get_active_window(p), "application-name", "Snug",
                          "application-icon", "im.snug.Snug", "version", SNUG_VERSION,
                          "license-type", GTK_LICENSE_GPL_3_0, "comments",
                          _("Messages and files that only you and the people you write to can "
                            "read."),
                          NULL);
}

static void
on_quit(GSimpleAction *action, GVariant *parameter, gpointer p)
{
    g_application_quit(p);
}

/* What is of a profile can be asked for only while it is open. */
static void
update_actions(App *self)
{
    gboolean open = bridge_get_state(self->account->bridge) == BRIDGE_OPEN;
    static const char *const names[] = {"lock", "preferences"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        GAction *action = g_action_map_lookup_action(G_ACTION_MAP(self), names[i]);

        g_simple_action_set_enabled(G_SIMPLE_ACTION(action), open);
    }
}

static void
add_actions(App *self)
{
    static const GActionEntry actions[] = {
        {"lock", on_lock, NULL, NULL, NULL, {0}},
        {"preferences", on_preferences, NULL, NULL, NULL, {0}},
        {"profiles", on_profiles, NULL, NULL, NULL, {0}},
        {"open-profile", on_open_profile, "s", NULL, NULL, {0}},
        {"about", on_about, NULL, NULL, NULL, {0}},
        {"quit", on_quit, NULL, NULL, NULL, {0}},
    };
    static const struct {
        const char *action, *keys[2];
    } keys[] = {{"app.lock", {"<Control>l"}},
                {"app.preferences", {"<Control>comma"}},
                {"app.quit", {"<Control>q"}},
                {"window.close", {"<Control>w"}}};

    g_action_map_add_action_entries(G_ACTION_MAP(self), actions, G_N_ELEMENTS(actions), self);
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        gtk_application_set_accels_for_action(GTK_APPLICATION(self), keys[i].action, keys[i].keys);
    g_signal_connect_object(self->account->bridge, "notify::state", G_CALLBACK(update_actions),
                            self, G_CONNECT_SWAPPED);
    update_actions(self);
}

/* --- the object --- */

static void
app_startup(GApplication *application)
{
    App *self = SNUG_APP(application);

    G_APPLICATION_CLASS(app_parent_class)->startup(application);
    focus_kept_setup();
    spoken_names_setup();
    unseen_setup();
    self->account = account_new(self->profile);
    add_actions(self);
    windows_add_actions(GTK_APPLICATION(self), self->account);
    self->notifications = notifications_new_for(application, self->account);
}

static void
app_activate(GApplication *application)
{
    App *self = SNUG_APP(application);
    GtkWindow *window = gtk_application_get_active_window(GTK_APPLICATION(application));

    if (window == NULL) {
        window = GTK_WINDOW(window_new(ADW_APPLICATION(application), self->account));
        first_frame_watch(GTK_WIDGET(window), self->account->conversations);
    }
    gtk_window_present(window);
}

static void
app_shutdown(GApplication *application)
{
    g_clear_object(&SNUG_APP(application)->notifications);
    g_clear_object(&SNUG_APP(application)->account);
    G_APPLICATION_CLASS(app_parent_class)->shutdown(application);
}

static void
app_finalize(GObject *object)
{
    g_clear_object(&SNUG_APP(object)->account);
    g_free(SNUG_APP(object)->profile);
    G_OBJECT_CLASS(app_parent_class)->finalize(object);
}

static void
app_class_init(AppClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = app_finalize;
    G_APPLICATION_CLASS(klass)->startup = app_startup;
    G_APPLICATION_CLASS(klass)->activate = app_activate;
    G_APPLICATION_CLASS(klass)->shutdown = app_shutdown;
}

static void
app_init(App *self)
{
}

/* Profiles are programs of their own: the one of another profile has another name on the bus. */
static char *
application_id(const char *profile)
{
    GString *id = g_string_new("im.snug.Snug");

    if (strcmp(profile, "default") != 0) {
        g_string_append(id, ".p_");
        for (const char *c = profile; *c != '\0'; c++)
            if (g_ascii_isalnum(*c))
                g_string_append_c(id, *c);
            else
                g_string_append_printf(id, "_%02x", (guchar)*c);
    }
    return g_string_free(id, FALSE);
}

App *
app_new(const char *profile)
{
    g_autofree char *id = application_id(profile);
    App *self = g_object_new(SNUG_TYPE_APP, "application-id", id, "resource-base-path",
                             "/im/snug/Snug", NULL);

    self->profile = g_strdup(profile);
    return self;
}
