/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/backup/backup_page.h"

#include <glib/gi18n.h>

#include "gui/backup/backup_window.h"
#include "gui/backup/check_window.h"
#include "gui/chat/delivery_words.h"
#include "gui/chat/message_words.h"
#include "gui/models/fields.h"

struct _BackupPage {
    AdwPreferencesPage parent;
    Account *account;
    json_t *status; /* NULL: not known yet */
    AdwActionRow *now, *schedule, *failure;
    GtkWidget *now_button, *schedule_button;
};

G_DEFINE_FINAL_TYPE(BackupPage, backup_page, ADW_TYPE_PREFERENCES_PAGE)

static char *
last_words(const json_t *status, gint64 now)
{
    gint64 last = field_int(status, "last_ms"), bytes = field_int(status, "last_bytes");
    g_autofree char *ago = relative_words(last, now), *moment = message_moment_words(last),
                    *path = g_filename_display_name(field_text(status, "last")),
                    *size = bytes > 0 ? g_format_size((guint64)bytes) : NULL;

    if (field_bool(status, "running"))
        return g_strdup(_("One is being made at this moment."));
    if (last == 0)
        return g_strdup(_("None was made yet."));
    return size != NULL ? g_strdup_printf("%s (%s), %s\n%s", moment, ago, size, path)
                        : g_strdup_printf("%s (%s)\n%s", moment, ago, path);
}

static char *
schedule_words(const json_t *status, gint64 now)
{
    const char *every = field_text(status, "every"), *folder = field_text(status, "folder");
    gint64 keep = field_int(status, "keep"), next = field_int(status, "next_ms");
    g_autofree char *when = relative_words(MAX(next, now + 1), now),
                    *path = g_filename_display_name(folder), *kept = NULL;

    if (strcmp(every, "daily") != 0 && strcmp(every, "weekly") != 0)
        return g_strdup(_("Never"));
    kept = g_strdup_printf(ngettext("the newest stays", "the newest %d stay", (gulong)keep),
                           (int)keep);
    if (next == 0)
        return g_strdup_printf(strcmp(every, "daily") == 0 ? _("Every day to %s; %s")
                                                           : _("Every week to %s; %s"),
                               path, kept);
    return g_strdup_printf(strcmp(every, "daily") == 0 ? _("Every day to %s; %s. The next %s.")
                                                       : _("Every week to %s; %s. The next %s."),
                           path, kept, when);
}

/* Names of errors, as the agent gives them. */
static const char *
failure_words(const char *name)
{
    static const char *const words[][2] = {
        {"full", N_("There is no room left where backups go.")},
        {"io", N_("The folder cannot be written to. Is the disk there?")},
        {"not-found", N_("The folder is not there. Is the disk there?")},
        {"exists", N_("A file of that name is there already.")},
        {"damaged", N_("Something that is to be backed up is damaged.")},
        {"memory", N_("There was not enough memory.")},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (strcmp(name, words[i][0]) == 0)
            return _(words[i][1]);
    return _("It could not be written.");
}

static void
show(BackupPage *self)
{
    gint64 now = g_get_real_time() / 1000, failed = field_int(self->status, "failed_ms");
    const char *error = field_text(self->status, "error");
    g_autofree char *last = last_words(self->status, now),
                    *schedule = schedule_words(self->status, now), *failure = NULL,
                    *ago = relative_words(failed, now);

    adw_action_row_set_subtitle(self->now, last);
    adw_action_row_set_subtitle(self->schedule, schedule);
    gtk_widget_set_visible(GTK_WIDGET(self->failure), error[0] != '\0');
    failure = g_strdup_printf(_("%s That was %s; it is tried again every hour."),
                              failure_words(error), ago);
    adw_action_row_set_subtitle(self->failure, failure);
    gtk_widget_set_sensitive(self->now_button, TRUE);
    gtk_widget_set_sensitive(self->schedule_button, TRUE);
}

static void
on_status(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    BackupPage *self = p;

    if (error != NULL) {
        adw_action_row_set_subtitle(self->now, error->message);
        return;
    }
    json_decref(self->status);
    self->status = json_deep_copy(result);
    show(self);
}

static void
ask(BackupPage *self)
{
    bridge_call(self->account->bridge,
                &(struct call){.method = "backup.status", .self = self, .done = on_status});
}

static void
open_window(BackupPage *self, gboolean schedule)
{
    GtkRoot *root = gtk_widget_get_root(GTK_WIDGET(self));
    BackupWindow *window = backup_window_new(GTK_IS_WINDOW(root) ? GTK_WINDOW(root) : NULL,
                                             self->account, self->status, schedule);

    g_signal_connect_object(window, "destroy", G_CALLBACK(ask), self, G_CONNECT_SWAPPED);
    gtk_window_present(GTK_WINDOW(window));
}

static void
on_now(BackupPage *self)
{
    open_window(self, FALSE);
}

static void
on_schedule(BackupPage *self)
{
    open_window(self, TRUE);
}

static void
on_check(BackupPage *self)
{
    GtkRoot *root = gtk_widget_get_root(GTK_WIDGET(self));

    gtk_window_present(
        GTK_WINDOW(check_window_new(GTK_IS_WINDOW(root) ? GTK_WINDOW(root) : NULL, self->account)));
}

/* --- the object --- */

static void
backup_page_dispose(GObject *object)
{
    BackupPage *self = SNUG_BACKUP_PAGE(object);

    g_clear_pointer(&self->status, json_decref);
    g_clear_object(&self->account);
    G_OBJECT_CLASS(backup_page_parent_class)->dispose(object);
}

static void
backup_page_class_init(BackupPageClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = backup_page_dispose;
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/backup/backup_page.ui");
    gtk_widget_class_bind_template_child(widget, BackupPage, now);
    gtk_widget_class_bind_template_child(widget, BackupPage, schedule);
    gtk_widget_class_bind_template_child(widget, BackupPage, failure);
    gtk_widget_class_bind_template_child(widget, BackupPage, now_button);
    gtk_widget_class_bind_template_child(widget, BackupPage, schedule_button);
    gtk_widget_class_bind_template_callback(widget, on_now);
    gtk_widget_class_bind_template_callback(widget, on_schedule);
    gtk_widget_class_bind_template_callback(widget, on_check);
}

static void
backup_page_init(BackupPage *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

void
backup_page_setup(BackupPage *self, Account *account)
{
    self->account = g_object_ref(account);
    g_signal_connect_object(account->bridge, "refresh", G_CALLBACK(ask), self, G_CONNECT_SWAPPED);
    ask(self);
}
