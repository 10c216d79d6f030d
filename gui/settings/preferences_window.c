/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/settings/preferences_window.h"

#include "gui/backup/backup_page.h"
#include "gui/settings/account_page.h"
#include "gui/settings/network_page.h"
#include "gui/settings/preferences_file.h"
#include "gui/settings/privacy_group.h"
#include "gui/settings/rows.h"
#include "gui/settings/settings.h"
#include "gui/settings/storage_page.h"
#include "gui/settings/unlocking_group.h"
#include "gui/toast.h"

struct _PreferencesWindow {
    AdwPreferencesWindow parent;
    Account *account;
    Settings *settings;
    AccountPage *account_page;
    BackupPage *backup_page;
    StoragePage *storage_page;
    NetworkPage *network_page;
    UnlockingGroup *unlocking;
    GtkSwitch *show_content;
};

G_DEFINE_FINAL_TYPE(PreferencesWindow, preferences_window, ADW_TYPE_PREFERENCES_WINDOW)

static void
on_refused(PreferencesWindow *self, const char *why)
{
    adw_preferences_window_add_toast(ADW_PREFERENCES_WINDOW(self), toast_new(why));
}

static void
on_show_content(PreferencesWindow *self)
{
    preference_set(PREFERENCE_SHOW_CONTENT, gtk_switch_get_active(self->show_content));
}

static void
on_state(PreferencesWindow *self)
{
    enum bridge_state state = bridge_get_state(self->account->bridge);

    if (state == BRIDGE_LOCKED || state == BRIDGE_NO_PROFILE)
        gtk_window_destroy(GTK_WINDOW(self));
}

static void
preferences_window_dispose(GObject *object)
{
    PreferencesWindow *self = SNUG_PREFERENCES_WINDOW(object);

    g_clear_object(&self->settings);
    g_clear_object(&self->account);
    G_OBJECT_CLASS(preferences_window_parent_class)->dispose(object);
}

static void
preferences_window_class_init(PreferencesWindowClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = preferences_window_dispose;
    g_type_ensure(SNUG_TYPE_ACCOUNT_PAGE);
    g_type_ensure(SNUG_TYPE_BACKUP_PAGE);
    g_type_ensure(SNUG_TYPE_STORAGE_PAGE);
    g_type_ensure(SNUG_TYPE_NETWORK_PAGE);
    g_type_ensure(SNUG_TYPE_PRIVACY_GROUP);
    g_type_ensure(SNUG_TYPE_UNLOCKING_GROUP);
    g_type_ensure(SNUG_TYPE_CHOICE_ROW);
    g_type_ensure(SNUG_TYPE_SWITCH_ROW);
    gtk_widget_class_set_template_from_resource(widget,
                                                "/im/snug/Snug/settings/preferences_window.ui");
    gtk_widget_class_bind_template_child(widget, PreferencesWindow, account_page);
    gtk_widget_class_bind_template_child(widget, PreferencesWindow, backup_page);
    gtk_widget_class_bind_template_child(widget, PreferencesWindow, storage_page);
    gtk_widget_class_bind_template_child(widget, PreferencesWindow, network_page);
    gtk_widget_class_bind_template_child(widget, PreferencesWindow, unlocking);
    gtk_widget_class_bind_template_child(widget, PreferencesWindow, show_content);
    gtk_widget_class_bind_template_callback(widget, on_show_content);
}

static void
preferences_window_init(PreferencesWindow *self)
{
    gboolean show = preference_get(PREFERENCE_SHOW_CONTENT, FALSE);

    gtk_widget_init_template(GTK_WIDGET(self));
    gtk_switch_set_active(self->show_content, show);
}

PreferencesWindow *
preferences_window_new(GtkWindow *parent, Account *account)
{
    PreferencesWindow *self =
        g_object_new(SNUG_TYPE_PREFERENCES_WINDOW, "transient-for", parent, NULL);

    self->account = g_object_ref(account);
    self->settings = settings_new(account->bridge);
    g_signal_connect_object(self->settings, "refused", G_CALLBACK(on_refused), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(account->bridge, "notify::state", G_CALLBACK(on_state), self,
                            G_CONNECT_SWAPPED);
    account_page_setup(self->account_page, account);
    backup_page_setup(self->backup_page, account);
    storage_page_setup(self->storage_page, account);
    network_page_setup(self->network_page, account, self->settings);
    unlocking_group_setup(self->unlocking, account);
    settings_attach(self->settings, GTK_WIDGET(self));
    return self;
}
