/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/message_reader.h"

#include <glib/gi18n.h>

#include "gui/chat/message_words.h"
#include "gui/chat/rich_text.h"
#include "gui/dialog.h"
#include "gui/models/fields.h"
#include "gui/shown_text.h"

struct _MessageReader {
    AdwWindow parent;
    Message *message;
    gint64 edited_ms; /* of what is shown */
    AdwWindowTitle *title;
    GtkSearchBar *search_bar;
    GtkToggleButton *search_button;
    GtkEditable *entry;
    GtkTextView *text;
};

G_DEFINE_FINAL_TYPE(MessageReader, message_reader, ADW_TYPE_WINDOW)

/* --- the words --- */

/* The tag that looks like an attribute of a label. */
static GtkTextTag *
tag_for(GtkTextBuffer *buffer, const PangoAttribute *a)
{
    int value = ((const PangoAttrInt *)a)->value;

    switch ((int)a->klass->type) {
    case PANGO_ATTR_WEIGHT:
        return gtk_text_buffer_create_tag(buffer, NULL, "weight", value, NULL);
    case PANGO_ATTR_STYLE:
        return gtk_text_buffer_create_tag(buffer, NULL, "style", value, NULL);
    case PANGO_ATTR_STRIKETHROUGH:
        return gtk_text_buffer_create_tag(buffer, NULL, "strikethrough", value != 0, NULL);
    case PANGO_ATTR_UNDERLINE:
        return gtk_text_buffer_create_tag(buffer, NULL, "underline", value, NULL);
    case PANGO_ATTR_FAMILY:
        return gtk_text_buffer_create_tag(buffer, NULL, "family",
                                          ((const PangoAttrString *)a)->value, NULL);
    default:
        return NULL;
    }
}

/* The place of byte AT of TEXT. */
static GtkTextIter
place_of(GtkTextBuffer *buffer, const char *text, guint at)
{
    GtkTextIter place;
    gsize length = strlen(text);

    gtk_text_buffer_get_iter_at_offset(buffer, &place,
                                       (int)g_utf8_strlen(text, (gssize)MIN(at, length)));
    return place;
}

static void
show_text(MessageReader *self)
{
    const Message *m = self->message;
    GtkTextBuffer *buffer = gtk_text_view_get_buffer(self->text);
    g_autoptr(RichText) rich = rich_text_new(m->text, m->ranges, m->mentions, RICH_WHOLE);
    GSList *all =
        rich->attributes != NULL ? pango_attr_list_get_attributes(rich->attributes) : NULL;

    gtk_text_buffer_set_text(buffer, rich->text, -1);
    for (GSList *at = all; at != NULL; at = at->next) {
        const PangoAttribute *a = at->data;
        GtkTextTag *tag = tag_for(buffer, a);
        GtkTextIter begin = place_of(buffer, rich->text, a->start_index),
                    end = place_of(buffer, rich->text, a->end_index);

        if (tag != NULL)
            gtk_text_buffer_apply_tag(buffer, tag, &begin, &end);
    }
    g_slist_free_full(all, (GDestroyNotify)pango_attribute_destroy);
}

static void
show(MessageReader *self)
{
    const Message *m = self->message;
    g_autofree char *sender = name_shown(m->outgoing ? _("You") : m->label),
                    *when = message_moment_words(m->sent_ms);

    adw_window_title_set_title(self->title, sender);
    adw_window_title_set_subtitle(self->title, when);
    self->edited_ms = m->edited_ms;
    show_text(self);
}

/* --- searching --- */

enum direction { FORWARD, BACKWARD };

static gboolean
find_from(MessageReader *self, const GtkTextIter *from, enum direction direction)
{
    const char *wanted = gtk_editable_get_text(self->entry);
    GtkTextBuffer *buffer = gtk_text_view_get_buffer(self->text);
    GtkTextIter begin, end;
    gboolean found = direction == FORWARD
                         ? gtk_text_iter_forward_search(
                               from, wanted, GTK_TEXT_SEARCH_CASE_INSENSITIVE, &begin, &end, NULL)
                         : gtk_text_iter_backward_search(
                               from, wanted, GTK_TEXT_SEARCH_CASE_INSENSITIVE, &begin, &end, NULL);

    if (!found)
        return FALSE;
    gtk_text_buffer_select_range(buffer, &begin, &end);
    gtk_text_view_scroll_to_iter(self->text, &begin, 0.1, FALSE, 0, 0);
    return TRUE;
}

/* From the selection on, and from the other end when there is nothing more. */
static void
find(MessageReader *self, enum direction direction, gboolean move_on)
{
    GtkTextBuffer *buffer = gtk_text_view_get_buffer(self->text);
    GtkTextIter begin, end, first, last;
    gboolean found;

    gtk_widget_remove_css_class(GTK_WIDGET(self->entry), "error");
    if (gtk_editable_get_text(self->entry)[0] == '\0')
        return;
    gtk_text_buffer_get_selection_bounds(buffer, &begin, &end);
    gtk_text_buffer_get_bounds(buffer, &first, &last);
    found = find_from(self, direction == FORWARD && move_on ? &end : &begin, direction) ||
            find_from(self, direction == FORWARD ? &first : &last, direction);
    if (!found)
        gtk_widget_add_css_class(GTK_WIDGET(self->entry), "error");
}

static void
on_wanted(MessageReader *self)
{
    find(self, FORWARD, FALSE);
}

static void
on_next(MessageReader *self)
{
    find(self, FORWARD, TRUE);
}

static void
on_previous(MessageReader *self)
{
    find(self, BACKWARD, TRUE);
}

/* --- actions --- */

static void
act_copy(GtkWidget *widget, const char *name, GVariant *target)
{
    gdk_clipboard_set_text(gtk_widget_get_clipboard(widget),
                           SNUG_MESSAGE_READER(widget)->message->text);
    say(widget, _("Copied"));
}

static void
act_search(GtkWidget *widget, const char *name, GVariant *target)
{
    MessageReader *self = SNUG_MESSAGE_READER(widget);

    gtk_search_bar_set_search_mode(self->search_bar, TRUE);
    gtk_widget_grab_focus(GTK_WIDGET(self->entry));
}

/* --- what becomes of the message --- */

static gboolean
is_it(MessageReader *self, const json_t *about)
{
    return strcmp(field_text(about, "id"), self->message->id) == 0;
}

static void
on_changed(MessageReader *self, const json_t *params)
{
    const json_t *shown = json_object_get(params, "message");

    if (!is_it(self, shown))
        return;
    message_update(self->message, shown);
    if (self->message->deleted_ms != 0)
        gtk_window_destroy(GTK_WINDOW(self));
    else if (self->message->edited_ms != self->edited_ms)
        show(self);
}

static void
on_gone(MessageReader *self, const json_t *params)
{
    if (is_it(self, params))
        gtk_window_destroy(GTK_WINDOW(self));
}

static void
on_conversation(MessageReader *self, const json_t *params)
{
    const json_t *v = json_object_get(params, "conversation");

    if (strcmp(field_text(v, "contact"), self->message->contact) == 0 &&
        self->message->number <= message_number(field_text(v, "deleted_upto")))
        gtk_window_destroy(GTK_WINDOW(self));
}

/* --- the object --- */

static void
message_reader_dispose(GObject *object)
{
    g_clear_object(&SNUG_MESSAGE_READER(object)->message);
    G_OBJECT_CLASS(message_reader_parent_class)->dispose(object);
}

static void
message_reader_class_init(MessageReaderClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = message_reader_dispose;
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/chat/message_reader.ui");
    gtk_widget_class_bind_template_child(widget, MessageReader, title);
    gtk_widget_class_bind_template_child(widget, MessageReader, search_bar);
    gtk_widget_class_bind_template_child(widget, MessageReader, search_button);
    gtk_widget_class_bind_template_child(widget, MessageReader, entry);
    gtk_widget_class_bind_template_child(widget, MessageReader, text);
    gtk_widget_class_bind_template_callback(widget, on_wanted);
    gtk_widget_class_bind_template_callback(widget, on_next);
    gtk_widget_class_bind_template_callback(widget, on_previous);
    gtk_widget_class_install_action(widget, "reader.copy", NULL, act_copy);
    gtk_widget_class_install_action(widget, "reader.search", NULL, act_search);
    gtk_widget_class_add_binding_action(widget, GDK_KEY_f, GDK_CONTROL_MASK, "reader.search", NULL);
}

static void
message_reader_init(MessageReader *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    gtk_search_bar_connect_entry(self->search_bar, self->entry);
}

MessageReader *
message_reader_show(GtkWidget *parent, Account *account, Message *message)
{
    MessageReader *self = g_object_new(SNUG_TYPE_MESSAGE_READER, NULL);
    GtkRoot *root = gtk_widget_get_root(parent);
    const struct {
        const char *signal;
        GCallback callback;
    } follows[] = {
        {"notification::message.changed", G_CALLBACK(on_changed)},
        {"notification::message.gone", G_CALLBACK(on_gone)},
        {"notification::conversation", G_CALLBACK(on_conversation)},
    };

    self->message = g_object_ref(message);
    dialog_setup(GTK_WINDOW(self), NULL, account);
    if (GTK_IS_WINDOW(root)) {
        gtk_window_set_transient_for(GTK_WINDOW(self), GTK_WINDOW(root));
        gtk_window_set_destroy_with_parent(GTK_WINDOW(self), TRUE);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(follows); i++)
        g_signal_connect_object(account->bridge, follows[i].signal, follows[i].callback, self,
                                G_CONNECT_SWAPPED);
    show(self);
    gtk_window_present(GTK_WINDOW(self));
    return self;
}
