/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/forward_dialog.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "gui/dialog.h"
#include "gui/shown_text.h"

#define SNUG_TYPE_FORWARD_DIALOG (forward_dialog_get_type())
G_DECLARE_FINAL_TYPE(ForwardDialog, forward_dialog, SNUG, FORWARD_DIALOG, AdwWindow)

struct _ForwardDialog {
    AdwWindow parent;
    Account *account;
    char *message;
    GWeakRef near;
    GtkWidget *forward;
    GtkEditable *search;
    GtkLabel *trouble;
    GtkListBox *list;
    GtkCustomFilter *filter; /* of the list's model */
    GHashTable *chosen;      /* ids of contacts */
};

G_DEFINE_FINAL_TYPE(ForwardDialog, forward_dialog, ADW_TYPE_WINDOW)

#define CONTACT_KEY "snug-contact"

/* --- the list --- */

static void
on_toggled(ForwardDialog *self, GtkCheckButton *check)
{
    const Contact *contact = g_object_get_data(G_OBJECT(check), CONTACT_KEY);

    if (gtk_check_button_get_active(check))
        g_hash_table_add(self->chosen, g_strdup(contact->id));
    else
        g_hash_table_remove(self->chosen, contact->id);
    gtk_widget_set_sensitive(self->forward, g_hash_table_size(self->chosen) > 0);
}

static GtkWidget *
make_row(gpointer item, gpointer p)
{
    Contact *contact = item;
    GtkWidget *row = adw_action_row_new(), *avatar, *check = gtk_check_button_new();
    g_autofree char *name = name_shown(contact->label);

    avatar = adw_avatar_new(32, name, TRUE);
    g_object_set_data_full(G_OBJECT(check), CONTACT_KEY, g_object_ref(contact), g_object_unref);
    adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(row), FALSE);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), name);
    adw_action_row_set_title_lines(ADW_ACTION_ROW(row), 1);
    gtk_check_button_set_active(GTK_CHECK_BUTTON(check),
                                g_hash_table_contains(SNUG_FORWARD_DIALOG(p)->chosen, contact->id));
    g_signal_connect_object(check, "toggled", G_CALLBACK(on_toggled), p, G_CONNECT_SWAPPED);
    adw_action_row_add_prefix(ADW_ACTION_ROW(row), avatar);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), check);
    adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), check);
    return row;
}

/* Who may be written to, and has the part of a name that is looked for. */
static gboolean
is_shown(gpointer item, gpointer p)
{
    ForwardDialog *self = p;
    const Contact *c = item;
    g_autofree char *name = g_utf8_casefold(c->label, -1),
                    *part = g_utf8_casefold(gtk_editable_get_text(self->search), -1);

    return (c->state == CONTACT_ACCEPTED || c->state == CONTACT_SELF) && !c->key_changed &&
           !c->forked && strstr(name, part) != NULL;
}

static void
on_search(ForwardDialog *self)
{
    gtk_filter_changed(GTK_FILTER(self->filter), GTK_FILTER_CHANGE_DIFFERENT);
}

/* --- sending --- */

static void
on_forwarded(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    ForwardDialog *self = p;
    g_autoptr(GtkWidget) near = g_weak_ref_get(&self->near);

    if (error != NULL) {
        gtk_label_set_text(self->trouble, error->message);
        gtk_widget_set_visible(GTK_WIDGET(self->trouble), TRUE);
        gtk_widget_set_sensitive(self->forward, TRUE);
        return;
    }
    if (near != NULL)
        say(near, _("Forwarded"));
    gtk_window_destroy(GTK_WINDOW(self));
}

static void
on_forward(ForwardDialog *self)
{
    json_t *to = json_array();
    GHashTableIter at;
    gpointer id;

    g_hash_table_iter_init(&at, self->chosen);
    while (g_hash_table_iter_next(&at, &id, NULL))
        json_array_append_new(to, json_string(id));
    gtk_widget_set_sensitive(self->forward, FALSE);
    gtk_widget_set_visible(GTK_WIDGET(self->trouble), FALSE);
    bridge_call(self->account->bridge,
                &(struct call){.method = "message.forward",
                               .params = json_pack("{s:s,s:o}", "message", self->message, "to", to),
                               .self = self,
                               .done = on_forwarded});
}

/* --- the object --- */

static void
forward_dialog_dispose(GObject *object)
{
    ForwardDialog *self = SNUG_FORWARD_DIALOG(object);

    if (self->filter != NULL)
        gtk_custom_filter_set_filter_func(self->filter, NULL, NULL, NULL);
    g_clear_object(&self->filter);
    G_OBJECT_CLASS(forward_dialog_parent_class)->dispose(object);
}

static void
forward_dialog_finalize(GObject *object)
{
    ForwardDialog *self = SNUG_FORWARD_DIALOG(object);

    g_clear_object(&self->account);
    g_weak_ref_clear(&self->near);
    g_free(self->message);
    g_hash_table_unref(self->chosen);
    G_OBJECT_CLASS(forward_dialog_parent_class)->finalize(object);
}

static void
forward_dialog_class_init(ForwardDialogClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = forward_dialog_dispose;
    G_OBJECT_CLASS(klass)->finalize = forward_dialog_finalize;
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/chat/forward_dialog.ui");
    gtk_widget_class_bind_template_child(widget, ForwardDialog, forward);
    gtk_widget_class_bind_template_child(widget, ForwardDialog, search);
    gtk_widget_class_bind_template_child(widget, ForwardDialog, trouble);
    gtk_widget_class_bind_template_child(widget, ForwardDialog, list);
    gtk_widget_class_bind_template_callback(widget, on_forward);
    gtk_widget_class_bind_template_callback(widget, on_search);
    gtk_widget_class_bind_template_callback(widget, gtk_window_close);
}

static void
forward_dialog_init(ForwardDialog *self)
{
    g_weak_ref_init(&self->near, NULL);
    self->chosen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    gtk_widget_init_template(GTK_WIDGET(self));
}

GtkWindow *
forward_dialog_open(GtkWidget *near, Account *account, const char *message)
{
    ForwardDialog *self = g_object_new(SNUG_TYPE_FORWARD_DIALOG, NULL);
    GtkRoot *root = gtk_widget_get_root(near);
    g_autoptr(GtkFilterListModel) shown = NULL;

    self->account = g_object_ref(account);
    self->message = g_strdup(message);
    g_weak_ref_set(&self->near, near);
    self->filter = gtk_custom_filter_new(is_shown, self, NULL);
    shown = gtk_filter_list_model_new(g_object_ref(G_LIST_MODEL(account->contacts)),
                                      g_object_ref(GTK_FILTER(self->filter)));
    gtk_list_box_bind_model(self->list, G_LIST_MODEL(shown), make_row, self, NULL);
    dialog_setup(GTK_WINDOW(self), GTK_IS_WINDOW(root) ? GTK_WINDOW(root) : NULL, account);
    gtk_window_present(GTK_WINDOW(self));
    gtk_widget_grab_focus(GTK_WIDGET(self->search));
    return GTK_WINDOW(self);
}
