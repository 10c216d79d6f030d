/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/backup/kit_row.h"

#include <glib/gi18n.h>

#include "gui/backup/kit_find.h"
#include "gui/choose_file.h"
#include "gui/models/fields.h"
#include "gui/people/qr_input.h"

#define FILE_MAX 65536 /* bytes of a text that are looked at */

struct _KitRow {
    AdwActionRow parent;
    Account *account;
    QrInput *picture; /* not seen: it reads what is no text */
};

G_DEFINE_FINAL_TYPE(KitRow, kit_row, ADW_TYPE_ACTION_ROW)

enum { FOUND, TROUBLE, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

/* FALSE: there is none in TEXT. */
static gboolean
take_text(KitRow *self, const char *text)
{
    g_autofree char *address = NULL;
    char *code = NULL;

    if (!kit_find(text, &code, &address))
        return FALSE;
    g_signal_emit(self, signals[FOUND], 0, code, address);
    free_wiped(code);
    return TRUE;
}

static void
on_qr_found(KitRow *self, const char *text)
{
    if (!take_text(self, text))
        g_signal_emit(self, signals[TROUBLE], 0,
                      _("The QR code in this picture is not that of a recovery kit."));
}

/* --- a file --- */

struct reading {
    KitRow *self;
    GFile *file;
    char text[FILE_MAX + 1];
};

static void
reading_free(gpointer p)
{
    struct reading *r = p;

    g_object_unref(r->self);
    g_object_unref(r->file);
    explicit_bzero(r, sizeof *r);
    g_free(r);
}

static void
on_read(GObject *stream, GAsyncResult *done, gpointer data)
{
    struct reading *r = data;
    KitRow *self = r->self;
    g_autoptr(GError) error = NULL;
    gsize n = 0;

    if (!g_input_stream_read_all_finish(G_INPUT_STREAM(stream), done, &n, &error))
        g_signal_emit(self, signals[TROUBLE], 0, error->message);
    else if (self->account == NULL)
        n = 0; /* closed meanwhile */
    else if (!g_utf8_validate_len(r->text, n, NULL))
        qr_input_take_file(self->picture, r->file);
    else if (!take_text(self, r->text))
        g_signal_emit(self, signals[TROUBLE], 0, _("There is no recovery code in this file."));
    reading_free(r);
}

static void
on_opened(GObject *file, GAsyncResult *done, gpointer data)
{
    struct reading *r = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GFileInputStream) stream = g_file_read_finish(G_FILE(file), done, &error);

    if (stream == NULL) {
        g_signal_emit(r->self, signals[TROUBLE], 0, error->message);
        reading_free(r);
        return;
    }
    g_input_stream_read_all_async(G_INPUT_STREAM(stream), r->text, FILE_MAX, G_PRIORITY_DEFAULT,
                                  NULL, on_read, r);
}

void
kit_row_take_file(KitRow *self, GFile *file)
{
    struct reading *r = g_new0(struct reading, 1);
    g_autofree char *name = g_file_get_basename(file),
                    *shown = g_filename_display_name(name != NULL ? name : "");

    r->self = g_object_ref(self);
    r->file = g_object_ref(file);
    adw_action_row_set_subtitle(ADW_ACTION_ROW(self), shown);
    g_file_read_async(file, G_PRIORITY_DEFAULT, NULL, on_opened, r);
}

static void
on_chosen(gpointer self, const char *path, gpointer data)
{
    g_autoptr(GFile) file = g_file_new_for_path(path);

    kit_row_take_file(self, file);
}

static void
on_choose(KitRow *self)
{
    choose_file(&(struct choosing){.self = GTK_WIDGET(self),
                                   .account = self->account,
                                   .action = GTK_FILE_CHOOSER_ACTION_OPEN,
                                   .title = _("Choose the Recovery Kit"),
                                   .accept = _("_Choose"),
                                   .chosen = on_chosen});
}

/* --- the object --- */

static void
kit_row_dispose(GObject *object)
{
    g_clear_object(&SNUG_KIT_ROW(object)->account);
    G_OBJECT_CLASS(kit_row_parent_class)->dispose(object);
}

static void
kit_row_class_init(KitRowClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);
    GType type = G_TYPE_FROM_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = kit_row_dispose;
    g_type_ensure(SNUG_TYPE_QR_INPUT);
    signals[FOUND] =
        g_signal_new("found", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                     G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE, G_TYPE_STRING);
    signals[TROUBLE] = g_signal_new("trouble", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 1, G_TYPE_STRING);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/backup/kit_row.ui");
    gtk_widget_class_bind_template_child(widget, KitRow, picture);
    gtk_widget_class_bind_template_callback(widget, on_choose);
    gtk_widget_class_bind_template_callback(widget, on_qr_found);
}

static void
kit_row_init(KitRow *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

void
kit_row_setup(KitRow *self, Account *account)
{
    self->account = g_object_ref(account);
    qr_input_setup(self->picture, account, "", GTK_WIDGET(self));
}
