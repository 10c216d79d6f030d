/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "gui/account.h"
#include "gui/models/fields.h"
#include "gui/models/history.h"
#include "tests/gui/fake_agent.h"
#include "tests/gui/fake_history.h"
#include "tests/gui/stage.h"

#define MILLION 1000000

struct scene {
    struct fake_agent *fake;
    struct fake_history *all;
    Account *account;
    History *history;
    guint loaded, arrived, failed;
};

static void
on_loaded(struct scene *s)
{
    s->loaded++;
}

static void
on_arrived(struct scene *s)
{
    s->arrived++;
}

static void
on_failed(struct scene *s)
{
    s->failed++;
}

static int
scene_open(void **state)
{
    struct scene *s = g_new0(struct scene, 1);

    s->fake = fake_agent_new("unlocked");
    s->all = fake_history_new(s->fake, 1);
    s->account = stage_account(BRIDGE_OPEN);
    stage_settle();
    s->history = history_new(s->account->bridge, "contact-1");
    g_signal_connect_swapped(s->history, "loaded", G_CALLBACK(on_loaded), s);
    g_signal_connect_swapped(s->history, "arrived", G_CALLBACK(on_arrived), s);
    g_signal_connect_swapped(s->history, "failed", G_CALLBACK(on_failed), s);
    *state = s;
    return 0;
}

static int
scene_close(void **state)
{
    struct scene *s = *state;

    g_object_unref(s->history);
    g_object_unref(s->account);
    fake_history_free(s->all);
    fake_agent_free(s->fake);
    g_free(s);
    return 0;
}

static guint
count(struct scene *s)
{
    return g_list_model_get_n_items(G_LIST_MODEL(s->history));
}

static gint64
number_at(struct scene *s, guint position)
{
    return history_peek(s->history, position)->number;
}

static gint64
last(struct scene *s)
{
    return number_at(s, count(s) - 1);
}

/* They stand in order, without holes where all numbers are taken. */
static void
assert_whole(struct scene *s)
{
    for (guint i = 1; i < count(s); i++)
        assert_int_equal(number_at(s, i), number_at(s, i - 1) + 1);
}

static void
load(struct scene *s)
{
    guint before = s->loaded;

    history_load_newest(s->history, 0);
    stage_wait(s->loaded > before);
}

static void
a_window_has_the_newest_messages_of_a_million(void **state)
{
    struct scene *s = *state;

    fake_history_generate(s->all, MILLION);
    load(s);
    assert_int_equal(last(s), MILLION);
    assert_true(count(s) < 100);
    assert_true(history_has_more(s->history, HISTORY_OLDER));
    assert_false(history_has_more(s->history, HISTORY_NEWER));
    assert_whole(s);
}

static void
it_grows_and_lets_go_of_the_far_end(void **state)
{
    struct scene *s = *state;

    fake_history_generate(s->all, MILLION);
    load(s);
    while (number_at(s, 0) > MILLION - 2 * HISTORY_MAX) {
        gint64 first = number_at(s, 0);
        history_grow(s->history, HISTORY_OLDER);
        history_grow(s->history, HISTORY_OLDER); /* one at a time */
        stage_wait(number_at(s, 0) < first);
        assert_true(count(s) <= HISTORY_MAX);
        assert_int_equal(number_at(s, 0), first - HISTORY_PAGE);
    }
    assert_true(last(s) < MILLION);
    assert_true(history_has_more(s->history, HISTORY_NEWER));
    assert_whole(s);
    while (history_has_more(s->history, HISTORY_NEWER)) {
        gint64 before = last(s);
        history_grow(s->history, HISTORY_NEWER);
        stage_wait(last(s) > before || !history_has_more(s->history, HISTORY_NEWER));
    }
    assert_int_equal(last(s), MILLION);
    assert_whole(s);
}

static void
it_jumps_to_any_message(void **state)
{
    struct scene *s = *state;

    fake_history_generate(s->all, MILLION);
    load(s);
    history_load_around(s->history, "message-500000");
    assert_int_equal(last(s), MILLION); /* what is shown stays until the other is here */
    stage_wait(s->loaded == 2);
    assert_true(history_find(s->history, 500000) > 5);
    assert_true(last(s) > 500005 && last(s) < 500100);
    assert_whole(s);
    history_load_around(s->history, "message-500001");
    assert_int_equal(s->loaded, 3); /* it is there */
    assert_int_equal(history_find(s->history, 499999), history_find(s->history, 500000) - 1);
    assert_int_equal(history_find(s->history, 7), -1);
}

static void
only_the_last_window_that_was_asked_for_comes(void **state)
{
    struct scene *s = *state;

    fake_history_generate(s->all, MILLION);
    history_load_around(s->history, "message-5000");
    history_load_around(s->history, "message-9000");
    history_load_newest(s->history, 0);
    history_load_around(s->history, "message-700");
    stage_wait(s->loaded == 1);
    stage_settle();
    assert_true(history_find(s->history, 700) >= 0);
    assert_int_equal(s->loaded, 1);
    assert_whole(s);
}

static void
new_messages_come_to_the_end(void **state)
{
    struct scene *s = *state;

    for (int i = 1; i <= 3; i++)
        fake_history_add(s->all, i, "received", "hello");
    load(s);
    assert_int_equal(count(s), 3);
    fake_history_receive(s->all, 4, "new");
    stage_wait(count(s) == 4);
    assert_int_equal(s->arrived, 1);
    fake_agent_notify(s->fake, "message",
                      json_pack("{s:o,s:b,s:b}", "message", fake_message(5, 2, "received", "no"),
                                "muted", 0, "mentions_me", 0));
    fake_agent_notify(s->fake, "gap", json_pack("{s:o}", "message", fake_message(6, 1, "gap", "")));
    stage_wait(count(s) == 5);
    assert_int_equal(s->arrived, 1);
    assert_int_equal(last(s), 6);
}

static void
new_messages_are_told_where_the_window_is_elsewhere(void **state)
{
    struct scene *s = *state;

    fake_history_generate(s->all, MILLION);
    history_load_around(s->history, "message-5000");
    stage_wait(s->loaded == 1);
    fake_history_receive(s->all, MILLION + 1, "new");
    stage_wait(s->arrived == 1);
    assert_int_equal(history_find(s->history, MILLION + 1), -1);
    assert_true(history_has_more(s->history, HISTORY_NEWER));
}

static void
messages_change_and_go(void **state)
{
    struct scene *s = *state;

    for (int i = 1; i <= 5; i++)
        fake_history_add(s->all, i, "queued", "hello");
    load(s);
    g_autoptr(Message) second = g_list_model_get_item(G_LIST_MODEL(s->history), 1);
    fake_agent_notify(s->fake, "message.state",
                      json_pack("{s:o}", "message", fake_message(2, 1, "delivered", "hello")));
    stage_wait(second->state == MESSAGE_DELIVERED);
    fake_agent_notify(s->fake, "message.changed",
                      json_pack("{s:o}", "message", fake_message(2, 1, "delivered", "other")));
    stage_wait(strcmp(second->text, "other") == 0);
    fake_agent_notify(s->fake, "message.gone",
                      json_pack("{s:s,s:s}", "id", "message-2", "contact", "contact-1"));
    stage_wait(count(s) == 4);
    assert_int_equal(history_find(s->history, 2), -1);
    json_t *deleted = fake_conversation(1, "Angela", NULL, 0);
    json_object_set_new(deleted, "deleted_upto", json_string("message-4"));
    fake_agent_notify(s->fake, "conversation", json_pack("{s:o}", "conversation", deleted));
    stage_wait(count(s) == 1);
    assert_int_equal(number_at(s, 0), 5);
}

static void
files_tell_how_far_they_are(void **state)
{
    struct scene *s = *state;
    json_t *m = fake_history_add(s->all, 1, "queued", "");

    json_object_set_new(
        m, "files",
        json_pack("[{s:s,s:s,s:i}]", "id", "attachment-1", "state", "uploading", "moved", 1));
    load(s);
    Attachment *file = g_ptr_array_index(history_peek(s->history, 0)->files, 0);
    fake_agent_notify(s->fake, "transfer",
                      json_pack("{s:{s:s,s:s,s:s,s:s,s:i}}", "attachment", "id", "attachment-1",
                                "message", "message-1", "contact", "contact-1", "state", "here",
                                "moved", 7));
    stage_wait(file->state == ATTACHMENT_HERE);
    assert_int_equal(file->moved, 7);
}

static void
what_was_missed_is_read_again_in_place(void **state)
{
    struct scene *s = *state;

    for (int i = 1; i <= 400; i++)
        fake_history_add(s->all, i, "received", "hello");
    load(s);
    history_load_newest(s->history, 300);
    stage_wait(s->loaded == 2);
    g_autoptr(Message) stays =
        g_list_model_get_item(G_LIST_MODEL(s->history), (guint)history_find(s->history, 150));
    gint64 first = number_at(s, 0);
    fake_history_remove(s->all, 120);
    fake_history_remove(s->all, 400);
    json_object_set_new(fake_history_add(s->all, 150, "received", "edited"), "edited_ms",
                        json_integer(1));
    fake_history_add(s->all, 401, "received", "missed");
    fake_agent_notify(s->fake, "resync", json_object());
    stage_wait(history_find(s->history, 401) >= 0);
    assert_string_equal(stays->text, "edited");
    assert_int_equal(history_find(s->history, 120), -1);
    assert_int_equal(history_find(s->history, 400), -1);
    assert_int_equal(number_at(s, 0), first);
    assert_int_equal(s->loaded, 2);
}

static void
a_lock_leaves_nothing(void **state)
{
    struct scene *s = *state;

    fake_history_generate(s->all, 1000);
    load(s);
    fake_agent_set_state(s->fake, "locked");
    stage_wait(count(s) == 0);
    assert_false(history_has_more(s->history, HISTORY_OLDER));
    fake_agent_set_state(s->fake, "unlocked");
    stage_wait(count(s) > 0);
}

static json_t *
refuse(struct fake_agent *fake, const json_t *params, gpointer data)
{
    fake_agent_refuse(fake, "not-found", "There is no such contact.");
    return NULL;
}

static void
refusals_are_told_once(void **state)
{
    struct scene *s = *state;

    fake_agent_answer(s->fake, "message.list", refuse, NULL);
    history_load_newest(s->history, 0);
    stage_wait(s->failed == 1);
    assert_false(history_is_loading(s->history));
    history_load_around(s->history, "message-7");
    stage_wait(s->failed == 2);
    stage_settle();
    assert_int_equal(s->failed, 2);
}

static void
a_page_under_way_does_not_bring_back_what_was_deleted(void **state)
{
    struct scene *s = *state;

    fake_history_generate(s->all, 1000);
    load(s);
    history_grow(s->history, HISTORY_OLDER);
    json_t *deleted = fake_conversation(1, "Angela", NULL, 0);
    json_object_set_new(deleted, "deleted_upto", json_string("message-1000"));
    fake_agent_notify(s->fake, "conversation", json_pack("{s:o}", "conversation", deleted));
    stage_wait(count(s) == 0);
    stage_settle();
    assert_int_equal(count(s), 0);
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCENE(a_window_has_the_newest_messages_of_a_million),
        WITH_SCENE(it_grows_and_lets_go_of_the_far_end),
        WITH_SCENE(it_jumps_to_any_message),
        WITH_SCENE(only_the_last_window_that_was_asked_for_comes),
        WITH_SCENE(new_messages_come_to_the_end),
        WITH_SCENE(new_messages_are_told_where_the_window_is_elsewhere),
        WITH_SCENE(messages_change_and_go),
        WITH_SCENE(files_tell_how_far_they_are),
        WITH_SCENE(what_was_missed_is_read_again_in_place),
        WITH_SCENE(a_lock_leaves_nothing),
        WITH_SCENE(refusals_are_told_once),
        WITH_SCENE(a_page_under_way_does_not_bring_back_what_was_deleted),
    };

    stage_setup();
    return cmocka_run_group_tests_name("gui-history", tests, NULL, NULL);
}
