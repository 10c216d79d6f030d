/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "gui/account.h"
#include "gui/activity.h"
#include "gui/models/fields.h"
#include "tests/gui/fake_agent.h"
#include "tests/gui/stage.h"

struct scene {
    struct fake_agent *fake;
    Account *account;
    GObject *asker;
    json_t *result;
    char *refusal;
    guint code, answers, progress, refreshes;
};

static void
on_refresh(struct scene *s)
{
    s->refreshes++;
}

static int
scene_open(void **state)
{
    struct scene *s = g_new0(struct scene, 1);

    s->fake = fake_agent_new("unlocked");
    s->account = account_new(FAKE_PROFILE);
    g_signal_connect_swapped(s->account->bridge, "refresh", G_CALLBACK(on_refresh), s);
    s->asker = g_object_new(G_TYPE_OBJECT, NULL);
    *state = s;
    stage_wait(bridge_get_state(s->account->bridge) == BRIDGE_OPEN);
    return 0;
}

static int
scene_close(void **state)
{
    struct scene *s = *state;

    g_clear_object(&s->asker);
    g_object_unref(s->account);
    fake_agent_free(s->fake);
    json_decref(s->result);
    g_free(s->refusal);
    g_free(s);
    return 0;
}

static void
on_answer(gpointer self, const json_t *result, const GError *error, gpointer data)
{
    struct scene *s = data;

    assert_true((result == NULL) != (error == NULL));
    s->answers++;
    json_decref(s->result);
    s->result = result != NULL ? json_deep_copy(result) : NULL;
    g_free(s->refusal);
    s->refusal = error != NULL ? g_strdup(error->message) : NULL;
    s->code = error != NULL ? (guint)error->code : OK;
}

static void
on_progress(gpointer self, const json_t *about, gpointer data)
{
    ((struct scene *)data)->progress++;
}

static guint
ask(struct scene *s, const char *method, json_t *params)
{
    return bridge_call(
        s->account->bridge,
        &(struct call){
            .method = method, .params = params, .self = s->asker, .done = on_answer, .data = s});
}

static void
answers_come_back_to_who_asked(void **state)
{
    struct scene *s = *state;

    fake_agent_always(s->fake, "account.link", json_pack("{s:s}", "link", "snug:x"));
    ask(s, "account.link", NULL);
    assert_int_equal(s->answers, 0); /* never before bridge_call returns */
    stage_wait(s->answers == 1);
    assert_string_equal(field_text(s->result, "link"), "snug:x");
}

static json_t *
refuse(struct fake_agent *fake, const json_t *params, gpointer data)
{
    fake_agent_refuse(fake, "key-changed", "Their key has changed.");
    return NULL;
}

static void
refusals_keep_their_name_and_sentence(void **state)
{
    struct scene *s = *state;

    fake_agent_answer(s->fake, "message.send", refuse, NULL);
    ask(s, "message.send", json_pack("{s:s,s:s}", "contact", "contact-1", "text", "x"));
    stage_wait(s->answers == 1);
    assert_int_equal(s->code, ERR_KEY_CHANGED);
    assert_string_equal(s->refusal, "Their key has changed.");
}

static void
who_is_gone_is_not_called(void **state)
{
    struct scene *s = *state;

    ask(s, "account.link", NULL);
    g_clear_object(&s->asker);
    stage_wait(fake_agent_calls(s->fake, "account.link") == 1);
    stage_settle();
    assert_int_equal(s->answers, 0);
}

static void
a_cancelled_call_is_not_answered(void **state)
{
    struct scene *s = *state;

    bridge_cancel(s->account->bridge, ask(s, "account.link", NULL));
    stage_wait(fake_agent_calls(s->fake, "account.link") == 1);
    stage_settle();
    assert_int_equal(s->answers, 0);
}

static json_t *
begin_job(struct fake_agent *fake, const json_t *params, gpointer data)
{
    return fake_job(fake, NULL);
}

static guint
begin(struct scene *s)
{
    fake_agent_answer(s->fake, "storage.show", begin_job, NULL);
    return bridge_call(s->account->bridge, &(struct call){.method = "storage.show",
                                                          .self = s->asker,
                                                          .done = on_answer,
                                                          .progress = on_progress,
                                                          .data = s});
}

static void
a_job_tells_its_progress_and_its_end(void **state)
{
    struct scene *s = *state;

    begin(s);
    stage_wait(fake_agent_calls(s->fake, "storage.show") == 1);
    fake_agent_notify(s->fake, "progress", json_pack("{s:s,s:{}}", "job", "job-1", "row"));
    fake_agent_notify(s->fake, "progress", json_pack("{s:s,s:{}}", "job", "job-9", "row"));
    fake_agent_notify(s->fake, "job.done",
                      json_pack("{s:s,s:{s:i}}", "job", "job-1", "result", "file_bytes", 7));
    stage_wait(s->answers == 1);
    assert_int_equal(s->progress, 1);
    assert_int_equal(field_int(s->result, "file_bytes"), 7);
}

static void
a_job_that_is_cancelled_is_given_up(void **state)
{
    struct scene *s = *state;
    guint number = begin(s);

    stage_wait(fake_agent_calls(s->fake, "storage.show") == 1);
    fake_agent_notify(s->fake, "progress", json_pack("{s:s,s:{}}", "job", "job-1", "row"));
    stage_wait(s->progress == 1);
    bridge_cancel(s->account->bridge, number);
    stage_wait(fake_agent_calls(s->fake, "job.cancel") == 1);
    assert_string_equal(field_text(fake_agent_last(s->fake, "job.cancel"), "job"), "job-1");
}

static void
a_job_that_is_cancelled_before_it_is_named_is_given_up(void **state)
{
    struct scene *s = *state;

    bridge_cancel(s->account->bridge, begin(s));
    stage_wait(fake_agent_calls(s->fake, "job.cancel") == 1);
    assert_string_equal(field_text(fake_agent_last(s->fake, "job.cancel"), "job"), "job-1");
    assert_int_equal(s->answers, 0);
}

static void
an_agent_that_dies_is_found_again(void **state)
{
    struct scene *s = *state;

    fake_agent_hang(s->fake, "account.link");
    ask(s, "account.link", NULL);
    stage_wait(fake_agent_calls(s->fake, "account.link") == 1);
    fake_agent_die(s->fake);
    stage_wait(bridge_get_state(s->account->bridge) == BRIDGE_AWAY);
    assert_non_null(bridge_get_trouble(s->account->bridge));
    assert_int_equal(s->answers, 1);
    assert_int_equal(s->code, ERR_IO);
    ask(s, "account.link", NULL); /* and what is asked meanwhile is refused */
    stage_wait(s->answers == 2);
    fake_agent_live(s->fake);
    stage_wait(bridge_get_state(s->account->bridge) == BRIDGE_OPEN);
    assert_null(bridge_get_trouble(s->account->bridge));
}

static void
an_agent_that_hangs_is_told_apart_from_a_slow_answer(void **state)
{
    struct scene *s = *state;
    gint64 end = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;

    fake_agent_hang(s->fake, "account.link");
    fake_agent_hang(s->fake, "hello");
    ask(s, "account.link", NULL);
    while (bridge_get_responding(s->account->bridge))
        assert_true(stage_turn(end));
    assert_int_equal(bridge_get_state(s->account->bridge), BRIDGE_OPEN);
    fake_agent_notify(s->fake, "notice", json_object()); /* it is heard again */
    stage_wait(bridge_get_responding(s->account->bridge));
}

static void
locking_is_told_and_unlocking_refreshes(void **state)
{
    struct scene *s = *state;
    guint before = s->refreshes;

    fake_agent_set_state(s->fake, "locked");
    stage_wait(bridge_get_state(s->account->bridge) == BRIDGE_LOCKED);
    assert_int_equal(s->refreshes, before);
    fake_agent_set_state(s->fake, "unlocked");
    stage_wait(s->refreshes == before + 1);
    fake_agent_notify(s->fake, "resync", json_object());
    stage_wait(s->refreshes == before + 2);
}

static void
the_contact_book_follows_what_is_told(void **state)
{
    struct scene *s = *state;
    GListModel *book = G_LIST_MODEL(s->account->contacts);

    fake_agent_notify(s->fake, "contact",
                      json_pack("{s:o}", "contact", fake_contact(1, "Zoe", "accepted")));
    fake_agent_notify(s->fake, "request",
                      json_pack("{s:o}", "contact", fake_contact(2, "adam", "asking")));
    stage_wait(g_list_model_get_n_items(book) == 2);
    g_autoptr(Contact) first = g_list_model_get_item(book, 0);
    assert_string_equal(first->label, "adam");
    fake_agent_notify(s->fake, "contact",
                      json_pack("{s:o}", "contact", fake_contact(1, "Aaron", "accepted")));
    stage_wait(strcmp(contact_book_get(s->account->contacts, "contact-1")->label, "Aaron") == 0);
    g_autoptr(Contact) other = g_list_model_get_item(book, 0);
    assert_string_equal(other->label, "Aaron");
    fake_agent_notify(s->fake, "presence",
                      json_pack("{s:s,s:s,s:s,s:s,s:i,s:b}", "contact", "contact-1", "label",
                                "Aaron", "state", "busy", "text", "in a call", "until_ms", 0,
                                "typing", 1));
    stage_wait(other->presence == PRESENCE_BUSY);
    assert_true(other->typing);
    fake_agent_set_state(s->fake, "locked");
    stage_wait(g_list_model_get_n_items(book) == 0);
}

static void
a_person_at_the_window_is_told_of_now_and_then(void **state)
{
    struct scene *s = *state;

    for (int i = 0; i < 100; i++)
        activity_happened(s->account->bridge);
    stage_wait(fake_agent_calls(s->fake, "agent.activity") == 1);
    for (int i = 0; i < 100; i++)
        activity_happened(s->account->bridge);
    fake_agent_always(s->fake, "account.link", json_pack("{s:s}", "link", "snug:x"));
    ask(s, "account.link", NULL);
    stage_wait(s->answers == 1);
    assert_int_equal(fake_agent_calls(s->fake, "agent.activity"), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_come_back_to_who_asked, scene_open, scene_close),
        cmocka_unit_test_setup_teardown(refusals_keep_their_name_and_sentence, scene_open,
                                        scene_close),
        cmocka_unit_test_setup_teardown(who_is_gone_is_not_called, scene_open, scene_close),
        cmocka_unit_test_setup_teardown(a_cancelled_call_is_not_answered, scene_open, scene_close),
        cmocka_unit_test_setup_teardown(a_job_tells_its_progress_and_its_end, scene_open,
                                        scene_close),
        cmocka_unit_test_setup_teardown(a_job_that_is_cancelled_is_given_up, scene_open,
                                        scene_close),
        cmocka_unit_test_setup_teardown(a_job_that_is_cancelled_before_it_is_named_is_given_up,
                                        scene_open, scene_close),
        cmocka_unit_test_setup_teardown(an_agent_that_dies_is_found_again, scene_open, scene_close),
        cmocka_unit_test_setup_teardown(an_agent_that_hangs_is_told_apart_from_a_slow_answer,
                                        scene_open, scene_close),
        cmocka_unit_test_setup_teardown(locking_is_told_and_unlocking_refreshes, scene_open,
                                        scene_close),
        cmocka_unit_test_setup_teardown(a_person_at_the_window_is_told_of_now_and_then, scene_open,
                                        scene_close),
        cmocka_unit_test_setup_teardown(the_contact_book_follows_what_is_told, scene_open,
                                        scene_close),
    };

    stage_setup();
    return cmocka_run_group_tests_name("gui-bridge", tests, NULL, NULL);
}
