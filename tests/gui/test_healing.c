/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "gui/chat/chat_page.h"
#include "gui/chat/chat_window.h"
#include "gui/chat/delivery_dialog.h"
#include "gui/chat/delivery_words.h"
#include "gui/chat/message_row.h"
#include "gui/models/fields.h"
#include "gui/window.h"
#include "tests/gui/fake_agent.h"
#include "tests/gui/fake_history.h"
#include "tests/gui/stage.h"

#define MINUTE 60000LL

struct scene {
    struct fake_agent *fake;
    struct fake_history *history;
    Account *account;
    GtkWidget *window;
    ChatPage *page;
};

static int
scene_open(void **state)
{
    struct scene *s = g_new0(struct scene, 1);

    s->fake = fake_agent_new("unlocked");
    s->history = fake_history_new(s->fake, 1);
    s->account = stage_account(BRIDGE_OPEN);
    fake_agent_notify(s->fake, "contact",
                      json_pack("{s:o}", "contact", fake_contact(1, "Angela", "accepted")));
    stage_wait(contact_book_get(s->account->contacts, "contact-1") != NULL);
    s->window = adw_window_new();
    gtk_window_set_default_size(GTK_WINDOW(s->window), 720, 640);
    s->page = chat_page_new(s->account);
    adw_window_set_content(ADW_WINDOW(s->window), GTK_WIDGET(s->page));
    *state = s;
    return 0;
}

static int
scene_close(void **state)
{
    struct scene *s = *state;

    stage_end(&(struct staged){
        .window = s->window, .account = s->account, .history = s->history, .fake = s->fake});
    g_free(s);
    return 0;
}

static void
show(struct scene *s)
{
    chat_page_open(s->page, "contact-1");
    gtk_window_present(GTK_WINDOW(s->window));
}

static gboolean
shows(struct scene *s, const char *text)
{
    return stage_shows(GTK_WIDGET(s->page), text);
}

/* --- gaps --- */

static void
as_gap(json_t *m, gboolean own, int asked)
{
    json_object_set_new(m, "type", json_string("missing"));
    json_object_set_new(m, "outgoing", json_boolean(own));
    json_object_set_new(m, "asked", json_integer(asked));
    if (asked > 0)
        json_object_set_new(m, "next_ms", json_integer(1));
}

static void
add_gap(struct scene *s, int number, const char *state, gboolean own)
{
    as_gap(fake_history_add(s->history, number, state, ""), own, 1);
}

static void
tell_gap(struct scene *s, int number, const char *state)
{
    json_t *m = fake_message(number, 1, state, "");

    as_gap(m, FALSE, 1);
    fake_agent_notify(s->fake, "gap", json_pack("{s:o}", "message", m));
}

static void
tell_healed(struct scene *s, int number, const char *text)
{
    fake_agent_notify(s->fake, "gap",
                      json_pack("{s:o}", "message", fake_message(number, 1, "received", text)));
}

/* Message -> the item of the log that shows it; NULL: none does. */
static GtkWidget *
item_of(GtkWidget *below, gint64 number)
{
    for (GtkWidget *w = gtk_widget_get_first_child(below); w != NULL;
         w = gtk_widget_get_next_sibling(w)) {
        GtkWidget *found;
        Message *m = SNUG_IS_MESSAGE_ROW(w) ? message_row_get_message(SNUG_MESSAGE_ROW(w)) : NULL;

        if (m != NULL)
            found = m->number == number ? gtk_widget_get_parent(w) : NULL;
        else
            found = item_of(w, number);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static GtkWidget *
item(struct scene *s, gint64 number)
{
    return item_of(GTK_WIDGET(s->page), number);
}

static void
fill_with_gaps(struct scene *s)
{
    fake_history_add(s->history, 1, "received", "The train leaves at nine.");
    for (int i = 2; i <= 4; i++)
        add_gap(s, i, "gap", FALSE);
    fake_history_add(s->history, 5, "received", "So it is platform four.");
    for (int i = 6; i <= 7; i++)
        add_gap(s, i, "gone", FALSE);
    add_gap(s, 8, "gone", TRUE);
    json_object_set_new(fake_history_add(s->history, 9, "gone", ""), "elsewhere", json_integer(4));
    fake_history_add(s->history, 10, "read", "See you there!");
}

static void
a_run_of_gaps_is_one_quiet_line(void **state)
{
    struct scene *s = *state;
    g_autofree char *unnamed = NULL;

    fill_with_gaps(s);
    show(s);
    stage_wait(shows(s, "3 messages are missing here. They have been asked for."));
    assert_true(shows(s, "2 messages were lost on the way, and cannot be sent again."));
    assert_true(shows(s, "You sent 5 messages on another copy of this profile."));
    assert_non_null(item(s, 2));
    assert_null(item(s, 3));
    assert_null(item(s, 4));
    unnamed = stage_unnamed(s->window);
    assert_null(unnamed);
    stage_picture(s->window, "gaps");
    stage_dark(TRUE);
    stage_picture(s->window, "gaps-dark");
    stage_dark(FALSE);
    gtk_window_set_default_size(GTK_WINDOW(s->window), 360, 640);
    stage_picture(s->window, "gaps-narrow");
}

static void
a_run_is_one_stop_for_keyboard_and_screen_reader(void **state)
{
    struct scene *s = *state;
    GtkWidget *list;

    fill_with_gaps(s);
    show(s);
    stage_wait(item(s, 10) != NULL && gtk_widget_get_mapped(item(s, 10)));
    list = gtk_widget_get_parent(item(s, 10));
    assert_true(gtk_widget_grab_focus(item(s, 5)));
    assert_true(gtk_widget_child_focus(list, GTK_DIR_UP));
    assert_ptr_equal(gtk_root_get_focus(GTK_ROOT(s->window)), item(s, 2));
    gtk_test_accessible_assert_property(item(s, 2), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                        "3 messages are missing here. They have been asked for.");
    assert_true(gtk_widget_child_focus(list, GTK_DIR_UP));
    assert_ptr_equal(gtk_root_get_focus(GTK_ROOT(s->window)), item(s, 1));
}

static void
a_run_grows_and_closes_message_by_message(void **state)
{
    struct scene *s = *state;

    fake_history_add(s->history, 1, "received", "One");
    add_gap(s, 3, "gap", FALSE);
    fake_history_add(s->history, 5, "received", "Five");
    show(s);
    stage_wait(shows(s, "A message is missing here."));
    tell_gap(s, 2, "gap");
    tell_gap(s, 4, "gap");
    stage_wait(shows(s, "3 messages are missing here."));
    tell_healed(s, 3, "Three");
    stage_wait(shows(s, "Three") && shows(s, "A message is missing here."));
    assert_false(shows(s, "messages are missing"));
    assert_non_null(item(s, 4));
    tell_healed(s, 2, "Two");
    tell_gap(s, 4, "gone");
    stage_wait(shows(s, "Two") && shows(s, "A message was lost on the way"));
    tell_healed(s, 4, "Four");
    stage_wait(shows(s, "Four") && !shows(s, "lost on the way"));
}

/* Where the row of a message is on the screen. */
static int
place_of(struct scene *s, gint64 number)
{
    graphene_rect_t b;
    GtkWidget *w = item(s, number);

    if (w == NULL || !gtk_widget_compute_bounds(w, s->window, &b))
        return -1;
    return (int)b.origin.y;
}

static void
what_is_looked_at_stays_while_it_heals_above(void **state)
{
    struct scene *s = *state;
    int before;

    for (int i = 1; i <= 60; i++) {
        if (i >= 30 && i < 36)
            add_gap(s, i, "gap", FALSE);
        else
            fake_history_add(s->history, i, "received", "Words that were said here");
    }
    show(s);
    stage_wait(place_of(s, 60) > 0);
    chat_page_jump(s->page, "message-40");
    stage_wait(place_of(s, 40) > 0 && place_of(s, 40) < 400);
    for (int i = 0; i < 5; i++)
        gtk_test_widget_wait_for_draw(s->window);
    before = place_of(s, 40);
    for (int i = 30; i < 36; i++)
        tell_healed(s, i, "It came late");
    stage_wait(item(s, 33) != NULL);
    for (int i = 0; i < 5; i++)
        gtk_test_widget_wait_for_draw(s->window);
    assert_in_range(place_of(s, 40), before - 3, before + 3);
}

static void
one_goes_to_a_message_inside_a_run(void **state)
{
    struct scene *s = *state;

    for (int i = 1; i <= 80; i++) {
        if (i >= 10 && i < 20)
            add_gap(s, i, "gap", FALSE);
        else
            fake_history_add(s->history, i, "received", "Words that were said here");
    }
    show(s);
    stage_wait(place_of(s, 80) > 0);
    chat_page_jump(s->page, "message-15");
    stage_wait(place_of(s, 10) > 0 && place_of(s, 10) < 600);
    assert_true(shows(s, "10 messages are missing here."));
}

/* --- the delivery page --- */

static json_t *
part(int count, const char *message, gint64 since_ms)
{
    return json_pack("{s:i,s:s,s:I}", "count", count, "message", message, "since_ms",
                     (json_int_t)since_ms);
}

static json_t *
quiet_delivery(void)
{
    gint64 now = g_get_real_time() / 1000;
    json_t *j = json_pack("{s:o,s:{s:i,s:i,s:b},s:I}", "contact",
                          fake_contact(1, "Angela", "accepted"), "resets", "today", 0, "a_day", 8,
                          "unanswered", 0, "heard_ms", (json_int_t)(now - 5 * MINUTE));
    static const char *const parts[] = {"waiting", "at_relay", "failed",     "unconfirmed",
                                        "asking",  "missing",  "own_missing"};

    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        json_object_set_new(j, parts[i], json_pack("{s:i}", "count", 0));
    return j;
}

static json_t *
busy_delivery(void)
{
    gint64 now = g_get_real_time() / 1000;
    json_t *j = quiet_delivery(), *asking = part(2, "message-3", now - 20 * MINUTE);

    json_object_set_new(asking, "asked_ms", json_integer(now - 5 * MINUTE - 1000));
    json_object_set_new(asking, "next_ms", json_integer(now + 10 * MINUTE - 1000));
    json_object_set_new(j, "asking", asking);
    json_object_set_new(j, "waiting", part(1, "message-9", now - 3 * MINUTE - 1000));
    json_object_set_new(j, "at_relay", part(12, "message-8", now - 26 * 60 * MINUTE));
    json_object_set_new(j, "failed", part(1, "message-7", now - 50 * 60 * MINUTE));
    json_object_set_new(j, "missing", part(1, "message-6", now - 50 * 60 * MINUTE));
    json_object_set_new(j, "own_missing", part(3, "message-5", now - 50 * 60 * MINUTE));
    json_object_set_new(
        j, "delivered",
        json_pack("{s:s,s:I}", "message", "message-4", "sent_ms", (json_int_t)(now - 30 * MINUTE)));
    return j;
}

static void
on_jumped(gpointer window, const char *message)
{
    g_object_set_data_full(window, "jumped", g_strdup(message), g_free);
}

static void
what_is_out_and_missing_is_said_in_plain_words(void **state)
{
    struct scene *s = *state;
    g_autofree char *unnamed = NULL;
    GtkWidget *dialog;

    show(s);
    fake_agent_always(s->fake, "contact.delivery", busy_delivery());
    dialog = GTK_WIDGET(delivery_dialog_open(s->window, s->account, "contact-1", on_jumped));
    stage_wait(stage_shows(dialog, "One message waits to be sent"));
    assert_string_equal(field_text(fake_agent_last(s->fake, "contact.delivery"), "contact"),
                        "contact-1");
    assert_true(stage_shows(dialog, "Written 3 minutes ago"));
    assert_true(stage_shows(dialog, "12 messages are at the relay"));
    assert_true(stage_shows(dialog, "Not fetched yet; the oldest was sent 1 day ago"));
    assert_true(stage_shows(dialog, "2 messages are missing"));
    assert_true(stage_shows(dialog, "Asked for 5 minutes ago, and again in 10 minutes"));
    assert_true(stage_shows(dialog, "One message is lost"));
    assert_true(stage_shows(dialog, "3 messages of yours are not here"));
    assert_false(stage_shows(dialog, "may not have arrived"));
    unnamed = stage_unnamed(dialog);
    assert_null(unnamed);
    gtk_window_set_default_size(GTK_WINDOW(dialog), 440, 860);
    stage_picture(dialog, "delivery");
    stage_dark(TRUE);
    stage_picture(dialog, "delivery-dark");
    stage_dark(FALSE);
    gtk_window_set_default_size(GTK_WINDOW(dialog), 360, 640);
    stage_picture(dialog, "delivery-narrow");
    gtk_window_destroy(GTK_WINDOW(dialog));
}

static void
a_row_of_the_delivery_page_goes_to_the_message(void **state)
{
    struct scene *s = *state;
    GtkWidget *dialog, *row;

    show(s);
    fake_agent_always(s->fake, "contact.delivery", busy_delivery());
    dialog = GTK_WIDGET(delivery_dialog_open(s->window, s->account, "contact-1", on_jumped));
    row = gtk_widget_get_ancestor(
        stage_await(dialog, GTK_TYPE_LABEL, "12 messages are at the relay"), ADW_TYPE_ACTION_ROW);
    assert_true(gtk_list_box_row_get_activatable(GTK_LIST_BOX_ROW(row)));
    adw_action_row_activate(ADW_ACTION_ROW(row));
    assert_string_equal(g_object_get_data(G_OBJECT(s->window), "jumped"), "message-8");
    stage_settle();
}

static void
the_delivery_page_follows_and_says_that_all_arrived(void **state)
{
    struct scene *s = *state;
    GtkWidget *dialog, *none;

    show(s);
    fake_agent_always(s->fake, "contact.delivery", busy_delivery());
    gtk_widget_activate_action(GTK_WIDGET(s->page), "chat.delivery", NULL);
    dialog = GTK_WIDGET(g_list_model_get_item(gtk_window_get_toplevels(), 0));
    g_object_unref(dialog);
    if (dialog == s->window) {
        dialog = GTK_WIDGET(g_list_model_get_item(gtk_window_get_toplevels(), 1));
        g_object_unref(dialog);
    }
    none = stage_await(dialog, GTK_TYPE_LABEL, "Everything Has Arrived");
    stage_wait(stage_shows(dialog, "2 messages are missing"));
    assert_false(gtk_widget_get_mapped(none));
    fake_agent_always(s->fake, "contact.delivery", quiet_delivery());
    tell_healed(s, 3, "It came late");
    stage_wait(gtk_widget_get_mapped(none));
    assert_true(stage_shows(dialog, "Last heard of them 5 minutes ago."));
    stage_picture(dialog, "delivery-quiet");
    fake_agent_set_state(s->fake, "locked");
    stage_wait(g_list_model_get_n_items(gtk_window_get_toplevels()) == 1);
}

static void
times_are_told_as_people_do(void **state)
{
    static const struct {
        gint64 ms;
        const char *words;
    } cases[] = {
        {0, "just now"},
        {-59000, "just now"},
        {-60000, "1 minute ago"},
        {-59 * MINUTE, "59 minutes ago"},
        {-60 * MINUTE, "1 hour ago"},
        {-49 * 60 * MINUTE, "2 days ago"},
        {1, "in 1 minute"},
        {90000, "in 2 minutes"},
        {60 * MINUTE, "in 1 hour"},
        {36 * 60 * MINUTE, "in 2 days"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *words = relative_words(1700000000000 + cases[i].ms, 1700000000000);
        assert_string_equal(words, cases[i].words);
    }
}

/* --- another copy --- */

static void
tell_copy(struct scene *s, gboolean running)
{
    json_t *status = json_pack("{s:s,s:s}", "profile", FAKE_PROFILE, "state", "unlocked");

    if (running)
        json_object_set_new(status, "copy", json_string("running"));
    fake_agent_always(s->fake, "account.status", status);
}

static json_t *
answer_take_over(struct fake_agent *fake, const json_t *params, gpointer data)
{
    tell_copy(data, FALSE);
    return NULL;
}

static void
another_copy_is_told_and_can_be_silenced(void **state)
{
    struct scene *s = *state;
    GtkWidget *window;
    g_autofree char *unnamed = NULL;

    fake_history_add(s->history, 1, "received", "The train leaves at nine.");
    fake_agent_always(
        s->fake, "conversation.list",
        json_pack("{s:[o],s:b}", "conversations",
                  fake_conversation(1, "Angela",
                                    fake_message(1, 1, "received", "The train leaves at nine."), 0),
                  "more", 0));
    window = GTK_WIDGET(window_new(NULL, s->account));
    gtk_window_present(GTK_WINDOW(window));
    window_open_conversation(SNUG_WINDOW(window), "contact-1");
    stage_wait(stage_shows(window, "The train leaves at nine."));
    assert_false(stage_shows(window, "Another copy of this profile is running"));
    tell_copy(s, TRUE);
    fake_agent_notify(s->fake, "relay", json_object());
    stage_wait(stage_shows(window, "Another copy of this profile is running"));
    assert_true(stage_shows(window, "What you write waits here until you use Snug here again."));
    unnamed = stage_unnamed(window);
    assert_null(unnamed);
    stage_picture(window, "copy");
    gtk_window_set_default_size(GTK_WINDOW(window), 360, 640);
    stage_picture(window, "copy-narrow");
    fake_agent_answer(s->fake, "account.take_over", answer_take_over, s);
    gtk_widget_activate(stage_await(window, GTK_TYPE_BUTTON, "_Use It Here"));
    stage_wait(!stage_shows(window, "Another copy of this profile is running"));
    assert_false(stage_shows(window, "What you write waits here"));
    assert_int_equal(fake_agent_calls(s->fake, "account.take_over"), 1);
    gtk_window_destroy(GTK_WINDOW(window));
}

static json_t *
refuse_take_over(struct fake_agent *fake, const json_t *params, gpointer data)
{
    fake_agent_refuse(fake, "state", "Please unlock the profile first.");
    return NULL;
}

static void
why_it_cannot_go_on_here_is_said(void **state)
{
    struct scene *s = *state;
    GtkWidget *window, *button;

    tell_copy(s, TRUE);
    window = GTK_WIDGET(window_new(NULL, s->account));
    gtk_window_present(GTK_WINDOW(window));
    fake_agent_notify(s->fake, "relay", json_object());
    fake_agent_answer(s->fake, "account.take_over", refuse_take_over, NULL);
    button = stage_await(window, GTK_TYPE_BUTTON, "_Use It Here");
    gtk_widget_activate(button);
    stage_wait(stage_shows(window, "Please unlock the profile first."));
    assert_true(gtk_widget_get_sensitive(button));
    fake_agent_set_state(s->fake, "locked");
    stage_wait(!stage_shows(window, "Another copy of this profile is running"));
    gtk_window_destroy(GTK_WINDOW(window));
}

/* --- a restored profile that is not let in --- */

static void
tell_joining(struct scene *s, const char *error)
{
    json_t *status = json_pack("{s:s,s:s}", "profile", FAKE_PROFILE, "state", "unlocked");

    if (error != NULL)
        json_object_set_new(status, "joining",
                            json_pack("{s:s,s:s}", "step", "failed", "error", error));
    fake_agent_always(s->fake, "account.status", status);
    fake_agent_notify(s->fake, "relay", json_object());
}

static void
a_relay_that_does_not_let_us_in_is_told_with_ways_to_go_on(void **state)
{
    struct scene *s = *state;
    GtkWidget *window = GTK_WIDGET(window_new(NULL, s->account));

    gtk_window_present(GTK_WINDOW(window));
    tell_joining(s, "stale");
    stage_wait(stage_shows(window, "an older list of your devices"));
    assert_false(stage_shows(window, "_Register Anew…"));
    tell_joining(s, "key-changed");
    stage_wait(stage_shows(window, "another key, or another account"));
    tell_joining(s, "not-found");
    stage_wait(stage_shows(window, "does not know your account any more"));
    g_autofree char *unnamed = stage_unnamed(window);
    assert_null(unnamed);
    stage_picture(window, "not-joined");
    gtk_window_set_default_size(GTK_WINDOW(window), 360, 640);
    stage_picture(window, "not-joined-narrow");
    fake_agent_always(s->fake, "account.rejoin", json_object());
    stage_click(window, "_Try Again");
    stage_wait(fake_agent_calls(s->fake, "account.rejoin") == 1);
    stage_click(window, "_Register Anew…");
    stage_answer("yes");
    stage_wait(fake_agent_calls(s->fake, "account.rejoin") == 2);
    assert_true(
        json_is_true(json_object_get(fake_agent_last(s->fake, "account.rejoin"), "register")));
    stage_click(window, "_Elsewhere…");
    stage_wait(stage_question() != NULL);
    GtkWidget *entry = stage_first(stage_question(), GTK_TYPE_ENTRY);
    gtk_editable_set_text(GTK_EDITABLE(entry), "relay.example");
    stage_picture(stage_question(), "not-joined-elsewhere");
    stage_answer("yes");
    stage_wait(fake_agent_calls(s->fake, "account.rejoin") == 3);
    assert_string_equal(
        json_string_value(json_object_get(fake_agent_last(s->fake, "account.rejoin"), "relay")),
        "relay.example");
    tell_joining(s, NULL);
    stage_wait(!stage_shows(window, "This computer is not in your account yet"));
    gtk_window_destroy(GTK_WINDOW(window));
}

/* --- a window of one conversation alone --- */

static json_t *
clock_notice(gboolean seen)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:i,s:b,s:b}", "id", "notice-1", "kind", "clock", "contact",
                     "", "contact_id", "", "at_ms", 0, "seen", seen, "provable", 0);
}

static void
every_alarm_is_in_conversations_windows_of_their_own(void **state)
{
    struct scene *s = *state;
    GtkWidget *window = GTK_WIDGET(chat_window_new(NULL, s->account, "contact-1"));
    g_autofree char *unnamed = NULL;

    fake_history_add(s->history, 1, "received", "The train leaves at nine.");
    g_object_add_weak_pointer(G_OBJECT(window), (gpointer *)&window);
    gtk_window_present(GTK_WINDOW(window));
    stage_wait(stage_shows(window, "The train leaves at nine."));
    stage_picture(window, "apart");
    tell_copy(s, TRUE);
    fake_agent_notify(s->fake, "relay", json_object());
    fake_agent_notify(s->fake, "notice", json_pack("{s:o}", "notice", clock_notice(FALSE)));
    stage_wait(stage_shows(window, "Another copy of this profile is running"));
    stage_wait(stage_shows(window, "clock"));
    unnamed = stage_unnamed(window);
    assert_null(unnamed);
    stage_picture(window, "apart-alarms");
    stage_dark(TRUE);
    stage_picture(window, "apart-alarms-dark");
    stage_dark(FALSE);
    gtk_window_set_default_size(GTK_WINDOW(window), 360, 640);
    stage_picture(window, "apart-alarms-narrow");
    fake_agent_answer(s->fake, "account.take_over", refuse_take_over, NULL);
    gtk_widget_activate(stage_await(window, GTK_TYPE_BUTTON, "_Use It Here"));
    stage_wait(stage_shows(window, "Please unlock the profile first.")); /* here, not elsewhere */
    fake_agent_answer(s->fake, "account.take_over", answer_take_over, s);
    gtk_widget_activate(stage_await(window, GTK_TYPE_BUTTON, "_Use It Here"));
    stage_wait(!stage_shows(window, "Another copy of this profile is running"));
    fake_agent_notify(s->fake, "notice", json_pack("{s:o}", "notice", clock_notice(TRUE)));
    stage_wait(!stage_shows(window, "clock")); /* it was seen in the main window */
    fake_agent_die(s->fake);
    stage_wait(stage_shows(window, "Snug starts it again by itself."));
    fake_agent_live(s->fake);
    gtk_widget_activate(stage_await(window, GTK_TYPE_BUTTON, "Try _Again"));
    stage_wait(stage_find(window, GTK_TYPE_BUTTON, "Try _Again") == NULL);
    fake_agent_set_state(s->fake, "locked");
    stage_wait(window == NULL);
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCENE(a_run_of_gaps_is_one_quiet_line),
        WITH_SCENE(a_run_is_one_stop_for_keyboard_and_screen_reader),
        WITH_SCENE(a_run_grows_and_closes_message_by_message),
        WITH_SCENE(what_is_looked_at_stays_while_it_heals_above),
        WITH_SCENE(one_goes_to_a_message_inside_a_run),
        WITH_SCENE(what_is_out_and_missing_is_said_in_plain_words),
        WITH_SCENE(a_row_of_the_delivery_page_goes_to_the_message),
        WITH_SCENE(the_delivery_page_follows_and_says_that_all_arrived),
        cmocka_unit_test(times_are_told_as_people_do),
        WITH_SCENE(a_relay_that_does_not_let_us_in_is_told_with_ways_to_go_on),
        WITH_SCENE(another_copy_is_told_and_can_be_silenced),
        WITH_SCENE(why_it_cannot_go_on_here_is_said),
        WITH_SCENE(every_alarm_is_in_conversations_windows_of_their_own),
    };

    stage_setup();
    return cmocka_run_group_tests_name("gui-healing", tests, NULL, NULL);
}
