/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/message_actions.h"

#include <glib/gi18n.h>

#include "gui/chat/details_dialog.h"
#include "gui/chat/forward_dialog.h"
#include "gui/chat/message_words.h"
#include "gui/chat/react_dialog.h"
#include "gui/chat/rich_text.h"
#include "gui/chat/timer_dialog.h"
#include "gui/dialog.h"
#include "gui/models/fields.h"

#define SNUG_TYPE_MESSAGE_ACTIONS (message_actions_get_type())
G_DECLARE_FINAL_TYPE(MessageActions, message_actions, SNUG, MESSAGE_ACTIONS, GObject)

/* It lives as long as the page does. */
struct _MessageActions {
    GObject parent;
    GtkWidget *page;
    Account *account;
    Composer *composer;
};

G_DEFINE_FINAL_TYPE(MessageActions, message_actions, G_TYPE_OBJECT)

static void
tell(MessageActions *self, const char *text)
{
    say(GTK_WIDGET(self->composer), text);
}

/* --- with the message as it is now --- */

typedef void use_fn(MessageActions *self, Message *message);

struct use {
    use_fn *use;
};

static void
on_message(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    struct use *use = data;
    g_autoptr(Message) message = NULL;

    if (error != NULL) {
        tell(p, error->message);
        return;
    }
    message = message_new(json_object_get(result, "message"));
    use->use(p, message);
}

static void
with_message(MessageActions *self, GVariant *target, use_fn *use)
{
    struct use *data = g_new(struct use, 1);

    data->use = use;
    bridge_call(
        self->account->bridge,
        &(struct call){.method = "message.get",
                       .params = json_pack("{s:s}", "message", g_variant_get_string(target, NULL)),
                       .self = self,
                       .done = on_message,
                       .data = data,
                       .free_data = g_free});
}

static void
reply(MessageActions *self, Message *message)
{
    composer_reply(self->composer, message);
}

static void
edit(MessageActions *self, Message *message)
{
    composer_edit(self->composer, message);
}

static void
copy(MessageActions *self, Message *message)
{
    gdk_clipboard_set_text(gtk_widget_get_clipboard(self->page), message->text);
    tell(self, _("Copied"));
}

static void
details(MessageActions *self, Message *message)
{
    details_dialog_open(self->page, self->account, message);
}

static void
react(MessageActions *self, Message *message)
{
    react_dialog_open(GTK_WIDGET(self->composer), self->account, message);
}

static void
pin(MessageActions *self, Message *message)
{
    call_or_say(GTK_WIDGET(self->composer), self->account, "message.pin",
                json_pack("{s:s,s:b}", "message", message->id, "on", message->pinned_ms == 0));
}

static void
act_on_message(GSimpleAction *action, GVariant *target, gpointer p)
{
    static const struct {
        const char *name;
        use_fn *use;
    } uses[] = {{"reply", reply},     {"edit", edit},   {"copy", copy},
                {"details", details}, {"react", react}, {"pin", pin}};
    const char *name = g_action_get_name(G_ACTION(action));

    for (size_t i = 0; i < G_N_ELEMENTS(uses); i++)
        if (strcmp(uses[i].name, name) == 0)
            with_message(p, target, uses[i].use);
}

/* --- with its id alone --- */

static void
act_retry(GSimpleAction *action, GVariant *target, gpointer p)
{
    MessageActions *self = p;

    call_or_say(GTK_WIDGET(self->composer), self->account, "message.retry",
                json_pack("{s:s}", "message", g_variant_get_string(target, NULL)));
}

static void
act_forward(GSimpleAction *action, GVariant *target, gpointer p)
{
    MessageActions *self = p;

    forward_dialog_open(GTK_WIDGET(self->composer), self->account,
                        g_variant_get_string(target, NULL));
}

static void
act_timer(GSimpleAction *action, GVariant *target, gpointer p)
{
    MessageActions *self = p;

    if (composer_get_contact(self->composer) != NULL)
        timer_dialog_open(GTK_WIDGET(self->composer), self->account,
                          composer_get_contact(self->composer));
}

/* --- deleting --- */

struct deletion {
    Account *account;
    char *message;
    const char *for_whom; /* as message.delete takes it */
};

static void
deletion_free(gpointer p)
{
    struct deletion *d = p;

    g_object_unref(d->account);
    g_free(d->message);
    g_free(d);
}

static void
on_deleted(gpointer near, const json_t *result, const GError *error, gpointer data)
{
    if (error != NULL)
        say(near, error->message);
    else if (field_bool(result, "withdrawn"))
        say(near, _("Taken back before anybody saw it"));
    else if (field_bool(result, "sent"))
        say(near, _("Deleted here, and the other side is asked to delete it"));
}

static void
delete_message(gpointer near, gpointer data)
{
    const struct deletion *d = data;

    bridge_call(
        d->account->bridge,
        &(struct call){.method = "message.delete",
                       .params = json_pack("{s:s,s:s}", "message", d->message, "for", d->for_whom),
                       .self = near,
                       .done = on_deleted});
}

static void
ask_to_delete(MessageActions *self, GVariant *target, const struct question *question,
              const char *for_whom)
{
    struct deletion *d = g_new(struct deletion, 1);

    *d = (struct deletion){g_object_ref(self->account), g_variant_dup_string(target, NULL),
                           for_whom};
    ask_first(&(struct asking){GTK_WIDGET(self->composer), self->account, delete_message, d,
                               deletion_free},
              question);
}

static void
act_delete_for_me(GSimpleAction *action, GVariant *target, gpointer p)
{
    ask_to_delete(p, target,
                  &(struct question){.heading = _("Delete Message for Yourself?"),
                                     .body = _("It is deleted on this computer, and cannot be "
                                               "brought back. The other side keeps it."),
                                     .answer = _("_Delete"),
                                     .destructive = TRUE},
                  "me");
}

static void
act_delete_for_everyone(GSimpleAction *action, GVariant *target, gpointer p)
{
    ask_to_delete(
        p, target,
        &(struct question){.heading = _("Delete Message for Everyone?"),
                           .body = _("It is deleted on this computer, and the Snug of the other "
                                     "side deletes it, too, as soon as it hears of it. Both of you "
                                     "see that something was deleted.\n\nWhat somebody has read, "
                                     "copied or saved before stays with them."),
                           .answer = _("_Delete"),
                           .destructive = TRUE},
        "everyone");
}

/* --- the object --- */

static void
message_actions_finalize(GObject *object)
{
    g_clear_object(&SNUG_MESSAGE_ACTIONS(object)->account);
    G_OBJECT_CLASS(message_actions_parent_class)->finalize(object);
}

static void
message_actions_class_init(MessageActionsClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = message_actions_finalize;
}

static void
message_actions_init(MessageActions *self)
{
}

void
message_actions_install(GtkWidget *page, Account *account, Composer *composer)
{
    static const GActionEntry of_message[] = {
        {.name = "reply", .activate = act_on_message, .parameter_type = "s"},
        {.name = "edit", .activate = act_on_message, .parameter_type = "s"},
        {.name = "copy", .activate = act_on_message, .parameter_type = "s"},
        {.name = "details", .activate = act_on_message, .parameter_type = "s"},
        {.name = "react", .activate = act_on_message, .parameter_type = "s"},
        {.name = "pin", .activate = act_on_message, .parameter_type = "s"},
        {.name = "forward", .activate = act_forward, .parameter_type = "s"},
        {.name = "retry", .activate = act_retry, .parameter_type = "s"},
        {.name = "delete-for-me", .activate = act_delete_for_me, .parameter_type = "s"},
        {.name = "delete-for-everyone", .activate = act_delete_for_everyone, .parameter_type = "s"},
    };
    static const GActionEntry of_conversation[] = {{.name = "timer", .activate = act_timer}};
    MessageActions *self = g_object_new(SNUG_TYPE_MESSAGE_ACTIONS, NULL);
    g_autoptr(GSimpleActionGroup) messages = g_simple_action_group_new(),
                                  conversation = g_simple_action_group_new();

    self->page = page;
    self->account = g_object_ref(account);
    self->composer = composer;
    g_object_set_data_full(G_OBJECT(page), "snug-message-actions", self, g_object_unref);
    g_action_map_add_action_entries(G_ACTION_MAP(messages), of_message, G_N_ELEMENTS(of_message),
                                    self);
    g_action_map_add_action_entries(G_ACTION_MAP(conversation), of_conversation,
                                    G_N_ELEMENTS(of_conversation), self);
    gtk_widget_insert_action_group(page, "message", G_ACTION_GROUP(messages));
    gtk_widget_insert_action_group(page, "conversation", G_ACTION_GROUP(conversation));
}
