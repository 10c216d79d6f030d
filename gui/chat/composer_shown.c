/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gi18n.h>

#include "gui/chat/composer_private.h"
#include "gui/chat/message_words.h"
#include "gui/chat/written_text.h"
#include "gui/shown_text.h"
#include "wire/limits.h"

#define COUNT_FROM (TEXT_MAX - TEXT_MAX / 10) /* bytes */

/* --- what is shown --- */

void
composer_say(Composer *self, const char *sentence)
{
    gtk_label_set_text(self->notice_text, sentence);
    gtk_widget_set_visible(self->notice, TRUE);
}

static void
show_counter(Composer *self)
{
    GtkTextBuffer *buffer = writing_box_get_buffer(self->box);
    /* No character has more than 4 bytes. */
    gboolean near = gtk_text_buffer_get_char_count(buffer) >= COUNT_FROM / 4;
    gsize bytes = near ? written_bytes(buffer) : 0;

    if (bytes > TEXT_MAX) {
        gtk_label_set_text(self->counter, _("Too long for one message"));
        gtk_widget_add_css_class(GTK_WIDGET(self->counter), "error");
    } else if (bytes >= COUNT_FROM) {
        g_autofree char *text =
            g_strdup_printf(_("%d%% of the longest message"), (int)(bytes * 100 / TEXT_MAX));
        gtk_label_set_text(self->counter, text);
        gtk_widget_remove_css_class(GTK_WIDGET(self->counter), "error");
    }
    gtk_widget_set_visible(GTK_WIDGET(self->counter), bytes >= COUNT_FROM);
}

/* A note to oneself goes nowhere, so it does not wait either. */
static gboolean
may_wait(Composer *self)
{
    return self->known != NULL && self->known->state != CONTACT_SELF;
}

void
composer_show_buttons(Composer *self)
{
    gboolean editing = self->editing != NULL,
             something = editing || !outgoing_tray_is_empty(self->tray) ||
                         !written_is_empty(writing_box_get_buffer(self->box));

    gtk_widget_set_visible(self->record, !something);
    gtk_widget_set_visible(self->send, something);
    gtk_widget_set_visible(self->later, something && !editing && may_wait(self));
    gtk_widget_set_sensitive(self->attach, !editing);
    gtk_button_set_icon_name(GTK_BUTTON(self->send),
                             editing ? "object-select-symbolic" : "message-send-symbolic");
    show_counter(self);
}

void
composer_show_context(Composer *self)
{
    const Message *about = self->editing != NULL ? self->editing : self->replying;
    g_autofree char *line = NULL, *name = NULL, *title = NULL;

    gtk_widget_set_visible(self->context, about != NULL);
    if (about == NULL)
        return;
    line = message_line_words(about, 120);
    name = name_shown(about->label);
    if (self->editing != NULL)
        title = g_strdup(_("Edit message"));
    else if (about->outgoing)
        title = g_strdup(_("Reply to yourself"));
    else
        title = g_strdup_printf(_("Reply to %s"), name);
    gtk_label_set_text(self->context_title, title);
    gtk_label_set_text(self->context_line, line);
    gtk_image_set_from_icon_name(self->context_icon, self->editing != NULL
                                                         ? "document-edit-symbolic"
                                                         : "mail-reply-sender-symbolic");
}

/* --- who may be written to --- */

/* Why nothing can be written to C, who is called NAME; NULL: it can. */
static char *
closed_words(const Contact *c, const char *name)
{
    if (c->state == CONTACT_BLOCKED)
        return g_strdup_printf(_("You blocked %s. Unblock them to write."), name);
    if (c->state == CONTACT_REMOVED)
        return g_strdup_printf(_("%s is not among your contacts any more."), name);
    if (c->state == CONTACT_ASKING)
        return g_strdup_printf(_("Accept the request of %s to write to them."), name);
    if (c->key_changed || c->forked)
        return g_strdup_printf(_("Something about %s’s account has changed. Look at the notice "
                                 "above before you write."),
                               name);
    return NULL;
}

gboolean
composer_may_write(Composer *self)
{
    g_autofree char *words = self->known != NULL ? closed_words(self->known, "") : NULL;

    return self->contact != NULL && words == NULL;
}

void
composer_show_known(Composer *self)
{
    const char *label = self->known != NULL ? self->known->label : NULL;
    g_autofree char *name = line_shown(label != NULL ? label : "", 60),
                    *closed = self->known != NULL ? closed_words(self->known, name) : NULL;
    gboolean others = self->known != NULL && self->known->state != CONTACT_SELF;

    writing_box_set_contact(self->box, others ? self->contact : NULL, name);
    gtk_widget_set_visible(self->silent,
                           others && standing_copy_is_running(self->account->standing));
    gtk_label_set_text(self->closed_text, closed != NULL ? closed : "");
    if (closed != NULL)
        gtk_stack_set_visible_child_name(self->stack, "closed");
    else if (strcmp(gtk_stack_get_visible_child_name(self->stack), "closed") == 0)
        gtk_stack_set_visible_child_name(self->stack, "write");
    composer_show_buttons(self);
}

void
composer_follow_contact(Composer *self)
{
    Contact *c =
        self->contact != NULL ? contact_book_get(self->account->contacts, self->contact) : NULL;

    if (c != self->known && self->known != NULL)
        g_clear_signal_handler(&self->known_handler, self->known);
    if (g_set_object(&self->known, c) && c != NULL)
        self->known_handler = g_signal_connect_object(c, "changed", G_CALLBACK(composer_show_known),
                                                      self, G_CONNECT_SWAPPED);
    composer_show_known(self);
}
