/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/link.h"
#include "gui/chat/message_log_private.h"
#include "gui/chat/message_reader.h"
#include "gui/chat/message_row.h"
#include "gui/files/save_as.h"
#include "gui/people/add_contact.h"

static void
act_jump(GtkWidget *widget, const char *name, GVariant *target)
{
    message_log_jump(SNUG_MESSAGE_LOG(widget), g_variant_get_string(target, NULL));
}

static void
act_newest(GtkWidget *widget, const char *name, GVariant *target)
{
    message_log_go_to_newest(SNUG_MESSAGE_LOG(widget));
}

static void
on_reacted(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    if (error != NULL)
        message_log_fail(p, error->message);
}

static void
act_react(GtkWidget *widget, const char *name, GVariant *target)
{
    MessageLog *self = SNUG_MESSAGE_LOG(widget);
    const char *message, *emoji;

    g_variant_get(target, "(&s&s)", &message, &emoji);
    bridge_call(self->account->bridge,
                &(struct call){.method = "message.react",
                               .params = json_pack("{s:s,s:s}", "message", message, "emoji", emoji),
                               .self = self,
                               .done = on_reacted});
}

static void
act_open_link(GtkWidget *widget, const char *name, GVariant *target)
{
    link_ask(widget, g_variant_get_string(target, NULL));
}

/* Somebody whom the contact tells of. */
static void
act_add_contact(GtkWidget *widget, const char *name, GVariant *target)
{
    MessageLog *self = SNUG_MESSAGE_LOG(widget);
    AddContact *window = add_contact_new(GTK_WINDOW(self->root), self->account);

    add_contact_set_text(window, g_variant_get_string(target, NULL));
    gtk_window_present(GTK_WINDOW(window));
}

static Message *
target_message(MessageLog *self, GVariant *target)
{
    gint64 number = message_number(g_variant_get_string(target, NULL));
    int at = self->history != NULL ? history_find(self->history, number) : -1;

    return at >= 0 ? history_peek(self->history, (guint)at) : NULL;
}

static void
act_show_all(GtkWidget *widget, const char *name, GVariant *target)
{
    Message *m = target_message(SNUG_MESSAGE_LOG(widget), target);

    if (m != NULL)
        message_reader_show(widget, SNUG_MESSAGE_LOG(widget)->account, m);
}

static Attachment *
find_file(MessageLog *self, const char *id)
{
    guint n = self->history != NULL ? g_list_model_get_n_items(G_LIST_MODEL(self->history)) : 0;

    for (guint i = 0; i < n; i++) {
        const Message *m = history_peek(self->history, i);

        for (guint f = 0; f < m->files->len; f++) {
            Attachment *file = g_ptr_array_index(m->files, f);
            if (strcmp(file->id, id) == 0)
                return file;
        }
    }
    return NULL;
}

static void
act_save(GtkWidget *widget, const char *name, GVariant *target)
{
    MessageLog *self = SNUG_MESSAGE_LOG(widget);
    Attachment *file = find_file(self, g_variant_get_string(target, NULL));

    if (file != NULL)
        save_as(widget, self->account, file);
}

static void
act_show_spoilers(GtkWidget *widget, const char *name, GVariant *target)
{
    MessageLog *self = SNUG_MESSAGE_LOG(widget);
    Message *m = target_message(self, target);
    MessageRow *row = m != NULL ? g_hash_table_lookup(self->rows, m) : NULL;

    if (row != NULL)
        message_row_show_spoilers(row);
}

void
message_log_install_actions(GtkWidgetClass *widget)
{
    gtk_widget_class_install_action(widget, "log.jump", "s", act_jump);
    gtk_widget_class_install_action(widget, "log.add-contact", "s", act_add_contact);
    gtk_widget_class_install_action(widget, "log.open-link", "s", act_open_link);
    gtk_widget_class_install_action(widget, "log.show-all", "s", act_show_all);
    gtk_widget_class_install_action(widget, "log.show-spoilers", "s", act_show_spoilers);
    gtk_widget_class_install_action(widget, "log.save", "s", act_save);
    gtk_widget_class_install_action(widget, "log.newest", NULL, act_newest);
    gtk_widget_class_install_action(widget, "log.react", "(ss)", act_react);
}
