/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/outgoing_tray.h"

#include <glib/gi18n.h>

#include "gui/models/avatars.h"
#include "wire/limits.h"

#define SMALL 96 /* pixels of a small picture, */
#define SHOWN 40 /* which is shown as so many */

struct _OutgoingTray {
    GtkWidget parent;
    Account *account; /* NULL: no small pictures */
    GtkListBox *list;
    GtkCheckButton *strip;
    GtkLabel *words;
    GPtrArray *files; /* of OutgoingFile, in the order of the list */
};

G_DEFINE_FINAL_TYPE(OutgoingTray, outgoing_tray, GTK_TYPE_WIDGET)

enum { CHANGED, REFUSED, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

/* --- what happens to them --- */

static guint
count_pictures(OutgoingTray *self)
{
    guint n = 0;

    for (guint i = 0; i < self->files->len; i++)
        n += ((OutgoingFile *)g_ptr_array_index(self->files, i))->picture;
    return n;
}

static void
show_words(OutgoingTray *self)
{
    guint pictures = count_pictures(self), others = self->files->len - pictures;
    gboolean strip = gtk_check_button_get_active(self->strip);
    const char *text = "";

    if (pictures > 0 && !strip)
        text = _("Everything is sent as it is. The files may tell where and with what a picture "
                 "was made.");
    else if (others > 0)
        text = ngettext("This file is sent as it is, with what it says about its author.",
                        "Other files are sent as they are, with what they say about their author.",
                        self->files->len);
    gtk_widget_set_visible(GTK_WIDGET(self->strip), pictures > 0);
    gtk_widget_set_visible(GTK_WIDGET(self->words), text[0] != '\0');
    gtk_label_set_text(self->words, text);
}

static void
changed(OutgoingTray *self)
{
    show_words(self);
    gtk_widget_set_visible(GTK_WIDGET(self), self->files->len > 0);
    g_signal_emit(self, signals[CHANGED], 0);
}

/* --- rows --- */

static void
on_remove(OutgoingTray *self, GtkButton *button)
{
    GtkWidget *row = gtk_widget_get_ancestor(GTK_WIDGET(button), GTK_TYPE_LIST_BOX_ROW);
    guint at = (guint)gtk_list_box_row_get_index(GTK_LIST_BOX_ROW(row));

    gtk_list_box_remove(self->list, row);
    g_ptr_array_remove_index(self->files, at);
    if (self->files->len == 0)
        gtk_widget_child_focus(gtk_widget_get_parent(GTK_WIDGET(self)), GTK_DIR_TAB_FORWARD);
    changed(self);
}

static GtkWidget *
make_labels(const OutgoingFile *file)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0), *name = gtk_label_new(file->name),
              *size = gtk_label_new(NULL);
    g_autofree char *bytes = g_format_size((guint64)file->size);

    gtk_label_set_ellipsize(GTK_LABEL(name), PANGO_ELLIPSIZE_MIDDLE);
    gtk_label_set_xalign(GTK_LABEL(name), 0);
    gtk_label_set_text(GTK_LABEL(size), bytes);
    gtk_label_set_xalign(GTK_LABEL(size), 0);
    gtk_widget_add_css_class(size, "caption");
    gtk_widget_add_css_class(size, "dim-label");
    gtk_widget_set_hexpand(box, TRUE);
    gtk_box_append(GTK_BOX(box), name);
    gtk_box_append(GTK_BOX(box), size);
    return box;
}

static void
on_small(gpointer image, const json_t *result, const GError *error, gpointer data)
{
    g_autoptr(GdkTexture) texture = result != NULL ? avatar_read(result) : NULL;

    if (texture == NULL)
        return;
    gtk_image_set_from_paintable(image, GDK_PAINTABLE(texture));
    gtk_image_set_pixel_size(image, SHOWN);
}

/* A picture is decoded by who does that for the agent, never here. */
static GtkWidget *
make_image(OutgoingTray *self, const OutgoingFile *file)
{
    GtkWidget *image = gtk_image_new_from_icon_name(file->picture ? "image-x-generic-symbolic"
                                                                  : "text-x-generic-symbolic");

    if (file->picture && self->account != NULL)
        bridge_call(
            self->account->bridge,
            &(struct call){.method = "media.thumbnail",
                           .params = json_pack("{s:s,s:i,s:i,s:b}", "path", file->path, "width",
                                               SMALL, "height", SMALL, "pixels", 1),
                           .self = image,
                           .done = on_small});
    return image;
}

static GtkWidget *
make_row(OutgoingTray *self, const OutgoingFile *file)
{
    GtkWidget *row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12),
              *remove = gtk_button_new_from_icon_name("window-close-symbolic");
    g_autofree char *name = g_strdup_printf(_("Do not send %s"), file->name);

    gtk_widget_add_css_class(row, "tray-row");
    gtk_box_append(GTK_BOX(row), make_image(self, file));
    gtk_box_append(GTK_BOX(row), make_labels(file));
    gtk_widget_add_css_class(remove, "flat");
    gtk_widget_add_css_class(remove, "circular");
    gtk_widget_set_valign(remove, GTK_ALIGN_CENTER);
    gtk_widget_set_tooltip_text(remove, name);
    gtk_accessible_update_property(GTK_ACCESSIBLE(remove), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
    g_signal_connect_swapped(remove, "clicked", G_CALLBACK(on_remove), self);
    gtk_box_append(GTK_BOX(row), remove);
    return row;
}

void
outgoing_tray_add_file(OutgoingTray *self, OutgoingFile *file)
{
    if (self->files->len >= ATTACHMENTS_MAX) {
        g_autofree char *why =
            g_strdup_printf(_("A message has at most %d files. Send the others with the next one."),
                            ATTACHMENTS_MAX);
        g_signal_emit(self, signals[REFUSED], 0, why);
        return;
    }
    g_ptr_array_add(self->files, outgoing_file_ref(file));
    gtk_list_box_append(self->list, make_row(self, file));
    GtkWidget *row = gtk_widget_get_last_child(GTK_WIDGET(self->list));
    gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(row), FALSE);
    gtk_widget_set_focusable(row, FALSE);
    changed(self);
}

void
outgoing_tray_add(OutgoingTray *self, GFile *file)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(OutgoingFile) taken = outgoing_file_new(file, &error);

    if (taken == NULL)
        g_signal_emit(self, signals[REFUSED], 0, error->message);
    else
        outgoing_tray_add_file(self, taken);
}

void
outgoing_tray_set_account(OutgoingTray *self, Account *account)
{
    g_set_object(&self->account, account);
}

gboolean
outgoing_tray_is_empty(OutgoingTray *self)
{
    return self->files->len == 0;
}

gboolean
outgoing_tray_get_strip(OutgoingTray *self)
{
    return gtk_check_button_get_active(self->strip);
}

GPtrArray *
outgoing_tray_take(OutgoingTray *self)
{
    GPtrArray *files = g_steal_pointer(&self->files);
    GtkWidget *row;

    self->files = g_ptr_array_new_with_free_func((GDestroyNotify)outgoing_file_unref);
    while ((row = gtk_widget_get_first_child(GTK_WIDGET(self->list))) != NULL)
        gtk_list_box_remove(self->list, row);
    gtk_check_button_set_active(self->strip, TRUE);
    changed(self);
    return files;
}

/* --- the object --- */

static void
outgoing_tray_dispose(GObject *object)
{
    OutgoingTray *self = SNUG_OUTGOING_TRAY(object);
    GtkWidget *child;

    while ((child = gtk_widget_get_first_child(GTK_WIDGET(self))) != NULL)
        gtk_widget_unparent(child);
    g_clear_pointer(&self->files, g_ptr_array_unref);
    g_clear_object(&self->account);
    G_OBJECT_CLASS(outgoing_tray_parent_class)->dispose(object);
}

static void
outgoing_tray_class_init(OutgoingTrayClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);
    GType type = G_TYPE_FROM_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = outgoing_tray_dispose;
    signals[CHANGED] =
        g_signal_new("changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    signals[REFUSED] = g_signal_new("refused", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 1, G_TYPE_STRING);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/chat/outgoing_tray.ui");
    gtk_widget_class_bind_template_child(widget, OutgoingTray, list);
    gtk_widget_class_bind_template_child(widget, OutgoingTray, strip);
    gtk_widget_class_bind_template_child(widget, OutgoingTray, words);
    gtk_widget_class_bind_template_callback(widget, show_words);
}

static void
outgoing_tray_init(OutgoingTray *self)
{
    self->files = g_ptr_array_new_with_free_func((GDestroyNotify)outgoing_file_unref);
    gtk_widget_init_template(GTK_WIDGET(self));
}
