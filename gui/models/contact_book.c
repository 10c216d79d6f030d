/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/models/contact_book.h"

#include "gui/models/fields.h"
#include "gui/models/ordered.h"

#define PAGE 200

struct _ContactBook {
    GObject parent;
    Bridge *bridge;
    struct ordered ordered; /* of Contact, by label */
    guint asked;            /* the call under way; 0: none */
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
    return ordered_count(&SNUG_CONTACT_BOOK(model)->ordered);
}

static gpointer
get_item(GListModel *model, guint position)
{
    gpointer contact = ordered_at(&SNUG_CONTACT_BOOK(model)->ordered, position);

    return contact != NULL ? g_object_ref(contact) : NULL;
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

static const char *
id_of(gconstpointer contact)
{
    return ((const Contact *)contact)->id;
}

Contact *
contact_book_get(ContactBook *self, const char *id)
{
    return ordered_find(&self->ordered, id);
}

static void
take_contact(ContactBook *self, const json_t *shown)
{
    const char *id = field_text(shown, "id");
    Contact *known = ordered_find(&self->ordered, id);

    if (id[0] == '\0')
        return;
    if (known == NULL) {
        ordered_put(&self->ordered, contact_new(shown));
        return;
    }
    g_autoptr(Contact) contact = g_object_ref(known);
    enum contact_state before = contact->state;
    if (strcmp(contact->label, field_text(shown, "label")) == 0) {
        contact_update(contact, shown);
        if (contact->state != before) /* a filter has to look again */
            ordered_changed(&self->ordered, id);
        return;
    }
    ordered_remove(&self->ordered, id); /* to another place */
    contact_update(contact, shown);
    ordered_put(&self->ordered, g_steal_pointer(&contact));
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
        ordered_clear(&self->ordered);
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

    ordered_done(&self->ordered);
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
    ordered_init(&self->ordered, G_LIST_MODEL(self), by_label, id_of);
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
