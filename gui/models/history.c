/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/models/history_private.h"

#include "gui/models/fields.h"

#define AROUND 20  /* at each side of a message that is gone to */
#define ASKED 500  /* the most that the agent gives at once */
#define FORGET 200 /* let go of so many at once */

static void model_init(GListModelInterface *model);
G_DEFINE_FINAL_TYPE_WITH_CODE(History, history, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(G_TYPE_LIST_MODEL, model_init))

enum { LOADED, ARRIVED, HEALED, FAILED, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

/* --- the list --- */

static GType
get_item_type(GListModel *model)
{
    return SNUG_TYPE_MESSAGE;
}

static guint
get_n_items(GListModel *model)
{
    return SNUG_HISTORY(model)->messages->len;
}

static gpointer
get_item(GListModel *model, guint position)
{
    Message *m = history_peek(SNUG_HISTORY(model), position);

    return m != NULL ? g_object_ref(m) : NULL;
}

static void
model_init(GListModelInterface *model)
{
    model->get_item_type = get_item_type;
    model->get_n_items = get_n_items;
    model->get_item = get_item;
}

Message *
history_peek(History *self, guint position)
{
    return position < self->messages->len ? g_ptr_array_index(self->messages, position) : NULL;
}

/* The number of the message at a place that there is. */
gint64
history_number_at(History *self, guint position)
{
    return ((Message *)g_ptr_array_index(self->messages, position))->number;
}

/* How many have a smaller number. */
guint
history_count_below(History *self, gint64 number)
{
    guint low = 0, high = self->messages->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (history_number_at(self, middle) < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int
history_find(History *self, gint64 number)
{
    guint at = history_count_below(self, number);
    Message *m = history_peek(self, at);

    return m != NULL && m->number == number ? (int)at : -1;
}

gint64
history_first_number(History *self)
{
    return self->messages->len > 0 ? history_number_at(self, 0) : 0;
}

gint64
history_last_number(History *self)
{
    return self->messages->len > 0 ? history_number_at(self, self->messages->len - 1) : 0;
}

void
history_take_out(History *self, guint position, guint count)
{
    if (count == 0)
        return;
    g_ptr_array_remove_range(self->messages, position, count);
    g_list_model_items_changed(G_LIST_MODEL(self), position, count, 0);
}

/* The window does not grow for ever: what is far from where it grows is let go. */
void
history_forget_beyond(History *self, enum history_end end)
{
    guint n = self->messages->len;

    if (n <= HISTORY_MAX)
        return;
    self->more[end] = TRUE;
    history_take_out(self, end == HISTORY_OLDER ? 0 : n - FORGET, FORGET);
}

/* A message of the window. */
void
history_update(History *self, Message *m, const json_t *shown)
{
    gboolean was_missing = message_is_missing(m);

    message_update(m, shown);
    if (was_missing || message_is_missing(m))
        g_signal_emit(self, signals[HEALED], 0);
}

/* A message that the agent showed: it is in the window from now on, where its number says. */
void
history_put_in(History *self, const json_t *shown)
{
    gint64 number = message_number(field_text(shown, "id"));
    guint at = history_count_below(self, number);
    Message *there = history_peek(self, at);

    if (number <= self->deleted_upto)
        return;
    if (there != NULL && there->number == number) {
        history_update(self, there, shown);
        return;
    }
    g_ptr_array_insert(self->messages, (int)at, message_new(shown));
    g_list_model_items_changed(G_LIST_MODEL(self), at, 0, 1);
}

/* A page beyond an end, told as one change. Messages of the page that came meanwhile are there. */
static void
put_page(History *self, const json_t *list, enum history_end end)
{
    guint at = end == HISTORY_OLDER ? 0 : self->messages->len, added = 0;
    size_t i;
    json_t *j;

    json_array_foreach(list, i, j)
    {
        gint64 number = message_number(field_text(j, "id"));

        if (number <= self->deleted_upto || history_find(self, number) >= 0)
            continue;
        g_ptr_array_insert(self->messages, (int)(at + added), message_new(j));
        added++;
    }
    if (added > 0)
        g_list_model_items_changed(G_LIST_MODEL(self), at, 0, added);
}

/* --- a new window --- */

static void
fail_with(History *self, const GError *error)
{
    g_signal_emit(self, signals[FAILED], 0, error->message);
}

void
history_stop_calls(History *self)
{
    guint *const calls[] = {&self->growing[0], &self->growing[1], &self->loading, &self->halving,
                            &self->rereading};

    for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
        bridge_cancel(self->bridge, *calls[i]);
        *calls[i] = 0;
    }
    g_clear_pointer(&self->older, g_ptr_array_unref);
}

guint
history_ask(History *self, json_t *params, bridge_done_fn *done, int data)
{
    json_object_set_new(params, "contact", json_string(self->contact));
    return bridge_call(self->bridge, &(struct call){.method = "message.list",
                                                    .params = params,
                                                    .self = self,
                                                    .done = done,
                                                    .data = GINT_TO_POINTER(data)});
}

/* "message-7" of 7: places between messages have numbers, too. */
json_t *
history_place(gint64 number)
{
    return number <= 0 ? json_string("start")
                       : json_sprintf("message-%" JSON_INTEGER_FORMAT, (json_int_t)number);
}

static void
append_all(History *self, GPtrArray *to, const json_t *list)
{
    size_t i;
    json_t *j;

    json_array_foreach(list, i, j)
    {
        if (message_number(field_text(j, "id")) > self->deleted_upto)
            g_ptr_array_add(to, message_new(j));
    }
}

/* Takes MESSAGES. */
static void
show_window(History *self, GPtrArray *messages)
{
    guint before = self->messages->len;
    g_autofree char *wanted = g_steal_pointer(&self->wanted);

    self->loading = 0;
    g_ptr_array_unref(self->messages);
    self->messages = messages;
    if (before + messages->len > 0)
        g_list_model_items_changed(G_LIST_MODEL(self), 0, before, messages->len);
    g_signal_emit(self, signals[LOADED], 0, wanted);
}

static void
on_newest(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    History *self = p;
    GPtrArray *messages;

    self->loading = 0;
    if (error != NULL) {
        fail_with(self, error);
        return;
    }
    messages = g_ptr_array_new_with_free_func(g_object_unref);
    append_all(self, messages, json_object_get(result, "messages"));
    self->more[HISTORY_OLDER] = field_bool(result, "more");
    self->more[HISTORY_NEWER] = FALSE;
    show_window(self, messages);
}

void
history_load_newest(History *self, guint count)
{
    history_stop_calls(self);
    g_clear_pointer(&self->wanted, g_free);
    self->loading = history_ask(self, json_pack("{s:i}", "limit", (int)CLAMP(count, FIRST, ASKED)),
                                on_newest, 0);
}

static void
on_older_half(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    History *self = p;

    self->halving = 0;
    if (error != NULL) { /* the other half would say the same */
        bridge_cancel(self->bridge, self->loading);
        self->loading = 0;
        fail_with(self, error);
        return;
    }
    self->older = g_ptr_array_new_with_free_func(g_object_unref);
    append_all(self, self->older, json_object_get(result, "messages"));
    self->older_more = field_bool(result, "more");
}

static void
on_newer_half(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    History *self = p;

    self->loading = 0;
    if (error != NULL || self->older == NULL) {
        if (error != NULL)
            fail_with(self, error);
        return;
    }
    append_all(self, self->older, json_object_get(result, "messages"));
    self->more[HISTORY_OLDER] = self->older_more;
    self->more[HISTORY_NEWER] = field_bool(result, "more");
    show_window(self, g_steal_pointer(&self->older));
}

void
history_load_around(History *self, const char *message)
{
    gint64 number = message_number(message);

    if (number <= 0)
        return;
    if (history_find(self, number) >= 0) {
        g_signal_emit(self, signals[LOADED], 0, message);
        return;
    }
    history_stop_calls(self);
    g_free(self->wanted);
    self->wanted = g_strdup(message);
    self->halving = history_ask(
        self, json_pack("{s:o,s:i}", "before", history_place(number + 1), "limit", AROUND),
        on_older_half, 0);
    self->loading =
        history_ask(self, json_pack("{s:o,s:i}", "after", history_place(number), "limit", AROUND),
                    on_newer_half, 0);
}

gboolean
history_is_loading(History *self)
{
    return self->loading != 0;
}

/* --- growing --- */

gboolean
history_has_more(History *self, enum history_end end)
{
    return self->more[end];
}

static void
on_grown(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    History *self = p;
    enum history_end end = (enum history_end)GPOINTER_TO_INT(data);

    self->growing[end] = 0;
    if (error != NULL) {
        fail_with(self, error);
        return;
    }
    self->more[end] = field_bool(result, "more");
    put_page(self, json_object_get(result, "messages"), end);
    history_forget_beyond(self, end == HISTORY_OLDER ? HISTORY_NEWER : HISTORY_OLDER);
}

void
history_grow(History *self, enum history_end end)
{
    json_t *params;

    if (!self->more[end] || self->growing[end] != 0 || self->loading != 0 || self->rereading != 0 ||
        self->messages->len == 0)
        return;
    params = json_pack("{s:i}", "limit", HISTORY_PAGE);
    if (end == HISTORY_OLDER)
        json_object_set_new(params, "before", history_place(history_first_number(self)));
    else
        json_object_set_new(params, "after", history_place(history_last_number(self)));
    self->growing[end] = history_ask(self, params, on_grown, end);
}

/* --- the object --- */

static void
history_dispose(GObject *object)
{
    History *self = SNUG_HISTORY(object);

    if (self->bridge != NULL)
        history_stop_calls(self);
    g_clear_object(&self->bridge);
    G_OBJECT_CLASS(history_parent_class)->dispose(object);
}

static void
history_finalize(GObject *object)
{
    History *self = SNUG_HISTORY(object);

    g_ptr_array_unref(self->messages);
    g_free(self->contact);
    g_free(self->wanted);
    G_OBJECT_CLASS(history_parent_class)->finalize(object);
}

static void
history_class_init(HistoryClass *klass)
{
    GType type = G_TYPE_FROM_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = history_dispose;
    G_OBJECT_CLASS(klass)->finalize = history_finalize;
    signals[LOADED] = g_signal_new("loaded", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 1, G_TYPE_STRING);
    g_signal_new("arrived", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                 SNUG_TYPE_MESSAGE);
    signals[HEALED] =
        g_signal_new("healed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    signals[FAILED] = g_signal_new("failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
history_init(History *self)
{
    self->messages = g_ptr_array_new_with_free_func(g_object_unref);
}

History *
history_new(Bridge *bridge, const char *contact)
{
    History *self = g_object_new(SNUG_TYPE_HISTORY, NULL);

    self->bridge = g_object_ref(bridge);
    self->contact = g_strdup(contact);
    history_follow(self);
    return self;
}

const char *
history_get_contact(History *self)
{
    return self->contact;
}
