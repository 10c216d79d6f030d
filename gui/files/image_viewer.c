/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/files/image_viewer.h"

#include <glib/gi18n.h>

#include "gui/dialog.h"
#include "gui/files/file_words.h"
#include "gui/files/image_canvas.h"
#include "gui/files/pixels.h"
#include "gui/files/save_as.h"
#include "gui/files/thumbnails.h"
#include "gui/models/message.h"

#define STEP 1.25 /* from one scale to the next */

struct _ImageViewer {
    AdwWindow parent;
    Account *account;
    GPtrArray *pictures; /* of Attachment */
    guint at;
    AdwWindowTitle *title;
    GtkStack *stack;
    AdwStatusPage *trouble;
    ImageCanvas *canvas;
    GtkSpinner *spinner;
};

G_DEFINE_FINAL_TYPE(ImageViewer, image_viewer, ADW_TYPE_WINDOW)

static Attachment *
current(ImageViewer *self)
{
    return g_ptr_array_index(self->pictures, self->at);
}

/* --- one picture --- */

static void
take_picture(ImageViewer *self, const struct pixels *pixels)
{
    const int size[2] = {pixels->width, pixels->height};
    Attachment *file = current(self);
    g_autoptr(ImageTiles) tiles = NULL;

    if (gdk_texture_get_width(pixels->texture) < size[0])
        tiles = image_tiles_new(self->account->bridge, file->id, size[0], size[1]);
    image_canvas_set_large(self->canvas, pixels->texture, size, tiles);
    g_autofree char *before = g_strdup(adw_window_title_get_subtitle(self->title)),
                    *about = g_strdup_printf("%s · %d × %d", before, size[0], size[1]);
    adw_window_title_set_subtitle(self->title, about);
    gtk_stack_set_visible_child_name(self->stack, "picture");
}

static void
on_pixels(gpointer p, const struct pixels *pixels, const GError *error, gpointer data)
{
    ImageViewer *self = p;

    if (current(self) != data) /* gone on meanwhile */
        return;
    gtk_spinner_set_spinning(self->spinner, FALSE);
    if (pixels != NULL) {
        take_picture(self, pixels);
        return;
    }
    g_autofree char *why = g_markup_escape_text(error->message, -1);
    adw_status_page_set_description(self->trouble, why);
    gtk_stack_set_visible_child_name(self->stack, "trouble");
}

/* What there is of it in small, until all of it is here. */
static void
show_for_now(ImageViewer *self, Attachment *file)
{
    GdkTexture *small = NULL;
    enum thumbnail_state state = thumbnails_see(thumbnails_of(self->account), file, &small);

    image_canvas_set_texture(self->canvas, state == THUMBNAIL_WHOLE ? small : NULL);
    gtk_spinner_set_spinning(self->spinner, TRUE);
    gtk_stack_set_visible_child_name(self->stack, state == THUMBNAIL_WHOLE ? "picture" : "waiting");
}

static void
show(ImageViewer *self)
{
    Attachment *file = current(self);
    g_autofree char *name = file_name_shown(file), *size = file_size_words(file->size),
                    *of = g_strdup_printf(_("%u of %u"), self->at + 1, self->pictures->len),
                    *about = self->pictures->len > 1 ? g_strdup_printf("%s · %s", of, size)
                                                     : g_strdup(size);

    adw_window_title_set_title(self->title, name);
    adw_window_title_set_subtitle(self->title, about);
    gtk_window_set_title(GTK_WINDOW(self), name);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->canvas), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   name, -1);
    gtk_widget_action_set_enabled(GTK_WIDGET(self), "viewer.previous", self->at > 0);
    gtk_widget_action_set_enabled(GTK_WIDGET(self), "viewer.next",
                                  self->at + 1 < self->pictures->len);
    show_for_now(self, file);
    pixels_fetch(self->account->bridge, &(struct pixels_wish){.attachment = file->id,
                                                              .width = PIXELS_SIDE,
                                                              .height = PIXELS_SIDE,
                                                              .self = self,
                                                              .done = on_pixels,
                                                              .data = g_object_ref(file),
                                                              .free_data = g_object_unref});
}

/* --- what can be done --- */

static void
on_go(GtkWidget *widget, const char *name, GVariant *parameter)
{
    ImageViewer *self = SNUG_IMAGE_VIEWER(widget);
    int to = (int)self->at + (strcmp(name, "viewer.next") == 0 ? 1 : -1);

    if (to < 0 || to >= (int)self->pictures->len)
        return;
    self->at = (guint)to;
    show(self);
}

static void
on_zoom(GtkWidget *widget, const char *name, GVariant *parameter)
{
    ImageViewer *self = SNUG_IMAGE_VIEWER(widget);
    double scale = image_canvas_get_scale(self->canvas);

    if (strcmp(name, "viewer.fit") == 0)
        image_canvas_fit(self->canvas);
    else if (strcmp(name, "viewer.whole") == 0)
        image_canvas_set_scale(self->canvas, 1);
    else
        image_canvas_set_scale(self->canvas,
                               strcmp(name, "viewer.larger") == 0 ? scale * STEP : scale / STEP);
}

static void
on_save(GtkWidget *widget, const char *name, GVariant *parameter)
{
    ImageViewer *self = SNUG_IMAGE_VIEWER(widget);

    save_as(GTK_WIDGET(self->stack), self->account, current(self));
}

/* The wheel alone scrolls. */
static gboolean
on_wheel(ImageViewer *self, double dx, double dy, GtkEventController *wheel)
{
    if (dy == 0 || (gtk_event_controller_get_current_event_state(wheel) & GDK_CONTROL_MASK) == 0)
        return FALSE;
    double scale = image_canvas_get_scale(self->canvas);
    image_canvas_set_scale(self->canvas, dy < 0 ? scale * STEP : scale / STEP);
    return TRUE;
}

/* --- opening --- */

static void
add_pictures(ImageViewer *self, const Message *m, const Attachment *wanted)
{
    if (m->deleted_ms != 0)
        return;
    for (guint i = 0; i < m->files->len; i++) {
        Attachment *file = g_ptr_array_index(m->files, i);

        if (file != wanted && (file->kind != ATTACHMENT_IMAGE || !file_is_here(file)))
            continue;
        if (file == wanted)
            self->at = self->pictures->len;
        g_ptr_array_add(self->pictures, g_object_ref(file));
    }
}

/* Those of the list of messages that FROM stands in; WANTED alone where there is none. */
static void
gather(ImageViewer *self, GtkWidget *from, Attachment *wanted)
{
    GtkWidget *list = gtk_widget_get_ancestor(from, GTK_TYPE_LIST_VIEW);
    GListModel *model =
        list != NULL ? G_LIST_MODEL(gtk_list_view_get_model(GTK_LIST_VIEW(list))) : NULL;
    guint n = model != NULL ? g_list_model_get_n_items(model) : 0;

    for (guint i = 0; i < n; i++) {
        g_autoptr(GObject) item = g_list_model_get_item(model, i);

        if (SNUG_IS_MESSAGE(item))
            add_pictures(self, SNUG_MESSAGE(item), wanted);
    }
    if (!g_ptr_array_find(self->pictures, wanted, &self->at)) {
        g_ptr_array_set_size(self->pictures, 0);
        g_ptr_array_add(self->pictures, g_object_ref(wanted));
        self->at = 0;
    }
}

ImageViewer *
image_viewer_open(GtkWidget *from, Account *account, Attachment *file)
{
    ImageViewer *self = g_object_new(SNUG_TYPE_IMAGE_VIEWER, NULL);
    GtkRoot *root = gtk_widget_get_root(from);

    self->account = g_object_ref(account);
    dialog_setup(GTK_WINDOW(self), NULL, account);
    if (GTK_IS_WINDOW(root)) {
        gtk_window_set_transient_for(GTK_WINDOW(self), GTK_WINDOW(root));
        gtk_window_set_destroy_with_parent(GTK_WINDOW(self), TRUE);
    }
    gather(self, from, file);
    show(self);
    gtk_window_present(GTK_WINDOW(self));
    return self;
}

/* --- the widget --- */

static void
image_viewer_dispose(GObject *object)
{
    ImageViewer *self = SNUG_IMAGE_VIEWER(object);

    g_clear_object(&self->account);
    g_clear_pointer(&self->pictures, g_ptr_array_unref);
    G_OBJECT_CLASS(image_viewer_parent_class)->dispose(object);
}

static void
install(GtkWidgetClass *widget)
{
    static const struct {
        const char *name;
        GtkWidgetActionActivateFunc act;
        guint keys[3];
        GdkModifierType held;
    } actions[] = {
        {"viewer.previous", on_go, {GDK_KEY_Left, GDK_KEY_Page_Up}, 0},
        {"viewer.next", on_go, {GDK_KEY_Right, GDK_KEY_Page_Down}, 0},
        {"viewer.larger", on_zoom, {GDK_KEY_plus, GDK_KEY_KP_Add, GDK_KEY_equal}, 0},
        {"viewer.smaller", on_zoom, {GDK_KEY_minus, GDK_KEY_KP_Subtract}, 0},
        {"viewer.fit", on_zoom, {GDK_KEY_0, GDK_KEY_KP_0}, 0},
        {"viewer.whole", on_zoom, {GDK_KEY_1, GDK_KEY_KP_1}, 0},
        {"viewer.save", on_save, {GDK_KEY_s}, GDK_CONTROL_MASK},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(actions); i++) {
        gtk_widget_class_install_action(widget, actions[i].name, NULL, actions[i].act);
        for (int k = 0; k < 3 && actions[i].keys[k] != 0; k++)
            gtk_widget_class_add_binding_action(widget, actions[i].keys[k], actions[i].held,
                                                actions[i].name, NULL);
    }
}

static void
image_viewer_class_init(ImageViewerClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = image_viewer_dispose;
    install(widget);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/files/image_viewer.ui");
    gtk_widget_class_bind_template_child(widget, ImageViewer, title);
    gtk_widget_class_bind_template_child(widget, ImageViewer, stack);
    gtk_widget_class_bind_template_child(widget, ImageViewer, trouble);
    gtk_widget_class_bind_template_child(widget, ImageViewer, canvas);
    gtk_widget_class_bind_template_child(widget, ImageViewer, spinner);
    gtk_widget_class_bind_template_callback(widget, on_wheel);
}

static void
image_viewer_init(ImageViewer *self)
{
    g_type_ensure(SNUG_TYPE_IMAGE_CANVAS);
    self->pictures = g_ptr_array_new_with_free_func(g_object_unref);
    gtk_widget_init_template(GTK_WIDGET(self));
}
