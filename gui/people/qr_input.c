/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/people/qr_input.h"

#include <glib/gi18n.h>
#include <string.h>

#include "gui/choose_file.h"
#include "gui/dialog.h"
#include "gui/memory.h"

struct _QrInput {
    GtkBox parent;
    Account *account;
    char *prefix;
    GtkButton *choose, *paste;
    GtkSpinner *spinner;
};

G_DEFINE_FINAL_TYPE(QrInput, qr_input, GTK_TYPE_BOX)

enum { FOUND, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

static const char *const picture_types[] = {"image/png", "image/jpeg", "image/webp",
                                            "image/gif", "image/bmp",  NULL};

static void
set_busy(QrInput *self, gboolean busy)
{
    gtk_spinner_set_spinning(self->spinner, busy);
    gtk_widget_set_sensitive(GTK_WIDGET(self->choose), !busy);
    gtk_widget_set_sensitive(GTK_WIDGET(self->paste), !busy);
}

static void
give_up(QrInput *self, const char *why)
{
    if (self->account == NULL) /* closed meanwhile */
        return;
    set_busy(self, FALSE);
    say(GTK_WIDGET(self), why);
}

/* --- reading --- */

static void
on_read(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    QrInput *self = p;
    const json_t *texts = json_object_get(result, "texts");
    size_t i, n = json_array_size(texts);

    if (error != NULL) {
        give_up(self, error->message);
        return;
    }
    for (i = 0; i < n; i++) {
        const char *text = json_string_value(json_array_get(texts, i));

        if (text == NULL || !g_str_has_prefix(text, self->prefix))
            continue;
        set_busy(self, FALSE);
        g_signal_emit(self, signals[FOUND], 0, text);
        return;
    }
    give_up(self, n == 0 ? _("No QR code was found in this picture.")
                         : _("The QR code in this picture is for something else."));
}

static void
close_fd(gpointer p)
{
    memory_close(GPOINTER_TO_INT(p));
}

/* FD, which is taken, is held open until the answer; -1: none. */
static void
read_path(QrInput *self, const char *path, int fd)
{
    set_busy(self, TRUE);
    bridge_call(self->account->bridge, &(struct call){.method = "qr.read",
                                                      .params = json_pack("{s:s}", "path", path),
                                                      .self = self,
                                                      .done = on_read,
                                                      .data = GINT_TO_POINTER(fd),
                                                      .free_data = fd < 0 ? NULL : close_fd});
}

static void
read_memory(QrInput *self, int fd)
{
    g_autofree char *path = memory_path(fd);

    read_path(self, path, fd);
}

void
qr_input_take_bytes(QrInput *self, GBytes *bytes)
{
    int fd = memory_new_bytes(bytes);

    if (fd < 0)
        give_up(self, _("There is not enough memory for this picture."));
    else
        read_memory(self, fd);
}

void
qr_input_take_file(QrInput *self, GFile *file)
{
    g_autofree char *path = g_file_get_path(file);

    if (path == NULL)
        give_up(self, _("Only files on this computer can be read."));
    else
        read_path(self, path, -1);
}

/* --- a file --- */

static void
on_chosen(gpointer self, const char *path, gpointer data)
{
    read_path(self, path, -1);
}

static void
on_choose_clicked(QrInput *self)
{
    choose_file(&(struct choosing){.self = GTK_WIDGET(self),
                                   .account = self->account,
                                   .action = GTK_FILE_CHOOSER_ACTION_OPEN,
                                   .title = _("Picture With a QR Code"),
                                   .accept = _("_Open"),
                                   .pictures = TRUE,
                                   .chosen = on_chosen});
}

/* --- the clipboard --- */

static void
on_spliced(GObject *stream, GAsyncResult *done, gpointer data)
{
    g_autoptr(QrInput) self = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = NULL;

    if (g_output_stream_splice_finish(G_OUTPUT_STREAM(stream), done, &error) < 0) {
        give_up(self, error->message);
        return;
    }
    bytes = g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(stream));
    if (self->account != NULL)
        qr_input_take_bytes(self, bytes);
}

static void
on_pasted_picture(GObject *clipboard, GAsyncResult *done, gpointer data)
{
    g_autoptr(QrInput) self = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GOutputStream) memory = g_memory_output_stream_new_resizable();
    g_autoptr(GInputStream) stream =
        gdk_clipboard_read_finish(GDK_CLIPBOARD(clipboard), done, NULL, &error);

    if (stream == NULL) {
        give_up(self, error->message);
        return;
    }
    g_output_stream_splice_async(
        memory, stream, G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE | G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
        G_PRIORITY_DEFAULT, NULL, on_spliced, g_object_ref(self));
}

static gboolean
take_files(QrInput *self, const GValue *value)
{
    GSList *files = gdk_file_list_get_files(g_value_get_boxed(value));

    if (files != NULL)
        qr_input_take_file(self, files->data);
    g_slist_free(files);
    return files != NULL;
}

static void
on_pasted_files(GObject *clipboard, GAsyncResult *done, gpointer data)
{
    g_autoptr(QrInput) self = data;
    g_autoptr(GError) error = NULL;
    const GValue *value = gdk_clipboard_read_value_finish(GDK_CLIPBOARD(clipboard), done, &error);

    if (value == NULL)
        give_up(self, error->message);
    else if (self->account != NULL)
        take_files(self, value);
}

static gboolean
has_picture(GdkContentFormats *formats)
{
    for (int i = 0; picture_types[i] != NULL; i++)
        if (gdk_content_formats_contain_mime_type(formats, picture_types[i]))
            return TRUE;
    return FALSE;
}

static void
on_paste_clicked(QrInput *self)
{
    GdkClipboard *clipboard = gtk_widget_get_clipboard(GTK_WIDGET(self));
    GdkContentFormats *formats = gdk_clipboard_get_formats(clipboard);

    if (has_picture(formats)) {
        set_busy(self, TRUE);
        gdk_clipboard_read_async(clipboard, (const char **)(guintptr)picture_types,
                                 G_PRIORITY_DEFAULT, NULL, on_pasted_picture, g_object_ref(self));
    } else if (gdk_content_formats_contain_mime_type(formats, "text/uri-list") ||
               gdk_content_formats_contain_gtype(formats, GDK_TYPE_FILE_LIST)) {
        set_busy(self, TRUE);
        gdk_clipboard_read_value_async(clipboard, GDK_TYPE_FILE_LIST, G_PRIORITY_DEFAULT, NULL,
                                       on_pasted_files, g_object_ref(self));
    } else
        say(GTK_WIDGET(self), _("There is no picture in the clipboard."));
}

/* --- the object --- */

static gboolean
on_drop(GtkDropTarget *target, const GValue *value, double x, double y, QrInput *self)
{
    return G_VALUE_HOLDS(value, GDK_TYPE_FILE_LIST) && take_files(self, value);
}

void
qr_input_setup(QrInput *self, Account *account, const char *prefix, GtkWidget *area)
{
    GtkDropTarget *target = gtk_drop_target_new(GDK_TYPE_FILE_LIST, GDK_ACTION_COPY);

    self->account = g_object_ref(account);
    self->prefix = g_strdup(prefix);
    g_signal_connect_object(target, "drop", G_CALLBACK(on_drop), self, 0);
    gtk_widget_add_controller(area, GTK_EVENT_CONTROLLER(target));
}

static void
qr_input_dispose(GObject *object)
{
    QrInput *self = SNUG_QR_INPUT(object);

    g_clear_object(&self->account);
    G_OBJECT_CLASS(qr_input_parent_class)->dispose(object);
}

static void
qr_input_finalize(GObject *object)
{
    g_free(SNUG_QR_INPUT(object)->prefix);
    G_OBJECT_CLASS(qr_input_parent_class)->finalize(object);
}

static void
qr_input_class_init(QrInputClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = qr_input_dispose;
    G_OBJECT_CLASS(klass)->finalize = qr_input_finalize;
    signals[FOUND] = g_signal_new("found", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/people/qr_input.ui");
    gtk_widget_class_bind_template_child(widget, QrInput, choose);
    gtk_widget_class_bind_template_child(widget, QrInput, paste);
    gtk_widget_class_bind_template_child(widget, QrInput, spinner);
    gtk_widget_class_bind_template_callback(widget, on_choose_clicked);
    gtk_widget_class_bind_template_callback(widget, on_paste_clicked);
}

static void
qr_input_init(QrInput *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}
