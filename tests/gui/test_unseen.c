/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "gui/menu.h"
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

static void
a_closed_menu_gives_the_focus_back(void **state)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0),
              *first = gtk_button_new_with_label("First"),
              *second = gtk_button_new_with_label("Second");
    g_autoptr(GMenu) choices = g_menu_new();
    gtk_box_append(GTK_BOX(box), first);
    gtk_box_append(GTK_BOX(box), second);
    GtkWidget *window = shown(box);
    g_menu_append(choices, "Close", "window.close");
    GtkWidget *menu = gtk_popover_menu_new_from_model(G_MENU_MODEL(choices));
    gtk_widget_set_parent(menu, first);

    for (int i = 0; i < 2; i++) {
        gtk_widget_grab_focus(second);
        menu_popup(GTK_POPOVER(menu));
        stage_wait(gtk_widget_is_ancestor(gtk_window_get_focus(GTK_WINDOW(window)), menu));
        gtk_popover_popdown(GTK_POPOVER(menu));
        stage_wait(!gtk_widget_get_mapped(menu));
        stage_settle();
        assert_ptr_equal(gtk_window_get_focus(GTK_WINDOW(window)), second);
    }
    gtk_widget_unparent(menu);
    gtk_window_destroy(GTK_WINDOW(window));
}

static void
a_button_that_works_has_the_focus_again_when_it_is_done(void **state)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0),
              *first = gtk_button_new_with_label("First"),
              *second = gtk_button_new_with_label("Second");
    gtk_box_append(GTK_BOX(box), first);
    gtk_box_append(GTK_BOX(box), second);
    GtkWidget *window = shown(box);

    for (int i = 0; i < 2; i++) {
        gtk_widget_grab_focus(second);
        gtk_widget_set_sensitive(second, FALSE);
        stage_settle();
        assert_null(gtk_window_get_focus(GTK_WINDOW(window)));
        gtk_widget_set_sensitive(second, TRUE);
        assert_ptr_equal(gtk_window_get_focus(GTK_WINDOW(window)), second);
    }
    /* Not from where it has gone meanwhile. */
    gtk_widget_set_sensitive(second, FALSE);
    gtk_widget_grab_focus(first);
    gtk_widget_set_sensitive(second, TRUE);
    assert_ptr_equal(gtk_window_get_focus(GTK_WINDOW(window)), first);
    gtk_window_destroy(GTK_WINDOW(window));
}

static gboolean
is_called(GtkWidget *w, const char *name)
{
    g_autofree char *other =
        gtk_test_accessible_check_property(GTK_ACCESSIBLE(w), GTK_ACCESSIBLE_PROPERTY_LABEL, name);

    return other == NULL && stage_unnamed(w) == NULL;
}

static void
a_button_is_called_what_it_says_without_the_mark_of_its_key(void **state)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0),
              *save = gtk_button_new_with_mnemonic("_Save"),
              *again = gtk_check_button_new_with_mnemonic("Once _More & Again");
    gtk_box_append(GTK_BOX(box), save);
    gtk_box_append(GTK_BOX(box), again);
    GtkWidget *window = shown(box);

    assert_true(is_called(save, "Save"));
    assert_true(is_called(again, "Once More & Again"));
    /* Nor twice: its label would name it as well. */
    assert_false(gtk_test_accessible_has_relation(GTK_ACCESSIBLE(save),
                                                  GTK_ACCESSIBLE_RELATION_LABELLED_BY));
    gtk_button_set_label(GTK_BUTTON(save), "_Keep");
    assert_true(is_called(save, "Keep"));
    gtk_window_destroy(GTK_WINDOW(window));
}

static void
a_button_on_another_page_is_named_as_well(void **state)
{
    GtkWidget *pages = adw_view_stack_new(), *other = gtk_button_new_with_mnemonic("_Other");
    adw_view_stack_add(ADW_VIEW_STACK(pages), gtk_label_new("one"));
    adw_view_stack_add(ADW_VIEW_STACK(pages), other);
    GtkWidget *window = shown(pages);

    assert_false(gtk_widget_get_mapped(other));
    assert_true(is_called(other, "Other"));
    gtk_window_destroy(GTK_WINDOW(window));
}

static void
the_button_of_a_row_is_called_like_the_row_as_well(void **state)
{
    GtkWidget *row = adw_action_row_new(), *button = gtk_button_new_with_mnemonic("_Change…");
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), "Name");
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), button);
    adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), button);
    GtkWidget *list = gtk_list_box_new();
    gtk_list_box_append(GTK_LIST_BOX(list), row);
    GtkWidget *window = shown(list);

    assert_true(is_called(button, "Change…"));
    assert_true(gtk_test_accessible_has_relation(GTK_ACCESSIBLE(button),
                                                 GTK_ACCESSIBLE_RELATION_LABELLED_BY));
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
        cmocka_unit_test(a_closed_menu_gives_the_focus_back),
        cmocka_unit_test(a_button_that_works_has_the_focus_again_when_it_is_done),
        cmocka_unit_test(a_button_is_called_what_it_says_without_the_mark_of_its_key),
        cmocka_unit_test(a_button_on_another_page_is_named_as_well),
        cmocka_unit_test(the_button_of_a_row_is_called_like_the_row_as_well),
    };
    return cmocka_run_group_tests_name("gui-unseen", tests, NULL, NULL);
}
