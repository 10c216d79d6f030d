/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/list/conversation_view.h"

#include <glib/gi18n.h>

#include "gui/list/choices.h"
#include "gui/list/conversation_row.h"
#include "gui/menu.h"

#define REFRESH_S 30 /* "14:05" becomes "Yesterday", a mute ends */

struct _ConversationView {
    AdwBin parent;
    Account *account;
    ConversationList *list;
    char *current;
    GtkListView *view;
    GtkPopover *menu;
    guint clock;
};

G_DEFINE_FINAL_TYPE(ConversationView, conversation_view, ADW_TYPE_BIN)

enum { OPENED, OPENED_APART, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

/* --- rows --- */

/* Calls EACH for every row that lives. */
static void
each_row(ConversationView *self, void (*each)(ConversationView *self, ConversationRow *row))
{
    for (GtkWidget *c = gtk_widget_get_first_child(GTK_WIDGET(self->view)); c != NULL;
         c = gtk_widget_get_next_sibling(c)) {
        GtkWidget *row = gtk_widget_get_first_child(c);

        if (SNUG_IS_CONVERSATION_ROW(row) &&
            conversation_row_get_item(SNUG_CONVERSATION_ROW(row)) != NULL)
            each(self, SNUG_CONVERSATION_ROW(row));
    }
}

static Conversation *
conversation_of(gpointer row)
{
    return conversation_row_get_item(SNUG_CONVERSATION_ROW(row));
}

static void
mark_current(ConversationView *self, ConversationRow *row)
{
    GtkWidget *place = gtk_widget_get_parent(GTK_WIDGET(row));
    gboolean is = g_strcmp0(conversation_of(row)->contact, self->current) == 0;

    if (place == NULL)
        return;
    if (is)
        gtk_widget_add_css_class(place, "current");
    else
        gtk_widget_remove_css_class(place, "current");
    gtk_accessible_update_state(GTK_ACCESSIBLE(place), GTK_ACCESSIBLE_STATE_SELECTED, is, -1);
}

static void
refresh(ConversationView *self, ConversationRow *row)
{
    conversation_row_refresh(row);
}

static gboolean
on_clock(gpointer p)
{
    each_row(p, refresh);
    return G_SOURCE_CONTINUE;
}

static void show_menu(ConversationView *self, GtkWidget *row, double x, double y);

static void
on_secondary(GtkGestureClick *gesture, int n, double x, double y, ConversationView *self)
{
    show_menu(self, gtk_event_controller_get_widget(GTK_EVENT_CONTROLLER(gesture)), x, y);
    gtk_gesture_set_state(GTK_GESTURE(gesture), GTK_EVENT_SEQUENCE_CLAIMED);
}

static void
on_long_press(GtkGestureLongPress *gesture, double x, double y, ConversationView *self)
{
    show_menu(self, gtk_event_controller_get_widget(GTK_EVENT_CONTROLLER(gesture)), x, y);
    gtk_gesture_set_state(GTK_GESTURE(gesture), GTK_EVENT_SEQUENCE_CLAIMED);
}

static void
on_setup(ConversationView *self, GtkListItem *item)
{
    GtkWidget *row = GTK_WIDGET(conversation_row_new(self->account));
    GtkGesture *click = gtk_gesture_click_new(), *press = gtk_gesture_long_press_new();

    gtk_gesture_single_set_button(GTK_GESTURE_SINGLE(click), GDK_BUTTON_SECONDARY);
    g_signal_connect(click, "pressed", G_CALLBACK(on_secondary), self);
    gtk_widget_add_controller(row, GTK_EVENT_CONTROLLER(click));
    gtk_gesture_single_set_touch_only(GTK_GESTURE_SINGLE(press), TRUE);
    g_signal_connect(press, "pressed", G_CALLBACK(on_long_press), self);
    gtk_widget_add_controller(row, GTK_EVENT_CONTROLLER(press));
    gtk_list_item_set_child(item, row);
}

static void
on_bind(ConversationView *self, GtkListItem *item)
{
    ConversationRow *row = SNUG_CONVERSATION_ROW(gtk_list_item_get_child(item));

    conversation_row_show(row, gtk_list_item_get_item(item), NULL);
    mark_current(self, row);
}

static void
on_unbind(ConversationView *self, GtkListItem *item)
{
    conversation_row_show(SNUG_CONVERSATION_ROW(gtk_list_item_get_child(item)), NULL, NULL);
}

static void
on_activate(ConversationView *self, guint position)
{
    g_autoptr(Conversation) v = g_list_model_get_item(G_LIST_MODEL(self->list), position);

    if (v != NULL)
        g_signal_emit(self, signals[OPENED], 0, v->contact);
}

void
conversation_view_set_current(ConversationView *self, const char *contact)
{
    g_free(self->current);
    self->current = g_strdup(contact);
    each_row(self, mark_current);
}

void
conversation_view_scroll_to(ConversationView *self, guint position)
{
    if (position < g_list_model_get_n_items(G_LIST_MODEL(self->list)))
        gtk_widget_activate_action(GTK_WIDGET(self->view), "list.scroll-to-item", "u", position);
}

static void
focus_current(ConversationView *self, ConversationRow *row)
{
    if (g_strcmp0(conversation_of(row)->contact, self->current) == 0)
        gtk_widget_grab_focus(gtk_widget_get_parent(GTK_WIDGET(row)));
}

void
conversation_view_grab_focus(ConversationView *self)
{
    gtk_widget_child_focus(GTK_WIDGET(self->view), GTK_DIR_TAB_FORWARD);
    each_row(self, focus_current);
}

/* --- the menu and its actions --- */

static GtkWidget *
focused_row(ConversationView *self)
{
    GtkRoot *root = gtk_widget_get_root(GTK_WIDGET(self));
    GtkWidget *focus = root != NULL ? gtk_root_get_focus(root) : NULL;

    if (focus == NULL || !gtk_widget_is_ancestor(focus, GTK_WIDGET(self->view)))
        return NULL;
    GtkWidget *row = gtk_widget_get_first_child(focus);
    return SNUG_IS_CONVERSATION_ROW(row) && conversation_of(row) != NULL ? row : NULL;
}

static void
on_menu_closed(GtkWidget *menu, ConversationView *self)
{
    if (self->menu == GTK_POPOVER(menu))
        gtk_popover_set_pointing_to(self->menu, NULL);
}

static void
show_menu(ConversationView *self, GtkWidget *row, double x, double y)
{
    g_autoptr(GMenuModel) model = choices_menu(conversation_of(row));
    double at_x = 0, at_y = 0;

    if (self->menu == NULL) {
        self->menu = GTK_POPOVER(gtk_popover_menu_new_from_model(NULL));
        gtk_popover_set_has_arrow(self->menu, FALSE);
        gtk_widget_set_halign(GTK_WIDGET(self->menu), GTK_ALIGN_START);
        gtk_widget_set_parent(GTK_WIDGET(self->menu), GTK_WIDGET(self));
        g_signal_connect_object(self->menu, "closed", G_CALLBACK(on_menu_closed), self, 0);
    }
    gtk_popover_menu_set_menu_model(GTK_POPOVER_MENU(self->menu), model);
    gtk_widget_translate_coordinates(row, GTK_WIDGET(self), x, y, &at_x, &at_y);
    gtk_popover_set_pointing_to(self->menu, &(GdkRectangle){(int)at_x, (int)at_y, 1, 1});
    menu_popup(self->menu);
}

/* The conversation an action is about; NULL: it has gone meanwhile. */
static Conversation *
target(ConversationView *self, GVariant *parameter)
{
    return conversation_list_get(self->list, g_variant_get_string(parameter, NULL));
}

typedef void choice_fn(GtkWidget *near, Account *account, const Conversation *v);

static const struct {
    const char *name;
    choice_fn *choose;
} choices[] = {
    {"unread", choose_unread},   {"read", choose_read},   {"pin", choose_pin},
    {"archive", choose_archive}, {"block", choose_block}, {"delete", choose_delete},
};

static void
on_choice(GSimpleAction *action, GVariant *parameter, gpointer p)
{
    ConversationView *self = p;
    Conversation *v = target(self, parameter);

    for (size_t i = 0; v != NULL && i < G_N_ELEMENTS(choices); i++)
        if (strcmp(choices[i].name, g_action_get_name(G_ACTION(action))) == 0)
            choices[i].choose(GTK_WIDGET(self), self->account, v);
}

static void
on_mute(GSimpleAction *action, GVariant *parameter, gpointer p)
{
    ConversationView *self = p;
    const char *contact;
    gint32 time;

    g_variant_get(parameter, "(&si)", &contact, &time);
    Conversation *v = conversation_list_get(self->list, contact);
    if (v != NULL && time >= MUTE_OFF && time <= MUTE_FOR_GOOD)
        choose_mute(GTK_WIDGET(self), self->account, v, (enum choice_mute)time);
}

static void
on_open_apart(GSimpleAction *action, GVariant *parameter, gpointer p)
{
    g_signal_emit(p, signals[OPENED_APART], 0, g_variant_get_string(parameter, NULL));
}

static void
add_actions(ConversationView *self)
{
    static const GActionEntry others[] = {
        {.name = "mute", .activate = on_mute, .parameter_type = "(si)"},
        {.name = "open-apart", .activate = on_open_apart, .parameter_type = "s"},
    };
    g_autoptr(GSimpleActionGroup) group = g_simple_action_group_new();

    g_action_map_add_action_entries(G_ACTION_MAP(group), others, G_N_ELEMENTS(others), self);
    for (size_t i = 0; i < G_N_ELEMENTS(choices); i++) {
        const GActionEntry entry = {
            .name = choices[i].name, .activate = on_choice, .parameter_type = "s"};
        g_action_map_add_action_entries(G_ACTION_MAP(group), &entry, 1, self);
    }
    gtk_widget_insert_action_group(GTK_WIDGET(self), "chat", G_ACTION_GROUP(group));
}

/* --- keys on a row --- */

static gboolean
on_menu_key(GtkWidget *widget, GVariant *args, gpointer p)
{
    ConversationView *self = p;
    GtkWidget *row = focused_row(self);

    if (row == NULL)
        return FALSE;
    show_menu(self, row, gtk_widget_get_width(row) / 2.0, gtk_widget_get_height(row) - 8);
    return TRUE;
}

/* The name of an action of the group "chat", for the row that has the focus. */
static gboolean
on_row_key(GtkWidget *widget, GVariant *args, gpointer p)
{
    ConversationView *self = p;
    GtkWidget *row = focused_row(self);
    const char *name = g_variant_get_string(args, NULL);

    if (row == NULL)
        return FALSE;
    Conversation *v = conversation_of(row);
    if (strcmp(name, "mute") == 0)
        choose_mute(GTK_WIDGET(self), self->account, v, is_muted(v) ? MUTE_OFF : MUTE_FOR_GOOD);
    else {
        if (strcmp(name, "unread") == 0 && is_unread(v))
            name = "read";
        g_autofree char *whole = g_strdup_printf("chat.%s", name);
        gtk_widget_activate_action(GTK_WIDGET(self), whole, "s", v->contact);
    }
    return TRUE;
}

static void
add_key(ConversationView *self, GtkEventController *to, const char *keys, GtkShortcutFunc function,
        const char *name)
{
    GtkShortcut *s = gtk_shortcut_new(gtk_shortcut_trigger_parse_string(keys),
                                      gtk_callback_action_new(function, self, NULL));

    if (name != NULL)
        gtk_shortcut_set_arguments(s, g_variant_new_string(name));
    gtk_shortcut_controller_add_shortcut(GTK_SHORTCUT_CONTROLLER(to), s);
}

static void
add_keys(ConversationView *self)
{
    GtkEventController *keys = gtk_shortcut_controller_new();

    add_key(self, keys, "Menu|<Shift>F10", on_menu_key, NULL);
    add_key(self, keys, "Delete", on_row_key, "delete");
    add_key(self, keys, "<Control>Return", on_row_key, "open-apart");
    add_key(self, keys, "<Control><Shift>u", on_row_key, "unread");
    add_key(self, keys, "<Control><Shift>p", on_row_key, "pin");
    add_key(self, keys, "<Control><Shift>m", on_row_key, "mute");
    add_key(self, keys, "<Control><Shift>a", on_row_key, "archive");
    gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_CAPTURE);
    gtk_widget_add_controller(GTK_WIDGET(self->view), keys);
}

/* --- the object --- */

static void
conversation_view_dispose(GObject *object)
{
    ConversationView *self = SNUG_CONVERSATION_VIEW(object);

    g_clear_handle_id(&self->clock, g_source_remove);
    if (self->menu != NULL)
        gtk_widget_unparent(GTK_WIDGET(self->menu));
    self->menu = NULL;
    g_clear_pointer(&self->current, g_free);
    g_clear_object(&self->list);
    G_OBJECT_CLASS(conversation_view_parent_class)->dispose(object);
    g_clear_object(&self->account);
}

static void
conversation_view_class_init(ConversationViewClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = conversation_view_dispose;
    signals[OPENED] = g_signal_new("opened", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
    signals[OPENED_APART] =
        g_signal_new("opened-apart", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                     NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/list/conversation_view.ui");
    gtk_widget_class_bind_template_child(widget, ConversationView, view);
    gtk_widget_class_bind_template_callback(widget, on_setup);
    gtk_widget_class_bind_template_callback(widget, on_bind);
    gtk_widget_class_bind_template_callback(widget, on_unbind);
    gtk_widget_class_bind_template_callback(widget, on_activate);
}

static void
conversation_view_init(ConversationView *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    add_actions(self);
    add_keys(self);
    self->clock = g_timeout_add_seconds(REFRESH_S, on_clock, self);
}

ConversationView *
conversation_view_new(Account *account, ConversationList *list)
{
    ConversationView *self = g_object_new(SNUG_TYPE_CONVERSATION_VIEW, NULL);
    GtkNoSelection *all = gtk_no_selection_new(g_object_ref(G_LIST_MODEL(list)));

    self->account = g_object_ref(account);
    self->list = g_object_ref(list);
    gtk_list_view_set_model(self->view, GTK_SELECTION_MODEL(all));
    g_object_unref(all);
    return self;
}
