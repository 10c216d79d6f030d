/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/conversation_window.h"

#include "gui/chat/chat_page.h"
#include "gui/list/words.h"
#include "gui/people/people.h"

struct _ConversationWindow {
    AdwApplicationWindow parent;
    Account *account;
    char *contact;
    ChatPage *page;
};

G_DEFINE_FINAL_TYPE(ConversationWindow, conversation_window, ADW_TYPE_APPLICATION_WINDOW)

static void
show_title(ConversationWindow *self)
{
    Contact *c = contact_book_get(self->account->contacts, self->contact);
    g_autofree char *title = words_line(c != NULL ? c->label : "Snug", 80);

    gtk_window_set_title(GTK_WINDOW(self), title);
}

static void
on_state(ConversationWindow *self)
{
    enum bridge_state state = bridge_get_state(self->account->bridge);

    if (state == BRIDGE_LOCKED || state == BRIDGE_NO_PROFILE)
        gtk_window_destroy(GTK_WINDOW(self));
}

const char *
conversation_window_get_contact(ConversationWindow *self)
{
    return self->contact;
}

void
conversation_window_jump(ConversationWindow *self, const char *message)
{
    chat_page_jump(self->page, message);
}

static void
act_close(GtkWidget *widget, const char *name, GVariant *parameter)
{
    gtk_window_close(GTK_WINDOW(widget));
}

static void
conversation_window_dispose(GObject *object)
{
    ConversationWindow *self = SNUG_CONVERSATION_WINDOW(object);

    G_OBJECT_CLASS(conversation_window_parent_class)->dispose(object);
    g_clear_object(&self->account);
}

static void
conversation_window_finalize(GObject *object)
{
    g_free(SNUG_CONVERSATION_WINDOW(object)->contact);
    G_OBJECT_CLASS(conversation_window_parent_class)->finalize(object);
}

static void
conversation_window_class_init(ConversationWindowClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = conversation_window_dispose;
    G_OBJECT_CLASS(klass)->finalize = conversation_window_finalize;
    gtk_widget_class_install_action(widget, "window.back", NULL, act_close);
}

static void
conversation_window_init(ConversationWindow *self)
{
    gtk_window_set_default_size(GTK_WINDOW(self), 480, 640);
    gtk_widget_set_size_request(GTK_WIDGET(self), 360, 320);
}

ConversationWindow *
conversation_window_new(GtkApplication *app, Account *account, const char *contact)
{
    ConversationWindow *self =
        g_object_new(SNUG_TYPE_CONVERSATION_WINDOW, "application", app, NULL);
    GtkWidget *toasts = adw_toast_overlay_new();

    self->account = g_object_ref(account);
    self->contact = g_strdup(contact);
    self->page = chat_page_new(account);
    people_add_actions(GTK_WINDOW(self), account);
    adw_toast_overlay_set_child(ADW_TOAST_OVERLAY(toasts), GTK_WIDGET(self->page));
    adw_application_window_set_content(ADW_APPLICATION_WINDOW(self), toasts);
    chat_page_open(self->page, contact);
    g_signal_connect_object(account->bridge, "notify::state", G_CALLBACK(on_state), self,
                            G_CONNECT_SWAPPED);
    show_title(self);
    return self;
}
