/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/models/history.h"

#include "gui/models/fields.h"

#define FIRST 60   /* messages of a new window: a list makes a row for each, so few are quick */
#define AROUND 20  /* at each side of a message that is gone to */
#define ASKED 500  /* the most that the agent gives at once */
#define REREAD 200 /* a page when everything is read again */
#define FORGET 200 /* let go of so many at once */

struct _History {
    GObject parent;
    Bridge *bridge;
    char *contact;
    GPtrArray *messages;    /* of Message, by number */
    gboolean more[2];       /* beyond that enum history_end */
    guint growing[2];       /* the call under way; 0: none */
    guint loading, halving; /* a new window: its last call, and the one before */
    guint rereading;        /* after a refresh */
    gint64 reread_after;    /* that page is above this number */
    char *wanted;           /* what the new window is around; NULL: the newest */
    GPtrArray *older;       /* the first half of a window around a message */
    gboolean older_more;
    gint64 deleted_upto; /* what has a number up to it does not come back */
};

static void model_init(GListModelInterface *model);
G_DEFINE_FINAL_TYPE_WITH_CODE(History, history, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(G_TYPE_LIST_MODEL, model_init))

enum { LOADED, ARRIVED, HEALED, FAILED, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

static void reread_from(History *self, gint64 after);

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
static gint64
number_at(History *self, guint position)
{
    return ((Message *)g_ptr_array_index(self->messages, position))->number;
}

/* How many have a smaller number. */
static guint
count_below(History *self, gint64 number)
{
    guint low = 0, high = self->messages->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (number_at(self, middle) < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int
history_find(History *self, gint64 number)
{
    guint at = count_below(self, number);
    Message *m = history_peek(self, at);

    return m != NULL && m->number == number ? (int)at : -1;
}

static gint64
first_number(History *self)
{
    return self->messages->len > 0 ? number_at(self, 0) : 0;
}

static gint64
last_number(History *self)
{
    return self->messages->len > 0 ? number_at(self, self->messages->len - 1) : 0;
}

static void
take_out(History *self, guint position, guint count)
{
    if (count == 0)
        return;
    g_ptr_array_remove_range(self->messages, position, count);
    g_list_model_items_changed(G_LIST_MODEL(self), position, count, 0);
}

/* The window does not grow for ever: what is far from where it grows is let go. */
static void
forget_beyond(History *self, enum history_end end)
{
    guint n = self->messages->len;

    if (n <= HISTORY_MAX)
        return;
    self->more[end] = TRUE;
    take_out(self, end == HISTORY_OLDER ? 0 : n - FORGET, FORGET);
}

/* A message of the window. */
static void
update(History *self, Message *m, const json_t *shown)
{
    gboolean was_missing = message_is_missing(m);

    message_update(m, shown);
    if (was_missing || message_is_missing(m))
        g_signal_emit(self, signals[HEALED], 0);
}

/* A message that the agent showed: it is in the window from now on, where its number says. */
static void
put_in(History *self, const json_t *shown)
{
    gint64 number = message_number(field_text(shown, "id"));
    guint at = count_below(self, number);
    Message *there = history_peek(self, at);

    if (number <= self->deleted_upto)
        return;
    if (there != NULL && there->number == number) {
        update(self, there, shown);
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

static void
stop_calls(History *self)
{
    guint *const calls[] = {&self->growing[0], &self->growing[1], &self->loading, &self->halving,
                            &self->rereading};

    for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
        bridge_cancel(self->bridge, *calls[i]);
        *calls[i] = 0;
    }
    g_clear_pointer(&self->older, g_ptr_array_unref);
}

static guint
ask(History *self, json_t *params, bridge_done_fn *done, int data)
{
    json_object_set_new(params, "contact", json_string(self->contact));
    return bridge_call(self->bridge, &(struct call){.method = "message.list",
                                                    .params = params,
                                                    .self = self,
                                                    .done = done,
                                                    .data = GINT_TO_POINTER(data)});
}

/* "message-7" of 7: places between messages have numbers, too. */
static json_t *
place(gint64 number)
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
    stop_calls(self);
    g_clear_pointer(&self->wanted, g_free);
    self->loading =
        ask(self, json_pack("{s:i}", "limit", (int)CLAMP(count, FIRST, ASKED)), on_newest, 0);
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
    stop_calls(self);
    g_free(self->wanted);
    self->wanted = g_strdup(message);
    self->halving = ask(self, json_pack("{s:o,s:i}", "before", place(number + 1), "limit", AROUND),
                        on_older_half, 0);
    self->loading = ask(self, json_pack("{s:o,s:i}", "after", place(number), "limit", AROUND),
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
    forget_beyond(self, end == HISTORY_OLDER ? HISTORY_NEWER : HISTORY_OLDER);
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
        json_object_set_new(params, "before", place(first_number(self)));
    else
        json_object_set_new(params, "after", place(last_number(self)));
    self->growing[end] = ask(self, params, on_grown, end);
}

/* --- what the agent tells --- */

static gboolean
is_ours(History *self, const json_t *about)
{
    return strcmp(field_text(about, "contact"), self->contact) == 0;
}

/* Whether a message with that number belongs into the window as it is now. */
static gboolean
in_window(History *self, gint64 number)
{
    if (self->messages->len == 0)
        return !self->more[HISTORY_OLDER] && !self->more[HISTORY_NEWER];
    return (number >= first_number(self) || !self->more[HISTORY_OLDER]) &&
           (number <= last_number(self) || !self->more[HISTORY_NEWER]);
}

static gboolean
take_new(History *self, const json_t *shown)
{
    gint64 number = message_number(field_text(shown, "id"));
    gboolean known = history_find(self, number) >= 0;

    if (self->loading != 0 && self->messages->len == 0)
        return FALSE; /* it is in what is coming */
    if (in_window(self, number)) {
        put_in(self, shown);
        if (!known)
            forget_beyond(self, HISTORY_OLDER);
    } else if (number > last_number(self))
        self->more[HISTORY_NEWER] = TRUE;
    return !known;
}

static void
on_message(History *self, const json_t *params)
{
    const json_t *shown = json_object_get(params, "message");
    g_autoptr(Message) message = NULL;

    if (!is_ours(self, shown) || !take_new(self, shown))
        return;
    message = message_new(shown);
    g_signal_emit(self, signals[ARRIVED], 0, message);
}

static void
on_gap(History *self, const json_t *params)
{
    const json_t *shown = json_object_get(params, "message");

    if (is_ours(self, shown))
        take_new(self, shown);
}

/* What becomes of messages in the half that is here already while the other one is on its way. */
static void
change_half(History *self, gint64 from, gint64 upto, const json_t *shown)
{
    for (guint i = self->older != NULL ? self->older->len : 0; i-- > 0;) {
        Message *m = g_ptr_array_index(self->older, i);

        if (m->number < from || m->number > upto)
            continue;
        if (shown != NULL)
            message_update(m, shown);
        else
            g_ptr_array_remove_index(self->older, i);
    }
}

static void
on_changed(History *self, const json_t *params)
{
    const json_t *shown = json_object_get(params, "message");
    gint64 number = is_ours(self, shown) ? message_number(field_text(shown, "id")) : 0;
    int at = number > 0 ? history_find(self, number) : -1;

    change_half(self, number, number, shown);
    if (at >= 0)
        update(self, history_peek(self, (guint)at), shown);
}

/* A file got further: its object is updated, and so is who shows it. */
static void
on_transfer(History *self, const json_t *params)
{
    const json_t *shown = json_object_get(params, "attachment");
    int at = is_ours(self, shown) ? history_find(self, message_number(field_text(shown, "message")))
                                  : -1;
    Message *m = at >= 0 ? history_peek(self, (guint)at) : NULL;

    for (guint i = 0; m != NULL && i < m->files->len; i++) {
        Attachment *file = g_ptr_array_index(m->files, i);
        if (strcmp(file->id, field_text(shown, "id")) == 0)
            attachment_update(file, shown);
    }
}

static void
on_gone(History *self, const json_t *params)
{
    gint64 number = is_ours(self, params) ? message_number(field_text(params, "id")) : 0;
    int at = number > 0 ? history_find(self, number) : -1;

    change_half(self, number, number, NULL);
    if (at >= 0)
        take_out(self, (guint)at, 1);
}

static void
on_conversation(History *self, const json_t *params)
{
    const json_t *shown = json_object_get(params, "conversation");
    gint64 upto = message_number(field_text(shown, "deleted_upto"));

    if (!is_ours(self, shown) || upto <= 0)
        return;
    self->deleted_upto = MAX(self->deleted_upto, upto);
    change_half(self, 0, upto, NULL);
    if (upto >= first_number(self))
        self->more[HISTORY_OLDER] = FALSE; /* all that was before it went too */
    take_out(self, 0, count_below(self, upto + 1));
}

/* --- after something was missed --- */

/* The agent's list of what is above AFTER up to the end of LIST is all that there is. */
static void
keep_only(History *self, gint64 after, gint64 upto, const json_t *list)
{
    g_autoptr(GHashTable) there = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    size_t i;
    json_t *j;

    json_array_foreach(list, i, j)
    {
        gint64 number = message_number(field_text(j, "id"));
        g_hash_table_add(there, g_memdup2(&number, sizeof number));
    }
    for (guint at = count_below(self, upto + 1); at-- > 0;) {
        gint64 number = number_at(self, at);

        if (number <= after)
            break;
        if (!g_hash_table_contains(there, &number))
            take_out(self, at, 1);
    }
}

static void
on_reread(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    History *self = p;
    gint64 upto = G_MAXINT64 - 1;
    const json_t *list = json_object_get(result, "messages");
    gboolean more = field_bool(result, "more");
    size_t i;
    json_t *j;

    self->rereading = 0;
    if (error != NULL)
        return; /* the bridge says it when the agent is away, and refreshes when it is back */
    if (more && json_array_size(list) > 0)
        upto = message_number(field_text(json_array_get(list, json_array_size(list) - 1), "id"));
    keep_only(self, self->reread_after, upto, list);
    json_array_foreach(list, i, j) put_in(self, j);
    if (!more)
        self->more[HISTORY_NEWER] = FALSE;
    else if (upto > self->reread_after && upto < last_number(self))
        reread_from(self, upto);
    else
        self->more[HISTORY_NEWER] = TRUE;
}

/* Page by page what is shown, from above AFTER on. */
static void
reread_from(History *self, gint64 after)
{
    self->reread_after = after;
    self->rereading =
        ask(self, json_pack("{s:o,s:i}", "after", place(after), "limit", REREAD), on_reread, 0);
}

static void
on_refresh(History *self)
{
    if (self->loading != 0)
        return;
    stop_calls(self);
    if (self->messages->len == 0)
        history_load_newest(self, FIRST);
    else
        reread_from(self, first_number(self) - 1);
}

static void
on_state(History *self)
{
    enum bridge_state state = bridge_get_state(self->bridge);

    if (state != BRIDGE_LOCKED && state != BRIDGE_NO_PROFILE)
        return;
    stop_calls(self);
    self->more[HISTORY_OLDER] = self->more[HISTORY_NEWER] = FALSE;
    take_out(self, 0, self->messages->len);
}

/* --- the object --- */

static void
history_dispose(GObject *object)
{
    History *self = SNUG_HISTORY(object);

    if (self->bridge != NULL)
        stop_calls(self);
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
    signals[ARRIVED] = g_signal_new("arrived", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 1, SNUG_TYPE_MESSAGE);
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
    const struct {
        const char *name;
        GCallback callback;
    } follows[] = {
        {"refresh", G_CALLBACK(on_refresh)},
        {"notify::state", G_CALLBACK(on_state)},
        {"notification::message", G_CALLBACK(on_message)},
        {"notification::message.state", G_CALLBACK(on_changed)},
        {"notification::message.changed", G_CALLBACK(on_changed)},
        {"notification::gap", G_CALLBACK(on_gap)},
        {"notification::transfer", G_CALLBACK(on_transfer)},
        {"notification::message.gone", G_CALLBACK(on_gone)},
        {"notification::conversation", G_CALLBACK(on_conversation)},
    };

    self->bridge = g_object_ref(bridge);
    self->contact = g_strdup(contact);
    for (size_t i = 0; i < G_N_ELEMENTS(follows); i++)
        g_signal_connect_object(bridge, follows[i].name, follows[i].callback, self,
                                G_CONNECT_SWAPPED);
    return self;
}

const char *
history_get_contact(History *self)
{
    return self->contact;
}
