/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/settings/unlocking_group.h"

#include <glib/gi18n.h>

#include "gui/dialog.h"
#include "gui/models/fields.h"
#include "gui/settings/way_window.h"

struct _UnlockingGroup {
    AdwPreferencesGroup parent;
    Account *account;
    AdwActionRow *keyring_row, *add_row;
    GtkSwitch *keyring;
    GPtrArray *rows;     /* of GtkWidget, one a key file */
    gint64 keyring_slot; /* -1: it does not open the profile */
};

G_DEFINE_FINAL_TYPE(UnlockingGroup, unlocking_group, ADW_TYPE_PREFERENCES_GROUP)

static void ask_slots(UnlockingGroup *self);

/* --- changes --- */

/* Whatever came of it: the window is gone. */
static void
open_window(UnlockingGroup *self, enum way_change change, gint64 slot)
{
    GtkWindow *parent = GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(self)));
    WayWindow *window = way_window_new(parent, self->account, change, slot);

    g_signal_connect_object(window, "destroy", G_CALLBACK(ask_slots), self, G_CONNECT_SWAPPED);
    gtk_window_present(GTK_WINDOW(window));
}

/* The switch goes where the agent says, once it is done. */
static gboolean
on_keyring(UnlockingGroup *self, gboolean on)
{
    if (on != (self->keyring_slot >= 0))
        open_window(self, on ? WAY_KEYRING_ON : WAY_KEYRING_OFF, self->keyring_slot);
    return TRUE;
}

static void
on_add(UnlockingGroup *self)
{
    open_window(self, self->rows->len == 0 ? WAY_REQUIRE_FILE : WAY_ADD_SPARE, -1);
}

static void
on_remove(GtkWidget *button, UnlockingGroup *self)
{
    gint64 slot = GPOINTER_TO_INT(g_object_get_data(G_OBJECT(button), "slot"));

    open_window(self, self->rows->len == 1 ? WAY_REMOVE_FILE : WAY_REMOVE_SPARE, slot);
}

/* --- what there is --- */

static void
add_file(UnlockingGroup *self, gint64 slot)
{
    g_autofree char *title = g_strdup_printf(_("Key File %u"), self->rows->len + 1);
    GtkWidget *row = adw_action_row_new(), *remove;

    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
    adw_action_row_set_subtitle(ADW_ACTION_ROW(row), _("Opens Snug together with the pass-phrase"));
    remove = gtk_button_new_from_icon_name("user-trash-symbolic");
    gtk_widget_set_valign(remove, GTK_ALIGN_CENTER);
    gtk_widget_add_css_class(remove, "flat");
    gtk_widget_set_tooltip_text(remove, _("Remove…"));
    gtk_accessible_update_property(GTK_ACCESSIBLE(remove), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Remove…"), -1);
    g_object_set_data(G_OBJECT(remove), "slot", GINT_TO_POINTER((int)slot));
    g_signal_connect_object(remove, "clicked", G_CALLBACK(on_remove), self, 0);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), remove);
    adw_preferences_group_add(ADW_PREFERENCES_GROUP(self), row);
    g_ptr_array_add(self->rows, row);
}

static void
show_rest(UnlockingGroup *self)
{
    gboolean files = self->rows->len > 0, keyring = self->keyring_slot >= 0;

    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(self->add_row),
                                  files ? _("Add a Spare Key File") : _("Require a Key File"));
    adw_action_row_set_subtitle(self->add_row,
                                keyring ? _("Not while the keyring opens Snug")
                                : files ? _("In case that one of them is lost")
                                        : _("A file that is needed beside the pass-phrase"));
    gtk_widget_set_sensitive(GTK_WIDGET(self->add_row), !keyring);
    adw_action_row_set_subtitle(self->keyring_row,
                                files ? _("Not while a key file is needed")
                                      : _("Without typing the pass-phrase, while you are logged "
                                          "in"));
    gtk_widget_set_sensitive(GTK_WIDGET(self->keyring_row), !files);
    gtk_switch_set_active(self->keyring, keyring);
    gtk_switch_set_state(self->keyring, keyring);
}

static void
on_slots(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    UnlockingGroup *self = p;
    const json_t *slot;
    size_t i;

    if (error != NULL)
        return;
    for (guint r = 0; r < self->rows->len; r++)
        adw_preferences_group_remove(ADW_PREFERENCES_GROUP(self), self->rows->pdata[r]);
    g_ptr_array_set_size(self->rows, 0);
    self->keyring_slot = -1;
    json_array_foreach(json_object_get(result, "slots"), i, slot)
    {
        if (strcmp(field_text(slot, "kind"), "keyring") == 0)
            self->keyring_slot = field_int(slot, "slot");
        if (strcmp(field_text(slot, "kind"), "key-file") == 0)
            add_file(self, field_int(slot, "slot"));
    }
    show_rest(self);
}

static void
ask_slots(UnlockingGroup *self)
{
    if (self->account != NULL)
        bridge_call(self->account->bridge,
                    &(struct call){.method = "slot.list", .self = self, .done = on_slots});
}

/* --- the object --- */

static void
unlocking_group_dispose(GObject *object)
{
    g_clear_object(&SNUG_UNLOCKING_GROUP(object)->account);
    G_OBJECT_CLASS(unlocking_group_parent_class)->dispose(object);
}

static void
unlocking_group_finalize(GObject *object)
{
    g_ptr_array_unref(SNUG_UNLOCKING_GROUP(object)->rows);
    G_OBJECT_CLASS(unlocking_group_parent_class)->finalize(object);
}

static void
unlocking_group_class_init(UnlockingGroupClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = unlocking_group_dispose;
    G_OBJECT_CLASS(klass)->finalize = unlocking_group_finalize;
    gtk_widget_class_set_template_from_resource(widget,
                                                "/im/snug/Snug/settings/unlocking_group.ui");
    gtk_widget_class_bind_template_child(widget, UnlockingGroup, keyring_row);
    gtk_widget_class_bind_template_child(widget, UnlockingGroup, add_row);
    gtk_widget_class_bind_template_child(widget, UnlockingGroup, keyring);
    gtk_widget_class_bind_template_callback(widget, on_keyring);
    gtk_widget_class_bind_template_callback(widget, on_add);
}

static void
unlocking_group_init(UnlockingGroup *self)
{
    self->rows = g_ptr_array_new();
    self->keyring_slot = -1;
    gtk_widget_init_template(GTK_WIDGET(self));
}

void
unlocking_group_setup(UnlockingGroup *self, Account *account)
{
    self->account = g_object_ref(account);
    ask_slots(self);
}
