/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/composer_private.h"

#include <glib/gi18n.h>

#include "gui/choose_file.h"
#include "gui/memory.h"

void
composer_take_files(Composer *self, GdkFileList *files)
{
    g_autoptr(GSList) list = gdk_file_list_get_files(files);

    if (self->editing != NULL) {
        composer_say(self, _("Files cannot be added to a message that was sent."));
        return;
    }
    for (GSList *f = list; f != NULL; f = f->next)
        outgoing_tray_add(self->tray, f->data);
    composer_focus(self);
}

/* --- the file chooser --- */

static void
on_chosen(gpointer p, const char *path, gpointer data)
{
    Composer *self = p;
    g_autoptr(GFile) file = g_file_new_for_path(path);

    outgoing_tray_add(self->tray, file);
    composer_focus(self);
}

void
composer_choose_files(Composer *self)
{
    choose_file(&(struct choosing){.self = GTK_WIDGET(self),
                                   .account = self->account,
                                   .action = GTK_FILE_CHOOSER_ACTION_OPEN,
                                   .title = _("Send Files"),
                                   .accept = _("_Add"),
                                   .many = TRUE,
                                   .chosen = on_chosen});
}

/* --- pictures of the clipboard --- */

static void
compress(GTask *task, gpointer source, gpointer picture, GCancellable *cancel)
{
    GBytes *png = gdk_texture_save_to_png_bytes(picture);

    g_task_return_pointer(task, png, (GDestroyNotify)g_bytes_unref);
}

static void
on_compressed(GObject *source, GAsyncResult *result, gpointer contact)
{
    Composer *self = SNUG_COMPOSER(source);
    g_autofree char *for_whom = contact;
    g_autoptr(GBytes) png = g_task_propagate_pointer(G_TASK(result), NULL);
    const char *name = _("Picture.png");
    int fd = png != NULL ? memory_new_bytes(png) : -1;

    if (fd < 0) {
        composer_say(self, _("There is not enough memory for this picture."));
        return;
    }
    g_autoptr(OutgoingFile) file =
        outgoing_file_new_memory(name, fd, (goffset)g_bytes_get_size(png));
    if (g_strcmp0(for_whom, self->contact) == 0)
        outgoing_tray_add_file(self->tray, file);
}

void
composer_take_picture(Composer *self, GdkTexture *picture)
{
    g_autoptr(GTask) task = NULL;

    if (self->editing != NULL) {
        composer_say(self, _("Files cannot be added to a message that was sent."));
        return;
    }
    task = g_task_new(self, NULL, on_compressed, g_strdup(self->contact));
    g_task_set_task_data(task, g_object_ref(picture), g_object_unref);
    g_task_run_in_thread(task, compress);
}

/* --- drag and drop --- */

static gboolean
on_drop(Composer *self, const GValue *value)
{
    if (!composer_may_write(self))
        return FALSE;
    if (G_VALUE_HOLDS(value, GDK_TYPE_FILE_LIST))
        composer_take_files(self, g_value_get_boxed(value));
    else if (G_VALUE_HOLDS(value, GDK_TYPE_TEXTURE))
        composer_take_picture(self, g_value_get_object(value));
    else
        return FALSE;
    return TRUE;
}

void
composer_accept_drops(Composer *self, GtkWidget *area)
{
    GtkDropTarget *target = gtk_drop_target_new(G_TYPE_INVALID, GDK_ACTION_COPY);
    GType types[] = {GDK_TYPE_FILE_LIST, GDK_TYPE_TEXTURE}; /* what is a file comes as that one */

    gtk_drop_target_set_gtypes(target, types, G_N_ELEMENTS(types));
    gtk_event_controller_set_propagation_phase(GTK_EVENT_CONTROLLER(target), GTK_PHASE_CAPTURE);
    g_signal_connect_object(target, "drop", G_CALLBACK(on_drop), self, G_CONNECT_SWAPPED);
    gtk_widget_add_controller(area, GTK_EVENT_CONTROLLER(target));
}
