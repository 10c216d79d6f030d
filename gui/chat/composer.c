/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/composer.h"

#include <glib/gi18n.h>

#include "gui/chat/composer_private.h"
#include "gui/chat/scheduled_dialog.h"
#include "gui/chat/sending_time.h"
#include "gui/chat/written_text.h"
#include "gui/models/fields.h"

#define TYPING_EVERY (3 * G_USEC_PER_SEC)
#define LAST_PAGE 30 /* messages among which the last own one is */

G_DEFINE_FINAL_TYPE(Composer, composer, GTK_TYPE_WIDGET)

enum { SENT, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

/* --- typing --- */

void
composer_tell_typing(Composer *self, gboolean on)
{
    gint64 now = g_get_monotonic_time();

    if (self->known == NULL || self->known->state == CONTACT_SELF || (!on && self->typed_us == 0) ||
        (on && self->typed_us != 0 && now - self->typed_us < TYPING_EVERY))
        return;
    self->typed_us = on ? now : 0;
    bridge_call(
        self->account->bridge,
        &(struct call){.method = "typing.set",
                       .params = json_pack("{s:s,s:b}", "contact", self->contact, "on", on)});
}

static void
on_changed(Composer *self)
{
    gboolean empty = written_is_empty(writing_box_get_buffer(self->box));

    gtk_widget_set_visible(self->notice, FALSE);
    composer_show_buttons(self);
    if (self->editing == NULL)
        composer_save_soon(self);
    composer_tell_typing(self, !empty);
}

/* --- replies and edits --- */

void
composer_clear(Composer *self)
{
    gboolean had_aside = self->aside != NULL;

    composer_tell_typing(self, FALSE);
    gtk_widget_set_visible(self->notice, FALSE);
    g_clear_object(&self->editing);
    g_clear_object(&self->replying);
    self->replying = g_steal_pointer(&self->aside_reply);
    writing_box_set(self->box, self->aside);
    composer_forget_saving(self); /* the draft goes with the message, when that is there */
    g_clear_object(&self->aside);
    if (!had_aside)
        g_ptr_array_unref(outgoing_tray_take(self->tray));
    composer_show_context(self);
    composer_show_buttons(self);
}

void
composer_reply(Composer *self, Message *message)
{
    if (self->editing != NULL)
        composer_clear(self);
    g_set_object(&self->replying, message);
    composer_show_context(self);
    composer_save_soon(self);
    composer_focus(self);
}

void
composer_edit(Composer *self, Message *message)
{
    if (self->editing == NULL) {
        composer_save_now(self);
        self->aside = composer_dup_words(self);
        self->aside_reply = g_steal_pointer(&self->replying);
    }
    g_set_object(&self->editing, message);
    writing_box_set(self->box, message);
    composer_show_context(self);
    composer_show_buttons(self);
    composer_focus(self);
}

static void
on_notice_closed(Composer *self)
{
    gtk_widget_set_visible(self->notice, FALSE);
    composer_focus(self);
}

static void
on_cancel(Composer *self)
{
    gtk_widget_set_visible(self->notice, FALSE);
    if (self->editing != NULL)
        composer_clear(self);
    else if (self->replying != NULL) {
        g_clear_object(&self->replying);
        composer_show_context(self);
        composer_save_soon(self);
    }
    composer_focus(self);
}

static void
on_last(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    Composer *self = p;
    const json_t *list = json_object_get(result, "messages");

    for (size_t i = json_array_size(list); i-- > 0;) {
        g_autoptr(Message) m = message_new(json_array_get(list, i));

        if (!m->outgoing || m->deleted_ms != 0 || m->type > MESSAGE_FILES)
            continue;
        if (strcmp(m->contact, self->contact) == 0 &&
            written_is_empty(writing_box_get_buffer(self->box)))
            composer_edit(self, m);
        return;
    }
}

static void
on_edit_last(Composer *self)
{
    if (self->editing != NULL || self->contact == NULL)
        return;
    bridge_call(self->account->bridge,
                &(struct call){
                    .method = "message.list",
                    .params = json_pack("{s:s,s:i}", "contact", self->contact, "limit", LAST_PAGE),
                    .self = self,
                    .done = on_last});
}

/* --- sending --- */

static void
on_send(Composer *self)
{
    composer_send(self, 0);
    composer_focus(self);
}

static void
on_time(gpointer p, gint64 at_ms)
{
    composer_send(p, at_ms);
}

static void
act_send_later(GtkWidget *widget, const char *action, GVariant *target)
{
    sending_time_ask(g_variant_get_string(target, NULL), widget, SNUG_COMPOSER(widget)->account,
                     on_time);
}

static void
on_waiting(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    Composer *self = p;
    size_t n = json_array_size(json_object_get(result, "messages"));
    g_autofree char *text = g_strdup_printf(
        ngettext("%d message to be sent later", "%d messages to be sent later", n), (int)n);

    gtk_button_set_label(GTK_BUTTON(self->waiting), text);
    gtk_widget_set_visible(self->waiting, n > 0);
}

void
composer_count_waiting(Composer *self)
{
    if (self->contact != NULL)
        bridge_call(self->account->bridge,
                    &(struct call){.method = "message.scheduled",
                                   .params = json_pack("{s:s}", "contact", self->contact),
                                   .self = self,
                                   .done = on_waiting});
}

/* What is sent at its time becomes a message. */
static void
on_message(Composer *self, const json_t *params)
{
    if (gtk_widget_get_visible(self->waiting))
        composer_count_waiting(self);
}

static void
act_scheduled(GtkWidget *widget, const char *action, GVariant *target)
{
    Composer *self = SNUG_COMPOSER(widget);
    GtkWindow *dialog = scheduled_dialog_open(widget, self->account, self->contact);

    g_signal_connect_object(dialog, "destroy", G_CALLBACK(composer_count_waiting), self,
                            G_CONNECT_SWAPPED);
}

/* --- voice notes --- */

static void
on_record(Composer *self)
{
    gtk_stack_set_visible_child_name(self->stack, "record");
    voice_bar_start(self->voice);
}

/* Also when there is nothing to record with: WHY says it, or is "". */
static void
on_voice_over(Composer *self, const char *why)
{
    gtk_stack_set_visible_child_name(self->stack, "write");
    composer_follow_contact(self);
    if (why[0] != '\0')
        composer_say(self, why);
    composer_focus(self);
}

static void
on_voice(Composer *self, OutgoingFile *note)
{
    g_autoptr(GPtrArray) files =
        g_ptr_array_new_with_free_func((GDestroyNotify)outgoing_file_unref);

    g_ptr_array_add(files, outgoing_file_ref(note));
    composer_send_files(self, files);
}

/* --- which conversation --- */

void
composer_focus(Composer *self)
{
    if (composer_may_write(self))
        writing_box_focus(self->box);
}

static void
leave(Composer *self)
{
    if (self->editing != NULL)
        composer_clear(self);
    composer_save_now(self);
    composer_tell_typing(self, FALSE);
    bridge_cancel(self->account->bridge, self->loading);
    voice_bar_cancel(self->voice);
    composer_clear(self);
    gtk_widget_set_visible(self->waiting, FALSE);
}

void
composer_open(Composer *self, const char *contact)
{
    if (g_strcmp0(contact, self->contact) == 0)
        return;
    leave(self);
    set_text(&self->contact, contact);
    composer_follow_contact(self);
    if (contact == NULL)
        return;
    self->loading = bridge_call(self->account->bridge,
                                &(struct call){.method = "conversation.get",
                                               .params = json_pack("{s:s}", "contact", contact),
                                               .self = self,
                                               .done = composer_on_draft});
    composer_count_waiting(self);
}

const char *
composer_get_contact(Composer *self)
{
    return self->contact;
}

/* Nothing of a profile stays when it is locked. */
static void
on_state(Composer *self)
{
    enum bridge_state state = bridge_get_state(self->account->bridge);

    if (state != BRIDGE_LOCKED && state != BRIDGE_NO_PROFILE)
        return;
    composer_forget_saving(self);
    composer_open(self, NULL);
    g_hash_table_remove_all(self->returned);
}

/* --- the object --- */

static void
composer_dispose(GObject *object)
{
    Composer *self = SNUG_COMPOSER(object);
    GtkWidget *child;

    if (self->account != NULL) {
        leave(self);
        g_clear_signal_handler(&self->known_handler, self->known);
        g_clear_object(&self->known);
        g_clear_object(&self->account);
    }
    composer_forget_saving(self);
    while ((child = gtk_widget_get_first_child(GTK_WIDGET(self))) != NULL)
        gtk_widget_unparent(child);
    G_OBJECT_CLASS(composer_parent_class)->dispose(object);
}

static void
composer_finalize(GObject *object)
{
    Composer *self = SNUG_COMPOSER(object);

    free_wiped(self->contact);
    g_hash_table_unref(self->returned);
    G_OBJECT_CLASS(composer_parent_class)->finalize(object);
}

static void
bind_children(GtkWidgetClass *widget)
{
    gtk_widget_class_bind_template_child(widget, Composer, stack);
    gtk_widget_class_bind_template_child(widget, Composer, box);
    gtk_widget_class_bind_template_child(widget, Composer, tray);
    gtk_widget_class_bind_template_child(widget, Composer, voice);
    gtk_widget_class_bind_template_child(widget, Composer, context);
    gtk_widget_class_bind_template_child(widget, Composer, context_icon);
    gtk_widget_class_bind_template_child(widget, Composer, context_title);
    gtk_widget_class_bind_template_child(widget, Composer, context_line);
    gtk_widget_class_bind_template_child(widget, Composer, notice);
    gtk_widget_class_bind_template_child(widget, Composer, notice_text);
    gtk_widget_class_bind_template_child(widget, Composer, closed_text);
    gtk_widget_class_bind_template_child(widget, Composer, counter);
    gtk_widget_class_bind_template_child(widget, Composer, busy);
    gtk_widget_class_bind_template_child(widget, Composer, attach);
    gtk_widget_class_bind_template_child(widget, Composer, send);
    gtk_widget_class_bind_template_child(widget, Composer, later);
    gtk_widget_class_bind_template_child(widget, Composer, record);
    gtk_widget_class_bind_template_child(widget, Composer, waiting);
    gtk_widget_class_bind_template_child(widget, Composer, silent);
}

static void
bind_callbacks(GtkWidgetClass *widget)
{
    gtk_widget_class_bind_template_callback(widget, gtk_spinner_start);
    gtk_widget_class_bind_template_callback(widget, gtk_spinner_stop);
    gtk_widget_class_bind_template_callback(widget, composer_say);
    gtk_widget_class_bind_template_callback(widget, composer_show_buttons);
    gtk_widget_class_bind_template_callback(widget, composer_choose_files);
    gtk_widget_class_bind_template_callback(widget, composer_take_files);
    gtk_widget_class_bind_template_callback(widget, composer_take_picture);
    gtk_widget_class_bind_template_callback(widget, on_notice_closed);
    gtk_widget_class_bind_template_callback(widget, on_cancel);
    gtk_widget_class_bind_template_callback(widget, on_changed);
    gtk_widget_class_bind_template_callback(widget, on_send);
    gtk_widget_class_bind_template_callback(widget, on_edit_last);
    gtk_widget_class_bind_template_callback(widget, on_record);
    gtk_widget_class_bind_template_callback(widget, on_voice);
    gtk_widget_class_bind_template_callback(widget, on_voice_over);
}

static void
composer_class_init(ComposerClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = composer_dispose;
    G_OBJECT_CLASS(klass)->finalize = composer_finalize;
    signals[SENT] = g_signal_new("sent", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 0);
    g_type_ensure(SNUG_TYPE_WRITING_BOX);
    g_type_ensure(SNUG_TYPE_OUTGOING_TRAY);
    g_type_ensure(SNUG_TYPE_VOICE_BAR);
    gtk_widget_class_install_action(widget, "composer.send-later", "s", act_send_later);
    gtk_widget_class_install_action(widget, "composer.scheduled", NULL, act_scheduled);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/chat/composer.ui");
    bind_children(widget);
    bind_callbacks(widget);
}

static void
composer_init(Composer *self)
{
    self->returned = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, unsent_free);
    gtk_widget_init_template(GTK_WIDGET(self));
    composer_accept_drops(self, GTK_WIDGET(self));
}

GtkWidget *
composer_new(Account *account)
{
    Composer *self = g_object_new(SNUG_TYPE_COMPOSER, NULL);

    self->account = g_object_ref(account);
    outgoing_tray_set_account(self->tray, account);
    g_signal_connect_object(account->contacts, "items-changed", G_CALLBACK(composer_follow_contact),
                            self, G_CONNECT_SWAPPED);
    g_signal_connect_object(account->bridge, "notify::state", G_CALLBACK(on_state), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(account->bridge, "notification::message", G_CALLBACK(on_message), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(account->standing, "changed", G_CALLBACK(composer_show_known), self,
                            G_CONNECT_SWAPPED);
    composer_show_buttons(self);
    return GTK_WIDGET(self);
}
