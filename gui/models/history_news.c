/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/models/fields.h"
#include "gui/models/history_private.h"

#define REREAD 200 /* a page when everything is read again */

static void reread_from(History *self, gint64 after);

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
    return (number >= history_first_number(self) || !self->more[HISTORY_OLDER]) &&
           (number <= history_last_number(self) || !self->more[HISTORY_NEWER]);
}

static gboolean
take_new(History *self, const json_t *shown)
{
    gint64 number = message_number(field_text(shown, "id"));
    gboolean known = history_find(self, number) >= 0;

    if (self->loading != 0 && self->messages->len == 0)
        return FALSE; /* it is in what is coming */
    if (in_window(self, number)) {
        history_put_in(self, shown);
        if (!known)
            history_forget_beyond(self, HISTORY_OLDER);
    } else if (number > history_last_number(self))
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
    g_signal_emit_by_name(self, "arrived", message);
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
        history_update(self, history_peek(self, (guint)at), shown);
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
        history_take_out(self, (guint)at, 1);
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
    if (upto >= history_first_number(self))
        self->more[HISTORY_OLDER] = FALSE; /* all that was before it went too */
    history_take_out(self, 0, history_count_below(self, upto + 1));
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
    for (guint at = history_count_below(self, upto + 1); at-- > 0;) {
        gint64 number = history_number_at(self, at);

        if (number <= after)
            break;
        if (!g_hash_table_contains(there, &number))
            history_take_out(self, at, 1);
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
    json_array_foreach(list, i, j) history_put_in(self, j);
    if (!more)
        self->more[HISTORY_NEWER] = FALSE;
    else if (upto > self->reread_after && upto < history_last_number(self))
        reread_from(self, upto);
    else
        self->more[HISTORY_NEWER] = TRUE;
}

/* Page by page what is shown, from above AFTER on. */
static void
reread_from(History *self, gint64 after)
{
    self->reread_after = after;
    self->rereading = history_ask(
        self, json_pack("{s:o,s:i}", "after", history_place(after), "limit", REREAD), on_reread, 0);
}

static void
on_refresh(History *self)
{
    if (self->loading != 0)
        return;
    history_stop_calls(self);
    if (self->messages->len == 0)
        history_load_newest(self, FIRST);
    else
        reread_from(self, history_first_number(self) - 1);
}

static void
on_state(History *self)
{
    enum bridge_state state = bridge_get_state(self->bridge);

    if (state != BRIDGE_LOCKED && state != BRIDGE_NO_PROFILE)
        return;
    history_stop_calls(self);
    self->more[HISTORY_OLDER] = self->more[HISTORY_NEWER] = FALSE;
    history_take_out(self, 0, self->messages->len);
}

void
history_follow(History *self)
{
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

    for (size_t i = 0; i < G_N_ELEMENTS(follows); i++)
        g_signal_connect_object(self->bridge, follows[i].name, follows[i].callback, self,
                                G_CONNECT_SWAPPED);
}
