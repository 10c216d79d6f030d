/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/models/conversation.h"

#include "gui/models/fields.h"

G_DEFINE_FINAL_TYPE(Conversation, conversation, G_TYPE_OBJECT)

enum { CHANGED, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

void
conversation_update(Conversation *self, const json_t *shown)
{
    const json_t *last = json_object_get(shown, "last"),
                 *keep = json_object_get(shown, "keep_days");

    set_text(&self->contact, field_text(shown, "contact"));
    set_text(&self->label, field_text(shown, "label"));
    set_text(&self->draft_text, field_text(shown, "draft_text"));
    g_clear_object(&self->last);
    self->last = json_is_object(last) ? message_new(last) : NULL;
    self->last_ms = field_int(shown, "last_ms");
    self->muted_until_ms = field_int(shown, "muted_until_ms");
    self->timer_s = field_int(shown, "timer_s");
    self->unread = (int)field_int(shown, "unread");
    self->unread_mentions = (int)field_int(shown, "unread_mentions");
    self->marked_unread = field_bool(shown, "marked_unread");
    self->archived = field_bool(shown, "archived");
    self->pinned = field_bool(shown, "pinned");
    self->draft = field_bool(shown, "draft");
    self->listed = field_bool(shown, "listed");
    self->deleted_upto = message_number(field_text(shown, "deleted_upto"));
    self->keep_days = json_is_integer(keep) ? (int)json_integer_value(keep) : -1;
    g_signal_emit(self, signals[CHANGED], 0);
}

void
conversation_update_last(Conversation *self, const json_t *shown)
{
    if (self->last == NULL || strcmp(self->last->id, field_text(shown, "id")) != 0)
        return;
    message_update(self->last, shown);
    g_signal_emit(self, signals[CHANGED], 0);
}

void
conversation_rename(Conversation *self, const char *label)
{
    if (set_text(&self->label, label))
        g_signal_emit(self, signals[CHANGED], 0);
}

static void
conversation_finalize(GObject *object)
{
    Conversation *self = SNUG_CONVERSATION(object);

    free_wiped(self->contact);
    free_wiped(self->label);
    free_wiped(self->draft_text);
    g_clear_object(&self->last);
    G_OBJECT_CLASS(conversation_parent_class)->finalize(object);
}

static void
conversation_class_init(ConversationClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = conversation_finalize;
    signals[CHANGED] = g_signal_new("changed", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                    NULL, NULL, G_TYPE_NONE, 0);
}

static void
conversation_init(Conversation *self)
{
}

Conversation *
conversation_new(const json_t *shown)
{
    Conversation *self = g_object_new(SNUG_TYPE_CONVERSATION, NULL);

    conversation_update(self, shown);
    return self;
}
