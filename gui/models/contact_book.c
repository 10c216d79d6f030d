/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/models/contact_book.h"

#include "gui/models/fields.h"

#define PAGE 200

struct _ContactBook {
    GObject parent;
    Bridge *bridge;
    GSequence *ordered; /* of Contact, by label; owns them */
    GHashTable *by_id;  /* id -> GSequenceIter */
    guint asked;        /* the call under way; 0: none */
};

static void model_init(GListModelInterface *model);
G_DEFINE_FINAL_TYPE_WITH_CODE(ContactBook, contact_book, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(G_TYPE_LIST_MODEL, model_init))

static void ask_page(ContactBook *self, const char *method, const char *after);

/* --- the list --- */

static GType
get_item_type(GListModel *model)
{
    return SNUG_TYPE_CONTACT;
}

static guint
get_n_items(GListModel *model)
{
    return (guint)g_sequence_get_length(SNUG_CONTACT_BOOK(model)->ordered);
}

static gpointer
get_item(GListModel *model, guint position)
{
    GSequenceIter *at =
        g_sequence_get_iter_at_pos(SNUG_CONTACT_BOOK(model)->ordered, (int)position);

    return g_sequence_iter_is_end(at) ? NULL : g_object_ref(g_sequence_get(at));
}

static void
model_init(GListModelInterface *model)
{
    model->get_item_type = get_item_type;
    model->get_n_items = get_n_items;
    model->get_item = get_item;
}

static int
by_label(gconstpointer a, gconstpointer b, gpointer data)
{
    const Contact *x = a, *y = b;
    g_autofree char *one = g_utf8_casefold(x->label, -1), *other = g_utf8_casefold(y->label, -1);
    int order = g_utf8_collate(one, other);

    return order != 0 ? order : strcmp(x->id, y->id);
}

Contact *
contact_book_get(ContactBook *self, const char *id)
{
    GSequenceIter *at = g_hash_table_lookup(self->by_id, id);

    return at != NULL ? g_sequence_get(at) : NULL;
}

static void
take_out(ContactBook *self, GSequenceIter *at)
{
    int position = g_sequence_iter_get_position(at);
    Contact *c = g_sequence_get(at);

    g_hash_table_remove(self->by_id, c->id);
    g_sequence_remove(at);
    g_list_model_items_changed(G_LIST_MODEL(self), (guint)position, 1, 0);
}

/* Takes CONTACT. */
static void
put_in(ContactBook *self, Contact *contact)
{
    GSequenceIter *at = g_sequence_insert_sorted(self->ordered, contact, by_label, NULL);

    g_hash_table_insert(self->by_id, contact->id, at);
    g_list_model_items_changed(G_LIST_MODEL(self), (guint)g_sequence_iter_get_position(at), 0, 1);
}

static void
take_contact(ContactBook *self, const json_t *shown)
{
    GSequenceIter *at = g_hash_table_lookup(self->by_id, field_text(shown, "id"));
    Contact *contact;

    if (field_text(shown, "id")[0] == '\0')
        return;
    if (at == NULL) {
        put_in(self, contact_new(shown));
        return;
    }
    contact = g_object_ref(g_sequence_get(at));
    enum contact_state before = contact->state;
    gboolean stays = strcmp(contact->label, field_text(shown, "label")) == 0;
    if (stays)
        contact_update(contact, shown);
    if (stays && contact->state != before) /* a filter has to look again */
        g_list_model_items_changed(G_LIST_MODEL(self), (guint)g_sequence_iter_get_position(at), 1,
                                   1);
    if (!stays) { /* to another place */
        take_out(self, at);
        contact_update(contact, shown);
        put_in(self, g_object_ref(contact));
    }
    g_object_unref(contact);
}

static void
clear(ContactBook *self)
{
    guint n = get_n_items(G_LIST_MODEL(self));

    g_hash_table_remove_all(self->by_id);
    g_sequence_remove_range(g_sequence_get_begin_iter(self->ordered),
                            g_sequence_get_end_iter(self->ordered));
    if (n > 0)
        g_list_model_items_changed(G_LIST_MODEL(self), 0, n, 0);
}

/* --- from the agent --- */

static void
on_presences(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    ContactBook *self = p;
    size_t i;
    json_t *j;

    json_array_foreach(json_object_get(result, "contacts"), i, j)
    {
        Contact *c = contact_book_get(self, field_text(j, "contact"));

        if (c != NULL)
            contact_update_presence(c, j);
    }
}

/* First all contacts, then all who ask, then who is here. */
static void
on_page(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    ContactBook *self = p;
    const char *method = data;
    gboolean requests = strcmp(method, "request.list") == 0;
    const json_t *list = json_object_get(result, requests ? "requests" : "contacts");
    size_t i, n = json_array_size(list);
    const char *last = field_text(json_array_get(list, n - 1), "id");
    json_t *j;

    self->asked = 0;
    json_array_foreach(list, i, j) take_contact(self, j);
    if (last[0] != '\0' && field_bool(result, "more"))
        ask_page(self, method, last);
    else if (error == NULL && !requests)
        ask_page(self, "request.list", NULL);
    else if (error == NULL)
        bridge_call(self->bridge,
                    &(struct call){.method = "presence.get", .self = self, .done = on_presences});
}

/* METHOD is a literal. */
static void
ask_page(ContactBook *self, const char *method, const char *after)
{
    json_t *params = json_pack("{s:i}", "limit", PAGE);

    if (after != NULL)
        json_object_set_new(params, "after", json_string(after));
    self->asked = bridge_call(self->bridge, &(struct call){.method = method,
                                                           .params = params,
                                                           .self = self,
                                                           .done = on_page,
                                                           .data = (gpointer)(guintptr)method});
}

static void
on_refresh(ContactBook *self)
{
    bridge_cancel(self->bridge, self->asked);
    ask_page(self, "contact.list", NULL);
}

static void
on_state(ContactBook *self)
{
    enum bridge_state state = bridge_get_state(self->bridge);

    if (state == BRIDGE_LOCKED || state == BRIDGE_NO_PROFILE)
        clear(self);
}

static void
on_contact(ContactBook *self, const json_t *params)
{
    take_contact(self, json_object_get(params, "contact"));
}

static void
on_presence(ContactBook *self, const json_t *params)
{
    Contact *c = contact_book_get(self, field_text(params, "contact"));

    if (c != NULL)
        contact_update_presence(c, params);
}

/* --- the object --- */

static void
contact_book_finalize(GObject *object)
{
    ContactBook *self = SNUG_CONTACT_BOOK(object);

    g_hash_table_unref(self->by_id);
    g_sequence_free(self->ordered);
    g_object_unref(self->bridge);
    G_OBJECT_CLASS(contact_book_parent_class)->finalize(object);
}

static void
contact_book_class_init(ContactBookClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = contact_book_finalize;
}

static void
contact_book_init(ContactBook *self)
{
    self->ordered = g_sequence_new(g_object_unref);
    self->by_id = g_hash_table_new(g_str_hash, g_str_equal);
}

ContactBook *
contact_book_new(Bridge *bridge)
{
    ContactBook *self = g_object_new(SNUG_TYPE_CONTACT_BOOK, NULL);

    self->bridge = g_object_ref(bridge);
    g_signal_connect_object(bridge, "refresh", G_CALLBACK(on_refresh), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(bridge, "notify::state", G_CALLBACK(on_state), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(bridge, "notification::contact", G_CALLBACK(on_contact), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(bridge, "notification::request", G_CALLBACK(on_contact), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(bridge, "notification::presence", G_CALLBACK(on_presence), self,
                            G_CONNECT_SWAPPED);
    if (bridge_get_state(bridge) == BRIDGE_OPEN)
        on_refresh(self);
    return self;
}
