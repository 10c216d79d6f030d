/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/app.h"

#include "gui/window.h"

struct _App {
    AdwApplication parent;
    char *profile;
    Account *account;
};

G_DEFINE_FINAL_TYPE(App, app, ADW_TYPE_APPLICATION)

static void
app_startup(GApplication *application)
{
    App *self = SNUG_APP(application);

    G_APPLICATION_CLASS(app_parent_class)->startup(application);
    self->account = account_new(self->profile);
}

static void
app_activate(GApplication *application)
{
    App *self = SNUG_APP(application);
    GtkWindow *window = gtk_application_get_active_window(GTK_APPLICATION(application));

    if (window == NULL)
        window = GTK_WINDOW(window_new(ADW_APPLICATION(application), self->account));
    gtk_window_present(window);
}

static void
app_shutdown(GApplication *application)
{
    g_clear_object(&SNUG_APP(application)->account);
    G_APPLICATION_CLASS(app_parent_class)->shutdown(application);
}

static void
app_finalize(GObject *object)
{
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
