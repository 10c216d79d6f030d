/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/settings/storage_page.h"

#include <glib/gi18n.h>

#include "gui/dialog.h"
#include "gui/models/fields.h"
#include "gui/settings/rows.h"

#define SHOWN 100 /* conversations, the largest */
#define DAY_MS G_GINT64_CONSTANT(86400000)

struct _StoragePage {
    AdwPreferencesPage parent;
    Account *account;
    AdwPreferencesGroup *sums;
    AdwComboRow *what, *age;
    AdwActionRow *clearing;
    GtkWidget *clear;
    GtkSpinner *spinner;
    GPtrArray *rows;  /* of GtkWidget, in SUMS */
    GPtrArray *found; /* of json_t, while the agent counts */
    guint counting;
};

G_DEFINE_FINAL_TYPE(StoragePage, storage_page, ADW_TYPE_PREFERENCES_PAGE)

static void count_again(StoragePage *self);

/* --- taking away --- */

static void
on_cleared(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    StoragePage *self = p;
    g_autofree char *size = g_format_size((guint64)field_int(result, "bytes"));
    g_autofree char *text = g_strdup_printf(_("%s were freed."), size);

    gtk_spinner_stop(self->spinner);
    gtk_widget_set_sensitive(self->clear, TRUE);
    adw_action_row_set_subtitle(self->clearing, "");
    say(GTK_WIDGET(self), error != NULL ? error->message : text);
    count_again(self);
}

static void
on_clearing(gpointer p, const json_t *about, gpointer data)
{
    const json_t *row = json_object_get(about, "row");
    g_autofree char *size = g_format_size((guint64)field_int(row, "bytes"));
    g_autofree char *text = g_strdup_printf(_("%s so far"), size);

    adw_action_row_set_subtitle(SNUG_STORAGE_PAGE(p)->clearing, text);
}

/* Takes PARAMS. */
static void
begin_clearing(StoragePage *self, json_t *params)
{
    gtk_spinner_start(self->spinner);
    gtk_widget_set_sensitive(self->clear, FALSE);
    bridge_call(self->account->bridge, &(struct call){.method = "storage.clear",
                                                      .params = params,
                                                      .self = self,
                                                      .done = on_cleared,
                                                      .progress = on_clearing});
}

static void
clear_all(gpointer p, gpointer data)
{
    static const char *const names[] = {"files", "messages", "all"};
    static const int days[] = {365, 91, 30, 7, 0};
    StoragePage *self = p;
    guint what = adw_combo_row_get_selected(self->what),
          age = adw_combo_row_get_selected(self->age);
    json_t *params = json_object();

    if (what < G_N_ELEMENTS(names) && age < G_N_ELEMENTS(days)) {
        json_object_set_new(params, "what", json_string(names[what]));
        if (days[age] != 0)
            json_object_set_new(params, "older_than_ms", json_integer(days[age] * DAY_MS));
        begin_clearing(self, params);
    } else
        json_decref(params);
}

static void
on_clear_clicked(StoragePage *self)
{
    ask_first(
        &(struct asking){.self = GTK_WIDGET(self), .account = self->account, .yes = clear_all},
        &(struct question){
            .heading = _("Delete From This Computer?"),
            .body = _("What you chose is deleted from all conversations. It does not come "
                      "back; your contacts keep theirs."),
            .answer = _("_Delete"),
            .destructive = TRUE});
}

static void
clear_files_of(gpointer p, gpointer contact)
{
    begin_clearing(p, json_pack("{s:s,s:s}", "what", "files", "contact", contact));
}

static void
on_row_activated(GtkWidget *row, StoragePage *self)
{
    ask_first(&(struct asking){.self = GTK_WIDGET(self),
                               .account = self->account,
                               .yes = clear_files_of,
                               .data = g_strdup(g_object_get_data(G_OBJECT(row), "contact")),
                               .free_data = g_free},
              &(struct question){
                  .heading = _("Delete the Files of This Conversation?"),
                  .body = _("Its messages stay. The files are deleted from this computer only."),
                  .answer = _("_Delete Files"),
                  .destructive = TRUE});
}

/* --- what is taken up --- */

static gint64
bytes_of(const json_t *sum)
{
    return field_int(sum, "text_bytes") + field_int(sum, "file_bytes");
}

static int
larger_first(gconstpointer a, gconstpointer b)
{
    gint64 x = bytes_of(*(json_t *const *)a), y = bytes_of(*(json_t *const *)b);

    return x < y ? 1 : x > y ? -1 : 0;
}

static void
add_row(StoragePage *self, const char *title, const char *subtitle, gint64 bytes,
        const char *contact)
{
    GtkWidget *row = adw_action_row_new();
    g_autofree char *size = g_format_size((guint64)bytes);

    adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(row), FALSE);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
    adw_action_row_set_title_lines(ADW_ACTION_ROW(row), 1);
    adw_action_row_set_subtitle(ADW_ACTION_ROW(row), subtitle);
    GtkWidget *label = gtk_label_new(size);
    gtk_widget_add_css_class(label, "dim-label");
    gtk_widget_add_css_class(label, "numeric");
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), label);
    if (contact != NULL) {
        g_object_set_data_full(G_OBJECT(row), "contact", g_strdup(contact), g_free);
        gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(row), TRUE);
        gtk_widget_set_tooltip_text(row, _("Delete Its Files…"));
        g_signal_connect_object(row, "activated", G_CALLBACK(on_row_activated), self, 0);
    }
    adw_preferences_group_add(self->sums, row);
    g_ptr_array_add(self->rows, row);
}

static void
add_conversation(StoragePage *self, const json_t *sum)
{
    gint64 messages = field_int(sum, "messages"), files = field_int(sum, "files");
    g_autofree char *m = g_strdup_printf(
        ngettext("%lld message", "%lld messages", (gulong)messages), (long long)messages);
    g_autofree char *f =
        g_strdup_printf(ngettext("%lld file", "%lld files", (gulong)files), (long long)files);
    g_autofree char *text = g_strdup_printf("%s, %s", m, f);

    add_row(self, field_text(sum, "label"), text, bytes_of(sum),
            files > 0 ? field_text(sum, "contact") : NULL);
}

static void
on_counted(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    StoragePage *self = p;

    self->counting = 0;
    for (guint i = 0; i < self->rows->len; i++)
        adw_preferences_group_remove(self->sums, self->rows->pdata[i]);
    g_ptr_array_set_size(self->rows, 0);
    if (error != NULL) {
        adw_preferences_group_set_description(self->sums, error->message);
        return;
    }
    add_row(self, _("All together"), _("Messages, files and what the database needs"),
            field_int(result, "database_bytes") + field_int(result, "wal_bytes") +
                field_int(result, "file_bytes"),
            NULL);
    g_ptr_array_sort(self->found, larger_first);
    for (guint i = 0; i < MIN(self->found->len, SHOWN); i++)
        add_conversation(self, self->found->pdata[i]);
    g_ptr_array_set_size(self->found, 0);
}

static void
on_count(gpointer p, const json_t *about, gpointer data)
{
    json_t *row = json_object_get(about, "row");

    if (row != NULL)
        g_ptr_array_add(SNUG_STORAGE_PAGE(p)->found, json_incref(row));
}

static void
count_again(StoragePage *self)
{
    if (self->counting != 0)
        bridge_cancel(self->account->bridge, self->counting);
    g_ptr_array_set_size(self->found, 0);
    self->counting = bridge_call(self->account->bridge, &(struct call){.method = "storage.show",
                                                                       .self = self,
                                                                       .done = on_counted,
                                                                       .progress = on_count});
}

/* --- the object --- */

static void
storage_page_dispose(GObject *object)
{
    StoragePage *self = SNUG_STORAGE_PAGE(object);

    g_clear_pointer(&self->rows, g_ptr_array_unref);
    g_clear_pointer(&self->found, g_ptr_array_unref);
    g_clear_object(&self->account);
    G_OBJECT_CLASS(storage_page_parent_class)->dispose(object);
}

static void
storage_page_class_init(StoragePageClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = storage_page_dispose;
    g_type_ensure(SNUG_TYPE_CHOICE_ROW);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/settings/storage_page.ui");
    gtk_widget_class_bind_template_child(widget, StoragePage, sums);
    gtk_widget_class_bind_template_child(widget, StoragePage, what);
    gtk_widget_class_bind_template_child(widget, StoragePage, age);
    gtk_widget_class_bind_template_child(widget, StoragePage, clearing);
    gtk_widget_class_bind_template_child(widget, StoragePage, clear);
    gtk_widget_class_bind_template_child(widget, StoragePage, spinner);
    gtk_widget_class_bind_template_callback(widget, on_clear_clicked);
}

static void
storage_page_init(StoragePage *self)
{
    self->rows = g_ptr_array_new();
    self->found = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);
    gtk_widget_init_template(GTK_WIDGET(self));
}

void
storage_page_setup(StoragePage *self, Account *account)
{
    self->account = g_object_ref(account);
    count_again(self);
}
