/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/settings/network_page.h"

#include <glib/gi18n.h>

#include "gui/dialog.h"
#include "gui/entry_rows.h"
#include "gui/models/fields.h"

struct _NetworkPage {
    AdwPreferencesPage parent;
    Account *account;
    Settings *settings;
    AdwActionRow *relay;
    GtkEditable *proxy;
};

G_DEFINE_FINAL_TYPE(NetworkPage, network_page, ADW_TYPE_PREFERENCES_PAGE)

static void
show_relay(NetworkPage *self, const json_t *relay)
{
    const char *trouble = field_text(relay, "trouble");

    adw_action_row_set_subtitle(
        self->relay, strcmp(trouble, "full") == 0  ? _("The disk is full; nothing is received")
                     : trouble[0] != '\0'          ? _("The profile’s database cannot be used")
                     : field_bool(relay, "online") ? _("Connected")
                                                   : _("Not connected"));
}

static void
on_relay(Bridge *bridge, const json_t *params, NetworkPage *self)
{
    show_relay(self, params);
}

static void
on_status(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    NetworkPage *self = p;
    const char *address = field_text(result, "address"), *host = strchr(address, '@');

    if (error != NULL)
        return;
    if (host != NULL)
        adw_preferences_row_set_title(ADW_PREFERENCES_ROW(self->relay), host + 1);
    show_relay(self, json_object_get(result, "relay"));
}

static void
on_try_clicked(NetworkPage *self)
{
    call_or_say(GTK_WIDGET(self), self->account, "relay.retry", NULL);
}

static void
on_proxy_applied(NetworkPage *self)
{
    g_autofree char *proxy = g_strstrip(g_strdup(gtk_editable_get_text(self->proxy)));

    settings_set(self->settings, "proxy", json_string(proxy));
}

static void
show_proxy(NetworkPage *self)
{
    const char *proxy = json_string_value(settings_get(self->settings, "proxy"));

    if (proxy == NULL || strcmp(proxy, gtk_editable_get_text(self->proxy)) == 0)
        return;
    adw_entry_row_set_show_apply_button(ADW_ENTRY_ROW(self->proxy), FALSE);
    gtk_editable_set_text(self->proxy, proxy);
    adw_entry_row_set_show_apply_button(ADW_ENTRY_ROW(self->proxy), TRUE);
}

static void
network_page_dispose(GObject *object)
{
    NetworkPage *self = SNUG_NETWORK_PAGE(object);

    g_clear_object(&self->settings);
    g_clear_object(&self->account);
    G_OBJECT_CLASS(network_page_parent_class)->dispose(object);
}

static void
network_page_class_init(NetworkPageClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = network_page_dispose;
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/settings/network_page.ui");
    gtk_widget_class_bind_template_child(widget, NetworkPage, relay);
    gtk_widget_class_bind_template_child(widget, NetworkPage, proxy);
    gtk_widget_class_bind_template_callback(widget, on_try_clicked);
    gtk_widget_class_bind_template_callback(widget, on_proxy_applied);
}

static void
network_page_init(NetworkPage *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    entry_rows_name(GTK_WIDGET(self));
}

void
network_page_setup(NetworkPage *self, Account *account, Settings *settings)
{
    self->account = g_object_ref(account);
    self->settings = g_object_ref(settings);
    g_signal_connect_object(settings, "changed", G_CALLBACK(show_proxy), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(account->bridge, "notification::relay", G_CALLBACK(on_relay), self, 0);
    bridge_call(account->bridge,
                &(struct call){.method = "account.status", .self = self, .done = on_status});
}
