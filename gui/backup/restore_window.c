/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/backup/restore_window.h"

#include <glib/gi18n.h>

#include "gui/backup/kit_row.h"
#include "gui/backup/work_bar.h"
#include "gui/choose_file.h"
#include "gui/entry_rows.h"
#include "gui/models/fields.h"
#include "gui/start/passphrase_fields.h"
#include "gui/window.h"
#include "wire/address.h"

struct _RestoreWindow {
    AdwWindow parent;
    Account *account;
    enum restore_from from;
    gboolean opened; /* the profile is there, and can be locked again */
    char *path;
    GtkWidget *backup_group, *kit_group, *form, *begin;
    AdwActionRow *file;
    KitRow *saved;
    GtkEditable *opens, *kit, *relay, *name;
    PassphraseFields *fresh;
    GtkLabel *about, *trouble;
    WorkBar *work;
};

G_DEFINE_FINAL_TYPE(RestoreWindow, restore_window, ADW_TYPE_WINDOW)

/* --- what is filled in --- */

static gboolean
filled(GtkEditable *entry)
{
    return gtk_editable_get_text(entry)[0] != '\0';
}

static gboolean
is_ready(RestoreWindow *self)
{
    if (work_bar_is_busy(self->work) || !passphrase_fields_get_ready(self->fresh))
        return FALSE;
    if (self->from == RESTORE_BACKUP)
        return self->path != NULL && filled(self->opens);
    return filled(self->kit) && filled(self->relay);
}

static void
update(RestoreWindow *self)
{
    gboolean busy = work_bar_is_busy(self->work);

    gtk_widget_set_visible(self->form, !busy);
    gtk_widget_set_visible(self->begin, !busy);
    gtk_widget_set_sensitive(self->begin, is_ready(self));
}

void
restore_window_set_path(RestoreWindow *self, const char *path)
{
    g_autofree char *name = g_filename_display_basename(path);

    g_free(self->path);
    self->path = g_strdup(path);
    adw_action_row_set_subtitle(self->file, name);
    update(self);
}

static void
on_file(gpointer self, const char *path, gpointer data)
{
    restore_window_set_path(self, path);
}

static void
on_choose(RestoreWindow *self)
{
    choose_file(&(struct choosing){.self = GTK_WIDGET(self),
                                   .account = self->account,
                                   .action = GTK_FILE_CHOOSER_ACTION_OPEN,
                                   .title = _("Choose a Backup"),
                                   .accept = _("_Choose"),
                                   .chosen = on_file});
}

/* --- the kit, from a file or a picture --- */

/* Where the kit says that the account is, unless something was typed. A relay whose certificate is
 * its own needs a pin, too, which no kit has. */
static void
fill_address(RestoreWindow *self, const char *text)
{
    struct address a;

    if (text == NULL || address_read(SPAN_STR(text), &a) != OK)
        return;
    if (!filled(self->relay))
        gtk_editable_set_text(self->relay, strchr(text, '@') + 1);
    if (!filled(self->name))
        gtk_editable_set_text(self->name, a.name);
}

static void
on_kit_found(RestoreWindow *self, const char *code, const char *address)
{
    gtk_label_set_text(self->trouble, "");
    gtk_editable_set_text(self->kit, code);
    fill_address(self, address);
}

static void
on_kit_trouble(RestoreWindow *self, const char *why)
{
    gtk_label_set_text(self->trouble, why);
}

void
restore_window_set_kit(RestoreWindow *self, GFile *file)
{
    kit_row_take_file(self->saved, file);
}

/* --- doing it --- */

static json_t *
kit_params(RestoreWindow *self)
{
    json_t *params = json_pack("{s:s,s:s,s:s}", "kit", gtk_editable_get_text(self->kit), "relay",
                               gtk_editable_get_text(self->relay), "passphrase",
                               passphrase_fields_get_text(self->fresh));

    if (filled(self->name))
        json_object_set_new(params, "name", json_string(gtk_editable_get_text(self->name)));
    return params;
}

static void
on_begin(RestoreWindow *self)
{
    Bridge *bridge = self->account->bridge;

    if (!is_ready(self))
        return;
    gtk_label_set_text(self->trouble, "");
    if (self->from == RESTORE_KIT)
        work_bar_begin(self->work, bridge, "account.recover", kit_params(self),
                       _("Asking the relay…"));
    else
        work_bar_begin(self->work, bridge, "backup.restore",
                       json_pack("{s:s,s:s,s:s}", "path", self->path, "backup_passphrase",
                                 gtk_editable_get_text(self->opens), "passphrase",
                                 passphrase_fields_get_text(self->fresh)),
                       _("Reading the backup…"));
    update(self);
}

/* What the relay refused is told by a bar (gui/people/join_bar.h). */
static const char *
how_it_ended(const json_t *result)
{
    static const char *const refused[] = {"not-found", "stale", "key-changed", NULL};
    const char *error = field_text(result, "error");

    if (field_bool(result, "joined"))
        return _("Your account is here again.");
    if (strcmp(error, "locked") == 0)
        return _("Your account is here again, and locked.");
    if (g_strv_contains(refused, error))
        return _("What was saved is here again.");
    return _("Your account is here again. It joins in once the relay can be reached.");
}

static void
on_done(RestoreWindow *self, const json_t *result, const GError *error)
{
    GtkWindow *parent = gtk_window_get_transient_for(GTK_WINDOW(self));

    update(self);
    if (error != NULL) {
        gtk_label_set_text(self->trouble, error->message);
        return;
    }
    if (SNUG_IS_WINDOW(parent))
        window_toast(SNUG_WINDOW(parent), how_it_ended(result));
    gtk_window_destroy(GTK_WINDOW(self));
}

/* It goes on while the profile comes to be, which says that it is none until then. */
static void
on_state(RestoreWindow *self)
{
    enum bridge_state state = bridge_get_state(self->account->bridge);

    if (state == BRIDGE_OPEN)
        self->opened = TRUE;
    else if (state == BRIDGE_LOCKED && self->opened)
        gtk_window_destroy(GTK_WINDOW(self));
}

/* --- the object --- */

static void
restore_window_dispose(GObject *object)
{
    RestoreWindow *self = SNUG_RESTORE_WINDOW(object);

    if (self->account != NULL) {
        gtk_editable_set_text(self->opens, "");
        gtk_editable_set_text(self->kit, "");
        passphrase_fields_clear(self->fresh);
    }
    g_clear_pointer(&self->path, g_free);
    g_clear_object(&self->account);
    G_OBJECT_CLASS(restore_window_parent_class)->dispose(object);
}

static void
restore_window_class_init(RestoreWindowClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = restore_window_dispose;
    g_type_ensure(SNUG_TYPE_KIT_ROW);
    g_type_ensure(SNUG_TYPE_PASSPHRASE_FIELDS);
    g_type_ensure(SNUG_TYPE_WORK_BAR);
    gtk_widget_class_add_binding_action(widget, GDK_KEY_Escape, 0, "window.close", NULL);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/backup/restore_window.ui");
    gtk_widget_class_bind_template_child(widget, RestoreWindow, backup_group);
    gtk_widget_class_bind_template_child(widget, RestoreWindow, kit_group);
    gtk_widget_class_bind_template_child(widget, RestoreWindow, form);
    gtk_widget_class_bind_template_child(widget, RestoreWindow, begin);
    gtk_widget_class_bind_template_child(widget, RestoreWindow, file);
    gtk_widget_class_bind_template_child(widget, RestoreWindow, opens);
    gtk_widget_class_bind_template_child(widget, RestoreWindow, saved);
    gtk_widget_class_bind_template_child(widget, RestoreWindow, kit);
    gtk_widget_class_bind_template_child(widget, RestoreWindow, relay);
    gtk_widget_class_bind_template_child(widget, RestoreWindow, name);
    gtk_widget_class_bind_template_child(widget, RestoreWindow, fresh);
    gtk_widget_class_bind_template_child(widget, RestoreWindow, about);
    gtk_widget_class_bind_template_child(widget, RestoreWindow, trouble);
    gtk_widget_class_bind_template_child(widget, RestoreWindow, work);
    gtk_widget_class_bind_template_callback(widget, update);
    gtk_widget_class_bind_template_callback(widget, on_begin);
    gtk_widget_class_bind_template_callback(widget, on_choose);
    gtk_widget_class_bind_template_callback(widget, on_kit_found);
    gtk_widget_class_bind_template_callback(widget, on_kit_trouble);
    gtk_widget_class_bind_template_callback(widget, on_done);
}

static void
restore_window_init(RestoreWindow *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    entry_rows_name(GTK_WIDGET(self));
}

/* Not dialog_setup, which would close it at once: there is no profile. */
RestoreWindow *
restore_window_new(GtkWindow *parent, Account *account, enum restore_from from)
{
    RestoreWindow *self = g_object_new(SNUG_TYPE_RESTORE_WINDOW, "transient-for", parent, "modal",
                                       parent != NULL, NULL);

    self->account = g_object_ref(account);
    self->from = from;
    kit_row_setup(self->saved, account);
    g_signal_connect_object(account->bridge, "notify::state", G_CALLBACK(on_state), self,
                            G_CONNECT_SWAPPED);
    gtk_widget_set_visible(self->backup_group, from == RESTORE_BACKUP);
    gtk_widget_set_visible(self->kit_group, from == RESTORE_KIT);
    gtk_window_set_title(GTK_WINDOW(self), from == RESTORE_BACKUP ? _("Restore From a Backup")
                                                                  : _("Replace a Lost Device"));
    gtk_label_set_text(
        self->about,
        from == RESTORE_BACKUP
            ? _("This computer takes the place of the one that the backup was made on.")
            : _("This computer takes the place of the lost one. Messages and contacts were on that "
                "one only; your address and your account stay."));
    update(self);
    return self;
}
