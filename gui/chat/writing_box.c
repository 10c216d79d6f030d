/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/writing_box.h"

#include <glib/gi18n.h>

#include "gui/chat/written_text.h"
#include "gui/models/fields.h"

#define LINES_MAX 6

struct _WritingBox {
    GtkWidget parent;
    GtkTextView *text;
    GtkScrolledWindow *scroller;
    GtkLabel *hint, *format_hint;
    GtkWidget *mention, *formats;
    GtkPopover *format_popover;
    GtkTextBuffer *buffer; /* of TEXT */
    char *contact, *label;
    guint measuring;  /* an idle source; 0: none */
    gboolean setting; /* what changes is not by the person */
};

G_DEFINE_FINAL_TYPE(WritingBox, writing_box, GTK_TYPE_WIDGET)

enum { CHANGED, SEND, ESCAPE, EDIT_LAST, FILES, PICTURE, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

/* --- its height --- */

static void
fit(WritingBox *self)
{
    g_autoptr(PangoLayout) layout = gtk_widget_create_pango_layout(GTK_WIDGET(self->text), "Snug");
    int line, margins = gtk_text_view_get_top_margin(self->text) +
                        gtk_text_view_get_bottom_margin(self->text);

    pango_layout_get_pixel_size(layout, NULL, &line);
    gtk_scrolled_window_set_max_content_height(self->scroller, LINES_MAX * line + margins);
}

/* GtkTextView measures lines before it has laid them out, and asks for no other height then. */
static gboolean
measure_again(gpointer p)
{
    WritingBox *self = p;

    self->measuring = 0;
    gtk_widget_queue_resize(GTK_WIDGET(self->text));
    return G_SOURCE_REMOVE;
}

static void
measure_soon(WritingBox *self)
{
    if (self->measuring == 0)
        self->measuring = g_idle_add_full(G_PRIORITY_LOW, measure_again, self, NULL);
}

/* --- what is written --- */

static void
show_mention(WritingBox *self)
{
    gboolean may = self->contact != NULL && written_may_mention(self->buffer, self->label);
    g_autofree char *text = NULL;

    if (may) {
        text = g_strdup_printf(_("Mention %s (Tab)"), self->label);
        gtk_button_set_label(GTK_BUTTON(self->mention), text);
    }
    gtk_widget_set_visible(self->mention, may);
}

static void
on_mention(WritingBox *self)
{
    written_mention(self->buffer, self->contact, self->label);
    show_mention(self);
    gtk_widget_grab_focus(GTK_WIDGET(self->text));
}

static void
on_changed(WritingBox *self)
{
    GtkTextIter start, end;

    gtk_text_buffer_get_bounds(self->buffer, &start, &end);
    gtk_widget_set_visible(GTK_WIDGET(self->hint), gtk_text_iter_equal(&start, &end));
    measure_soon(self);
    show_mention(self);
    if (!self->setting)
        g_signal_emit(self, signals[CHANGED], 0);
}

static void
on_emoji(WritingBox *self, const char *emoji)
{
    gtk_text_buffer_delete_selection(self->buffer, TRUE, TRUE);
    gtk_text_buffer_insert_at_cursor(self->buffer, emoji, -1);
    gtk_widget_grab_focus(GTK_WIDGET(self->text));
}

/* --- formatting --- */

static const char *const kinds[] = {"bold", "italic", "strike", "monospace", "spoiler", NULL};

static void
format(GtkWidget *widget, const char *action, GVariant *target)
{
    WritingBox *self = SNUG_WRITING_BOX(widget);
    const char *kind = g_variant_get_string(target, NULL);

    for (int i = 0; kinds[i] != NULL; i++)
        if (strcmp(kinds[i], kind) == 0 && written_toggle(self->buffer, i) && !self->setting)
            g_signal_emit(self, signals[CHANGED], 0);
    gtk_popover_popdown(self->format_popover);
    gtk_widget_grab_focus(GTK_WIDGET(self->text));
}

static void
on_formats_shown(WritingBox *self)
{
    gboolean selected = gtk_text_buffer_get_has_selection(self->buffer);
    int kind = 0;

    gtk_widget_set_sensitive(self->formats, selected);
    gtk_widget_set_visible(GTK_WIDGET(self->format_hint), !selected);
    for (GtkWidget *b = gtk_widget_get_first_child(self->formats); b != NULL;
         b = gtk_widget_get_next_sibling(b))
        if (written_has(self->buffer, kind++))
            gtk_widget_add_css_class(b, "suggested-action");
        else
            gtk_widget_remove_css_class(b, "suggested-action");
}

/* --- keys --- */

static gboolean
is_enter(guint key)
{
    return key == GDK_KEY_Return || key == GDK_KEY_KP_Enter || key == GDK_KEY_ISO_Enter;
}

/* An input method that composes takes the keys first. */
static gboolean
on_key(WritingBox *self, guint key, guint code, GdkModifierType state, GtkEventControllerKey *keys)
{
    GdkEvent *event = gtk_event_controller_get_current_event(GTK_EVENT_CONTROLLER(keys));
    GdkModifierType held = state & (GDK_SHIFT_MASK | GDK_CONTROL_MASK | GDK_ALT_MASK);

    if (is_enter(key) && held != GDK_SHIFT_MASK) {
        if (event == NULL || !gtk_text_view_im_context_filter_keypress(self->text, event))
            g_signal_emit(self, signals[SEND], 0);
        return GDK_EVENT_STOP;
    }
    if (key == GDK_KEY_Tab && held == 0 && gtk_widget_get_visible(self->mention)) {
        on_mention(self);
        return GDK_EVENT_STOP;
    }
    if (key == GDK_KEY_Escape && held == 0) {
        g_signal_emit(self, signals[ESCAPE], 0);
        return GDK_EVENT_STOP;
    }
    if (key == GDK_KEY_Up && held == 0 && gtk_text_buffer_get_char_count(self->buffer) == 0) {
        g_signal_emit(self, signals[EDIT_LAST], 0);
        return GDK_EVENT_STOP;
    }
    return GDK_EVENT_PROPAGATE;
}

/* --- the clipboard --- */

static void
on_pasted_files(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(WritingBox) self = data;
    const GValue *value = gdk_clipboard_read_value_finish(GDK_CLIPBOARD(source), result, NULL);

    if (value != NULL)
        g_signal_emit(self, signals[FILES], 0, g_value_get_boxed(value));
}

static void
on_pasted_picture(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(WritingBox) self = data;
    g_autoptr(GdkTexture) picture =
        gdk_clipboard_read_texture_finish(GDK_CLIPBOARD(source), result, NULL);

    if (picture != NULL)
        g_signal_emit(self, signals[PICTURE], 0, picture);
}

static gboolean
offers_texture(GdkContentFormats *formats)
{
    g_autoptr(GdkContentFormats) more =
        gdk_content_formats_union_deserialize_gtypes(gdk_content_formats_ref(formats));

    return gdk_content_formats_contain_gtype(more, GDK_TYPE_TEXTURE) &&
           !gdk_content_formats_contain_gtype(more, G_TYPE_STRING);
}

/* Files, as files; a picture, where there are no words too. */
static void
on_paste(WritingBox *self)
{
    GdkClipboard *from = gtk_widget_get_clipboard(GTK_WIDGET(self));
    GdkContentFormats *formats = gdk_clipboard_get_formats(from);

    if (gdk_content_formats_contain_gtype(formats, GDK_TYPE_FILE_LIST) ||
        gdk_content_formats_contain_mime_type(formats, "text/uri-list"))
        gdk_clipboard_read_value_async(from, GDK_TYPE_FILE_LIST, G_PRIORITY_DEFAULT, NULL,
                                       on_pasted_files, g_object_ref(self));
    else if (offers_texture(formats))
        gdk_clipboard_read_texture_async(from, NULL, on_pasted_picture, g_object_ref(self));
    else
        return;
    g_signal_stop_emission_by_name(self->text, "paste-clipboard");
}

/* --- what others ask for --- */

void
writing_box_set_contact(WritingBox *self, const char *contact, const char *label)
{
    g_autofree char *name = NULL;

    set_text(&self->contact, contact);
    set_text(&self->label, label);
    name = contact != NULL ? g_strdup_printf(_("Message to %s"), label)
                           : g_strdup(_("Note to yourself"));
    gtk_label_set_text(self->hint, contact != NULL ? _("Message") : _("Note to yourself"));
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->text), GTK_ACCESSIBLE_PROPERTY_LABEL, name,
                                   -1);
}

void
writing_box_set(WritingBox *self, const Message *message)
{
    self->setting = TRUE;
    written_set(self->buffer, message);
    self->setting = FALSE;
}

GtkTextBuffer *
writing_box_get_buffer(WritingBox *self)
{
    return self->buffer;
}

void
writing_box_focus(WritingBox *self)
{
    gtk_widget_grab_focus(GTK_WIDGET(self->text));
}

/* --- the object --- */

static void
writing_box_dispose(GObject *object)
{
    WritingBox *self = SNUG_WRITING_BOX(object);
    GtkWidget *child;

    if (self->buffer != NULL) {
        g_signal_handlers_disconnect_by_data(self->buffer, self);
        written_set(self->buffer, NULL);
        self->buffer = NULL;
    }
    while ((child = gtk_widget_get_first_child(GTK_WIDGET(self))) != NULL)
        gtk_widget_unparent(child);
    g_clear_handle_id(&self->measuring, g_source_remove);
    g_clear_pointer(&self->contact, free_wiped);
    g_clear_pointer(&self->label, free_wiped);
    G_OBJECT_CLASS(writing_box_parent_class)->dispose(object);
}

static void
add_signals(GType type)
{
    static const char *const plain[] = {"changed", "send", "escape", "edit-last"};

    for (int i = 0; i < FILES; i++)
        signals[i] =
            g_signal_new(plain[i], type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    signals[FILES] = g_signal_new("files", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, GDK_TYPE_FILE_LIST);
    signals[PICTURE] = g_signal_new("picture", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 1, GDK_TYPE_TEXTURE);
}

static void
add_keys(GtkWidgetClass *widget)
{
    const GdkModifierType both = GDK_CONTROL_MASK | GDK_SHIFT_MASK;
    const struct {
        guint key;
        GdkModifierType held;
        const char *kind;
    } keys[] = {{GDK_KEY_b, GDK_CONTROL_MASK, "bold"},
                {GDK_KEY_i, GDK_CONTROL_MASK, "italic"},
                {GDK_KEY_x, both, "strike"},
                {GDK_KEY_m, both, "monospace"},
                {GDK_KEY_s, both, "spoiler"}};

    gtk_widget_class_install_action(widget, "box.format", "s", format);
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        gtk_widget_class_add_binding_action(widget, keys[i].key, keys[i].held, "box.format", "s",
                                            keys[i].kind);
}

static void
writing_box_class_init(WritingBoxClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = writing_box_dispose;
    add_signals(G_TYPE_FROM_CLASS(klass));
    add_keys(widget);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/chat/writing_box.ui");
    gtk_widget_class_bind_template_child(widget, WritingBox, text);
    gtk_widget_class_bind_template_child(widget, WritingBox, scroller);
    gtk_widget_class_bind_template_child(widget, WritingBox, hint);
    gtk_widget_class_bind_template_child(widget, WritingBox, mention);
    gtk_widget_class_bind_template_child(widget, WritingBox, formats);
    gtk_widget_class_bind_template_child(widget, WritingBox, format_hint);
    gtk_widget_class_bind_template_child(widget, WritingBox, format_popover);
    gtk_widget_class_bind_template_callback(widget, on_mention);
    gtk_widget_class_bind_template_callback(widget, on_emoji);
    gtk_widget_class_bind_template_callback(widget, on_key);
    gtk_widget_class_bind_template_callback(widget, on_paste);
    gtk_widget_class_bind_template_callback(widget, on_formats_shown);
}

static void
writing_box_init(WritingBox *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    self->buffer = gtk_text_view_get_buffer(self->text);
    written_setup(self->buffer);
    g_signal_connect_swapped(self->buffer, "changed", G_CALLBACK(on_changed), self);
    g_signal_connect(self, "map", G_CALLBACK(fit), NULL);
    g_signal_connect_object(gtk_scrolled_window_get_hadjustment(self->scroller),
                            "notify::page-size", G_CALLBACK(measure_soon), self, G_CONNECT_SWAPPED);
}
