/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/message_log.h"

#include <glib/gi18n.h>

#include "gui/chat/gap_fold.h"
#include "gui/chat/log_input.h"
#include "gui/chat/message_log_private.h"
#include "gui/chat/message_row.h"
#include "gui/models/fields.h"

#define FOUND_MS 1600 /* what was jumped to stands out for so long */
#define LOOK_MS 120   /* looking so long is reading */
#define AT_ONCE 200   /* so many unread messages are loaded down to the newest */

G_DEFINE_FINAL_TYPE(MessageLog, message_log, ADW_TYPE_BIN)

enum { FAILED, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

/* --- rows --- */

static struct row_place
place_of(MessageLog *self, const Message *m)
{
    int at = history_find(self->history, m->number);
    const Message *before =
        at > 0 ? history_peek(self->history, gap_fold_head(self->history, (guint)at - 1)) : NULL;

    return (struct row_place){
        .before = before,
        .first_new = self->new_from != 0 && m->number >= self->new_from &&
                     (before == NULL || before->number < self->new_from),
        .found = self->found == m->number,
        .gaps = at >= 0 ? gap_fold_count(self->history, (guint)at) : 0,
    };
}

static void
update_place(MessageLog *self, Message *m)
{
    MessageRow *row = m != NULL ? g_hash_table_lookup(self->rows, m) : NULL;
    struct row_place place;

    if (row == NULL)
        return;
    place = place_of(self, m);
    message_row_set_place(row, &place);
}

static void
update_all_places(MessageLog *self)
{
    GHashTableIter i;
    gpointer m;

    g_hash_table_iter_init(&i, self->rows);
    while (g_hash_table_iter_next(&i, &m, NULL))
        update_place(self, m);
}

static void
on_setup(MessageLog *self, GtkListItem *item)
{
    gtk_list_item_set_child(item, message_row_new(self->account));
    gtk_list_item_set_activatable(item, FALSE);
}

static void
on_bind(MessageLog *self, GtkListItem *item)
{
    MessageRow *row = SNUG_MESSAGE_ROW(gtk_list_item_get_child(item));
    Message *m = SNUG_MESSAGE(gtk_list_item_get_item(item));
    struct row_place place = place_of(self, m);

    message_row_bind(row, m, &place);
    g_hash_table_insert(self->rows, m, row);
}

static void
on_unbind(MessageLog *self, GtkListItem *item)
{
    MessageRow *row = SNUG_MESSAGE_ROW(gtk_list_item_get_child(item));
    Message *m = message_row_get_message(row);

    if (m != NULL && g_hash_table_lookup(self->rows, m) == row)
        g_hash_table_remove(self->rows, m);
    message_row_unbind(row);
}

/* --- what is seen --- */

static void
update_newest_button(MessageLog *self)
{
    gboolean away =
        self->history != NULL && !(self->scroll.stick && log_scroll_has_newest(&self->scroll));
    g_autofree char *text = g_strdup_printf("%u", self->came), *name = NULL;

    if (!away)
        self->came = 0;
    name = self->came == 0
               ? g_strdup(_("Go to the Newest Message"))
               : g_strdup_printf(ngettext("Go to the Newest Message, %u New",
                                          "Go to the Newest Message, %u New", self->came),
                                 self->came);
    gtk_label_set_text(self->newest_count, text);
    gtk_widget_set_visible(GTK_WIDGET(self->newest_count), self->came > 0);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->newest), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   name, -1);
    gtk_revealer_set_reveal_child(self->newest_revealer, away);
    gtk_widget_set_can_target(GTK_WIDGET(self->newest_revealer), away);
    gtk_widget_set_visible(GTK_WIDGET(self->newest), away);
}

static gboolean
has_unread(MessageLog *self, gint64 upto)
{
    int at = history_find(self->history, upto);

    for (; at >= 0; at--) {
        const Message *m = history_peek(self->history, (guint)at);
        if (m->number <= self->read_upto)
            break;
        if (m->unread && !m->outgoing)
            return TRUE;
    }
    return FALSE;
}

static gboolean
is_active(MessageLog *self)
{
    return self->root != NULL && GTK_IS_WINDOW(self->root) &&
           gtk_window_is_active(GTK_WINDOW(self->root)) && gtk_widget_get_mapped(GTK_WIDGET(self));
}

static void
mark_read(MessageLog *self)
{
    Message *last = is_active(self) && self->scroll.goal == LOG_NOWHERE
                        ? log_scroll_last_in_sight(&self->scroll)
                        : NULL;

    if (last == NULL || last->number <= self->read_upto)
        return;
    if (has_unread(self, last->number))
        bridge_call(self->account->bridge,
                    &(struct call){.method = "message.read",
                                   .params = json_pack("{s:s,s:s}", "contact",
                                                       history_get_contact(self->history),
                                                       "message", last->id)});
    self->read_upto = last->number;
}

static gboolean
look(gpointer data)
{
    MessageLog *self = data;

    self->looking = 0;
    if (self->history == NULL || !gtk_widget_get_mapped(GTK_WIDGET(self)))
        return G_SOURCE_REMOVE;
    update_newest_button(self);
    log_scroll_grow(&self->scroll);
    mark_read(self);
    return G_SOURCE_REMOVE;
}

/* Not at once: while it scrolls, this would be done in vain many times. */
static void
queue_look(gpointer data)
{
    MessageLog *self = data;

    if (self->looking == 0)
        self->looking = g_timeout_add(LOOK_MS, look, self);
}

/* --- the history --- */

/* Place holders are other ones now, or beside other ones. */
static void
on_healed(MessageLog *self)
{
    gap_fold_again(self->folded);
    update_all_places(self);
    queue_look(self);
}

static void
on_items_changed(MessageLog *self, guint position, guint removed, guint added)
{
    guint n = g_list_model_get_n_items(G_LIST_MODEL(self->history));
    Message *below = history_peek(self->history, position + added),
            *above = position > 0 ? history_peek(self->history, position - 1) : NULL;

    if ((below != NULL && message_is_missing(below)) ||
        (above != NULL && message_is_missing(above)))
        on_healed(self);
    update_place(self, below);
    log_scroll_changed(&self->scroll);
    if (added > 0 && position + added == n)
        log_scroll_follow(&self->scroll);
    queue_look(self);
}

static gint64
first_unread(MessageLog *self)
{
    guint n = g_list_model_get_n_items(G_LIST_MODEL(self->history));

    for (guint i = 0; i < n; i++) {
        const Message *m = history_peek(self->history, i);
        if (m->unread && !m->outgoing)
            return m->number;
    }
    return 0;
}

static gboolean
unfind(gpointer data)
{
    MessageLog *self = data;

    self->unfind = 0;
    self->found = 0;
    update_all_places(self);
    return G_SOURCE_REMOVE;
}

/* What is shown in the place of a message. */
static gint64
shown_number(MessageLog *self, int at)
{
    return history_peek(self->history, gap_fold_head(self->history, (guint)at))->number;
}

static void
show_found(MessageLog *self, gint64 number)
{
    self->found = number;
    g_clear_handle_id(&self->unfind, g_source_remove);
    self->unfind = g_timeout_add(FOUND_MS, unfind, self);
    update_all_places(self);
}

static void
on_loaded(MessageLog *self, const char *message)
{
    gint64 number = message != NULL ? message_number(message) : 0;
    gboolean opening = number != 0 && number == self->opening;

    self->opening = 0;
    if (opening && history_find(self->history, number) < 0) { /* it went meanwhile */
        history_load_newest(self->history, 0);
        return;
    }
    if (message != NULL && !opening) {
        if (history_find(self->history, number) < 0) {
            g_signal_emit(self, signals[FAILED], 0, _("That message is no longer here."));
            return;
        }
        number = shown_number(self, history_find(self->history, number));
        show_found(self, number);
        log_scroll_go(&self->scroll, LOG_THIRD, number);
        return;
    }
    if (opening)
        self->new_from = number;
    else if (self->new_from == 0)
        self->new_from = first_unread(self);
    update_all_places(self);
    if (self->new_from != 0 && self->read_upto < self->new_from)
        log_scroll_go(&self->scroll, LOG_TOP, self->new_from);
    else
        log_scroll_go(&self->scroll, LOG_END, 0);
}

static void
on_arrived(MessageLog *self, Message *message)
{
    if (message->outgoing) {
        self->new_from = 0;
        update_all_places(self);
        return;
    }
    if (self->new_from == 0 && !(is_active(self) && self->scroll.stick)) {
        self->new_from = message->number;
        update_all_places(self);
    }
    if (!self->scroll.stick || !log_scroll_has_newest(&self->scroll))
        self->came++;
    update_newest_button(self);
}

static void
on_history_failed(MessageLog *self, const char *sentence)
{
    g_signal_emit(self, signals[FAILED], 0, sentence);
}

static void
forget_history(MessageLog *self)
{
    if (self->history == NULL)
        return;
    bridge_cancel(self->account->bridge, self->asked);
    g_signal_handlers_disconnect_by_data(self->history, self);
    gtk_list_view_set_model(self->list, NULL);
    self->folded = NULL;
    g_clear_object(&self->history);
    g_clear_handle_id(&self->unfind, g_source_remove);
    self->new_from = self->found = self->read_upto = self->opening = 0;
    self->came = 0;
    self->scroll.history = NULL;
    self->scroll.goal = LOG_NOWHERE;
}

static void
on_conversation(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    MessageLog *self = p;
    gint64 unread = field_int(json_object_get(result, "conversation"), "unread");
    const char *first = field_text(result, "first_unread");

    self->asked = 0;
    if (unread <= AT_ONCE || message_number(first) <= 0) {
        history_load_newest(self->history, (guint)CLAMP(unread + 20, 0, AT_ONCE + 20));
        return;
    }
    self->opening = message_number(first);
    self->scroll.stick = FALSE;
    history_load_around(self->history, first);
}

void
message_log_open(MessageLog *self, const char *contact)
{
    g_autoptr(GtkNoSelection) model = NULL;

    forget_history(self);
    self->history = history_new(self->account->bridge, contact);
    self->scroll.history = self->history;
    self->scroll.stick = TRUE;
    self->folded = gap_fold_new(self->history);
    model = gtk_no_selection_new(G_LIST_MODEL(self->folded));
    gtk_list_view_set_model(self->list, GTK_SELECTION_MODEL(model));
    g_signal_connect_swapped(self->history, "items-changed", G_CALLBACK(on_items_changed), self);
    g_signal_connect_swapped(self->history, "loaded", G_CALLBACK(on_loaded), self);
    g_signal_connect_swapped(self->history, "arrived", G_CALLBACK(on_arrived), self);
    g_signal_connect_swapped(self->history, "healed", G_CALLBACK(on_healed), self);
    g_signal_connect_swapped(self->history, "failed", G_CALLBACK(on_history_failed), self);
    self->asked = bridge_call(self->account->bridge,
                              &(struct call){.method = "conversation.get",
                                             .params = json_pack("{s:s}", "contact", contact),
                                             .self = self,
                                             .done = on_conversation});
    update_newest_button(self);
}

void
message_log_jump(MessageLog *self, const char *message)
{
    if (self->history == NULL)
        return;
    if (self->asked != 0) { /* nothing is loaded yet, and this comes instead */
        bridge_cancel(self->account->bridge, self->asked);
        self->asked = 0;
    }
    self->scroll.stick = FALSE;
    self->opening = 0;
    history_load_around(self->history, message);
}

void
message_log_go_to_newest(MessageLog *self)
{
    if (self->history == NULL)
        return;
    self->came = 0;
    self->read_upto = MAX(self->read_upto, self->new_from); /* not to the line again */
    if (log_scroll_has_newest(&self->scroll))
        log_scroll_go(&self->scroll, LOG_END, 0);
    else
        history_load_newest(self->history, 0);
}

void
message_log_take_focus(MessageLog *self)
{
    gtk_widget_grab_focus(GTK_WIDGET(self->list));
}

History *
message_log_get_history(MessageLog *self)
{
    return self->history;
}

void
message_log_fail(MessageLog *self, const char *sentence)
{
    g_signal_emit(self, signals[FAILED], 0, sentence);
}

/* --- the object --- */

static void
message_log_root(GtkWidget *widget)
{
    MessageLog *self = SNUG_MESSAGE_LOG(widget);

    GTK_WIDGET_CLASS(message_log_parent_class)->root(widget);
    self->root = GTK_WIDGET(gtk_widget_get_root(widget));
    g_signal_connect_swapped(self->root, "notify::is-active", G_CALLBACK(queue_look), self);
}

static void
message_log_unroot(GtkWidget *widget)
{
    MessageLog *self = SNUG_MESSAGE_LOG(widget);

    g_signal_handlers_disconnect_by_data(self->root, self);
    self->root = NULL;
    GTK_WIDGET_CLASS(message_log_parent_class)->unroot(widget);
}

static void
message_log_dispose(GObject *object)
{
    MessageLog *self = SNUG_MESSAGE_LOG(object);

    if (self->list != NULL) {
        forget_history(self);
        log_scroll_stop(&self->scroll);
    }
    g_clear_handle_id(&self->looking, g_source_remove);
    self->list = NULL;
    g_clear_object(&self->account);
    G_OBJECT_CLASS(message_log_parent_class)->dispose(object);
}

static void
message_log_finalize(GObject *object)
{
    g_hash_table_unref(SNUG_MESSAGE_LOG(object)->rows);
    G_OBJECT_CLASS(message_log_parent_class)->finalize(object);
}

static void
message_log_class_init(MessageLogClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = message_log_dispose;
    G_OBJECT_CLASS(klass)->finalize = message_log_finalize;
    widget->root = message_log_root;
    widget->unroot = message_log_unroot;
    signals[FAILED] = g_signal_new("failed", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/chat/message_log.ui");
    gtk_widget_class_bind_template_child(widget, MessageLog, scroller);
    gtk_widget_class_bind_template_child(widget, MessageLog, list);
    gtk_widget_class_bind_template_child(widget, MessageLog, newest_revealer);
    gtk_widget_class_bind_template_child(widget, MessageLog, newest);
    gtk_widget_class_bind_template_child(widget, MessageLog, newest_count);
    message_log_install_actions(widget);
}

static void
message_log_init(MessageLog *self)
{
    g_autoptr(GtkListItemFactory) factory = gtk_signal_list_item_factory_new();

    self->rows = g_hash_table_new(NULL, NULL);
    gtk_widget_init_template(GTK_WIDGET(self));
    self->scroll = (struct log_scroll){.list = self->list,
                                       .scroller = self->scroller,
                                       .rows = self->rows,
                                       .moved = queue_look,
                                       .self = self};
    log_scroll_start(&self->scroll);
    log_input_attach(GTK_WIDGET(self), GTK_WIDGET(self->list));
    g_signal_connect_object(factory, "setup", G_CALLBACK(on_setup), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(factory, "bind", G_CALLBACK(on_bind), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(factory, "unbind", G_CALLBACK(on_unbind), self, G_CONNECT_SWAPPED);
    gtk_list_view_set_factory(self->list, factory);
}

void
message_log_set_account(MessageLog *self, Account *account)
{
    g_set_object(&self->account, account);
}
