/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/notifications.h"

#include <glib/gi18n.h>

#include "gui/chat/message_words.h"
#include "gui/models/fields.h"
#include "gui/shown_text.h"

#define TOGETHER_MS 400 /* what comes within it is told together */
#define ALONE_MAX 3     /* more conversations than that at once are one notification */
#define PREVIEW 160     /* characters */
#define ALL_ID "messages"
#define REQUESTS_ID "requests"
#define ALARM_ID "alarm"

/* What came in a conversation and is not told yet. */
struct news {
    char *contact, *label, *preview;
    guint messages;
};

struct _Notifications {
    GObject parent;
    Account *account;
    struct notification_sink sink;
    GHashTable *waiting; /* contact -> struct news */
    GHashTable *told;    /* ids that are shown; the summary's is ALL_ID */
    GHashTable *summed;  /* contacts that the summary is about */
    guint timer;
};

G_DEFINE_FINAL_TYPE(Notifications, notifications, G_TYPE_OBJECT)

static void
news_free(gpointer p)
{
    struct news *n = p;

    free_wiped(n->contact);
    free_wiped(n->label);
    free_wiped(n->preview);
    g_free(n);
}

/* --- telling --- */

static void
send_one(Notifications *self, const struct notification *n)
{
    g_hash_table_add(self->told, g_strdup(n->id));
    self->sink.send(self->sink.data, n);
}

static void
withdraw(Notifications *self, const char *id)
{
    if (g_hash_table_remove(self->told, id))
        self->sink.withdraw(self->sink.data, id);
}

static char *
conversation_id(const char *contact)
{
    return g_strdup_printf("conversation-%s", contact);
}

static char *
title_of(const struct news *n, enum notification_words words, guint unread)
{
    g_autofree char *name = name_shown(n->label);

    if (words == NOTIFY_NOTHING)
        return g_strdup(unread > 1 ? _("New messages") : _("New message"));
    if (words == NOTIFY_CONTENT)
        return g_steal_pointer(&name);
    return unread > 1 ? g_strdup_printf(
                            ngettext("%u new message from %s", "%u new messages from %s", unread),
                            unread, name)
                      : g_strdup_printf(_("New message from %s"), name);
}

static void
tell_conversation(Notifications *self, const struct news *n)
{
    const Conversation *v = conversation_list_get(self->account->conversations, n->contact);
    enum notification_words words = self->sink.words(self->sink.data);
    guint unread = v != NULL && v->unread > (int)n->messages ? (guint)v->unread : n->messages;
    g_autofree char *id = conversation_id(n->contact), *title = title_of(n, words, unread);

    send_one(self, &(struct notification){.id = id,
                                          .title = title,
                                          .body = words == NOTIFY_CONTENT ? n->preview : NULL,
                                          .action = "app.open-conversation",
                                          .target = n->contact});
}

static void
tell_all(Notifications *self)
{
    GHashTableIter i;
    gpointer p;
    guint messages = 0;

    g_hash_table_iter_init(&i, self->waiting);
    while (g_hash_table_iter_next(&i, NULL, &p)) {
        struct news *n = p;
        g_autofree char *id = conversation_id(n->contact);
        messages += n->messages;
        withdraw(self, id);
        g_hash_table_add(self->summed, g_strdup(n->contact));
    }
    guint conversations = g_hash_table_size(self->summed);
    g_autofree char *title =
        g_strdup_printf(ngettext("%u new message", "%u new messages", messages), messages);
    g_autofree char *body = g_strdup_printf(
        ngettext("In %u conversation", "In %u conversations", conversations), conversations);
    send_one(self, &(struct notification){
                       .id = ALL_ID, .title = title, .body = body, .action = "app.activate"});
}

static gboolean
on_timer(gpointer p)
{
    Notifications *self = p;
    GHashTableIter i;
    gpointer news;

    self->timer = 0;
    if (g_hash_table_size(self->waiting) > ALONE_MAX)
        tell_all(self);
    else {
        g_hash_table_iter_init(&i, self->waiting);
        while (g_hash_table_iter_next(&i, NULL, &news))
            tell_conversation(self, news);
    }
    g_hash_table_remove_all(self->waiting);
    return G_SOURCE_REMOVE;
}

/* --- what happens --- */

static void
on_message(Notifications *self, const json_t *params)
{
    g_autoptr(Message) m = message_new(json_object_get(params, "message"));
    struct news *n = g_hash_table_lookup(self->waiting, m->contact);

    if (m->outgoing || m->state != MESSAGE_RECEIVED || !m->unread || m->contact[0] == '\0' ||
        field_bool(params, "muted") || self->sink.is_watched(self->sink.data, m->contact))
        return;
    if (n == NULL) {
        n = g_new0(struct news, 1);
        n->contact = g_strdup(m->contact);
        g_hash_table_insert(self->waiting, n->contact, n);
    }
    g_autofree char *preview = message_line_words(m, PREVIEW);
    set_text(&n->label, m->label);
    set_text(&n->preview, preview);
    n->messages++;
    if (self->timer == 0)
        self->timer = g_timeout_add(TOGETHER_MS, on_timer, self);
}

static void
forget(Notifications *self, const char *contact)
{
    g_autofree char *id = conversation_id(contact);

    g_hash_table_remove(self->waiting, contact);
    withdraw(self, id);
    g_hash_table_remove(self->summed, contact);
    if (g_hash_table_size(self->summed) == 0)
        withdraw(self, ALL_ID);
}

static void
on_conversation(Notifications *self, const json_t *params)
{
    const json_t *v = json_object_get(params, "conversation");

    if (field_int(v, "unread") == 0)
        forget(self, field_text(v, "contact"));
}

/* Who asks chose their name themselves: it is not said here. */
static void
on_request(Notifications *self, const json_t *params)
{
    if (strcmp(field_text(json_object_get(params, "contact"), "state"), "asking") == 0)
        send_one(self, &(struct notification){.id = REQUESTS_ID,
                                              .title = _("Somebody asks to write to you"),
                                              .action = "app.requests"});
}

static gboolean
anybody_asks(Notifications *self)
{
    GListModel *all = G_LIST_MODEL(self->account->contacts);

    for (guint i = 0; i < g_list_model_get_n_items(all); i++) {
        g_autoptr(Contact) c = g_list_model_get_item(all, i);
        if (c->state == CONTACT_ASKING)
            return TRUE;
    }
    return FALSE;
}

static void
on_contact(Notifications *self, const json_t *params)
{
    if (strcmp(field_text(json_object_get(params, "contact"), "state"), "asking") != 0 &&
        g_hash_table_contains(self->told, REQUESTS_ID) && !anybody_asks(self))
        withdraw(self, REQUESTS_ID);
}

static void
on_notice(Notifications *self, const json_t *params)
{
    const json_t *notice = json_object_get(params, "notice");
    g_autofree char *name = line_shown(field_text(notice, "contact"), 60), *title = NULL;

    if (field_bool(notice, "seen")) {
        withdraw(self, ALARM_ID);
        return;
    }
    title = name[0] != '\0' && self->sink.words(self->sink.data) != NOTIFY_NOTHING
                ? g_strdup_printf(_("Look at the security of your conversation with %s"), name)
                : g_strdup(_("Look at the security of a conversation"));
    send_one(self, &(struct notification){
                       .id = ALARM_ID, .title = title, .action = "app.activate", .urgent = TRUE});
}

/* Nothing of a locked profile stays on the screen. */
static void
on_state(Notifications *self)
{
    enum bridge_state state = bridge_get_state(self->account->bridge);
    GHashTableIter i;
    gpointer id;

    if (state != BRIDGE_LOCKED && state != BRIDGE_NO_PROFILE)
        return;
    g_clear_handle_id(&self->timer, g_source_remove);
    g_hash_table_remove_all(self->waiting);
    g_hash_table_remove_all(self->summed);
    g_hash_table_iter_init(&i, self->told);
    while (g_hash_table_iter_next(&i, &id, NULL))
        self->sink.withdraw(self->sink.data, id);
    g_hash_table_remove_all(self->told);
}

/* --- the object --- */

static void
notifications_finalize(GObject *object)
{
    Notifications *self = SNUG_NOTIFICATIONS(object);

    g_clear_handle_id(&self->timer, g_source_remove);
    g_hash_table_unref(self->waiting);
    g_hash_table_unref(self->told);
    g_hash_table_unref(self->summed);
    g_object_unref(self->account);
    G_OBJECT_CLASS(notifications_parent_class)->finalize(object);
}

static void
notifications_class_init(NotificationsClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = notifications_finalize;
}

static void
notifications_init(Notifications *self)
{
    self->waiting = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, news_free);
    self->told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->summed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

Notifications *
notifications_new(Account *account, const struct notification_sink *sink)
{
    Notifications *self = g_object_new(SNUG_TYPE_NOTIFICATIONS, NULL);
    const struct {
        const char *signal;
        GCallback callback;
    } wanted[] = {
        {"notification::message", G_CALLBACK(on_message)},
        {"notification::conversation", G_CALLBACK(on_conversation)},
        {"notification::request", G_CALLBACK(on_request)},
        {"notification::contact", G_CALLBACK(on_contact)},
        {"notification::notice", G_CALLBACK(on_notice)},
        {"notify::state", G_CALLBACK(on_state)},
    };

    self->account = g_object_ref(account);
    self->sink = *sink;
    for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
        g_signal_connect_object(account->bridge, wanted[i].signal, wanted[i].callback, self,
                                G_CONNECT_SWAPPED);
    return self;
}
