/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/windows.h"

#include "gui/activity.h"
#include "gui/chat/chat_window.h"
#include "gui/window.h"

static ChatWindow *
find_apart(const char *contact)
{
    GListModel *all = gtk_window_get_toplevels();

    for (guint i = 0; i < g_list_model_get_n_items(all); i++) {
        g_autoptr(GtkWindow) w = g_list_model_get_item(all, i);

        if (SNUG_IS_CHAT_WINDOW(w) &&
            g_strcmp0(chat_page_get_contact(chat_window_get_page(SNUG_CHAT_WINDOW(w))), contact) ==
                0)
            return SNUG_CHAT_WINDOW(w);
    }
    return NULL;
}

static Window *
find_main(void)
{
    GListModel *all = gtk_window_get_toplevels();

    for (guint i = 0; i < g_list_model_get_n_items(all); i++) {
        g_autoptr(GtkWindow) w = g_list_model_get_item(all, i);

        if (SNUG_IS_WINDOW(w))
            return SNUG_WINDOW(w);
    }
    return NULL;
}

gboolean
windows_present_apart(const char *contact, const char *message)
{
    ChatWindow *apart = find_apart(contact);

    if (apart == NULL)
        return FALSE;
    if (message != NULL)
        chat_page_jump(chat_window_get_page(apart), message);
    gtk_window_present(GTK_WINDOW(apart));
    return TRUE;
}

void
windows_show(GtkApplication *app, Account *account, const char *contact, const char *message)
{
    Window *window = find_main();

    if (windows_present_apart(contact, message))
        return;
    if (window == NULL)
        window = window_new(ADW_APPLICATION(app), account);
    gtk_window_present(GTK_WINDOW(window));
    window_open_conversation(window, contact);
    if (message != NULL)
        window_jump(window, message);
}

void
windows_show_apart(GtkApplication *app, Account *account, const char *contact)
{
    Window *window = find_main();

    if (bridge_get_state(account->bridge) != BRIDGE_OPEN || windows_present_apart(contact, NULL))
        return;
    if (window != NULL && g_strcmp0(window_get_contact(window), contact) == 0)
        window_close_conversation(window);
    gtk_window_present(GTK_WINDOW(chat_window_new(app, account, contact)));
}

gboolean
windows_is_watched(const char *contact)
{
    ChatWindow *apart = find_apart(contact);
    Window *window = find_main();

    if (apart != NULL && gtk_window_is_active(GTK_WINDOW(apart)))
        return TRUE;
    return window != NULL && gtk_window_is_active(GTK_WINDOW(window)) &&
           g_strcmp0(window_get_contact(window), contact) == 0;
}

/* --- actions --- */

static Account *
account_of(gpointer app)
{
    return g_object_get_data(app, "windows-account");
}

static void
on_open(GSimpleAction *action, GVariant *contact, gpointer app)
{
    windows_show(app, account_of(app), g_variant_get_string(contact, NULL), NULL);
}

static void
on_open_apart(GSimpleAction *action, GVariant *contact, gpointer app)
{
    windows_show_apart(app, account_of(app), g_variant_get_string(contact, NULL));
}

static void
on_activate(GSimpleAction *action, GVariant *parameter, gpointer app)
{
    g_application_activate(app);
}

static void
on_requests(GSimpleAction *action, GVariant *parameter, gpointer app)
{
    g_application_activate(app);
    Window *window = find_main();
    if (window != NULL)
        gtk_widget_activate_action(GTK_WIDGET(window), "win.requests", NULL);
}

void
windows_add_actions(GtkApplication *app, Account *account)
{
    static const GActionEntry entries[] = {
        {.name = "open-conversation", .activate = on_open, .parameter_type = "s"},
        {.name = "open-apart", .activate = on_open_apart, .parameter_type = "s"},
        {.name = "activate", .activate = on_activate},
        {.name = "requests", .activate = on_requests},
    };

    g_object_set_data_full(G_OBJECT(app), "windows-account", g_object_ref(account), g_object_unref);
    g_action_map_add_action_entries(G_ACTION_MAP(app), entries, G_N_ELEMENTS(entries), app);
    activity_watch(app, account->bridge);
}
