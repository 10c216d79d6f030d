/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/people/people.h"

#include "gui/people/add_contact.h"
#include "gui/people/contact_details.h"
#include "gui/people/my_link.h"
#include "gui/people/requests.h"
#include "gui/people/verify.h"

static Account *
account_of(GtkWindow *window)
{
    return g_object_get_data(G_OBJECT(window), "people-account");
}

static void
add_contact(GSimpleAction *action, GVariant *target, gpointer window)
{
    gtk_window_present(GTK_WINDOW(add_contact_new(window, account_of(window))));
}

static void
my_link(GSimpleAction *action, GVariant *target, gpointer window)
{
    gtk_window_present(GTK_WINDOW(my_link_new(window, account_of(window))));
}

static void
requests(GSimpleAction *action, GVariant *target, gpointer window)
{
    gtk_window_present(GTK_WINDOW(requests_new(window, account_of(window))));
}

static void
contact_details(GSimpleAction *action, GVariant *target, gpointer window)
{
    gtk_window_present(GTK_WINDOW(
        contact_details_new(window, account_of(window), g_variant_get_string(target, NULL))));
}

static void
verify(GSimpleAction *action, GVariant *target, gpointer window)
{
    gtk_window_present(
        GTK_WINDOW(verify_new(window, account_of(window), g_variant_get_string(target, NULL))));
}

static const GActionEntry entries[] = {
    {.name = "add-contact", .activate = add_contact},
    {.name = "my-link", .activate = my_link},
    {.name = "requests", .activate = requests},
    {.name = "contact-details", .activate = contact_details, .parameter_type = "s"},
    {.name = "verify", .activate = verify, .parameter_type = "s"},
};

static void
enable(GtkWindow *window)
{
    gboolean open = bridge_get_state(account_of(window)->bridge) == BRIDGE_OPEN;

    for (size_t i = 0; i < G_N_ELEMENTS(entries); i++) {
        GAction *a = g_action_map_lookup_action(G_ACTION_MAP(window), entries[i].name);

        g_simple_action_set_enabled(G_SIMPLE_ACTION(a), open);
    }
}

void
people_add_actions(GtkWindow *window, Account *account)
{
    static const char *const add_keys[] = {"<Control>n", NULL};
    GtkApplication *app = gtk_window_get_application(window);

    g_object_set_data_full(G_OBJECT(window), "people-account", g_object_ref(account),
                           g_object_unref);
    g_action_map_add_action_entries(G_ACTION_MAP(window), entries, G_N_ELEMENTS(entries), window);
    g_signal_connect_object(account->bridge, "notify::state", G_CALLBACK(enable), window,
                            G_CONNECT_SWAPPED);
    enable(window);
    if (app != NULL)
        gtk_application_set_accels_for_action(app, "win.add-contact", add_keys);
}
