/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/settings/way_window.h"

#include <glib/gi18n.h>

#include "gui/dialog.h"
#include "gui/entry_rows.h"
#include "gui/models/fields.h"
#include "gui/start/key_file_row.h"

struct _WayWindow {
    AdwWindow parent;
    Account *account;
    enum way_change change;
    gint64 slot;
    GtkLabel *meaning, *trouble;
    KeyFileRow *added, *opening;
    GtkEditable *passphrase;
    GtkButton *go;
    GtkSpinner *spinner;
    gboolean asking;
};

G_DEFINE_FINAL_TYPE(WayWindow, way_window, ADW_TYPE_WINDOW)

/* What each change is called, what it means, and what is said when it is done. */
struct words {
    const char *title, *meaning, *go, *done;
};

static const struct words words[] = {
    [WAY_REQUIRE_FILE] =
        {N_("Require a Key File"),
         N_("From then on your pass-phrase opens Snug only together with this file. Keep a copy of "
            "it in a safe place: without the file nobody can open this profile any more, and only "
            "a backup or the recovery kit helps."),
         N_("_Require It"), N_("The key file is needed from now on.")},
    [WAY_ADD_SPARE] = {N_("Add a Spare Key File"),
                       N_("Your pass-phrase opens Snug together with either of them."), N_("_Add"),
                       N_("The spare key file is added.")},
    [WAY_REMOVE_SPARE] = {N_("Remove a Key File"),
                          N_("The file itself is not touched. Choose another key file, which goes "
                             "on to open Snug."),
                          N_("_Remove"), N_("The key file no longer opens Snug.")},
    [WAY_REMOVE_FILE] = {N_("Stop Requiring the Key File"),
                         N_("From then on your pass-phrase alone opens Snug."),
                         N_("_Stop Requiring It"), N_("The pass-phrase alone opens Snug now.")},
    [WAY_KEYRING_ON] =
        {N_("Use the Keyring"),
         N_("The system’s keyring opens Snug without the pass-phrase whenever you ask for it, and "
            "when you log in after Snug was left open. Whoever can use your open keyring can open "
            "Snug. The pass-phrase goes on to work."),
         N_("_Use It"), N_("The keyring opens Snug from now on.")},
    [WAY_KEYRING_OFF] = {N_("Stop Using the Keyring"),
                         N_("From then on only your pass-phrase opens Snug, so make sure that you "
                            "know it."),
                         N_("_Stop Using It"), N_("The keyring no longer opens Snug.")},
};

static gboolean
is_complete(WayWindow *self)
{
    return gtk_editable_get_text(self->passphrase)[0] != '\0' &&
           (!gtk_widget_get_visible(GTK_WIDGET(self->added)) ||
            key_file_row_get_path(self->added) != NULL) &&
           (!gtk_widget_get_visible(GTK_WIDGET(self->opening)) ||
            key_file_row_get_path(self->opening) != NULL);
}

static void
update(WayWindow *self)
{
    gtk_widget_set_sensitive(GTK_WIDGET(self->go), !self->asking && is_complete(self));
    gtk_spinner_set_spinning(self->spinner, self->asking);
}

static void
on_answer(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    WayWindow *self = p;
    GtkWindow *parent = gtk_window_get_transient_for(GTK_WINDOW(self));

    self->asking = FALSE;
    if (error == NULL) {
        if (parent != NULL)
            say(GTK_WIDGET(parent), _(words[self->change].done));
        gtk_window_destroy(GTK_WINDOW(self));
        return;
    }
    gtk_label_set_text(self->trouble, error->message);
    gtk_editable_set_text(self->passphrase, "");
    gtk_widget_grab_focus(GTK_WIDGET(self->passphrase));
    update(self);
}

static json_t *
params_of(WayWindow *self)
{
    const char *kind = self->change == WAY_KEYRING_ON ? "keyring" : "key-file";
    json_t *params = json_pack("{s:s}", "passphrase", gtk_editable_get_text(self->passphrase));

    if (gtk_widget_get_visible(GTK_WIDGET(self->opening)))
        json_object_set_new(params, "key_file", json_string(key_file_row_get_path(self->opening)));
    if (self->change == WAY_REMOVE_SPARE || self->change == WAY_REMOVE_FILE ||
        self->change == WAY_KEYRING_OFF) {
        json_object_set_new(params, "slot", json_integer(self->slot));
        return params;
    }
    json_object_set_new(params, "kind", json_string(kind));
    if (gtk_widget_get_visible(GTK_WIDGET(self->added))) {
        json_object_set_new(params, "new_key_file",
                            json_string(key_file_row_get_path(self->added)));
        json_object_set_new(params, "make", json_boolean(key_file_row_get_make(self->added)));
    }
    return params;
}

static void
on_go(WayWindow *self)
{
    json_t *params;

    if (!gtk_widget_is_sensitive(GTK_WIDGET(self->go)))
        return;
    self->asking = TRUE;
    gtk_label_set_text(self->trouble, "");
    params = params_of(self);
    bridge_call(self->account->bridge,
                &(struct call){.method = json_object_get(params, "slot") != NULL ? "slot.remove"
                                                                                 : "slot.add",
                               .params = params,
                               .self = self,
                               .done = on_answer});
    update(self);
}

/* --- the object --- */

static void
way_window_dispose(GObject *object)
{
    WayWindow *self = SNUG_WAY_WINDOW(object);

    if (self->account != NULL)
        gtk_editable_set_text(self->passphrase, "");
    g_clear_object(&self->account);
    G_OBJECT_CLASS(way_window_parent_class)->dispose(object);
}

static void
way_window_class_init(WayWindowClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = way_window_dispose;
    g_type_ensure(SNUG_TYPE_KEY_FILE_ROW);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/settings/way_window.ui");
    gtk_widget_class_bind_template_child(widget, WayWindow, meaning);
    gtk_widget_class_bind_template_child(widget, WayWindow, trouble);
    gtk_widget_class_bind_template_child(widget, WayWindow, added);
    gtk_widget_class_bind_template_child(widget, WayWindow, opening);
    gtk_widget_class_bind_template_child(widget, WayWindow, passphrase);
    gtk_widget_class_bind_template_child(widget, WayWindow, go);
    gtk_widget_class_bind_template_child(widget, WayWindow, spinner);
    gtk_widget_class_bind_template_callback(widget, update);
    gtk_widget_class_bind_template_callback(widget, on_go);
}

static void
way_window_init(WayWindow *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    entry_rows_name(GTK_WIDGET(self));
}

static void
show_change(WayWindow *self)
{
    const struct words *w = &words[self->change];
    gboolean adds = self->change == WAY_REQUIRE_FILE || self->change == WAY_ADD_SPARE;

    gtk_window_set_title(GTK_WINDOW(self), _(w->title));
    gtk_label_set_text(self->meaning, _(w->meaning));
    gtk_button_set_label(self->go, _(w->go));
    gtk_widget_set_visible(GTK_WIDGET(self->added), adds);
    gtk_widget_set_visible(GTK_WIDGET(self->opening), self->change == WAY_ADD_SPARE ||
                                                          self->change == WAY_REMOVE_SPARE ||
                                                          self->change == WAY_REMOVE_FILE);
    if (self->change == WAY_ADD_SPARE) {
        adw_preferences_row_set_title(ADW_PREFERENCES_ROW(self->added), _("Spare Key File"));
        adw_preferences_row_set_title(ADW_PREFERENCES_ROW(self->opening), _("Key File So Far"));
    }
    if (self->change == WAY_REMOVE_SPARE)
        adw_preferences_row_set_title(ADW_PREFERENCES_ROW(self->opening), _("Another Key File"));
    update(self);
}

WayWindow *
way_window_new(GtkWindow *parent, Account *account, enum way_change change, gint64 slot)
{
    WayWindow *self = g_object_new(SNUG_TYPE_WAY_WINDOW, NULL);

    self->account = g_object_ref(account);
    self->change = change;
    self->slot = slot;
    show_change(self);
    dialog_setup(GTK_WINDOW(self), parent, account);
    return self;
}
