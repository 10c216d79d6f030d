/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/models/conversation_list.h"

#include "gui/models/fields.h"
#include "gui/models/ordered.h"
#include "wire/err.h"

#define PAGE 100
#define AHEAD 50 /* more is asked for when so many are left below what is looked at */

struct _ConversationList {
    GObject parent;
    Bridge *bridge;
    enum conversation_place place;
    struct ordered ordered; /* of Conversation; their ids are those of contacts */
    GHashTable *unheard;    /* while all is read again: ids that were not in a page yet; or NULL */
    gsize to_hear;          /* how many there were */
    char *below;            /* the last one of the last page, or "" */
    gboolean more;          /* the agent has others below the last one here */
    gboolean loaded;
    guint asked; /* the call under way; 0: none */
    guint later; /* source that will ask; 0: none */
};

static void model_init(GListModelInterface *model);
G_DEFINE_FINAL_TYPE_WITH_CODE(ConversationList, conversation_list, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(G_TYPE_LIST_MODEL, model_init))

enum { LOADED, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

static void ask_page(ConversationList *self, const char *before);
static void ask_later(ConversationList *self);
static void on_refresh(ConversationList *self);

/* --- the list --- */

static GType
get_item_type(GListModel *model)
{
    return SNUG_TYPE_CONVERSATION;
}

static guint
get_n_items(GListModel *model)
{
    return ordered_count(&SNUG_CONVERSATION_LIST(model)->ordered);
}

static gpointer
get_item(GListModel *model, guint position)
{
    ConversationList *self = SNUG_CONVERSATION_LIST(model);
    gpointer item = ordered_at(&self->ordered, position);

    if (self->more && position + AHEAD >= get_n_items(model))
        ask_later(self);
    return item != NULL ? g_object_ref(item) : NULL;
}

static void
model_init(GListModelInterface *model)
{
    model->get_item_type = get_item_type;
    model->get_n_items = get_n_items;
    model->get_item = get_item;
}

static gint64
contact_number(const Conversation *c)
{
    const char *dash = strrchr(c->contact, '-');

    return dash != NULL ? g_ascii_strtoll(dash + 1, NULL, 10) : 0;
}

static int
descending(gint64 a, gint64 b)
{
    return a < b ? 1 : a > b ? -1 : 0;
}

static int
compare(gconstpointer a, gconstpointer b, gpointer data)
{
    const Conversation *x = a, *y = b;

    if (x->pinned != y->pinned)
        return x->pinned ? -1 : 1;
    if (x->last_ms != y->last_ms)
        return descending(x->last_ms, y->last_ms);
    return descending(contact_number(x), contact_number(y));
}

static const char *
id_of(gconstpointer conversation)
{
    return ((const Conversation *)conversation)->contact;
}

Conversation *
conversation_list_get(ConversationList *self, const char *contact)
{
    return ordered_find(&self->ordered, contact);
}

guint
conversation_list_position(ConversationList *self, const char *contact)
{
    return ordered_position(&self->ordered, contact);
}

bool
conversation_list_is_loaded(ConversationList *self)
{
    return self->loaded;
}

static gboolean
belongs(ConversationList *self, const json_t *shown)
{
    return field_bool(shown, "listed") &&
           field_bool(shown, "archived") == (self->place == PLACE_ARCHIVE);
}

enum source { FROM_PAGE, FROM_NEWS };

static void
take_known(ConversationList *self, Conversation *c, const json_t *shown, enum source source)
{
    gboolean was_pinned = c->pinned;
    gint64 was_ms = c->last_ms;

    conversation_update(c, shown);
    ordered_moved(&self->ordered, c->contact);
    gboolean sank = (was_pinned && !c->pinned) || c->last_ms < was_ms;
    if (sank && self->more && source == FROM_NEWS && ordered_last(&self->ordered) == c)
        ordered_remove(&self->ordered, field_text(shown, "contact"));
}

/* What is new, or sank, below the last one here while the agent has more there comes with its
 * page. */
static void
take(ConversationList *self, const json_t *shown, enum source source)
{
    const char *id = field_text(shown, "contact");
    Conversation *known = ordered_find(&self->ordered, id);

    if (self->unheard != NULL)
        g_hash_table_remove(self->unheard, id);
    if (id[0] == '\0' || !belongs(self, shown)) {
        if (known != NULL)
            ordered_remove(&self->ordered, id);
        return;
    }
    if (known != NULL) {
        take_known(self, known, shown, source);
        return;
    }
    g_autoptr(Conversation) fresh = conversation_new(shown);
    Conversation *last = ordered_last(&self->ordered);
    if (self->more && source == FROM_NEWS && last != NULL && compare(fresh, last, NULL) > 0)
        return;
    ordered_put(&self->ordered, g_steal_pointer(&fresh));
}

static void
forget_calls(ConversationList *self)
{
    bridge_cancel(self->bridge, self->asked);
    self->asked = 0;
    g_clear_handle_id(&self->later, g_source_remove);
    g_clear_pointer(&self->unheard, g_hash_table_unref);
}

static void
clear(ConversationList *self)
{
    forget_calls(self);
    self->more = self->loaded = FALSE;
    set_text(&self->below, "");
    ordered_clear(&self->ordered);
}

/* --- from the agent --- */

/* As many were read again as there were: those that did not come are gone, or further down. */
static void
drop_unheard(ConversationList *self)
{
    GHashTableIter i;
    gpointer id;
    g_autoptr(GHashTable) gone = g_steal_pointer(&self->unheard);

    g_hash_table_iter_init(&i, gone);
    while (g_hash_table_iter_next(&i, &id, NULL))
        if (ordered_find(&self->ordered, id) != NULL)
            ordered_remove(&self->ordered, id);
}

static void
on_page(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    ConversationList *self = p;
    const json_t *list = json_object_get(result, "conversations");
    size_t i, n = json_array_size(list);
    json_t *j;

    self->asked = 0;
    if (error != NULL) {
        /* The line it was to go on from is gone. Else it is locked, or away: there is a refresh. */
        if (error->code == ERR_NOT_FOUND && self->below[0] != '\0')
            on_refresh(self);
        return;
    }
    self->more = n > 0 && field_bool(result, "more");
    json_array_foreach(list, i, j) take(self, j, FROM_PAGE);
    if (n > 0)
        set_text(&self->below, field_text(json_array_get(list, n - 1), "contact"));
    self->to_hear -= MIN(self->to_hear, n);
    if (self->unheard != NULL && self->more && self->to_hear > 0) {
        ask_page(self, self->below);
        return;
    }
    if (self->unheard != NULL)
        drop_unheard(self);
    self->loaded = TRUE;
    g_signal_emit(self, signals[LOADED], 0);
}

static void
ask_page(ConversationList *self, const char *before)
{
    json_t *params =
        json_pack("{s:i,s:b}", "limit", PAGE, "archived", self->place == PLACE_ARCHIVE);

    if (before[0] != '\0')
        json_object_set_new(params, "before", json_string(before));
    self->asked = bridge_call(self->bridge, &(struct call){.method = "conversation.list",
                                                           .params = params,
                                                           .self = self,
                                                           .done = on_page});
}

static gboolean
ask_more(gpointer p)
{
    ConversationList *self = p;
    Conversation *last = ordered_last(&self->ordered);

    self->later = 0;
    /* The agent orders pinned ones otherwise: as they were pinned. */
    if (self->more && self->asked == 0)
        ask_page(self, last == NULL || last->pinned ? self->below : last->contact);
    return G_SOURCE_REMOVE;
}

/* Not while a view is in the middle of reading. */
static void
ask_later(ConversationList *self)
{
    if (self->later == 0 && self->asked == 0)
        self->later = g_idle_add(ask_more, self);
}

static void
on_refresh(ConversationList *self)
{
    forget_calls(self);
    self->unheard = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < ordered_count(&self->ordered); i++)
        g_hash_table_add(self->unheard, g_strdup(id_of(ordered_at(&self->ordered, i))));
    self->to_hear = g_hash_table_size(self->unheard);
    set_text(&self->below, "");
    ask_page(self, "");
}

static void
on_state(ConversationList *self)
{
    enum bridge_state state = bridge_get_state(self->bridge);

    if (state == BRIDGE_LOCKED || state == BRIDGE_NO_PROFILE)
        clear(self);
}

static void
on_conversation(ConversationList *self, const json_t *params)
{
    take(self, json_object_get(params, "conversation"), FROM_NEWS);
}

/* The last message moved on, or changed, before its conversation is told. */
static void
on_message(ConversationList *self, const json_t *params)
{
    const json_t *shown = json_object_get(params, "message");
    Conversation *c = conversation_list_get(self, field_text(shown, "contact"));

    if (c != NULL)
        conversation_update_last(c, shown);
}

static void
on_contact(ConversationList *self, const json_t *params)
{
    const json_t *shown = json_object_get(params, "contact");
    Conversation *c = conversation_list_get(self, field_text(shown, "id"));

    if (c != NULL)
        conversation_rename(c, field_text(shown, "label"));
}

/* --- the object --- */

static void
conversation_list_dispose(GObject *object)
{
    forget_calls(SNUG_CONVERSATION_LIST(object));
    G_OBJECT_CLASS(conversation_list_parent_class)->dispose(object);
}

static void
conversation_list_finalize(GObject *object)
{
    ConversationList *self = SNUG_CONVERSATION_LIST(object);

    ordered_done(&self->ordered);
    g_object_unref(self->bridge);
    g_free(self->below);
    G_OBJECT_CLASS(conversation_list_parent_class)->finalize(object);
}

static void
conversation_list_class_init(ConversationListClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = conversation_list_dispose;
    G_OBJECT_CLASS(klass)->finalize = conversation_list_finalize;
    signals[LOADED] = g_signal_new("loaded", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 0);
}

static void
conversation_list_init(ConversationList *self)
{
    ordered_init(&self->ordered, G_LIST_MODEL(self), compare, id_of);
    self->below = g_strdup("");
}

ConversationList *
conversation_list_new(Bridge *bridge, enum conversation_place place)
{
    ConversationList *self = g_object_new(SNUG_TYPE_CONVERSATION_LIST, NULL);
    const struct {
        const char *signal;
        GCallback callback;
    } wanted[] = {
        {"refresh", G_CALLBACK(on_refresh)},
        {"notify::state", G_CALLBACK(on_state)},
        {"notification::conversation", G_CALLBACK(on_conversation)},
        {"notification::message.state", G_CALLBACK(on_message)},
        {"notification::message.changed", G_CALLBACK(on_message)},
        {"notification::contact", G_CALLBACK(on_contact)},
    };

    self->bridge = g_object_ref(bridge);
    self->place = place;
    for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
        g_signal_connect_object(bridge, wanted[i].signal, wanted[i].callback, self,
                                G_CONNECT_SWAPPED);
    if (bridge_get_state(bridge) == BRIDGE_OPEN)
        on_refresh(self);
    return self;
}
