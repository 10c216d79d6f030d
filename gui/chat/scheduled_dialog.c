/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/scheduled_dialog.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "gui/chat/message_words.h"
#include "gui/chat/sending_time.h"
#include "gui/dialog.h"

#define SOON_MS 1000 /* "now" is not past when the agent reads it */
#define LINE 200     /* characters of a message */

/* The list, which acts on its rows. */
#define SNUG_TYPE_SCHEDULED_LIST (scheduled_list_get_type())
G_DECLARE_FINAL_TYPE(ScheduledList, scheduled_list, SNUG, SCHEDULED_LIST, AdwBin)

struct _ScheduledList {
    AdwBin parent;
    Account *account;
    char *contact, *changing; /* CHANGING: the message that gets another time */
    GPtrArray *messages;      /* of Message, as the rows are */
    GtkStack *stack;
    GtkListBox *rows;
};

G_DEFINE_FINAL_TYPE(ScheduledList, scheduled_list, ADW_TYPE_BIN)

static void load(ScheduledList *self);

/* --- what can be done --- */

static void
on_done(gpointer self, const json_t *result, const GError *error, gpointer data)
{
    if (error != NULL)
        say(self, error->message);
    load(self);
}

static void
set_time(ScheduledList *self, const char *message, gint64 at_ms)
{
    bridge_call(self->account->bridge,
                &(struct call){.method = "message.schedule",
                               .params = json_pack("{s:s,s:I}", "message", message, "at_ms",
                                                   (json_int_t)at_ms),
                               .self = self,
                               .done = on_done});
}

static void
on_time(gpointer p, gint64 at_ms)
{
    ScheduledList *self = p;

    set_time(self, self->changing, at_ms);
}

static void
act_change(GtkWidget *widget, const char *action, GVariant *target)
{
    ScheduledList *self = SNUG_SCHEDULED_LIST(widget);

    g_free(self->changing);
    self->changing = g_variant_dup_string(target, NULL);
    sending_time_ask("choose", widget, self->account, on_time);
}

/* What is in the view that DATA is, if anything. */
static void
on_words(gpointer p, gpointer data)
{
    ScheduledList *self = p;
    GtkTextBuffer *buffer = gtk_text_view_get_buffer(data);
    GtkTextIter begin, end;
    const char *message = g_object_get_data(data, "snug-message");

    gtk_text_buffer_get_bounds(buffer, &begin, &end);
    g_autofree char *text = g_strstrip(gtk_text_buffer_get_text(buffer, &begin, &end, FALSE));
    if (text[0] == '\0')
        say(GTK_WIDGET(self), _("There is nothing to send"));
    else
        bridge_call(
            self->account->bridge,
            &(struct call){.method = "message.schedule",
                           .params = json_pack("{s:s,s:s}", "message", message, "text", text),
                           .self = self,
                           .done = on_done});
}

static GtkTextView *
make_words(const Message *m)
{
    GtkTextView *view = GTK_TEXT_VIEW(gtk_text_view_new());

    gtk_text_buffer_set_text(gtk_text_view_get_buffer(view), m->text, -1);
    gtk_text_view_set_wrap_mode(view, GTK_WRAP_WORD_CHAR);
    gtk_text_view_set_accepts_tab(view, FALSE);
    gtk_text_view_set_left_margin(view, 9);
    gtk_text_view_set_right_margin(view, 9);
    gtk_text_view_set_top_margin(view, 9);
    gtk_text_view_set_bottom_margin(view, 9);
    gtk_accessible_update_property(GTK_ACCESSIBLE(view), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Words of the message"), -1);
    g_object_set_data_full(G_OBJECT(view), "snug-message", g_strdup(m->id), g_free);
    return view;
}

static void
ask_words(ScheduledList *self, const Message *m)
{
    GtkTextView *view = make_words(m);
    GtkWidget *scroller = gtk_scrolled_window_new();

    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scroller), GTK_WIDGET(view));
    gtk_scrolled_window_set_min_content_height(GTK_SCROLLED_WINDOW(scroller), 120);
    gtk_scrolled_window_set_has_frame(GTK_SCROLLED_WINDOW(scroller), TRUE);
    ask_first(&(struct asking){GTK_WIDGET(self), self->account, on_words, g_object_ref(view),
                               g_object_unref},
              &(struct question){.heading = _("Change Words"),
                                 .body = _("It is sent at the same time, without formatting."),
                                 .answer = _("_Change"),
                                 .extra = scroller});
}

static void
act_words(GtkWidget *widget, const char *action, GVariant *target)
{
    ScheduledList *self = SNUG_SCHEDULED_LIST(widget);

    for (guint i = 0; i < self->messages->len; i++) {
        const Message *m = g_ptr_array_index(self->messages, i);

        if (strcmp(m->id, g_variant_get_string(target, NULL)) == 0)
            ask_words(self, m);
    }
}

static void
act_now(GtkWidget *widget, const char *action, GVariant *target)
{
    set_time(SNUG_SCHEDULED_LIST(widget), g_variant_get_string(target, NULL),
             g_get_real_time() / 1000 + SOON_MS);
}

static void
act_cancel(GtkWidget *widget, const char *action, GVariant *target)
{
    ScheduledList *self = SNUG_SCHEDULED_LIST(widget);

    bridge_call(self->account->bridge,
                &(struct call){.method = "message.delete",
                               .params = json_pack("{s:s,s:s}", "message",
                                                   g_variant_get_string(target, NULL), "for", "me"),
                               .self = self,
                               .done = on_done});
}

/* --- the list --- */

static void
add_choice(GMenu *menu, const char *label, const char *action, const char *message)
{
    g_autoptr(GMenuItem) item = g_menu_item_new(label, NULL);

    g_menu_item_set_action_and_target(item, action, "s", message);
    g_menu_append_item(menu, item);
}

static GtkWidget *
make_menu(const Message *m)
{
    GtkWidget *button = gtk_menu_button_new();
    g_autoptr(GMenu) menu = g_menu_new();

    add_choice(menu, _("Change _Time…"), "scheduled.change", m->id);
    if (m->type == MESSAGE_TEXT)
        add_choice(menu, _("Change _Words…"), "scheduled.words", m->id);
    add_choice(menu, _("Send _Now"), "scheduled.now", m->id);
    add_choice(menu, _("Do _Not Send"), "scheduled.cancel", m->id);
    gtk_menu_button_set_menu_model(GTK_MENU_BUTTON(button), G_MENU_MODEL(menu));
    gtk_menu_button_set_icon_name(GTK_MENU_BUTTON(button), "view-more-symbolic");
    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    gtk_widget_set_tooltip_text(button, _("What to do with it"));
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("What to do with it"), -1);
    gtk_widget_add_css_class(button, "flat");
    return button;
}

static GtkWidget *
make_row(const Message *m)
{
    GtkWidget *row = adw_action_row_new();
    g_autofree char *line = message_line_words(m, LINE), *when = message_moment_words(m->due_ms);

    adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(row), FALSE);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), line);
    adw_action_row_set_title_lines(ADW_ACTION_ROW(row), 2);
    adw_action_row_set_subtitle(ADW_ACTION_ROW(row), when);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), make_menu(m));
    return row;
}

static void
on_list(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    ScheduledList *self = p;
    const json_t *list = json_object_get(result, "messages");
    GtkWidget *row;
    size_t i;
    json_t *j;

    if (error != NULL) {
        say(GTK_WIDGET(self), error->message);
        return;
    }
    while ((row = gtk_widget_get_first_child(GTK_WIDGET(self->rows))) != NULL)
        gtk_list_box_remove(self->rows, row);
    g_ptr_array_set_size(self->messages, 0);
    json_array_foreach(list, i, j)
    {
        Message *m = message_new(j);

        g_ptr_array_add(self->messages, m);
        gtk_list_box_append(self->rows, make_row(m));
    }
    gtk_stack_set_visible_child_name(self->stack, json_array_size(list) > 0 ? "rows" : "none");
}

static void
load(ScheduledList *self)
{
    bridge_call(self->account->bridge,
                &(struct call){.method = "message.scheduled",
                               .params = json_pack("{s:s}", "contact", self->contact),
                               .self = self,
                               .done = on_list});
}

/* --- the object --- */

static void
scheduled_list_finalize(GObject *object)
{
    ScheduledList *self = SNUG_SCHEDULED_LIST(object);

    g_clear_object(&self->account);
    g_free(self->contact);
    g_free(self->changing);
    g_ptr_array_unref(self->messages);
    G_OBJECT_CLASS(scheduled_list_parent_class)->finalize(object);
}

static void
scheduled_list_class_init(ScheduledListClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->finalize = scheduled_list_finalize;
    gtk_widget_class_install_action(widget, "scheduled.change", "s", act_change);
    gtk_widget_class_install_action(widget, "scheduled.words", "s", act_words);
    gtk_widget_class_install_action(widget, "scheduled.now", "s", act_now);
    gtk_widget_class_install_action(widget, "scheduled.cancel", "s", act_cancel);
}

static void
scheduled_list_init(ScheduledList *self)
{
    GtkWidget *page = adw_preferences_page_new(), *group = adw_preferences_group_new(),
              *none = adw_status_page_new();

    self->messages = g_ptr_array_new_with_free_func(g_object_unref);
    self->stack = GTK_STACK(gtk_stack_new());
    self->rows = GTK_LIST_BOX(gtk_list_box_new());
    gtk_list_box_set_selection_mode(self->rows, GTK_SELECTION_NONE);
    gtk_widget_add_css_class(GTK_WIDGET(self->rows), "boxed-list");
    adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), GTK_WIDGET(self->rows));
    adw_preferences_page_add(ADW_PREFERENCES_PAGE(page), ADW_PREFERENCES_GROUP(group));
    adw_status_page_set_title(ADW_STATUS_PAGE(none), _("Nothing Waits"));
    adw_status_page_set_icon_name(ADW_STATUS_PAGE(none), "alarm-symbolic");
    gtk_widget_add_css_class(none, "compact");
    gtk_stack_add_named(self->stack, page, "rows");
    gtk_stack_add_named(self->stack, none, "none");
    adw_bin_set_child(ADW_BIN(self), GTK_WIDGET(self->stack));
}

GtkWindow *
scheduled_dialog_open(GtkWidget *parent, Account *account, const char *contact)
{
    GtkWidget *window = adw_window_new(), *toasts = adw_toast_overlay_new(),
              *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    ScheduledList *self = g_object_new(SNUG_TYPE_SCHEDULED_LIST, "vexpand", TRUE, NULL);
    GtkRoot *root = gtk_widget_get_root(parent);

    self->account = g_object_ref(account);
    self->contact = g_strdup(contact);
    gtk_box_append(GTK_BOX(box), adw_header_bar_new());
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self));
    adw_toast_overlay_set_child(ADW_TOAST_OVERLAY(toasts), box);
    adw_window_set_content(ADW_WINDOW(window), toasts);
    gtk_window_set_title(GTK_WINDOW(window), _("Messages to Be Sent Later"));
    gtk_window_set_default_size(GTK_WINDOW(window), 440, 400);
    dialog_setup(GTK_WINDOW(window), GTK_IS_WINDOW(root) ? GTK_WINDOW(root) : NULL, account);
    load(self);
    gtk_window_present(GTK_WINDOW(window));
    return GTK_WINDOW(window);
}
