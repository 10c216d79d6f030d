/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/list/own_presence.h"

#include <glib/gi18n.h>

#include "gui/dialog.h"
#include "gui/models/avatars.h"
#include "gui/models/fields.h"
#include "gui/shown_text.h"
#include "wire/limits.h"

#define PICTURE 56

struct _OwnPresence {
    AdwBin parent;
    Account *account;
    char *text;
    GSimpleActionGroup *actions;
    GtkMenuButton *button;
    AdwAvatar *avatar;
    GtkImage *dot;
};

G_DEFINE_FINAL_TYPE(OwnPresence, own_presence, ADW_TYPE_BIN)

static const struct {
    const char *name, *words, *icon, *class;
} choices[] = {
    {"online", N_("You are online"), "presence-online-symbolic", "online"},
    {"away", N_("You are away"), "presence-away-symbolic", "away"},
    {"busy", N_("You are busy"), "presence-busy-symbolic", "busy"},
    {"invisible", N_("You are invisible"), "presence-offline-symbolic", "offline"},
};

/* --- what is shown --- */

static void
show(OwnPresence *self, const char *state)
{
    size_t shown = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(choices); i++) {
        gtk_widget_remove_css_class(GTK_WIDGET(self->dot), choices[i].class);
        if (strcmp(choices[i].name, state) == 0)
            shown = i;
    }
    gtk_image_set_from_icon_name(self->dot, choices[shown].icon);
    gtk_widget_add_css_class(GTK_WIDGET(self->dot), choices[shown].class);
    g_autofree char *text = line_shown(self->text, 80);
    g_autofree char *words = text[0] != '\0'
                                 ? g_strdup_printf("%s: %s", _(choices[shown].words), text)
                                 : g_strdup(_(choices[shown].words));
    gtk_widget_set_tooltip_text(GTK_WIDGET(self->button), words);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   words, -1);
    GAction *action = g_action_map_lookup_action(G_ACTION_MAP(self->actions), "state");
    g_simple_action_set_state(G_SIMPLE_ACTION(action), g_variant_new_string(choices[shown].name));
}

static void
on_presence(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    OwnPresence *self = p;

    if (error != NULL)
        return;
    set_text(&self->text, field_text(result, "text"));
    show(self, field_text(result, "state"));
}

static void
on_pixels(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    g_autoptr(GdkTexture) texture = error == NULL ? avatar_read(result) : NULL;

    adw_avatar_set_custom_image(SNUG_OWN_PRESENCE(p)->avatar, GDK_PAINTABLE(texture));
}

static void
on_me(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    OwnPresence *self = p;
    g_autofree char *name = line_shown(field_text(result, "name"), 80);

    if (error != NULL)
        return;
    adw_avatar_set_text(self->avatar, name);
    if (json_object_get(result, "jpeg") == NULL)
        adw_avatar_set_custom_image(self->avatar, NULL);
    else
        bridge_call(
            self->account->bridge,
            &(struct call){.method = "contact.avatar",
                           .params = json_pack("{s:s,s:i}", "contact", "notes", "size", PICTURE),
                           .self = self,
                           .done = on_pixels});
}

static void
read_again(OwnPresence *self)
{
    bridge_call(self->account->bridge,
                &(struct call){.method = "presence.get", .self = self, .done = on_presence});
    bridge_call(self->account->bridge,
                &(struct call){.method = "me.get", .self = self, .done = on_me});
}

/* --- what is chosen --- */

static void
on_set(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    OwnPresence *self = p;

    if (error != NULL)
        say(GTK_WIDGET(self), error->message);
    read_again(self);
}

static void
set_presence(OwnPresence *self, json_t *params)
{
    bridge_call(
        self->account->bridge,
        &(struct call){.method = "presence.set", .params = params, .self = self, .done = on_set});
}

static void
on_state_chosen(GSimpleAction *action, GVariant *state, gpointer p)
{
    set_presence(p, json_pack("{s:s}", "state", g_variant_get_string(state, NULL)));
}

static void
on_text_response(AdwMessageDialog *dialog, const char *response, OwnPresence *self)
{
    GtkEditable *entry = g_object_get_data(G_OBJECT(dialog), "entry");

    if (strcmp(response, "set") == 0)
        set_presence(self, json_pack("{s:s}", "text", gtk_editable_get_text(entry)));
    else if (strcmp(response, "clear") == 0)
        set_presence(self, json_pack("{s:s}", "text", ""));
}

static void
on_text_wanted(GSimpleAction *action, GVariant *parameter, gpointer p)
{
    OwnPresence *self = p;
    GtkRoot *root = gtk_widget_get_root(GTK_WIDGET(self));
    GtkWidget *dialog = adw_message_dialog_new(GTK_WINDOW(root), _("Status Text"),
                                               _("Contacts who see when you are here see it too."));
    GtkWidget *entry = gtk_entry_new();

    adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "cancel", _("_Cancel"), "clear",
                                     _("_Remove"), "set", _("_Set"), NULL);
    adw_message_dialog_set_response_enabled(ADW_MESSAGE_DIALOG(dialog), "clear",
                                            self->text[0] != '\0');
    adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "set",
                                               ADW_RESPONSE_SUGGESTED);
    adw_message_dialog_set_default_response(ADW_MESSAGE_DIALOG(dialog), "set");
    adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(dialog), "cancel");
    gtk_editable_set_text(GTK_EDITABLE(entry), self->text);
    gtk_entry_set_max_length(GTK_ENTRY(entry), STATUS_TEXT_MAX);
    gtk_entry_set_activates_default(GTK_ENTRY(entry), TRUE);
    gtk_accessible_update_property(GTK_ACCESSIBLE(entry), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Status Text"), -1);
    adw_message_dialog_set_extra_child(ADW_MESSAGE_DIALOG(dialog), entry);
    g_object_set_data(G_OBJECT(dialog), "entry", entry);
    g_signal_connect_object(dialog, "response", G_CALLBACK(on_text_response), self, 0);
    /* Not when the profile is locked. */
    g_signal_connect_object(self, "unmap", G_CALLBACK(gtk_window_destroy), dialog,
                            G_CONNECT_SWAPPED);
    gtk_window_present(GTK_WINDOW(dialog));
}

/* --- the object --- */

static void
own_presence_dispose(GObject *object)
{
    OwnPresence *self = SNUG_OWN_PRESENCE(object);

    g_clear_object(&self->actions);
    g_clear_pointer(&self->text, free_wiped);
    G_OBJECT_CLASS(own_presence_parent_class)->dispose(object);
    g_clear_object(&self->account);
}

static void
own_presence_class_init(OwnPresenceClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = own_presence_dispose;
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/list/own_presence.ui");
    gtk_widget_class_bind_template_child(widget, OwnPresence, button);
    gtk_widget_class_bind_template_child(widget, OwnPresence, avatar);
    gtk_widget_class_bind_template_child(widget, OwnPresence, dot);
}

static void
own_presence_init(OwnPresence *self)
{
    static const GActionEntry entries[] = {
        {.name = "state",
         .parameter_type = "s",
         .state = "'online'",
         .change_state = on_state_chosen},
        {.name = "text", .activate = on_text_wanted},
    };

    gtk_widget_init_template(GTK_WIDGET(self));
    self->text = g_strdup("");
    self->actions = g_simple_action_group_new();
    g_action_map_add_action_entries(G_ACTION_MAP(self->actions), entries, G_N_ELEMENTS(entries),
                                    self);
    gtk_widget_insert_action_group(GTK_WIDGET(self), "presence", G_ACTION_GROUP(self->actions));
    show(self, "online");
}

void
own_presence_set_account(OwnPresence *self, Account *account)
{
    self->account = g_object_ref(account);
    g_signal_connect_object(account->bridge, "refresh", G_CALLBACK(read_again), self,
                            G_CONNECT_SWAPPED);
    read_again(self);
}
