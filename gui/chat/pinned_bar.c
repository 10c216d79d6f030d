/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/pinned_bar.h"

#include <glib/gi18n.h>

#include "gui/chat/message_words.h"
#include "gui/models/fields.h"

struct _PinnedBar {
    AdwBin parent;
    Account *account;
    char *contact;
    GPtrArray *messages; /* of Message, the last pinned first */
    guint at, asked;
    GtkButton *button;
    GtkLabel *text, *place;
};

G_DEFINE_FINAL_TYPE(PinnedBar, pinned_bar, ADW_TYPE_BIN)

enum { PICKED, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

static void
show(PinnedBar *self)
{
    guint n = self->messages->len;
    g_autofree char *line = NULL, *place = NULL, *name = NULL;

    gtk_widget_set_visible(GTK_WIDGET(self), n > 0);
    if (n == 0)
        return;
    self->at %= n;
    line = message_line_words(g_ptr_array_index(self->messages, self->at), 160);
    place = n > 1 ? g_strdup_printf(_("%u of %u"), self->at + 1, n) : g_strdup("");
    name = g_strdup_printf(_("Pinned message: %s"), line);
    gtk_label_set_text(self->text, line);
    gtk_label_set_text(self->place, place);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   name, -1);
}

static void
on_pinned(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    PinnedBar *self = p;
    size_t i;
    json_t *j;

    self->asked = 0;
    if (error != NULL)
        return; /* nobody asked for this; the log says when something is wrong */
    g_ptr_array_set_size(self->messages, 0);
    json_array_foreach(json_object_get(result, "messages"), i, j)
        g_ptr_array_add(self->messages, message_new(j));
    show(self);
}

static void
ask(PinnedBar *self)
{
    if (self->contact == NULL || bridge_get_state(self->account->bridge) != BRIDGE_OPEN)
        return;
    bridge_cancel(self->account->bridge, self->asked);
    self->asked = bridge_call(self->account->bridge,
                              &(struct call){.method = "message.pinned",
                                             .params = json_pack("{s:s}", "contact", self->contact),
                                             .self = self,
                                             .done = on_pinned});
}

static gboolean
has(PinnedBar *self, const char *id)
{
    for (guint i = 0; i < self->messages->len; i++)
        if (strcmp(((Message *)g_ptr_array_index(self->messages, i))->id, id) == 0)
            return TRUE;
    return FALSE;
}

/* Only what is or was pinned makes a difference. */
static void
on_changed(PinnedBar *self, const json_t *params)
{
    const json_t *m = json_object_get(params, "message");

    if (g_strcmp0(field_text(m, "contact"), self->contact) == 0 &&
        (field_int(m, "pinned_ms") != 0 || has(self, field_text(m, "id"))))
        ask(self);
}

static void
on_gone(PinnedBar *self, const json_t *params)
{
    if (has(self, field_text(params, "id")))
        ask(self);
}

static void
on_conversation(PinnedBar *self, const json_t *params)
{
    const json_t *shown = json_object_get(params, "conversation");

    if (self->messages->len > 0 && g_strcmp0(field_text(shown, "contact"), self->contact) == 0)
        ask(self); /* messages may have been deleted all at once */
}

static void
on_clicked(PinnedBar *self)
{
    Message *m = g_ptr_array_index(self->messages, self->at);
    g_autofree char *id = g_strdup(m->id);

    self->at++;
    show(self);
    g_signal_emit(self, signals[PICKED], 0, id);
}

void
pinned_bar_set_contact(PinnedBar *self, const char *contact)
{
    set_text(&self->contact, contact);
    g_ptr_array_set_size(self->messages, 0);
    self->at = 0;
    show(self);
    ask(self);
}

void
pinned_bar_set_account(PinnedBar *self, Account *account)
{
    Bridge *bridge = account->bridge;

    self->account = g_object_ref(account);
    g_signal_connect_object(bridge, "refresh", G_CALLBACK(ask), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(bridge, "notification::message.changed", G_CALLBACK(on_changed), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(bridge, "notification::message.gone", G_CALLBACK(on_gone), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(bridge, "notification::conversation", G_CALLBACK(on_conversation), self,
                            G_CONNECT_SWAPPED);
}

static void
pinned_bar_dispose(GObject *object)
{
    g_clear_object(&SNUG_PINNED_BAR(object)->account);
    G_OBJECT_CLASS(pinned_bar_parent_class)->dispose(object);
}

static void
pinned_bar_finalize(GObject *object)
{
    PinnedBar *self = SNUG_PINNED_BAR(object);

    g_ptr_array_unref(self->messages);
    g_free(self->contact);
    G_OBJECT_CLASS(pinned_bar_parent_class)->finalize(object);
}

static void
pinned_bar_class_init(PinnedBarClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = pinned_bar_dispose;
    G_OBJECT_CLASS(klass)->finalize = pinned_bar_finalize;
    signals[PICKED] = g_signal_new("picked", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/chat/pinned_bar.ui");
    gtk_widget_class_bind_template_child(widget, PinnedBar, button);
    gtk_widget_class_bind_template_child(widget, PinnedBar, text);
    gtk_widget_class_bind_template_child(widget, PinnedBar, place);
    gtk_widget_class_bind_template_callback(widget, on_clicked);
}

static void
pinned_bar_init(PinnedBar *self)
{
    self->messages = g_ptr_array_new_with_free_func(g_object_unref);
    gtk_widget_init_template(GTK_WIDGET(self));
}
