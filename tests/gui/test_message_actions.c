/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "gui/chat/composer.h"
#include "gui/chat/message_actions.h"
#include "gui/models/fields.h"
#include "tests/gui/fake_agent.h"
#include "tests/gui/stage.h"

struct scene {
    struct fake_agent *fake;
    Account *account;
    GtkWidget *window, *page;
    Composer *composer;
    json_t *message;
};

static json_t *
answer_message(struct fake_agent *fake, const json_t *params, gpointer data)
{
    struct scene *s = data;

    assert_string_equal(field_text(params, "message"), "message-4");
    return json_pack("{s:O}", "message", s->message);
}

static void
tell_contact(struct scene *s, int number, const char *label, const char *state)
{
    fake_agent_notify(s->fake, "contact",
                      json_pack("{s:o}", "contact", fake_contact(number, label, state)));
}

static int
scene_open(void **state)
{
    struct scene *s = g_new0(struct scene, 1);
    GtkWidget *toasts = adw_toast_overlay_new();

    s->fake = fake_agent_new("unlocked");
    s->message = fake_message(4, 1, "read", "Are you coming?");
    fake_agent_answer(s->fake, "message.get", answer_message, s);
    fake_agent_always(s->fake, "conversation.get",
                      json_pack("{s:o}", "conversation", fake_conversation(1, "Angela", NULL, 0)));
    s->account = stage_account(BRIDGE_OPEN);
    tell_contact(s, 1, "Angela", "accepted");
    tell_contact(s, 2, "Bob & Sons", "accepted");
    tell_contact(s, 3, "Carla", "asking");
    stage_wait(contact_book_get(s->account->contacts, "contact-3") != NULL);
    s->window = adw_window_new();
    gtk_window_set_default_size(GTK_WINDOW(s->window), 640, 400);
    s->page = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    s->composer = SNUG_COMPOSER(composer_new(s->account));
    gtk_box_append(GTK_BOX(s->page), GTK_WIDGET(s->composer));
    adw_toast_overlay_set_child(ADW_TOAST_OVERLAY(toasts), s->page);
    adw_window_set_content(ADW_WINDOW(s->window), toasts);
    message_actions_install(s->page, s->account, s->composer);
    composer_open(s->composer, "contact-1");
    gtk_window_present(GTK_WINDOW(s->window));
    *state = s;
    return 0;
}

static int
scene_close(void **state)
{
    struct scene *s = *state;

    stage_end(&(struct staged){.window = s->window, .account = s->account, .fake = s->fake});
    json_decref(s->message);
    g_free(s);
    return 0;
}

static void
act(struct scene *s, const char *name)
{
    assert_true(gtk_widget_activate_action(s->page, name, "s", "message-4"));
}

static GtkWidget *
window_over(GtkWidget *window)
{
    gint64 end = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;

    while (stage_turn(end)) {
        g_autoptr(GList) all = gtk_window_list_toplevels();

        for (GList *w = all; w != NULL; w = w->next)
            if (gtk_window_get_transient_for(w->data) == GTK_WINDOW(window) &&
                gtk_widget_get_visible(w->data))
                return w->data;
    }
    fail_msg("no dialog came");
    return NULL;
}

/* The window over ours. */
static GtkWidget *
dialog(struct scene *s)
{
    return window_over(s->window);
}

static void
check_look(GtkWidget *window, const char *name)
{
    g_autofree char *unnamed = stage_unnamed(window), *dark = g_strdup_printf("%s-dark", name);

    if (unnamed != NULL)
        fail_msg("without a name: %s", unnamed);
    stage_picture(window, name);
    stage_dark(TRUE);
    stage_picture(window, dark);
    stage_dark(FALSE);
}

static void
press(GtkWidget *root, const char *name)
{
    gtk_widget_activate(stage_await(root, GTK_TYPE_BUTTON, name));
}

static const json_t *
called(struct scene *s, const char *method)
{
    stage_wait(fake_agent_calls(s->fake, method) == 1);
    return fake_agent_last(s->fake, method);
}

/* --- tests --- */

static void
replies_and_edits_go_to_the_composer(void **state)
{
    struct scene *s = *state;

    act(s, "message.reply");
    stage_wait(stage_shows(s->window, "Reply to yourself"));
    act(s, "message.edit");
    stage_wait(stage_shows(s->window, "Edit message"));
}

static void
words_are_copied(void **state)
{
    struct scene *s = *state;
    GdkContentProvider *content = NULL;
    GdkClipboard *clipboard = gtk_widget_get_clipboard(s->page);

    act(s, "message.copy");
    stage_wait((content = gdk_clipboard_get_content(clipboard)) != NULL);
    g_auto(GValue) value = G_VALUE_INIT;
    g_value_init(&value, G_TYPE_STRING);
    assert_true(gdk_content_provider_get_value(content, &value, NULL));
    assert_string_equal(g_value_get_string(&value), "Are you coming?");
}

static void
pins_are_set_and_taken_away(void **state)
{
    struct scene *s = *state;

    act(s, "message.pin");
    assert_true(field_bool(called(s, "message.pin"), "on"));
    json_object_set_new(s->message, "pinned_ms", json_integer(5));
    act(s, "message.pin");
    stage_wait(fake_agent_calls(s->fake, "message.pin") == 2);
    assert_false(field_bool(fake_agent_last(s->fake, "message.pin"), "on"));
}

static void
a_reaction_is_chosen_and_taken_back(void **state)
{
    struct scene *s = *state;
    GtkWidget *window;

    json_object_set_new(s->message, "reactions",
                        json_pack("[{s:s,s:b,s:i}]", "emoji", "👍", "mine", 1, "sent_ms", 1));
    act(s, "message.react");
    window = dialog(s);
    check_look(window, "react");
    press(window, "😂");
    assert_string_equal(field_text(called(s, "message.react"), "emoji"), "😂");
    act(s, "message.react");
    press(dialog(s), "Take Back");
    stage_wait(fake_agent_calls(s->fake, "message.react") == 2);
    assert_string_equal(field_text(fake_agent_last(s->fake, "message.react"), "emoji"), "");
}

static json_t *
refuse(struct fake_agent *fake, const json_t *params, gpointer data)
{
    fake_agent_refuse(fake, "state", "Its file is not here.");
    return NULL;
}

static void
a_message_is_forwarded_to_several(void **state)
{
    struct scene *s = *state;
    GtkWidget *window;

    fake_agent_answer(s->fake, "message.forward", refuse, NULL);
    act(s, "message.forward");
    window = dialog(s);
    stage_wait(stage_shows(window, "Bob & Sons"));
    assert_false(stage_shows(window, "Carla"));
    gtk_check_button_set_active(
        GTK_CHECK_BUTTON(stage_await(window, GTK_TYPE_CHECK_BUTTON, "Bob & Sons")), TRUE);
    gtk_check_button_set_active(
        GTK_CHECK_BUTTON(stage_await(window, GTK_TYPE_CHECK_BUTTON, "Angela")), TRUE);
    check_look(window, "forward");
    press(window, "_Forward");
    stage_wait(stage_shows(window, "Its file is not here."));
    fake_agent_always(s->fake, "message.forward", json_pack("{s:[]}", "messages"));
    press(window, "_Forward");
    stage_wait(fake_agent_calls(s->fake, "message.forward") == 2);
    const json_t *to = json_object_get(fake_agent_last(s->fake, "message.forward"), "to");
    assert_int_equal(json_array_size(to), 2);
    stage_wait(stage_shows(s->window, "Forwarded"));
}

static void
deleting_asks_first(void **state)
{
    struct scene *s = *state;
    GtkWidget *window;

    fake_agent_always(s->fake, "message.delete", json_pack("{s:b,s:b}", "withdrawn", 1, "sent", 0));
    act(s, "message.delete-for-everyone");
    window = dialog(s);
    check_look(window, "delete-for-everyone");
    press(window, "_Cancel");
    stage_wait(stage_find(s->window, GTK_TYPE_BUTTON, "Send files") != NULL);
    assert_int_equal(fake_agent_calls(s->fake, "message.delete"), 0);
    act(s, "message.delete-for-everyone");
    press(dialog(s), "_Delete");
    assert_string_equal(field_text(called(s, "message.delete"), "for"), "everyone");
    stage_wait(stage_shows(s->window, "Taken back before anybody saw it"));
    act(s, "message.delete-for-me");
    press(dialog(s), "_Delete");
    stage_wait(fake_agent_calls(s->fake, "message.delete") == 2);
    assert_string_equal(field_text(fake_agent_last(s->fake, "message.delete"), "for"), "me");
}

static void
details_tell_times_and_earlier_words(void **state)
{
    struct scene *s = *state;
    GtkWidget *window;

    fake_agent_always(s->fake, "message.versions",
                      json_pack("{s:O,s:[{s:s,s:I}]}", "message", s->message, "versions", "text",
                                "Aer <b>you</b> coming?", "sent_ms", (json_int_t)1760000000000));
    json_object_set_new(s->message, "versions", json_integer(1));
    json_object_set_new(s->message, "edited_ms", json_integer(1760000300000));
    json_object_set_new(s->message, "expire_s", json_integer(604800));
    act(s, "message.details");
    window = dialog(s);
    stage_wait(stage_shows(window, "Aer <b>you</b> coming?"));
    assert_true(stage_shows(window, "Read"));
    assert_true(stage_shows(window, "1 week"));
    check_look(window, "message-details");
}

static void
a_failed_message_is_sent_again(void **state)
{
    struct scene *s = *state;

    fake_agent_answer(s->fake, "message.retry", refuse, NULL);
    act(s, "message.retry");
    assert_string_equal(field_text(called(s, "message.retry"), "message"), "message-4");
    stage_wait(stage_shows(s->window, "Its file is not here."));
}

static void
the_timer_is_shown_and_set(void **state)
{
    struct scene *s = *state;
    GtkWidget *window;

    fake_agent_always(s->fake, "conversation.timer", json_pack("{s:i}", "seconds", 7200));
    assert_true(gtk_widget_activate_action(s->page, "conversation.timer", NULL));
    window = dialog(s);
    assert_true(gtk_check_button_get_active(
        GTK_CHECK_BUTTON(stage_await(window, GTK_TYPE_CHECK_BUTTON, "2 hours"))));
    check_look(window, "timer");
    gtk_check_button_set_active(
        GTK_CHECK_BUTTON(stage_await(window, GTK_TYPE_CHECK_BUTTON, "1 week")), TRUE);
    press(window, "_Set");
    stage_wait(fake_agent_calls(s->fake, "conversation.timer") == 2);
    assert_int_equal(field_int(fake_agent_last(s->fake, "conversation.timer"), "seconds"), 604800);
}

static void
a_time_of_ones_own_can_be_set(void **state)
{
    struct scene *s = *state;
    GtkWidget *window, *count;

    fake_agent_always(s->fake, "conversation.timer", json_pack("{s:i}", "seconds", 0));
    assert_true(gtk_widget_activate_action(s->page, "conversation.timer", NULL));
    window = dialog(s);
    count = stage_await(window, GTK_TYPE_SPIN_BUTTON, "Number");
    gtk_spin_button_set_value(GTK_SPIN_BUTTON(count), 3); /* which chooses it */
    press(window, "_Set");
    stage_wait(fake_agent_calls(s->fake, "conversation.timer") == 2);
    assert_int_equal(field_int(fake_agent_last(s->fake, "conversation.timer"), "seconds"),
                     3 * 86400);
}

static void
what_is_scheduled_is_listed_and_changed(void **state)
{
    struct scene *s = *state;
    json_t *m = fake_message(4, 1, "scheduled", "Happy birthday!");
    GtkWidget *window;

    json_object_set_new(m, "due_ms", json_integer(1790000000000));
    fake_agent_always(s->fake, "message.scheduled",
                      json_pack("{s:[o],s:b}", "messages", m, "more", 0));
    gtk_widget_activate_action(GTK_WIDGET(s->composer), "composer.scheduled", NULL);
    window = dialog(s);
    stage_wait(stage_shows(window, "Happy birthday!"));
    check_look(window, "scheduled");
    GtkWidget *inside = stage_await(window, GTK_TYPE_MENU_BUTTON, "What to do with it");
    gtk_widget_activate_action(inside, "scheduled.now", "s", "message-4");
    assert_true(field_int(called(s, "message.schedule"), "at_ms") > 0);
    stage_wait(fake_agent_calls(s->fake, "message.scheduled") >= 2);
    stage_settle();
    inside = stage_await(window, GTK_TYPE_MENU_BUTTON, "What to do with it"); /* of a new row */
    gtk_widget_activate_action(inside, "scheduled.words", "s", "message-4");
    GtkWidget *words = window_over(window),
              *view = stage_await(words, GTK_TYPE_TEXT_VIEW, "Words of the message");
    check_look(words, "scheduled-words");
    gtk_text_buffer_set_text(gtk_text_view_get_buffer(GTK_TEXT_VIEW(view)), " Many returns! ", -1);
    press(words, "_Change");
    stage_wait(fake_agent_calls(s->fake, "message.schedule") == 2);
    assert_string_equal(field_text(fake_agent_last(s->fake, "message.schedule"), "text"),
                        "Many returns!");
    stage_wait(fake_agent_calls(s->fake, "message.scheduled") >= 3);
    stage_settle();
    inside = stage_await(window, GTK_TYPE_MENU_BUTTON, "What to do with it");
    gtk_widget_activate_action(inside, "scheduled.cancel", "s", "message-4");
    assert_string_equal(field_text(called(s, "message.delete"), "for"), "me");
}

int
main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)
    const struct CMUnitTest tests[] = {
        SCENE(replies_and_edits_go_to_the_composer),
        SCENE(words_are_copied),
        SCENE(pins_are_set_and_taken_away),
        SCENE(a_reaction_is_chosen_and_taken_back),
        SCENE(a_message_is_forwarded_to_several),
        SCENE(deleting_asks_first),
        SCENE(details_tell_times_and_earlier_words),
        SCENE(a_failed_message_is_sent_again),
        SCENE(a_time_of_ones_own_can_be_set),
        SCENE(the_timer_is_shown_and_set),
        SCENE(what_is_scheduled_is_listed_and_changed),
    };

    stage_setup();
    return cmocka_run_group_tests_name("gui-message-actions", tests, NULL, NULL);
}
