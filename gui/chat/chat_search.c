/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/chat_search.h"

#include <glib/gi18n.h>

#include "gui/models/fields.h"

#define HITS 50 /* asked for at once */

struct _ChatSearch {
    AdwBin parent;
    Account *account;
    char *contact;
    GtkSearchBar *bar;
    GtkSearchEntry *entry;
    GtkLabel *count;
    GtkButton *older, *newer;
    GPtrArray *hits; /* ids of messages, the newest first */
    guint at;        /* of HITS, where we are */
    char *before;    /* where to go on; NULL: these are all */
    guint asked;
    gboolean step; /* a person wants the next one as soon as it is here */
};

G_DEFINE_FINAL_TYPE(ChatSearch, chat_search, ADW_TYPE_BIN)

enum { HIT, FAILED, CLOSED, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

static void ask(ChatSearch *self);

static void
show_count(ChatSearch *self)
{
    const char *words = gtk_editable_get_text(GTK_EDITABLE(self->entry));
    g_autofree char *text = NULL;

    if (self->hits->len > 0)
        text = g_strdup_printf(self->before != NULL ? _("%u of more than %u") : _("%u of %u"),
                               self->at + 1, self->hits->len);
    else if (words[0] != '\0' && self->asked == 0)
        text = g_strdup(_("Nothing found"));
    gtk_label_set_text(self->count, text != NULL ? text : "");
    gtk_widget_set_visible(GTK_WIDGET(self->count), text != NULL);
    gtk_widget_set_sensitive(GTK_WIDGET(self->older),
                             self->at + 1 < self->hits->len || self->before != NULL);
    gtk_widget_set_sensitive(GTK_WIDGET(self->newer), self->at > 0);
}

static void
go_to(ChatSearch *self, guint at)
{
    self->at = at;
    self->step = FALSE;
    show_count(self);
    g_signal_emit(self, signals[HIT], 0, g_ptr_array_index(self->hits, at));
}

static void
on_hits(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    ChatSearch *self = p;
    const json_t *list = json_object_get(result, "messages");
    guint had = self->hits->len;
    size_t i;
    json_t *j;

    self->asked = 0;
    g_clear_pointer(&self->before, g_free);
    if (error != NULL) {
        g_signal_emit(self, signals[FAILED], 0, error->message);
        show_count(self);
        return;
    }
    json_array_foreach(list, i, j) g_ptr_array_add(self->hits, g_strdup(field_text(j, "id")));
    if (field_bool(result, "more") && field_text(result, "before")[0] != '\0')
        self->before = g_strdup(field_text(result, "before"));
    if (self->hits->len > had && self->step)
        go_to(self, had);
    else if (self->before != NULL && self->hits->len == had)
        ask(self); /* it looked at many that do not fit */
    show_count(self);
}

static void
ask(ChatSearch *self)
{
    const char *words = gtk_editable_get_text(GTK_EDITABLE(self->entry));
    json_t *params =
        json_pack("{s:s,s:s,s:i}", "text", words, "contact", self->contact, "limit", HITS);

    if (self->before != NULL)
        json_object_set_new(params, "before", json_string(self->before));
    self->asked = bridge_call(self->account->bridge, &(struct call){.method = "message.search",
                                                                    .params = params,
                                                                    .self = self,
                                                                    .done = on_hits});
}

static void
forget(ChatSearch *self)
{
    if (self->account != NULL)
        bridge_cancel(self->account->bridge, self->asked);
    self->asked = 0;
    self->at = 0;
    self->step = FALSE;
    g_ptr_array_set_size(self->hits, 0);
    g_clear_pointer(&self->before, g_free);
}

static void
on_changed(ChatSearch *self)
{
    g_autofree char *words = g_strstrip(g_strdup(gtk_editable_get_text(GTK_EDITABLE(self->entry))));

    forget(self);
    if (words[0] != '\0' && self->contact != NULL) {
        self->step = TRUE;
        ask(self);
    }
    show_count(self);
}

static void
on_older(ChatSearch *self)
{
    if (self->at + 1 < self->hits->len) {
        go_to(self, self->at + 1);
        return;
    }
    self->step = TRUE;
    if (self->before != NULL && self->asked == 0)
        ask(self);
}

static void
on_newer(ChatSearch *self)
{
    if (self->at > 0)
        go_to(self, self->at - 1);
}

static void
on_mode_changed(ChatSearch *self)
{
    if (gtk_search_bar_get_search_mode(self->bar))
        return;
    gtk_editable_set_text(GTK_EDITABLE(self->entry), "");
    forget(self);
    show_count(self);
    g_signal_emit(self, signals[CLOSED], 0);
}

void
chat_search_begin(ChatSearch *self)
{
    gtk_search_bar_set_search_mode(self->bar, TRUE);
    gtk_widget_grab_focus(GTK_WIDGET(self->entry));
}

void
chat_search_set_contact(ChatSearch *self, const char *contact)
{
    gtk_search_bar_set_search_mode(self->bar, FALSE);
    set_text(&self->contact, contact);
}

void
chat_search_set_account(ChatSearch *self, Account *account)
{
    g_set_object(&self->account, account);
}

static void
chat_search_dispose(GObject *object)
{
    ChatSearch *self = SNUG_CHAT_SEARCH(object);

    forget(self);
    g_clear_object(&self->account);
    G_OBJECT_CLASS(chat_search_parent_class)->dispose(object);
}

static void
chat_search_finalize(GObject *object)
{
    ChatSearch *self = SNUG_CHAT_SEARCH(object);

    g_ptr_array_unref(self->hits);
    g_free(self->contact);
    G_OBJECT_CLASS(chat_search_parent_class)->finalize(object);
}

static void
chat_search_class_init(ChatSearchClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);
    GType type = G_TYPE_FROM_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = chat_search_dispose;
    G_OBJECT_CLASS(klass)->finalize = chat_search_finalize;
    signals[HIT] = g_signal_new("hit", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                G_TYPE_STRING);
    signals[FAILED] = g_signal_new("failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 1, G_TYPE_STRING);
    signals[CLOSED] =
        g_signal_new("closed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/chat/chat_search.ui");
    gtk_widget_class_bind_template_child(widget, ChatSearch, bar);
    gtk_widget_class_bind_template_child(widget, ChatSearch, entry);
    gtk_widget_class_bind_template_child(widget, ChatSearch, count);
    gtk_widget_class_bind_template_child(widget, ChatSearch, older);
    gtk_widget_class_bind_template_child(widget, ChatSearch, newer);
    gtk_widget_class_bind_template_callback(widget, on_changed);
    gtk_widget_class_bind_template_callback(widget, on_older);
    gtk_widget_class_bind_template_callback(widget, on_newer);
    gtk_widget_class_bind_template_callback(widget, on_mode_changed);
}

static void
chat_search_init(ChatSearch *self)
{
    self->hits = g_ptr_array_new_with_free_func(g_free);
    gtk_widget_init_template(GTK_WIDGET(self));
    gtk_search_bar_connect_entry(self->bar, GTK_EDITABLE(self->entry));
}
