/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/models/message.h"

#include "gui/models/fields.h"

G_DEFINE_FINAL_TYPE(Message, message, G_TYPE_OBJECT)

enum { CHANGED, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

static const char *const types[] = {"text",    "files",   "contact", "timer",
                                    "missing", "unknown", NULL};
static const char *const states[] = {"received",  "queued", "at-relay",    "delivered",
                                     "read",      "failed", "unconfirmed", "kept",
                                     "scheduled", "gap",    "gone",        NULL};
static const char *const range_kinds[] = {"bold", "italic", "strike", "monospace", "spoiler", NULL};
static const char *const quote_states[] = {"", "here", "missing", "differs", NULL};

gint64
message_number(const char *id)
{
    return g_str_has_prefix(id, "message-") ? g_ascii_strtoll(id + strlen("message-"), NULL, 10)
                                            : 0;
}

gboolean
message_is_missing(const Message *self)
{
    return self->deleted_ms == 0 && (self->type == MESSAGE_MISSING || self->state == MESSAGE_GAP ||
                                     self->state == MESSAGE_GONE);
}

/* --- lists --- */

static void
clear_mention(gpointer p)
{
    struct text_mention *m = p;

    free_wiped(m->account);
    free_wiped(m->contact);
}

static void
clear_reaction(gpointer p)
{
    free_wiped(((struct message_reaction *)p)->emoji);
}

/* Whether START and LENGTH are inside the text: the agent checks it, and we draw with them. */
static gboolean
inside(const Message *self, const json_t *j)
{
    gint64 start = field_int(j, "start"), length = field_int(j, "length");
    gint64 size = (gint64)strlen(self->text);

    return start >= 0 && length > 0 && start <= size && length <= size - start;
}

static void
read_ranges(Message *self, const json_t *list)
{
    size_t i;
    json_t *j;

    g_array_set_size(self->ranges, 0);
    json_array_foreach(list, i, j)
    {
        int kind = field_word(j, "kind", range_kinds, -1);
        struct text_range r = {(guint)field_int(j, "start"), (guint)field_int(j, "length"), kind};

        if (kind >= 0 && inside(self, j))
            g_array_append_val(self->ranges, r);
    }
}

static void
read_mentions(Message *self, const json_t *list)
{
    size_t i;
    json_t *j;

    g_array_set_size(self->mentions, 0);
    json_array_foreach(list, i, j)
    {
        struct text_mention m = {(guint)field_int(j, "start"), (guint)field_int(j, "length"), NULL,
                                 NULL};

        if (!inside(self, j))
            continue;
        m.account = g_strdup(field_text(j, "account"));
        m.contact = g_strdup(field_text(j, "contact"));
        g_array_append_val(self->mentions, m);
    }
}

static void
read_reactions(Message *self, const json_t *list)
{
    size_t i;
    json_t *j;

    g_array_set_size(self->reactions, 0);
    json_array_foreach(list, i, j)
    {
        struct message_reaction r = {g_strdup(field_text(j, "emoji")), field_bool(j, "mine"),
                                     field_int(j, "sent_ms")};

        g_array_append_val(self->reactions, r);
    }
}

static void
read_quote(Message *self, const json_t *j)
{
    struct message_quote *q = &self->quote;

    q->state = field_word(j, "state", quote_states, QUOTE_NONE);
    set_text(&q->message, field_text(j, "message"));
    set_text(&q->text, field_text(j, "text"));
    q->type = field_word(j, "type", types, MESSAGE_UNKNOWN);
    q->outgoing = field_bool(j, "outgoing");
    q->deleted = field_bool(j, "deleted");
}

/* The files in the order of the message; those that were there are the same objects. */
static void
read_files(Message *self, const json_t *list)
{
    g_autoptr(GPtrArray) before = g_steal_pointer(&self->files);
    size_t i;
    json_t *j;

    self->files = g_ptr_array_new_with_free_func(g_object_unref);
    json_array_foreach(list, i, j)
    {
        Attachment *same = i < before->len ? g_ptr_array_index(before, i) : NULL;

        if (same != NULL && strcmp(same->id, field_text(j, "id")) == 0) {
            attachment_update(same, j);
            g_ptr_array_add(self->files, g_object_ref(same));
        } else
            g_ptr_array_add(self->files, attachment_new(j));
    }
}

/* --- the object --- */

static void
read_times(Message *self, const json_t *shown)
{
    self->sent_ms = field_int(shown, "sent_ms");
    self->stored_ms = field_int(shown, "stored_ms");
    self->state_ms = field_int(shown, "state_ms");
    self->edited_ms = field_int(shown, "edited_ms");
    self->deleted_ms = field_int(shown, "deleted_ms");
    self->pinned_ms = field_int(shown, "pinned_ms");
    self->expire_s = field_int(shown, "expire_s");
    self->expires_ms = field_int(shown, "expires_ms");
    self->due_ms = field_int(shown, "due_ms");
    self->retained_ms = field_int(shown, "retained_ms");
    self->timer_s = field_int(shown, "timer_s");
    self->asked = field_int(shown, "asked");
    self->asked_ms = field_int(shown, "asked_ms");
    self->next_ms = field_int(shown, "next_ms");
    self->elsewhere = field_int(shown, "elsewhere");
}

void
message_update(Message *self, const json_t *shown)
{
    const json_t *card = json_object_get(shown, "card");

    set_text(&self->id, field_text(shown, "id"));
    self->number = message_number(self->id);
    set_text(&self->contact, field_text(shown, "contact"));
    set_text(&self->label, field_text(shown, "label"));
    set_text(&self->text, field_text(shown, "text"));
    set_text(&self->why, field_text(shown, "why"));
    set_text(&self->card_link, field_text(card, "link"));
    set_text(&self->card_name, field_text(card, "name"));
    set_text(&self->card_contact, field_text(card, "contact"));
    self->type = field_word(shown, "type", types, MESSAGE_UNKNOWN);
    self->state = field_word(shown, "state", states, MESSAGE_RECEIVED);
    self->outgoing = field_bool(shown, "outgoing");
    self->unread = field_bool(shown, "unread");
    self->forwarded = field_bool(shown, "forwarded");
    self->mentions_me = field_bool(shown, "mentions_me");
    self->versions = (int)field_int(shown, "versions");
    read_times(self, shown);
    read_quote(self, json_object_get(shown, "quote"));
    read_ranges(self, json_object_get(shown, "ranges"));
    read_mentions(self, json_object_get(shown, "mentions"));
    read_reactions(self, json_object_get(shown, "reactions"));
    read_files(self, json_object_get(shown, "files"));
    g_signal_emit(self, signals[CHANGED], 0);
}

static void
message_finalize(GObject *object)
{
    Message *self = SNUG_MESSAGE(object);
    char *const texts[] = {self->id,           self->contact,      self->label,
                           self->text,         self->why,          self->card_link,
                           self->card_name,    self->card_contact, self->quote.text,
                           self->quote.message};

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        free_wiped(texts[i]);
    g_array_unref(self->ranges);
    g_array_unref(self->mentions);
    g_array_unref(self->reactions);
    g_ptr_array_unref(self->files);
    G_OBJECT_CLASS(message_parent_class)->finalize(object);
}

static void
message_class_init(MessageClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = message_finalize;
    signals[CHANGED] = g_signal_new("changed", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                    NULL, NULL, G_TYPE_NONE, 0);
}

static void
message_init(Message *self)
{
    self->ranges = g_array_new(FALSE, FALSE, sizeof(struct text_range));
    self->mentions = g_array_new(FALSE, FALSE, sizeof(struct text_mention));
    g_array_set_clear_func(self->mentions, clear_mention);
    self->reactions = g_array_new(FALSE, FALSE, sizeof(struct message_reaction));
    g_array_set_clear_func(self->reactions, clear_reaction);
    self->files = g_ptr_array_new_with_free_func(g_object_unref);
}

Message *
message_new(const json_t *shown)
{
    Message *self = g_object_new(SNUG_TYPE_MESSAGE, NULL);

    message_update(self, shown);
    return self;
}
