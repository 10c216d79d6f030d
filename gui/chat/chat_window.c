/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/chat_window.h"

#include <glib/gi18n.h>

#include "gui/alarm_bars.h"
#include "gui/people/people.h"
#include "gui/shown_text.h"
#include "gui/windows.h"

struct _ChatWindow {
    AdwApplicationWindow parent;
    Account *account;
    AlarmBars *alarms;
    AdwBin *content;
    ChatPage *page; /* in CONTENT */
};

G_DEFINE_FINAL_TYPE(ChatWindow, chat_window, ADW_TYPE_APPLICATION_WINDOW)

static void
on_state(ChatWindow *self, GParamSpec *spec, Bridge *bridge)
{
    enum bridge_state state = bridge_get_state(bridge);

    if (state == BRIDGE_LOCKED || state == BRIDGE_NO_PROFILE)
        gtk_window_destroy(GTK_WINDOW(self));
}

static void
act_open_conversation(GtkWidget *widget, const char *name, GVariant *target)
{
    windows_show(gtk_window_get_application(GTK_WINDOW(widget)), SNUG_CHAT_WINDOW(widget)->account,
                 g_variant_get_string(target, NULL), NULL);
}

static void
chat_window_dispose(GObject *object)
{
    G_OBJECT_CLASS(chat_window_parent_class)->dispose(object);
    g_clear_object(&SNUG_CHAT_WINDOW(object)->account);
}

static void
chat_window_class_init(ChatWindowClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = chat_window_dispose;
    g_type_ensure(SNUG_TYPE_ALARM_BARS);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/chat/chat_window.ui");
    gtk_widget_class_bind_template_child(widget, ChatWindow, alarms);
    gtk_widget_class_bind_template_child(widget, ChatWindow, content);
    gtk_widget_class_install_action(widget, "window.open-conversation", "s", act_open_conversation);
}

static void
chat_window_init(ChatWindow *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

ChatWindow *
chat_window_new(GtkApplication *app, Account *account, const char *contact)
{
    ChatWindow *self = g_object_new(SNUG_TYPE_CHAT_WINDOW, "application", app, NULL);
    Contact *c = contact_book_get(account->contacts, contact);
    g_autofree char *title = line_shown(c != NULL ? c->label : _("Conversation"), 80);

    gtk_window_set_title(GTK_WINDOW(self), title);
    self->account = g_object_ref(account);
    self->page = chat_page_new(account);
    adw_bin_set_child(self->content, GTK_WIDGET(self->page));
    people_add_actions(GTK_WINDOW(self), account);
    alarm_bars_setup(self->alarms, account);
    chat_page_open(self->page, contact);
    g_signal_connect_object(account->bridge, "notify::state", G_CALLBACK(on_state), self,
                            G_CONNECT_SWAPPED);
    return self;
}

ChatPage *
chat_window_get_page(ChatWindow *self)
{
    return self->page;
}
