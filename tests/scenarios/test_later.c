/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Messages that go out at a time of their own, and those that go out once more.
 */
#include "tests/check.h"

#include "core/changes.h"
#include "core/clearing.h"
#include "core/disappearing.h"
#include "core/receipts.h"
#include "core/scheduled.h"
#include "core/search.h"
#include "tests/scenarios/scene.h"

static struct scene *s;
static struct actor *alice, *bob;

static int
two_friends(void **state)
{
    s = scene_new();
    alice = scene_join_on_disk(s, "alice");
    bob = scene_join_on_disk(s, "bob");
    scene_befriend(s, alice, bob);
    return 0;
}

static int
tear_down(void **state)
{
    scene_free(s);
    return 0;
}

static int64_t
number(struct actor *a, const char *sql)
{
    int64_t n;
    assert_ok(db_get_int(engine_db(a->engine), &n, sql, ""));
    return n;
}

#define NEWEST_OUT "SELECT max(id) FROM messages WHERE outgoing=1"
#define STATE_OUT "SELECT state FROM messages WHERE outgoing=1 ORDER BY id DESC LIMIT 1"

static enum err
send_at(const char *text, int64_t at_ms, int64_t *ret)
{
    struct composition c = {
        .contact = actor_contact(alice, bob).id, .text = SPAN_STR(text), .due_ms = at_ms};
    return message_send_later(alice->engine, &c, ret);
}

static int64_t
later(const char *text, int64_t in_ms)
{
    int64_t id;
    assert_ok(send_at(text, s->now_ms + in_ms, &id));
    return id;
}

static enum err
count_one(void *ctx, const struct message *m)
{
    ++*(int *)ctx;
    return OK;
}

static int
found(struct actor *a, const char *words)
{
    int n = 0;
    int64_t before;
    assert_ok(messages_search(a->engine, &(struct search){.text = SPAN_STR(words), .limit = 100},
                              &n, count_one, &before));
    return n;
}

static int
scheduled(void)
{
    int n = 0;
    assert_ok(messages_scheduled(alice->engine, 0, &n, count_one));
    return n;
}

/* --- later --- */

static void
it_goes_at_its_time_as_if_said_then(void **state)
{
    int64_t id = later("morning", HOUR_MS);

    actor_say(alice, bob, "night");
    scene_pass(s, 50 * MINUTE_MS);
    assert_history(bob, alice, "< night");
    assert_history(alice, bob, "> night");
    assert_int_equal(found(alice, "morning"), 0);
    assert_int_equal(scheduled(), 1);
    scene_pass(s, 15 * MINUTE_MS);
    assert_history(bob, alice, "< night\n< morning");
    assert_history(alice, bob, "> night\n> morning");
    assert_int_equal(found(alice, "morning"), 1);
    assert_int_equal(scheduled(), 0);
    assert_true(number(alice, NEWEST_OUT) != id);
    assert_true(number(bob, "SELECT max(sent_ms) FROM messages") >= s->start_ms + HOUR_MS);
}

static void
what_became_due_while_nothing_ran_goes_at_the_next_start(void **state)
{
    later("one", HOUR_MS);
    later("two", 2 * HOUR_MS);
    later("three", 3 * DAY_MS);
    actor_crash(alice);
    scene_pass(s, DAY_MS);
    actor_start(alice);
    scene_pass(s, MINUTE_MS);
    assert_history(bob, alice, "< one\n< two");
    assert_int_equal(scheduled(), 1);
    scene_pass(s, 3 * DAY_MS);
    assert_history(bob, alice, "< one\n< two\n< three");
}

static void
time_and_words_may_change_before_and_it_may_be_taken_back(void **state)
{
    int64_t id = later("mornign", HOUR_MS), other = later("never", HOUR_MS);
    bool sent = true;

    assert_ok(message_reschedule(alice->engine, id, 0, SPAN_STR("morning")));
    assert_ok(message_reschedule(alice->engine, id, s->now_ms + 3 * HOUR_MS, SPAN_NONE));
    assert_ok(message_forget(alice->engine, other, &sent));
    assert_false(sent);
    scene_pass(s, 2 * HOUR_MS);
    assert_history(bob, alice, "");
    scene_pass(s, 2 * HOUR_MS);
    assert_history(bob, alice, "< morning");
    assert_err(message_reschedule(alice->engine, id, s->now_ms + HOUR_MS, SPAN_NONE),
               ERR_NOT_FOUND);
    assert_err(message_reschedule(alice->engine, number(alice, NEWEST_OUT), s->now_ms + HOUR_MS,
                                  SPAN_NONE),
               ERR_STATE);
}

static void
times_that_are_past_or_far_away_are_refused(void **state)
{
    int64_t id = later("kept", HOUR_MS), none;

    assert_err(send_at("no", s->now_ms, &none), ERR_USAGE);
    assert_err(send_at("no", s->now_ms + SCHEDULE_MAX_MS + 1, &none), ERR_USAGE);
    assert_err(send_at("", s->now_ms + HOUR_MS, &none), ERR_USAGE);
    assert_err(message_reschedule(alice->engine, id, s->now_ms - 1, SPAN_NONE), ERR_USAGE);
    assert_int_equal(scheduled(), 1);
}

static void
a_contact_that_is_gone_by_then_makes_it_fail_visibly(void **state)
{
    later("too late", HOUR_MS);
    assert_ok(contact_remove(alice->engine, actor_contact(alice, bob).id));
    scene_pass(s, 2 * HOUR_MS);
    assert_history(bob, alice, "");
    assert_history(alice, bob, "> too late");
    assert_int_equal(number(alice, STATE_OUT), MESSAGE_FAILED);
    assert_int_equal(number(alice, "SELECT why='state' FROM messages WHERE state=5"), 1);
    assert_int_equal(scheduled(), 0);
}

/* The mark is set and nothing has been taken away yet. */
static void
it_does_not_go_out_of_a_conversation_that_was_deleted(void **state)
{
    later("hello", HOUR_MS);
    assert_ok(conversation_delete(alice->engine, actor_contact(alice, bob).id));
    actor_crash(alice);
    scene_pass(s, 2 * HOUR_MS);
    actor_start(alice);
    scene_pass(s, HOUR_MS);
    assert_history(bob, alice, "");
    assert_int_equal(number(alice, "SELECT count(*) FROM messages"), 0);
}

static void
it_has_the_time_to_disappear_of_when_it_goes(void **state)
{
    int64_t id;

    later("burn", HOUR_MS);
    assert_ok(timer_set(alice->engine, actor_contact(alice, bob).id, 600, &id));
    scene_pass(s, 65 * MINUTE_MS);
    assert_int_equal(number(bob, "SELECT expire_s FROM messages WHERE text='burn'"), 600);
    scene_pass(s, 10 * MINUTE_MS);
    assert_int_equal(number(alice, "SELECT count(*) FROM messages WHERE text='burn'"), 0);
}

/* --- once more --- */

static void
what_failed_is_sent_again(void **state)
{
    s->relay->down = true;
    actor_say(alice, bob, "hello");
    scene_pass(s, 15 * DAY_MS);
    assert_int_equal(number(alice, STATE_OUT), MESSAGE_FAILED);
    s->relay->down = false;
    scene_pass(s, HOUR_MS);
    assert_history(bob, alice, "");
    assert_ok(message_retry(alice->engine, number(alice, NEWEST_OUT)));
    assert_int_equal(number(alice, STATE_OUT), MESSAGE_QUEUED);
    scene_pass(s, HOUR_MS);
    assert_int_equal(number(bob, "SELECT count(*) FROM messages WHERE text='hello'"), 1);
    assert_int_equal(number(alice, STATE_OUT), MESSAGE_DELIVERED);
}

static enum fate
lose_answers(void *ctx, struct actor *from, const char *path)
{
    return strcmp(path, "/v1/deliver") == 0 ? FATE_LOSE_ANSWER : FATE_ARRIVE;
}

/* The relay has it though nobody says so. */
static void
what_failed_only_seemingly_is_shown_once(void **state)
{
    actor_offline(bob);
    s->fate = lose_answers;
    actor_say(alice, bob, "hello");
    scene_pass(s, 15 * DAY_MS);
    assert_int_equal(number(alice, STATE_OUT), MESSAGE_FAILED);
    s->fate = NULL;
    assert_ok(message_retry(alice->engine, number(alice, NEWEST_OUT)));
    scene_pass(s, HOUR_MS);
    actor_online(bob);
    scene_pass(s, DAY_MS);
    assert_int_equal(number(bob, "SELECT count(*) FROM messages WHERE text='hello'"), 1);
    assert_int_equal(number(alice, STATE_OUT), MESSAGE_DELIVERED);
}

/* Its very bytes again: they close the gap, and leave none. */
static void
what_was_never_confirmed_is_sent_again_at_its_place(void **state)
{
    actor_offline(bob);
    actor_say(alice, bob, "hello");
    scene_pass(s, 36 * DAY_MS);
    assert_int_equal(number(alice, STATE_OUT), MESSAGE_UNCONFIRMED);
    int64_t seq = number(alice, "SELECT seq FROM messages WHERE outgoing=1");
    assert_ok(message_retry(alice->engine, number(alice, NEWEST_OUT)));
    scene_pass(s, HOUR_MS);
    actor_online(bob);
    scene_pass(s, DAY_MS);
    assert_history(bob, alice, "< hello");
    assert_int_equal(number(bob, "SELECT seq FROM messages WHERE type=1"), seq);
    assert_int_equal(number(alice, STATE_OUT), MESSAGE_DELIVERED);
}

static void
only_what_was_given_up_is_sent_again(void **state)
{
    actor_say(alice, bob, "hello");
    scene_settle(s);
    assert_err(message_retry(alice->engine, number(alice, NEWEST_OUT)), ERR_STATE);
    assert_err(message_retry(alice->engine, 4711), ERR_NOT_FOUND);
    s->relay->down = true;
    actor_say(alice, bob, "again");
    assert_err(message_retry(alice->engine, number(alice, NEWEST_OUT)), ERR_STATE);
    assert_ok(contact_remove(alice->engine, actor_contact(alice, bob).id));
    assert_int_equal(number(alice, STATE_OUT), MESSAGE_FAILED);
    assert_err(message_retry(alice->engine, number(alice, NEWEST_OUT)), ERR_STATE);
    assert_int_equal(number(alice, STATE_OUT), MESSAGE_FAILED);
}

/* Nothing of it is left that could be said. */
static void
what_was_deleted_is_not_sent_again(void **state)
{
    bool withdrawn;

    actor_offline(bob);
    actor_say(alice, bob, "hello");
    scene_pass(s, MINUTE_MS);
    assert_ok(message_delete(alice->engine, number(alice, NEWEST_OUT), &withdrawn));
    assert_false(withdrawn);
    scene_pass(s, 36 * DAY_MS);
    assert_int_equal(number(alice, STATE_OUT), MESSAGE_UNCONFIRMED);
    assert_err(message_retry(alice->engine, number(alice, NEWEST_OUT)), ERR_STATE);
    actor_online(bob);
    scene_pass(s, DAY_MS);
    assert_int_equal(number(bob, "SELECT count(*) FROM messages WHERE type<>0"), 0);
}

/* --- ticks --- */

static void
how_long_the_relay_keeps_it_is_told(void **state)
{
    actor_offline(bob);
    actor_say(alice, bob, "hello");
    assert_int_equal(number(alice, "SELECT max(retained_ms) FROM messages"), 0);
    scene_pass(s, MINUTE_MS);
    int64_t until = number(alice, "SELECT max(retained_ms) FROM messages");
    assert_true(until > s->now_ms + 21 * DAY_MS - HOUR_MS);
    assert_true(until <= s->now_ms + 21 * DAY_MS);
}

static void
receipts_are_for_each_contact_to_choose(void **state)
{
    int64_t at_bob = actor_contact(bob, alice).id, at_alice = actor_contact(alice, bob).id, own;

    assert_ok(receipts_choose(bob->engine, at_bob, 0));
    actor_say(alice, bob, "unanswered");
    scene_pass(s, 10 * MINUTE_MS);
    assert_int_equal(number(alice, STATE_OUT), MESSAGE_AT_RELAY);
    assert_ok(receipts_choose(bob->engine, at_bob, RECEIPT_READ));
    assert_ok(receipts_choose(alice->engine, at_alice, RECEIPT_READ));
    actor_say(alice, bob, "read");
    scene_pass(s, MINUTE_MS);
    assert_ok(messages_mark_read(bob->engine, at_bob, number(bob, "SELECT max(id) FROM messages")));
    scene_pass(s, 10 * MINUTE_MS);
    assert_int_equal(number(alice, STATE_OUT), MESSAGE_READ);
    /* Who does not tell is not told. */
    assert_ok(receipts_choose(alice->engine, at_alice, RECEIPTS_AS_ACCOUNT));
    actor_say(alice, bob, "not told");
    scene_pass(s, MINUTE_MS);
    assert_ok(messages_mark_read(bob->engine, at_bob, number(bob, "SELECT max(id) FROM messages")));
    scene_pass(s, 10 * MINUTE_MS);
    assert_int_equal(number(alice, STATE_OUT), MESSAGE_DELIVERED);
    assert_err(receipts_choose(bob->engine, at_bob, 3), ERR_USAGE);
    assert_err(receipts_choose(bob->engine, 4711, 1), ERR_NOT_FOUND);
    assert_ok(receipts_chosen(bob->engine, at_bob, &own));
    assert_int_equal(own, RECEIPT_READ);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, two_friends, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_goes_at_its_time_as_if_said_then),
        TEST(what_became_due_while_nothing_ran_goes_at_the_next_start),
        TEST(time_and_words_may_change_before_and_it_may_be_taken_back),
        TEST(times_that_are_past_or_far_away_are_refused),
        TEST(a_contact_that_is_gone_by_then_makes_it_fail_visibly),
        TEST(it_does_not_go_out_of_a_conversation_that_was_deleted),
        TEST(it_has_the_time_to_disappear_of_when_it_goes),
        TEST(what_failed_is_sent_again),
        TEST(what_failed_only_seemingly_is_shown_once),
        TEST(what_was_never_confirmed_is_sent_again_at_its_place),
        TEST(what_was_deleted_is_not_sent_again),
        TEST(only_what_was_given_up_is_sent_again),
        TEST(how_long_the_relay_keeps_it_is_told),
        TEST(receipts_are_for_each_contact_to_choose),
    };
    return cmocka_run_group_tests_name("scenarios-later", tests, NULL, NULL);
}
