/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/composer_private.h"
#include "gui/chat/written_text.h"
#include "gui/models/fields.h"
#include "wire/limits.h"

#define SAVE_AFTER 1 /* second without a key */

Message *
composer_dup_words(Composer *self)
{
    json_t *j = json_object();
    Message *words;

    written_put(writing_box_get_buffer(self->box), WRITTEN_AS_IT_IS, j);
    words = message_new(j);
    json_decref(j);
    return words;
}

static void
on_saved(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    if (error != NULL)
        composer_say(p, error->message);
}

static void
save(Composer *self)
{
    json_t *params;

    if (self->contact == NULL || self->editing != NULL ||
        written_bytes(writing_box_get_buffer(self->box)) > TEXT_MAX)
        return;
    params = json_pack("{s:s}", "contact", self->contact);
    written_put(writing_box_get_buffer(self->box), WRITTEN_AS_IT_IS, params);
    if (self->replying != NULL)
        json_object_set_new(params, "reply_to", json_string(self->replying->id));
    bridge_call(self->account->bridge,
                &(struct call){.method = "conversation.draft",
                               .params = params,
                               .self = gtk_widget_in_destruction(GTK_WIDGET(self)) ? NULL : self,
                               .done = on_saved});
}

void
composer_forget_saving(Composer *self)
{
    g_clear_handle_id(&self->saving, g_source_remove);
}

void
composer_save_now(Composer *self)
{
    if (self->saving == 0)
        return;
    composer_forget_saving(self);
    save(self);
}

static gboolean
on_save_time(gpointer p)
{
    Composer *self = p;

    self->saving = 0;
    save(self);
    return G_SOURCE_REMOVE;
}

void
composer_save_soon(Composer *self)
{
    composer_forget_saving(self);
    self->saving = g_timeout_add_seconds(SAVE_AFTER, on_save_time, self);
}

static void
on_replied_to(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    Composer *self = p;
    g_autoptr(Message) message = NULL;

    if (error != NULL || self->editing != NULL || self->replying != NULL)
        return;
    message = message_new(json_object_get(result, "message"));
    if (g_strcmp0(message->contact, self->contact) != 0)
        return;
    g_set_object(&self->replying, message);
    composer_show_context(self);
}

void
composer_on_draft(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    Composer *self = p;
    const json_t *draft = json_object_get(result, "draft");
    const char *reply_to = json_string_value(json_object_get(draft, "reply_to"));

    self->loading = 0;
    if (draft != NULL && written_is_empty(writing_box_get_buffer(self->box))) {
        g_autoptr(Message) words = message_new(draft);
        writing_box_set(self->box, words);
    }
    if (reply_to != NULL)
        bridge_call(self->account->bridge,
                    &(struct call){.method = "message.get",
                                   .params = json_pack("{s:s}", "message", reply_to),
                                   .self = self,
                                   .done = on_replied_to});
    composer_take_returned(self);
    composer_show_buttons(self);
}
