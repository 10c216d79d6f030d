/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Talking over the real service of a relay: what is said arrives once and in order on both sides,
 * whatever the network, the relay and the programs do meanwhile.
 */
#include "tests/check.h"

#include <stdio.h>

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

/* Says FROM to TO as numbers, letting MS pass after each. */
static void
say_numbers(struct actor *a, int from, int to, int64_t ms)
{
    for (int i = from; i <= to; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        actor_say(a, a == alice ? bob : alice, text);
        scene_pass(s, ms);
    }
}

static const char *
numbers(const char *mark, int to)
{
    static char text[4096];
    size_t at = 0;
    text[0] = '\0';
    for (int i = 1; i <= to; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s %d", i == 1 ? "" : "\n", mark, i);
    return text;
}

static void
a_week_offline_loses_nothing(void **state)
{
    actor_offline(bob);
    say_numbers(alice, 1, 14, DAY_MS / 2);
    assert_history(bob, alice, "");
    actor_online(bob);
    scene_settle(s);
    assert_history(bob, alice, numbers("<", 14));
}

/* The relay keeps three weeks; what it dropped is missed, asked for and said again. */
static void
five_weeks_offline_are_made_up_for(void **state)
{
    actor_offline(bob);
    say_numbers(alice, 1, 34, DAY_MS);
    actor_online(bob);
    scene_pass(s, 2 * DAY_MS);
    assert_history(bob, alice, numbers("<", 34));
}

static enum fate
lose_some_answers(void *ctx, struct actor *from, const char *path)
{
    unsigned *count = ctx;
    return strcmp(path, "/v1/deliver") == 0 && (*count)++ % 3 != 2 ? FATE_LOSE_ANSWER : FATE_ARRIVE;
}

static void
lost_answers_repeat_the_same_bytes(void **state)
{
    unsigned count = 0;

    s->fate = lose_some_answers;
    s->fate_ctx = &count;
    say_numbers(alice, 1, 10, 0);
    scene_pass(s, 6 * HOUR_MS);
    s->fate = NULL;
    scene_settle(s);
    assert_true(count > 20);
    assert_history(bob, alice, numbers("<", 10));
}

static enum fate
repeat_all(void *ctx, struct actor *from, const char *path)
{
    return FATE_REPEAT;
}

static void
what_arrives_twice_is_shown_once(void **state)
{
    s->fate = repeat_all;
    say_numbers(alice, 1, 10, SECOND_MS);
    say_numbers(bob, 1, 10, SECOND_MS);
    s->fate = NULL;
    scene_settle(s);
    assert_history(bob, alice,
                   "< 1\n< 2\n< 3\n< 4\n< 5\n< 6\n< 7\n< 8\n< 9\n< 10\n"
                   "> 1\n> 2\n> 3\n> 4\n> 5\n> 6\n> 7\n> 8\n> 9\n> 10");
}

/* Bob is put back to a copy of yesterday: his session has forgotten messages that he had. */
static void
a_restored_copy_heals_by_itself(void **state)
{
    say_numbers(alice, 1, 3, MINUTE_MS);
    actor_crash(bob);
    actor_copy(bob, "yesterday");
    actor_start(bob);
    say_numbers(alice, 4, 6, MINUTE_MS);
    scene_settle(s);
    actor_crash(bob);
    actor_restore(bob, "yesterday");
    actor_start(bob);
    say_numbers(alice, 7, 9, MINUTE_MS);
    scene_pass(s, DAY_MS);
    say_numbers(alice, 10, 10, MINUTE_MS);
    scene_pass(s, DAY_MS);
    assert_history(bob, alice, numbers("<", 10));
}

static void
crashes_and_loss_lose_nothing(void **state)
{
    s->loss_percent = 10;
    s->stream_loss_percent = 5;
    s->latency_ms = 50;
    s->latency_jitter_ms = 200;
    for (int i = 1; i <= 60; i++) {
        say_numbers(alice, i, i, 3 * SECOND_MS);
        struct actor *a = i % 2 == 0 ? alice : bob;
        if (i % 5 == 0) {
            actor_crash(a);
            actor_start(a);
        }
    }
    s->loss_percent = s->stream_loss_percent = 0;
    scene_pass(s, DAY_MS);
    assert_history(bob, alice, numbers("<", 60));
    assert_history(alice, bob, numbers(">", 60));
}

/* Bob has removed Alice: she is told so once, however much she says and however often it is tried,
 * and nothing of it is lost. */
static void
an_unreachable_contact_is_shown_once(void **state)
{
    assert_ok(contact_remove(bob->engine, actor_contact(bob, alice).id));
    scene_settle(s);
    memset(alice->events, 0, sizeof alice->events);
    for (int day = 1; day <= 3; day++) {
        say_numbers(alice, day, day, DAY_MS);
        engine_wake(alice->engine);
    }
    actor_crash(alice);
    actor_start(alice);
    scene_pass(s, DAY_MS);
    assert_true(actor_contact(alice, bob).unreachable);
    assert_int_equal(alice->events[EVENT_CONTACT], 1);
    assert_int_equal(alice->events[EVENT_NOTICE], 0);
    assert_int_equal(alice->events[EVENT_LOOKUP], 0);
    assert_history(alice, bob, numbers(">", 3));
    assert_int_equal(alice->events[EVENT_MESSAGE_STATE], 0); /* still waiting */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, two_friends, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_week_offline_loses_nothing),         TEST(five_weeks_offline_are_made_up_for),
        TEST(lost_answers_repeat_the_same_bytes),   TEST(what_arrives_twice_is_shown_once),
        TEST(a_restored_copy_heals_by_itself),      TEST(crashes_and_loss_lose_nothing),
        TEST(an_unreachable_contact_is_shown_once),
    };
    return cmocka_run_group_tests_name("scenarios-talk", tests, NULL, NULL);
}
