/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/backup/backup_window.h"

#include <glib/gi18n.h>

#include "gui/backup/work_bar.h"
#include "gui/choose_file.h"
#include "gui/dialog.h"
#include "gui/entry_rows.h"
#include "gui/models/fields.h"
#include "gui/start/passphrase_fields.h"

struct _BackupWindow {
    AdwWindow parent;
    Account *account;
    gboolean schedule, has_passphrase;
    char *folder;
    GtkWidget *form, *begin, *folder_row, *keep_row, *files_row, *other_row;
    AdwComboRow *every;
    GtkSpinButton *keep;
    GtkSwitch *files, *other;
    PassphraseFields *fresh;
    GtkLabel *trouble;
    WorkBar *work;
};

G_DEFINE_FINAL_TYPE(BackupWindow, backup_window, ADW_TYPE_WINDOW)

static const char *const everies[] = {"never", "daily", "weekly", NULL};

/* --- what is filled in --- */

static const char *
chosen_every(BackupWindow *self)
{
    return everies[MIN(adw_combo_row_get_selected(self->every), G_N_ELEMENTS(everies) - 2)];
}

static gboolean
is_off(BackupWindow *self)
{
    return self->schedule && strcmp(chosen_every(self), "never") == 0;
}

static gboolean
wants_passphrase(BackupWindow *self)
{
    return !is_off(self) && (!self->has_passphrase || gtk_switch_get_active(self->other));
}

static void
update(BackupWindow *self)
{
    gboolean busy = work_bar_is_busy(self->work), off = is_off(self);

    gtk_widget_set_visible(self->form, !busy);
    gtk_widget_set_visible(self->folder_row, self->schedule && !off);
    gtk_widget_set_visible(self->keep_row, self->schedule && !off);
    gtk_widget_set_visible(self->files_row, !off);
    gtk_widget_set_visible(self->other_row, self->has_passphrase && !off);
    gtk_widget_set_visible(GTK_WIDGET(self->fresh), wants_passphrase(self));
    gtk_widget_set_visible(self->begin, !busy);
    gtk_widget_set_sensitive(
        self->begin, (!wants_passphrase(self) || passphrase_fields_get_ready(self->fresh)) &&
                         (!self->schedule || off || self->folder != NULL));
}

static void
add_passphrase(BackupWindow *self, json_t *params)
{
    if (wants_passphrase(self))
        json_object_set_new(params, "passphrase",
                            json_string(passphrase_fields_get_text(self->fresh)));
}

/* --- doing it --- */

static void
finish(BackupWindow *self, const char *words)
{
    GtkWindow *parent = gtk_window_get_transient_for(GTK_WINDOW(self));

    if (parent != NULL)
        say(GTK_WIDGET(parent), words);
    gtk_window_destroy(GTK_WINDOW(self));
}

static void
on_done(BackupWindow *self, const json_t *result, const GError *error)
{
    g_autofree char *size = g_format_size((guint64)MAX(field_int(result, "bytes"), 0)),
                    *words = g_strdup_printf(_("The backup is made: %s."), size);

    update(self);
    if (error != NULL)
        gtk_label_set_text(self->trouble, error->message);
    else
        finish(self, words);
}

static void
on_scheduled(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    BackupWindow *self = p;

    if (error != NULL)
        gtk_label_set_text(self->trouble, error->message);
    else
        finish(self, is_off(self) ? _("Backups are no longer made automatically.")
                                  : _("Backups are made automatically from now on."));
}

static void
save_schedule(BackupWindow *self)
{
    json_t *params = json_pack("{s:s}", "every", chosen_every(self));

    if (!is_off(self)) {
        json_object_set_new(params, "folder", json_string(self->folder));
        json_object_set_new(params, "keep",
                            json_integer(gtk_spin_button_get_value_as_int(self->keep)));
        json_object_set_new(params, "files", json_boolean(gtk_switch_get_active(self->files)));
        add_passphrase(self, params);
    }
    bridge_call(self->account->bridge, &(struct call){.method = "backup.schedule",
                                                      .params = params,
                                                      .self = self,
                                                      .done = on_scheduled});
}

static void
begin_backup(BackupWindow *self, const char *path)
{
    json_t *params =
        json_pack("{s:s,s:b}", "path", path, "files", gtk_switch_get_active(self->files));

    add_passphrase(self, params);
    work_bar_begin(self->work, self->account->bridge, "backup.create", params,
                   _("Writing the backup…"));
    update(self);
}

void
backup_window_set_path(BackupWindow *self, const char *path)
{
    gtk_label_set_text(self->trouble, "");
    if (!self->schedule) {
        begin_backup(self, path);
        return;
    }
    set_text(&self->folder, path);
    g_autofree char *name = g_filename_display_name(path);
    adw_action_row_set_subtitle(ADW_ACTION_ROW(self->folder_row), name);
    update(self);
}

static void
on_chosen(gpointer self, const char *path, gpointer data)
{
    backup_window_set_path(self, path);
}

static void
choose(BackupWindow *self, const char *title, GtkFileChooserAction action)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *name = g_date_time_format(now, "snug-%Y-%m-%d.backup");

    choose_file(&(struct choosing){.self = GTK_WIDGET(self),
                                   .account = self->account,
                                   .action = action,
                                   .title = title,
                                   .accept = _("_Choose"),
                                   .name = action == GTK_FILE_CHOOSER_ACTION_SAVE ? name : NULL,
                                   .chosen = on_chosen});
}

static void
on_choose_folder(BackupWindow *self)
{
    choose(self, _("Choose a Folder for Backups"), GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER);
}

static void
on_begin(BackupWindow *self)
{
    if (!gtk_widget_is_sensitive(self->begin))
        return;
    gtk_label_set_text(self->trouble, "");
    if (self->schedule)
        save_schedule(self);
    else
        choose(self, _("Save the Backup"), GTK_FILE_CHOOSER_ACTION_SAVE);
}

/* --- the object --- */

static void
backup_window_dispose(GObject *object)
{
    BackupWindow *self = SNUG_BACKUP_WINDOW(object);

    if (self->account != NULL)
        passphrase_fields_clear(self->fresh);
    g_clear_pointer(&self->folder, free_wiped);
    g_clear_object(&self->account);
    G_OBJECT_CLASS(backup_window_parent_class)->dispose(object);
}

static void
backup_window_class_init(BackupWindowClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = backup_window_dispose;
    g_type_ensure(SNUG_TYPE_PASSPHRASE_FIELDS);
    g_type_ensure(SNUG_TYPE_WORK_BAR);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/backup/backup_window.ui");
    gtk_widget_class_bind_template_child(widget, BackupWindow, form);
    gtk_widget_class_bind_template_child(widget, BackupWindow, begin);
    gtk_widget_class_bind_template_child(widget, BackupWindow, folder_row);
    gtk_widget_class_bind_template_child(widget, BackupWindow, keep_row);
    gtk_widget_class_bind_template_child(widget, BackupWindow, files_row);
    gtk_widget_class_bind_template_child(widget, BackupWindow, other_row);
    gtk_widget_class_bind_template_child(widget, BackupWindow, every);
    gtk_widget_class_bind_template_child(widget, BackupWindow, keep);
    gtk_widget_class_bind_template_child(widget, BackupWindow, files);
    gtk_widget_class_bind_template_child(widget, BackupWindow, other);
    gtk_widget_class_bind_template_child(widget, BackupWindow, fresh);
    gtk_widget_class_bind_template_child(widget, BackupWindow, trouble);
    gtk_widget_class_bind_template_child(widget, BackupWindow, work);
    gtk_widget_class_bind_template_callback(widget, update);
    gtk_widget_class_bind_template_callback(widget, on_begin);
    gtk_widget_class_bind_template_callback(widget, on_choose_folder);
    gtk_widget_class_bind_template_callback(widget, on_done);
}

static void
backup_window_init(BackupWindow *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    entry_rows_name(GTK_WIDGET(self));
    gtk_accessible_update_property(
        GTK_ACCESSIBLE(gtk_editable_get_delegate(GTK_EDITABLE(self->keep))),
        GTK_ACCESSIBLE_PROPERTY_LABEL, _("How many are kept"), -1);
}

BackupWindow *
backup_window_new(GtkWindow *parent, Account *account, const json_t *status, gboolean schedule)
{
    BackupWindow *self = g_object_new(SNUG_TYPE_BACKUP_WINDOW, NULL);
    const char *folder = field_text(status, "folder");
    gint64 keep = field_int(status, "keep");

    self->account = g_object_ref(account);
    self->schedule = schedule;
    self->has_passphrase = field_bool(status, "has_passphrase");
    gtk_window_set_title(GTK_WINDOW(self), schedule ? _("Automatic Backups") : _("Back Up Now"));
    gtk_button_set_label(GTK_BUTTON(self->begin), schedule ? _("_Save") : _("_Back Up…"));
    gtk_widget_set_visible(GTK_WIDGET(self->every), schedule);
    adw_combo_row_set_selected(self->every, (guint)field_word(status, "every", everies, 0));
    gtk_switch_set_active(self->files, field_bool(status, "files"));
    if (keep > 0)
        gtk_spin_button_set_value(self->keep, (double)keep);
    if (schedule && folder[0] != '\0')
        backup_window_set_path(self, folder);
    dialog_setup(GTK_WINDOW(self), parent, account);
    update(self);
    return self;
}
