/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/backup/check_window.h"

#include <glib/gi18n.h>

#include "gui/backup/work_bar.h"
#include "gui/chat/message_words.h"
#include "gui/choose_file.h"
#include "gui/dialog.h"
#include "gui/entry_rows.h"
#include "gui/models/fields.h"

struct _CheckWindow {
    AdwWindow parent;
    Account *account;
    char *path, *own; /* the id of this account; NULL: not known */
    GtkWidget *form, *found, *begin, *another;
    AdwActionRow *file, *address, *made, *messages, *contacts, *files, *size;
    AdwPreferencesGroup *found_group;
    GtkEditable *opens;
    GtkLabel *trouble;
    WorkBar *work;
};

G_DEFINE_FINAL_TYPE(CheckWindow, check_window, ADW_TYPE_WINDOW)

enum showing { FORM, WORK, FOUND };

static gboolean
is_ready(CheckWindow *self)
{
    return !work_bar_is_busy(self->work) && self->path != NULL &&
           gtk_editable_get_text(self->opens)[0] != '\0';
}

static void
show(CheckWindow *self, enum showing what)
{
    gtk_widget_set_visible(self->form, what == FORM);
    gtk_widget_set_visible(self->begin, what == FORM);
    gtk_widget_set_visible(self->found, what == FOUND);
    gtk_widget_set_sensitive(self->begin, is_ready(self));
}

static void
update(CheckWindow *self)
{
    show(self, work_bar_is_busy(self->work) ? WORK : FORM);
}

/* --- the file --- */

void
check_window_set_path(CheckWindow *self, const char *path)
{
    g_autofree char *name = g_filename_display_basename(path);

    set_text(&self->path, path);
    adw_action_row_set_subtitle(self->file, name);
    gtk_label_set_text(self->trouble, "");
    update(self);
}

static void
on_file(gpointer self, const char *path, gpointer data)
{
    check_window_set_path(self, path);
}

static void
on_choose(CheckWindow *self)
{
    choose_file(&(struct choosing){.self = GTK_WIDGET(self),
                                   .account = self->account,
                                   .action = GTK_FILE_CHOOSER_ACTION_OPEN,
                                   .title = _("Choose a Backup"),
                                   .accept = _("_Choose"),
                                   .chosen = on_file});
}

/* --- what it holds --- */

static void
show_count(AdwActionRow *row, gint64 count, const char *none)
{
    g_autofree char *text = g_strdup_printf("%'lld", (long long)count);

    adw_action_row_set_subtitle(row, count == 0 ? none : text);
}

static void
show_facts(CheckWindow *self, const json_t *facts)
{
    g_autofree char *made = message_moment_words(field_int(facts, "created_ms")),
                    *size = g_format_size((guint64)MAX(field_int(facts, "bytes"), 0));
    const char *account = field_text(facts, "account");

    adw_preferences_group_set_description(self->found_group,
                                          self->own == NULL ? NULL
                                          : g_strcmp0(account, self->own) == 0
                                              ? _("It is a backup of your account.")
                                              : _("It is a backup of another account than this."));
    adw_action_row_set_subtitle(self->address, field_text(facts, "address"));
    adw_action_row_set_subtitle(self->made, made);
    adw_action_row_set_subtitle(self->size, size);
    show_count(self->messages, field_int(facts, "messages"), _("None"));
    show_count(self->contacts, field_int(facts, "contacts"), _("None"));
    show_count(self->files, field_int(facts, "files"),
               _("None; messages are there without theirs"));
}

static void
on_done(CheckWindow *self, const json_t *result, const GError *error)
{
    if (error != NULL) {
        update(self);
        gtk_label_set_text(self->trouble, error->message);
        return;
    }
    gtk_editable_set_text(self->opens, "");
    show_facts(self, result);
    show(self, FOUND);
    gtk_widget_grab_focus(self->another);
}

static void
on_begin(CheckWindow *self)
{
    if (!is_ready(self))
        return;
    gtk_label_set_text(self->trouble, "");
    work_bar_begin(self->work, self->account->bridge, "backup.check",
                   json_pack("{s:s,s:s}", "path", self->path, "passphrase",
                             gtk_editable_get_text(self->opens)),
                   _("Reading the backup…"));
    update(self);
}

static void
on_account(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    CheckWindow *self = p;

    if (error == NULL && field_text(result, "account")[0] != '\0')
        set_text(&self->own, field_text(result, "account"));
}

/* --- the object --- */

static void
check_window_dispose(GObject *object)
{
    CheckWindow *self = SNUG_CHECK_WINDOW(object);

    if (self->account != NULL)
        gtk_editable_set_text(self->opens, "");
    g_clear_pointer(&self->path, free_wiped);
    g_clear_pointer(&self->own, free_wiped);
    g_clear_object(&self->account);
    G_OBJECT_CLASS(check_window_parent_class)->dispose(object);
}

static void
check_window_class_init(CheckWindowClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = check_window_dispose;
    g_type_ensure(SNUG_TYPE_WORK_BAR);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/backup/check_window.ui");
    gtk_widget_class_bind_template_child(widget, CheckWindow, form);
    gtk_widget_class_bind_template_child(widget, CheckWindow, found);
    gtk_widget_class_bind_template_child(widget, CheckWindow, found_group);
    gtk_widget_class_bind_template_child(widget, CheckWindow, begin);
    gtk_widget_class_bind_template_child(widget, CheckWindow, another);
    gtk_widget_class_bind_template_child(widget, CheckWindow, file);
    gtk_widget_class_bind_template_child(widget, CheckWindow, address);
    gtk_widget_class_bind_template_child(widget, CheckWindow, made);
    gtk_widget_class_bind_template_child(widget, CheckWindow, messages);
    gtk_widget_class_bind_template_child(widget, CheckWindow, contacts);
    gtk_widget_class_bind_template_child(widget, CheckWindow, files);
    gtk_widget_class_bind_template_child(widget, CheckWindow, size);
    gtk_widget_class_bind_template_child(widget, CheckWindow, opens);
    gtk_widget_class_bind_template_child(widget, CheckWindow, trouble);
    gtk_widget_class_bind_template_child(widget, CheckWindow, work);
    gtk_widget_class_bind_template_callback(widget, update);
    gtk_widget_class_bind_template_callback(widget, on_choose);
    gtk_widget_class_bind_template_callback(widget, on_begin);
    gtk_widget_class_bind_template_callback(widget, on_done);
}

static void
check_window_init(CheckWindow *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    entry_rows_name(GTK_WIDGET(self));
}

CheckWindow *
check_window_new(GtkWindow *parent, Account *account)
{
    CheckWindow *self = g_object_new(SNUG_TYPE_CHECK_WINDOW, NULL);

    self->account = g_object_ref(account);
    dialog_setup(GTK_WINDOW(self), parent, account);
    bridge_call(account->bridge,
                &(struct call){.method = "account.status", .self = self, .done = on_account});
    update(self);
    return self;
}
