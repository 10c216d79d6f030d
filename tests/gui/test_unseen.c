/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "gui/unseen.h"
#include "tests/gui/stage.h"

static gboolean
hidden(GtkWidget *w)
{
    g_autofree char *wrong =
        gtk_test_accessible_check_state(GTK_ACCESSIBLE(w), GTK_ACCESSIBLE_STATE_HIDDEN, TRUE);

    return wrong == NULL;
}

static GtkWidget *
shown(GtkWidget *child)
{
    GtkWidget *window = gtk_window_new();

    gtk_window_set_child(GTK_WINDOW(window), child);
    gtk_window_present(GTK_WINDOW(window));
    stage_wait(gtk_widget_get_mapped(child));
    return window;
}

static void
only_the_page_of_a_stack_that_is_shown_is_read_out(void **state)
{
    GtkWidget *stack = gtk_stack_new(), *one = gtk_label_new("one"), *two = gtk_label_new("two");
    gtk_stack_add_child(GTK_STACK(stack), one);
    gtk_stack_add_child(GTK_STACK(stack), two);
    GtkWidget *window = shown(stack);

    assert_false(hidden(one));
    assert_true(hidden(two));
    gtk_stack_set_visible_child(GTK_STACK(stack), two);
    stage_wait(hidden(one) && !hidden(two));
    gtk_stack_set_visible_child(GTK_STACK(stack), one);
    stage_wait(!hidden(one) && hidden(two));
    gtk_window_destroy(GTK_WINDOW(window));
}

static void
what_is_not_revealed_is_not_read_out(void **state)
{
    GtkWidget *revealer = gtk_revealer_new(), *secret = gtk_label_new("secret");
    gtk_revealer_set_child(GTK_REVEALER(revealer), secret);
    GtkWidget *window = shown(revealer);

    assert_true(hidden(secret));
    gtk_revealer_set_reveal_child(GTK_REVEALER(revealer), TRUE);
    stage_wait(!hidden(secret));
    gtk_revealer_set_reveal_child(GTK_REVEALER(revealer), FALSE);
    stage_wait(hidden(secret));
    gtk_window_destroy(GTK_WINDOW(window));
}

static void
a_closed_menu_is_not_read_out(void **state)
{
    GtkWidget *button = gtk_menu_button_new(), *menu = gtk_popover_new();
    gtk_menu_button_set_popover(GTK_MENU_BUTTON(button), menu);
    GtkWidget *window = shown(button);

    assert_true(hidden(menu));
    gtk_menu_button_popup(GTK_MENU_BUTTON(button));
    stage_wait(!hidden(menu));
    gtk_menu_button_popdown(GTK_MENU_BUTTON(button));
    stage_wait(hidden(menu));
    gtk_window_destroy(GTK_WINDOW(window));
}

int
main(void)
{
    stage_setup();
    unseen_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_page_of_a_stack_that_is_shown_is_read_out),
        cmocka_unit_test(what_is_not_revealed_is_not_read_out),
        cmocka_unit_test(a_closed_menu_is_not_read_out),
    };
    return cmocka_run_group_tests_name("gui-unseen", tests, NULL, NULL);
}
