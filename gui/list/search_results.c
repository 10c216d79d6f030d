/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/list/search_results.h"

#include <glib/gi18n.h>

#include "gui/models/fields.h"

#define PAGE 40
#define PAUSE_MS 150 /* of typing, before messages are searched */

/* A list below a heading, which is there when the list has something. */
struct section {
    GListStore *heading;
    GListModel *list; /* owned */
    const char *words;
};

enum { CONVERSATIONS, CONTACTS, MESSAGES, SECTION_COUNT };

struct _SearchResults {
    GObject parent;
    Account *account;
    char *text, *folded; /* FOLDED: for comparing */
    GtkCustomFilter *by_name, *others_by_name;
    GtkFilterListModel *conversations, *contacts;
    GListStore *messages;
    struct section sections[SECTION_COUNT];
    GtkFlattenListModel *listed, *all; /* LISTED: those in the archive too */
    guint asked, pause;
    gboolean more;
};

G_DEFINE_FINAL_TYPE(SearchResults, search_results, G_TYPE_OBJECT)

enum { CHANGED, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

/* --- by name --- */

static char *
fold(const char *text)
{
    g_autofree char *plain = g_utf8_normalize(text, -1, G_NORMALIZE_ALL);

    return g_utf8_casefold(plain != NULL ? plain : text, -1);
}

static gboolean
is_named(SearchResults *self, const char *label)
{
    g_autofree char *folded = fold(label);

    return strstr(folded, self->folded) != NULL;
}

static gboolean
match_conversation(gpointer item, gpointer p)
{
    return is_named(p, SNUG_CONVERSATION(item)->label);
}

/* Those without a conversation, which would be there twice. */
static gboolean
match_contact(gpointer item, gpointer p)
{
    SearchResults *self = p;
    const Contact *c = item;

    if (c->state == CONTACT_NONE || c->state == CONTACT_ASKING ||
        conversation_list_get(self->account->conversations, c->id) != NULL ||
        conversation_list_get(self->account->archive, c->id) != NULL)
        return FALSE;
    return is_named(self, c->label) || is_named(self, c->name) || is_named(self, c->address);
}

/* --- messages --- */

static void
on_page(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    SearchResults *self = p;
    size_t i;
    json_t *j;

    self->asked = 0;
    self->more = field_bool(result, "more");
    json_array_foreach(json_object_get(result, "messages"), i, j)
    {
        g_autoptr(Message) m = message_new(j);
        g_list_store_append(self->messages, m);
    }
    g_signal_emit(self, signals[CHANGED], 0);
}

static void
ask(SearchResults *self)
{
    guint n = g_list_model_get_n_items(G_LIST_MODEL(self->messages));
    json_t *params = json_pack("{s:s,s:i}", "text", self->text, "limit", PAGE);

    if (n > 0) {
        g_autoptr(Message) last = g_list_model_get_item(G_LIST_MODEL(self->messages), n - 1);
        json_object_set_new(params, "before", json_string(last->id));
    }
    self->asked = bridge_call(self->account->bridge, &(struct call){.method = "message.search",
                                                                    .params = params,
                                                                    .self = self,
                                                                    .done = on_page});
}

void
search_results_go_on(SearchResults *self)
{
    if (self->more && self->asked == 0 && self->pause == 0)
        ask(self);
}

static gboolean
on_pause(gpointer p)
{
    SearchResults *self = p;

    self->pause = 0;
    ask(self);
    return G_SOURCE_REMOVE;
}

/* --- all of it --- */

void
search_results_set_text(SearchResults *self, const char *text)
{
    gboolean on = text[0] != '\0', was_on = self->text[0] != '\0';

    if (strcmp(text, self->text) == 0)
        return;
    bridge_cancel(self->account->bridge, self->asked);
    self->asked = 0;
    g_clear_handle_id(&self->pause, g_source_remove);
    set_text(&self->text, text);
    g_free(self->folded);
    self->folded = fold(text);
    self->more = FALSE;
    g_list_store_remove_all(self->messages);
    /* A filter reads a whole list, which makes it load: only while somebody searches. */
    if (on != was_on) {
        gtk_filter_list_model_set_model(self->conversations,
                                        on ? G_LIST_MODEL(self->listed) : NULL);
        gtk_filter_list_model_set_model(self->contacts,
                                        on ? G_LIST_MODEL(self->account->contacts) : NULL);
    }
    gtk_filter_changed(GTK_FILTER(self->by_name), GTK_FILTER_CHANGE_DIFFERENT);
    gtk_filter_changed(GTK_FILTER(self->others_by_name), GTK_FILTER_CHANGE_DIFFERENT);
    if (on)
        self->pause = g_timeout_add(PAUSE_MS, on_pause, self);
    g_signal_emit(self, signals[CHANGED], 0);
}

const char *
search_results_get_word(SearchResults *self)
{
    return self->text[0] != '\0' ? self->text : NULL;
}

GListModel *
search_results_get_model(SearchResults *self)
{
    return G_LIST_MODEL(self->all);
}

gboolean
search_results_is_busy(SearchResults *self)
{
    return self->asked != 0 || self->pause != 0;
}

/* --- the object --- */

static void
on_section_changed(GListModel *list, guint position, guint removed, guint added, struct section *s)
{
    gboolean wanted = g_list_model_get_n_items(list) > 0,
             is = g_list_model_get_n_items(G_LIST_MODEL(s->heading)) > 0;

    if (wanted && !is) {
        g_autoptr(GtkStringObject) words = gtk_string_object_new(s->words);
        g_list_store_append(s->heading, words);
    } else if (is && !wanted)
        g_list_store_remove_all(s->heading);
}

static void
search_results_dispose(GObject *object)
{
    SearchResults *self = SNUG_SEARCH_RESULTS(object);

    g_clear_handle_id(&self->pause, g_source_remove);
    g_clear_object(&self->all);
    g_clear_object(&self->listed);
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        struct section *s = &self->sections[i];
        if (s->list != NULL)
            g_signal_handlers_disconnect_by_data(s->list, s);
        g_clear_object(&s->list);
        g_clear_object(&s->heading);
    }
    g_clear_object(&self->conversations);
    g_clear_object(&self->contacts);
    g_clear_object(&self->messages);
    g_clear_object(&self->by_name);
    g_clear_object(&self->others_by_name);
    G_OBJECT_CLASS(search_results_parent_class)->dispose(object);
}

static void
search_results_finalize(GObject *object)
{
    SearchResults *self = SNUG_SEARCH_RESULTS(object);

    g_clear_object(&self->account);
    free_wiped(self->text);
    free_wiped(self->folded);
    G_OBJECT_CLASS(search_results_parent_class)->finalize(object);
}

static void
search_results_class_init(SearchResultsClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = search_results_dispose;
    G_OBJECT_CLASS(klass)->finalize = search_results_finalize;
    signals[CHANGED] = g_signal_new("changed", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                    NULL, NULL, G_TYPE_NONE, 0);
}

static void
search_results_init(SearchResults *self)
{
    self->text = g_strdup("");
    self->folded = g_strdup("");
}

SearchResults *
search_results_new(Account *account)
{
    SearchResults *self = g_object_new(SNUG_TYPE_SEARCH_RESULTS, NULL);
    g_autoptr(GListStore) parts = g_list_store_new(G_TYPE_LIST_MODEL);
    g_autoptr(GListStore) lists = g_list_store_new(G_TYPE_LIST_MODEL);

    self->account = g_object_ref(account);
    g_list_store_append(lists, account->conversations);
    g_list_store_append(lists, account->archive);
    self->listed = gtk_flatten_list_model_new(g_object_ref(G_LIST_MODEL(lists)));
    self->by_name = gtk_custom_filter_new(match_conversation, self, NULL);
    self->others_by_name = gtk_custom_filter_new(match_contact, self, NULL);
    self->conversations = gtk_filter_list_model_new(NULL, g_object_ref(GTK_FILTER(self->by_name)));
    self->contacts =
        gtk_filter_list_model_new(NULL, g_object_ref(GTK_FILTER(self->others_by_name)));
    self->messages = g_list_store_new(SNUG_TYPE_MESSAGE);
    const struct {
        gpointer list;
        const char *words;
    } sections[SECTION_COUNT] = {{self->conversations, _("Conversations")},
                                 {self->contacts, _("Contacts")},
                                 {self->messages, _("Messages")}};
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        struct section *s = &self->sections[i];
        *s = (struct section){g_list_store_new(GTK_TYPE_STRING_OBJECT),
                              g_object_ref(sections[i].list), sections[i].words};
        g_list_store_append(parts, s->heading);
        g_list_store_append(parts, s->list);
    }
    self->all = gtk_flatten_list_model_new(g_object_ref(G_LIST_MODEL(parts)));
    /* After the whole has seen a change, so that it never sees two at once. */
    for (size_t i = 0; i < SECTION_COUNT; i++)
        g_signal_connect(self->sections[i].list, "items-changed", G_CALLBACK(on_section_changed),
                         &self->sections[i]);
    return self;
}
