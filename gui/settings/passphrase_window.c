/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/settings/passphrase_window.h"

#include <glib/gi18n.h>

#include "gui/dialog.h"
#include "gui/entry_rows.h"
#include "gui/models/fields.h"
#include "gui/start/key_file_row.h"
#include "gui/start/passphrase_fields.h"

struct _PassphraseWindow {
    AdwWindow parent;
    Account *account;
    GtkEditable *old;
    KeyFileRow *key_file; /* shown where one is needed */
    PassphraseFields *fresh;
    GtkLabel *trouble;
    GtkWidget *change;
    GtkSpinner *spinner;
    gboolean asking;
};

G_DEFINE_FINAL_TYPE(PassphraseWindow, passphrase_window, ADW_TYPE_WINDOW)

static void
update(PassphraseWindow *self)
{
    gboolean file = gtk_widget_get_visible(GTK_WIDGET(self->key_file));

    gtk_widget_set_sensitive(self->change,
                             !self->asking && passphrase_fields_get_ready(self->fresh) &&
                                 gtk_editable_get_text(self->old)[0] != '\0' &&
                                 (!file || key_file_row_get_path(self->key_file) != NULL));
    gtk_spinner_set_spinning(self->spinner, self->asking);
}

static void
on_answer(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    PassphraseWindow *self = p;
    GtkWindow *parent = gtk_window_get_transient_for(GTK_WINDOW(self));

    self->asking = FALSE;
    if (error == NULL) {
        if (parent != NULL)
            say(GTK_WIDGET(parent),
                field_int(result, "dropped") > 0
                    ? _("The pass-phrase is changed. Add your spare key files again.")
                    : _("The pass-phrase is changed."));
        gtk_window_destroy(GTK_WINDOW(self));
        return;
    }
    gtk_label_set_text(self->trouble, error->message);
    gtk_editable_set_text(self->old, "");
    gtk_widget_grab_focus(GTK_WIDGET(self->old));
    update(self);
}

static void
on_status(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    PassphraseWindow *self = p;

    gtk_widget_set_visible(GTK_WIDGET(self->key_file),
                           field_lists(json_object_get(result, "unlock"), "key-file"));
    update(self);
}

static void
on_change(PassphraseWindow *self)
{
    json_t *params;

    if (!gtk_widget_is_sensitive(self->change))
        return;
    self->asking = TRUE;
    gtk_label_set_text(self->trouble, "");
    params = json_pack("{s:s,s:s}", "old", gtk_editable_get_text(self->old), "new",
                       passphrase_fields_get_text(self->fresh));
    if (gtk_widget_get_visible(GTK_WIDGET(self->key_file)))
        json_object_set_new(params, "key_file", json_string(key_file_row_get_path(self->key_file)));
    bridge_call(self->account->bridge, &(struct call){.method = "account.passphrase",
                                                      .params = params,
                                                      .self = self,
                                                      .done = on_answer});
    update(self);
}

static void
passphrase_window_dispose(GObject *object)
{
    PassphraseWindow *self = SNUG_PASSPHRASE_WINDOW(object);

    if (self->account != NULL) {
        gtk_editable_set_text(self->old, "");
        passphrase_fields_clear(self->fresh);
    }
    g_clear_object(&self->account);
    G_OBJECT_CLASS(passphrase_window_parent_class)->dispose(object);
}

static void
passphrase_window_class_init(PassphraseWindowClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = passphrase_window_dispose;
    g_type_ensure(SNUG_TYPE_PASSPHRASE_FIELDS);
    g_type_ensure(SNUG_TYPE_KEY_FILE_ROW);
    gtk_widget_class_set_template_from_resource(widget,
                                                "/im/snug/Snug/settings/passphrase_window.ui");
    gtk_widget_class_bind_template_child(widget, PassphraseWindow, old);
    gtk_widget_class_bind_template_child(widget, PassphraseWindow, key_file);
    gtk_widget_class_bind_template_child(widget, PassphraseWindow, fresh);
    gtk_widget_class_bind_template_child(widget, PassphraseWindow, trouble);
    gtk_widget_class_bind_template_child(widget, PassphraseWindow, change);
    gtk_widget_class_bind_template_child(widget, PassphraseWindow, spinner);
    gtk_widget_class_bind_template_callback(widget, update);
    gtk_widget_class_bind_template_callback(widget, on_change);
}

static void
passphrase_window_init(PassphraseWindow *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    entry_rows_name(GTK_WIDGET(self));
    update(self);
}

PassphraseWindow *
passphrase_window_new(GtkWindow *parent, Account *account)
{
    PassphraseWindow *self = g_object_new(SNUG_TYPE_PASSPHRASE_WINDOW, NULL);

    self->account = g_object_ref(account);
    dialog_setup(GTK_WINDOW(self), parent, account);
    bridge_call(account->bridge,
                &(struct call){.method = "account.status", .self = self, .done = on_status});
    return self;
}
