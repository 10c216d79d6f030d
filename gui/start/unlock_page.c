/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/start/unlock_page.h"

#include <glib/gi18n.h>

#include "gui/entry_rows.h"
#include "gui/models/fields.h"
#include "gui/start/key_file_row.h"

/* On the account, so that a key file is chosen once while the program runs. */
#define KEY_FILE "key-file"

struct _UnlockPage {
    AdwBin parent;
    Account *account;
    GtkLabel *profile, *activity, *wrong, *caps;
    GtkEditable *entry;
    GtkStack *unlock_face;
    GtkSpinner *spinner;
    GtkButton *unlock, *keyring; /* the second one shown where the keyring opens the profile */
    KeyFileRow *key_file;        /* shown where one is needed */
    gboolean asking, status_known;
};

G_DEFINE_FINAL_TYPE(UnlockPage, unlock_page, ADW_TYPE_BIN)

static void ask_status(UnlockPage *self);

static gboolean
is_complete(UnlockPage *self)
{
    return !self->asking && gtk_editable_get_text(self->entry)[0] != '\0' &&
           (!gtk_widget_get_visible(GTK_WIDGET(self->key_file)) ||
            key_file_row_get_path(self->key_file) != NULL);
}

static void
set_asking(UnlockPage *self, gboolean asking)
{
    self->asking = asking;
    gtk_editable_set_editable(self->entry, !asking);
    gtk_widget_set_sensitive(GTK_WIDGET(self->unlock), is_complete(self));
    gtk_widget_set_sensitive(GTK_WIDGET(self->keyring), !asking);
    gtk_stack_set_visible_child_name(self->unlock_face, asking ? "busy" : "label");
    gtk_spinner_set_spinning(self->spinner, asking);
}

static void
set_wrong(UnlockPage *self, const char *text)
{
    gtk_label_set_text(self->wrong, text);
    if (text[0] != '\0')
        gtk_widget_add_css_class(GTK_WIDGET(self->entry), "error");
    else
        gtk_widget_remove_css_class(GTK_WIDGET(self->entry), "error");
}

/* The page goes when the bridge says so. What is needed may have changed since it came. */
static void
on_answer(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    UnlockPage *self = p;

    set_asking(self, FALSE);
    if (error == NULL)
        return;
    set_wrong(self, error->message);
    gtk_widget_grab_focus(GTK_WIDGET(self->entry));
    ask_status(self);
}

/* Takes PARAMS. */
static void
unlock_by(UnlockPage *self, json_t *params, bridge_done_fn *done)
{
    bridge_call(
        self->account->bridge,
        &(struct call){.method = "account.unlock", .params = params, .self = self, .done = done});
    gtk_editable_set_text(self->entry, "");
    set_wrong(self, "");
    set_asking(self, TRUE);
}

static void
on_unlock(UnlockPage *self)
{
    json_t *params;

    if (!is_complete(self))
        return;
    params = json_pack("{s:s}", "passphrase", gtk_editable_get_text(self->entry));
    if (gtk_widget_get_visible(GTK_WIDGET(self->key_file)))
        json_object_set_new(params, "key_file", json_string(key_file_row_get_path(self->key_file)));
    unlock_by(self, params, on_answer);
}

/* --- the keyring --- */

/* It says why it does not open: the pass-phrase does. */
static void
on_keyring_answer(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    UnlockPage *self = p;

    set_asking(self, FALSE);
    if (error != NULL)
        gtk_label_set_text(self->wrong, error->message);
    gtk_widget_grab_focus(GTK_WIDGET(self->entry));
}

static void
on_keyring(UnlockPage *self)
{
    if (!self->asking)
        unlock_by(self, json_pack("{s:b}", "keyring", 1), on_keyring_answer);
}

/* Nobody asked, so nobody is told how it went. */
static void
try_keyring(UnlockPage *self)
{
    bridge_call(self->account->bridge,
                &(struct call){.method = "account.unlock",
                               .params = json_pack("{s:b,s:b}", "keyring", 1, "unasked", 1),
                               .self = self});
}

/* --- the key file --- */

static void
on_key_file(UnlockPage *self)
{
    g_object_set_data_full(G_OBJECT(self->account), KEY_FILE,
                           g_strdup(key_file_row_get_path(self->key_file)), g_free);
    set_asking(self, self->asking);
}

static void
show_key_file(UnlockPage *self, gboolean needed)
{
    const char *path = g_object_get_data(G_OBJECT(self->account), KEY_FILE);

    gtk_widget_set_visible(GTK_WIDGET(self->key_file), needed);
    if (needed && path != NULL && key_file_row_get_path(self->key_file) == NULL) {
        g_autofree char *copy = g_strdup(path); /* the row's signal sets it anew */
        key_file_row_set(self->key_file, copy, FALSE);
    }
}

static void
on_changed(UnlockPage *self)
{
    if (gtk_editable_get_text(self->entry)[0] != '\0')
        set_wrong(self, "");
    set_asking(self, self->asking);
}

/* The agent counts what comes while it is locked, and cannot tell what it is. */
static void
on_lock(UnlockPage *self, const json_t *params)
{
    gtk_widget_set_visible(GTK_WIDGET(self->activity), field_int(params, "activity") > 0);
}

static void
on_status(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    UnlockPage *self = p;
    const json_t *ways = json_object_get(result, "unlock");
    gboolean keyring = field_lists(ways, "keyring");

    if (result == NULL)
        return;
    on_lock(self, result);
    show_key_file(self, field_lists(ways, "key-file"));
    gtk_widget_set_visible(GTK_WIDGET(self->keyring), keyring);
    if (keyring && !self->status_known)
        try_keyring(self);
    self->status_known = TRUE;
    set_asking(self, self->asking);
}

static void
ask_status(UnlockPage *self)
{
    bridge_call(self->account->bridge,
                &(struct call){.method = "account.status", .self = self, .done = on_status});
}

/* The keyboard of a display that has one. */
static GdkDevice *
keyboard_of(UnlockPage *self)
{
    GdkSeat *seat = gdk_display_get_default_seat(gtk_widget_get_display(GTK_WIDGET(self)));

    return seat != NULL ? gdk_seat_get_keyboard(seat) : NULL;
}

static void
show_caps_lock(UnlockPage *self)
{
    GdkDevice *keyboard = keyboard_of(self);

    gtk_widget_set_visible(GTK_WIDGET(self->caps),
                           keyboard != NULL && gdk_device_get_caps_lock_state(keyboard));
}

static gboolean
focus_now(gpointer p)
{
    if (SNUG_UNLOCK_PAGE(p)->account != NULL)
        unlock_page_focus(p);
    return G_SOURCE_REMOVE;
}

/* The stack that shows the page moves the focus on once more after this. */
static void
unlock_page_map(GtkWidget *widget)
{
    GTK_WIDGET_CLASS(unlock_page_parent_class)->map(widget);
    show_caps_lock(SNUG_UNLOCK_PAGE(widget));
    g_idle_add_full(G_PRIORITY_DEFAULT, focus_now, g_object_ref(widget), g_object_unref);
}

void
unlock_page_focus(UnlockPage *self)
{
    gtk_widget_grab_focus(GTK_WIDGET(self->entry));
}

static void
unlock_page_unroot(GtkWidget *widget)
{
    entry_rows_leave(widget);
    GTK_WIDGET_CLASS(unlock_page_parent_class)->unroot(widget);
}

static void
unlock_page_dispose(GObject *object)
{
    UnlockPage *self = SNUG_UNLOCK_PAGE(object);

    if (self->account != NULL)
        gtk_editable_set_text(self->entry, "");
    g_clear_object(&self->account);
    G_OBJECT_CLASS(unlock_page_parent_class)->dispose(object);
}

static void
unlock_page_class_init(UnlockPageClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = unlock_page_dispose;
    widget->map = unlock_page_map;
    widget->unroot = unlock_page_unroot;
    g_type_ensure(SNUG_TYPE_KEY_FILE_ROW);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/start/unlock_page.ui");
    gtk_widget_class_bind_template_child(widget, UnlockPage, profile);
    gtk_widget_class_bind_template_child(widget, UnlockPage, activity);
    gtk_widget_class_bind_template_child(widget, UnlockPage, wrong);
    gtk_widget_class_bind_template_child(widget, UnlockPage, caps);
    gtk_widget_class_bind_template_child(widget, UnlockPage, entry);
    gtk_widget_class_bind_template_child(widget, UnlockPage, unlock_face);
    gtk_widget_class_bind_template_child(widget, UnlockPage, spinner);
    gtk_widget_class_bind_template_child(widget, UnlockPage, unlock);
    gtk_widget_class_bind_template_child(widget, UnlockPage, keyring);
    gtk_widget_class_bind_template_child(widget, UnlockPage, key_file);
    gtk_widget_class_bind_template_callback(widget, on_unlock);
    gtk_widget_class_bind_template_callback(widget, on_keyring);
    gtk_widget_class_bind_template_callback(widget, on_key_file);
    gtk_widget_class_bind_template_callback(widget, on_changed);
}

static void
unlock_page_init(UnlockPage *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    entry_rows_name(GTK_WIDGET(self));
    if (keyboard_of(self) != NULL)
        g_signal_connect_object(keyboard_of(self), "notify::caps-lock-state",
                                G_CALLBACK(show_caps_lock), self, G_CONNECT_SWAPPED);
}

UnlockPage *
unlock_page_new(Account *account)
{
    UnlockPage *self = g_object_new(SNUG_TYPE_UNLOCK_PAGE, NULL);
    g_autofree char *profile =
        g_strdup_printf(_("Profile “%s”"), bridge_get_profile(account->bridge));

    self->account = g_object_ref(account);
    gtk_label_set_text(self->profile, profile);
    set_asking(self, FALSE);
    g_signal_connect_object(account->bridge, "notification::lock", G_CALLBACK(on_lock), self,
                            G_CONNECT_SWAPPED);
    ask_status(self);
    return self;
}
