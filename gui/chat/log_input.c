/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/log_input.h"

#include "gui/chat/message_menu.h"
#include "gui/chat/message_row.h"
#include "gui/menu.h"

struct input {
    GtkWidget *log, *list; /* borrowed: they live longer */
    GtkWidget *menu;       /* NULL: never opened */
    GWeakRef pointed;      /* the row whose words can be selected */
};

/* --- which row --- */

static MessageRow *
row_at(struct input *in, double x, double y)
{
    GtkWidget *there = gtk_widget_pick(in->list, x, y, GTK_PICK_DEFAULT);

    if (there == NULL)
        return NULL;
    if (SNUG_IS_MESSAGE_ROW(there))
        return SNUG_MESSAGE_ROW(there);
    return SNUG_MESSAGE_ROW(gtk_widget_get_ancestor(there, SNUG_TYPE_MESSAGE_ROW));
}

/* The row whose item has the focus itself, not something inside. */
static MessageRow *
focused_row(struct input *in)
{
    GtkWidget *focus = gtk_root_get_focus(gtk_widget_get_root(in->list)),
              *row = focus != NULL ? gtk_widget_get_first_child(focus) : NULL;

    return row != NULL && SNUG_IS_MESSAGE_ROW(row) && gtk_widget_is_ancestor(row, in->list)
               ? SNUG_MESSAGE_ROW(row)
               : NULL;
}

/* --- the menu --- */

static void
open_menu(struct input *in, MessageRow *row, const GdkRectangle *where)
{
    g_autoptr(GMenuModel) model = NULL;

    if (row == NULL || message_row_get_message(row) == NULL)
        return;
    model = message_menu_new(row, g_get_real_time() / 1000);
    if (in->menu == NULL) {
        in->menu = gtk_popover_menu_new_from_model(NULL);
        gtk_popover_set_has_arrow(GTK_POPOVER(in->menu), FALSE);
        gtk_widget_set_halign(in->menu, GTK_ALIGN_START);
        gtk_widget_set_parent(in->menu, in->log);
    }
    gtk_popover_menu_set_menu_model(GTK_POPOVER_MENU(in->menu), model);
    gtk_popover_set_pointing_to(GTK_POPOVER(in->menu), where);
    menu_popup(GTK_POPOVER(in->menu));
}

static void
open_menu_at(struct input *in, double x, double y)
{
    GdkRectangle where = {.width = 1, .height = 1};
    double left, top;

    gtk_widget_translate_coordinates(in->list, in->log, x, y, &left, &top);
    where.x = (int)left;
    where.y = (int)top;
    open_menu(in, row_at(in, x, y), &where);
}

static gboolean
open_menu_of_focus(struct input *in)
{
    MessageRow *row = focused_row(in);
    GtkWidget *bubble = row != NULL ? gtk_widget_get_last_child(GTK_WIDGET(row)) : NULL;
    GdkRectangle where;
    graphene_rect_t b;

    if (bubble == NULL || !gtk_widget_compute_bounds(GTK_WIDGET(row), in->log, &b))
        return FALSE;
    where = (GdkRectangle){(int)(b.origin.x + b.size.width / 2),
                           (int)(b.origin.y + b.size.height / 2), 1, 1};
    open_menu(in, row, &where);
    return TRUE;
}

static void
on_second_button(GtkGestureClick *gesture, int presses, double x, double y, struct input *in)
{
    gtk_gesture_set_state(GTK_GESTURE(gesture), GTK_EVENT_SEQUENCE_CLAIMED);
    open_menu_at(in, x, y);
}

static void
on_long_press(GtkGestureLongPress *gesture, double x, double y, struct input *in)
{
    gtk_gesture_set_state(GTK_GESTURE(gesture), GTK_EVENT_SEQUENCE_CLAIMED);
    open_menu_at(in, x, y);
}

static gboolean
on_key(GtkEventControllerKey *keys, guint key, guint code, GdkModifierType state, struct input *in)
{
    GdkModifierType held = state & gtk_accelerator_get_default_mod_mask();

    if ((key == GDK_KEY_F10 && held == GDK_SHIFT_MASK) ||
        ((key == GDK_KEY_Menu || key == GDK_KEY_Return || key == GDK_KEY_KP_Enter) && held == 0))
        return open_menu_of_focus(in);
    return FALSE;
}

/* --- the pointer --- */

static void
point_at(struct input *in, MessageRow *row)
{
    g_autoptr(MessageRow) before = g_weak_ref_get(&in->pointed);

    if (before == row)
        return;
    if (before != NULL)
        message_row_set_pointed(before, FALSE);
    g_weak_ref_set(&in->pointed, row);
    if (row != NULL)
        message_row_set_pointed(row, TRUE);
}

/* Not while a button is held: a selection goes on outside of its row. */
static void
on_motion(GtkEventControllerMotion *motion, double x, double y, struct input *in)
{
    GdkModifierType state =
        gtk_event_controller_get_current_event_state(GTK_EVENT_CONTROLLER(motion));
    MessageRow *row;

    if (state & (GDK_BUTTON1_MASK | GDK_BUTTON2_MASK | GDK_BUTTON3_MASK))
        return;
    row = row_at(in, x, y);
    if (row != NULL)
        point_at(in, row);
}

/* --- attaching --- */

static void
on_list_destroyed(struct input *in)
{
    g_clear_pointer(&in->menu, gtk_widget_unparent);
}

static void
input_free(gpointer data)
{
    struct input *in = data;

    g_weak_ref_clear(&in->pointed);
    g_free(in);
}

static void
add(GtkWidget *list, GtkEventController *controller)
{
    gtk_event_controller_set_propagation_phase(controller, GTK_PHASE_CAPTURE);
    gtk_widget_add_controller(list, controller);
}

void
log_input_attach(GtkWidget *log, GtkWidget *list)
{
    struct input *in = g_new0(struct input, 1);
    GtkGesture *second = gtk_gesture_click_new(), *long_press = gtk_gesture_long_press_new();
    GtkEventController *keys = gtk_event_controller_key_new(),
                       *motion = gtk_event_controller_motion_new();

    in->log = log;
    in->list = list;
    g_weak_ref_init(&in->pointed, NULL);
    gtk_gesture_single_set_button(GTK_GESTURE_SINGLE(second), GDK_BUTTON_SECONDARY);
    gtk_gesture_single_set_touch_only(GTK_GESTURE_SINGLE(long_press), TRUE);
    g_signal_connect(second, "pressed", G_CALLBACK(on_second_button), in);
    g_signal_connect(long_press, "pressed", G_CALLBACK(on_long_press), in);
    g_signal_connect(keys, "key-pressed", G_CALLBACK(on_key), in);
    g_signal_connect(motion, "motion", G_CALLBACK(on_motion), in);
    add(list, GTK_EVENT_CONTROLLER(second));
    add(list, GTK_EVENT_CONTROLLER(long_press));
    add(list, keys);
    add(list, motion);
    g_signal_connect_swapped(list, "destroy", G_CALLBACK(on_list_destroyed), in);
    g_object_set_data_full(G_OBJECT(list), "log-input", in, input_free);
}
