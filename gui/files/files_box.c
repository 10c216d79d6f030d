/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/files/files_box.h"

#include "gui/files/attachment_view.h"

#define TILE_OF_TWO 156 /* in two columns, where that leaves no gap; else in three */
#define TILE_OF_THREE 103

struct _FilesBox {
    GtkBox parent;
    Account *account;
    GPtrArray *shown; /* of Attachment */
};

G_DEFINE_FINAL_TYPE(FilesBox, files_box, GTK_TYPE_BOX)

static gboolean
is_picture(const Attachment *file)
{
    return file->kind == ATTACHMENT_IMAGE && file->state != ATTACHMENT_GONE;
}

static guint
count_pictures(const GPtrArray *files)
{
    guint n = 0;

    for (guint i = 0; i < files->len; i++)
        n += (guint)is_picture(g_ptr_array_index(files, i));
    return n;
}

static gboolean
is_shown(FilesBox *self, const GPtrArray *files)
{
    if (self->shown->len != files->len)
        return FALSE;
    for (guint i = 0; i < files->len; i++)
        if (g_ptr_array_index(self->shown, i) != g_ptr_array_index(files, i))
            return FALSE;
    return TRUE;
}

static GtkWidget *
make_grid(void)
{
    GtkWidget *grid = gtk_grid_new();

    gtk_grid_set_row_spacing(GTK_GRID(grid), 3);
    gtk_grid_set_column_spacing(GTK_GRID(grid), 3);
    gtk_widget_set_halign(grid, GTK_ALIGN_START);
    return grid;
}

static void
build(FilesBox *self)
{
    guint pictures = count_pictures(self->shown), tile = 0;
    int columns = pictures == 2 || pictures == 4 ? 2 : 3;
    GtkWidget *grid = pictures > 1 ? make_grid() : NULL;

    if (grid != NULL)
        gtk_box_append(GTK_BOX(self), grid);
    for (guint i = 0; i < self->shown->len; i++) {
        Attachment *file = g_ptr_array_index(self->shown, i);
        GtkWidget *view = attachment_view_new(self->account);

        if (grid != NULL && is_picture(file)) {
            attachment_view_set_tile(view, columns == 2 ? TILE_OF_TWO : TILE_OF_THREE);
            gtk_grid_attach(GTK_GRID(grid), view, (int)tile % columns, (int)tile / columns, 1, 1);
            tile++;
        } else {
            gtk_box_append(GTK_BOX(self), view);
        }
        attachment_view_bind(view, file);
    }
}

void
files_box_bind(FilesBox *self, const GPtrArray *files)
{
    if (is_shown(self, files))
        return;
    for (GtkWidget *child; (child = gtk_widget_get_first_child(GTK_WIDGET(self))) != NULL;)
        gtk_box_remove(GTK_BOX(self), child);
    g_ptr_array_set_size(self->shown, 0);
    for (guint i = 0; i < files->len; i++)
        g_ptr_array_add(self->shown, g_object_ref(g_ptr_array_index(files, i)));
    build(self);
}

static void
files_box_dispose(GObject *object)
{
    FilesBox *self = SNUG_FILES_BOX(object);

    g_clear_object(&self->account);
    g_clear_pointer(&self->shown, g_ptr_array_unref);
    G_OBJECT_CLASS(files_box_parent_class)->dispose(object);
}

static void
files_box_class_init(FilesBoxClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = files_box_dispose;
}

static void
files_box_init(FilesBox *self)
{
    self->shown = g_ptr_array_new_with_free_func(g_object_unref);
    gtk_orientable_set_orientation(GTK_ORIENTABLE(self), GTK_ORIENTATION_VERTICAL);
    gtk_box_set_spacing(GTK_BOX(self), 6);
}

GtkWidget *
files_box_new(Account *account)
{
    FilesBox *self = g_object_new(SNUG_TYPE_FILES_BOX, NULL);

    self->account = g_object_ref(account);
    return GTK_WIDGET(self);
}
