/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Presence between people at a real relay (B10): who is told what and when, and that the relay
 * keeps nothing of it.
 */
#include "core/presence.h"
#include "core/relay_link.h"
#include "core/transient.h"
#include "tests/scenarios/scene.h"

#define HELD (PRESENCE_HOLDS * (int64_t)1000)

static struct scene *s;
static struct actor *alice, *bob;
static int64_t alice_at_bob; /* while she is down */

static int
set_up(void **state)
{
    s = scene_new();
    alice = scene_join_on_disk(s, "alice");
    bob = scene_join_on_disk(s, "bob");
    scene_befriend(s, alice, bob);
    alice_at_bob = actor_contact(bob, alice).id;
    return 0;
}

static int
tear_down(void **state)
{
    scene_free(s);
    return 0;
}

static void
set_audience(struct actor *a, enum presence_audience who)
{
    assert_ok(meta_set_int(engine_db(a->engine), "set.presence", who));
    presence_touch(a->engine);
}

static void
choose(struct actor *a, struct actor *b, enum presence_choice choice)
{
    assert_ok(presence_choose(a->engine, actor_contact(a, b).id, choice));
}

/* A person sits there the whole time. */
static void
pass_in_use(struct actor *a, int64_t ms)
{
    for (int64_t gone = 0; gone < ms; gone += MINUTE_MS) {
        presence_used(a->engine, s->now_ms - s->start_ms);
        scene_pass(s, MINUTE_MS);
    }
}

static struct presence_seen
seen_by(struct actor *a, struct actor *b)
{
    struct presence_seen seen;
    presence_seen_get(a->engine, b->engine == NULL ? alice_at_bob : actor_contact(a, b).id, &seen);
    return seen;
}

#define assert_sees(a, b, expected) assert_int_equal(seen_by(a, b).state, expected)

static int
kept_at_relay(void)
{
    int n = 0;
    for (int t = 0; t < TABLE_COUNT; t++)
        n += (int)store_memory_count(s->relay->store, (enum store_table)t);
    return n;
}

static void
nobody_is_told_until_it_is_turned_on(void **state)
{
    unsigned before = alice->anonymous;

    pass_in_use(alice, 20 * MINUTE_MS);
    assert_sees(bob, alice, PRESENCE_UNKNOWN);
    assert_int_equal(alice->anonymous, before);
    assert_err(presence_choose(alice->engine, actor_contact(alice, bob).id, CHOICE_ON), ERR_STATE);
    set_audience(alice, AUDIENCE_CHOSEN);
    pass_in_use(alice, 20 * MINUTE_MS);
    assert_int_equal(alice->anonymous, before);
}

static void
who_may_know_is_told_and_it_is_renewed(void **state)
{
    set_audience(alice, AUDIENCE_CHOSEN);
    choose(alice, bob, CHOICE_ON);
    scene_pass(s, 1000);
    assert_sees(bob, alice, PRESENCE_UNKNOWN); /* not at once */
    scene_pass(s, 10 * SECOND_MS);
    assert_sees(bob, alice, PRESENCE_ONLINE);
    int kept = kept_at_relay();
    unsigned before = alice->anonymous;
    for (int i = 0; i < 60; i++) {
        pass_in_use(alice, MINUTE_MS);
        assert_sees(bob, alice, PRESENCE_ONLINE);
    }
    assert_in_range(alice->anonymous - before, 11, 21);
    assert_int_equal(kept_at_relay(), kept);
    assert_sees(alice, bob, PRESENCE_UNKNOWN); /* Bob has not turned his on */
    assert_true(bob->events[EVENT_PRESENCE] >= 12);
}

static void
everyone_is_all_but_those_who_are_left_out(void **state)
{
    struct actor *carol = scene_join(s, "carol");

    scene_befriend(s, alice, carol);
    choose(alice, carol, CHOICE_OFF);
    set_audience(alice, AUDIENCE_EVERYONE);
    pass_in_use(alice, MINUTE_MS);
    assert_sees(bob, alice, PRESENCE_ONLINE);
    assert_sees(carol, alice, PRESENCE_UNKNOWN);
    set_audience(alice, AUDIENCE_NOBODY);
    scene_pass(s, 20 * SECOND_MS);
    assert_sees(bob, alice, PRESENCE_OFFLINE);
}

static void
words_and_states_are_told_once_they_settle(void **state)
{
    set_audience(alice, AUDIENCE_EVERYONE);
    pass_in_use(alice, MINUTE_MS);
    unsigned before = alice->anonymous;
    assert_ok(presence_set(alice->engine, PRESENCE_BUSY, "cooking"));
    assert_ok(presence_set(alice->engine, PRESENCE_BUSY, "eating"));
    scene_pass(s, 10 * SECOND_MS);
    assert_sees(bob, alice, PRESENCE_BUSY);
    assert_string_equal(seen_by(bob, alice).text, "eating");
    assert_int_equal(alice->anonymous, before + 1);
    assert_err(presence_set(alice->engine, PRESENCE_BUSY, "two\nlines"), ERR_USAGE);
    assert_ok(presence_set(alice->engine, PRESENCE_INVISIBLE, "hidden"));
    scene_pass(s, 10 * SECOND_MS);
    assert_sees(bob, alice, PRESENCE_OFFLINE);
    assert_string_equal(seen_by(bob, alice).text, "");
    before = alice->anonymous;
    pass_in_use(alice, 30 * MINUTE_MS);
    assert_int_equal(alice->anonymous, before);
}

static void
who_does_nothing_for_ten_minutes_is_away(void **state)
{
    set_audience(alice, AUDIENCE_EVERYONE);
    pass_in_use(alice, MINUTE_MS);
    scene_pass(s, 9 * MINUTE_MS);
    assert_sees(bob, alice, PRESENCE_ONLINE);
    scene_pass(s, 2 * MINUTE_MS);
    assert_sees(bob, alice, PRESENCE_AWAY);
    pass_in_use(alice, 2 * MINUTE_MS);
    assert_sees(bob, alice, PRESENCE_ONLINE);
}

static void
who_leaves_signs_off_and_comes_back_as_chosen(void **state)
{
    set_audience(alice, AUDIENCE_EVERYONE);
    assert_ok(presence_set(alice->engine, PRESENCE_BUSY, "writing"));
    pass_in_use(alice, MINUTE_MS);
    assert_sees(bob, alice, PRESENCE_BUSY);
    assert_int_equal(presence_sign_off(alice->engine), 1);
    assert_int_equal(transient_under_way(alice->engine), 1);
    scene_pass(s, 500);
    assert_int_equal(transient_under_way(alice->engine), 0);
    assert_sees(bob, alice, PRESENCE_OFFLINE);
    assert_int_equal(presence_sign_off(alice->engine), 0); /* once is enough */
    actor_crash(alice);
    scene_pass(s, HOUR_MS);
    assert_sees(bob, alice, PRESENCE_UNKNOWN);
    actor_start(alice);
    pass_in_use(alice, MINUTE_MS);
    assert_sees(bob, alice, PRESENCE_BUSY);
    assert_string_equal(seen_by(bob, alice).text, "writing");
}

static void
who_is_cut_off_is_unknown_after_a_while(void **state)
{
    set_audience(alice, AUDIENCE_EVERYONE);
    pass_in_use(alice, MINUTE_MS);
    assert_sees(bob, alice, PRESENCE_ONLINE);
    actor_crash(alice);
    scene_pass(s, HELD - 6 * MINUTE_MS);
    assert_sees(bob, alice, PRESENCE_ONLINE);
    scene_pass(s, 6 * MINUTE_MS);
    assert_sees(bob, alice, PRESENCE_UNKNOWN);
}

static void
who_is_not_connected_is_told_nothing_and_nothing_waits_for_it(void **state)
{
    actor_offline(bob);
    set_audience(alice, AUDIENCE_EVERYONE);
    int kept = kept_at_relay();
    pass_in_use(alice, MINUTE_MS);
    assert_int_equal(kept_at_relay(), kept);
    set_audience(alice, AUDIENCE_NOBODY);
    scene_pass(s, MINUTE_MS);
    actor_online(bob);
    scene_pass(s, MINUTE_MS);
    assert_sees(bob, alice, PRESENCE_UNKNOWN);
    assert_int_equal(kept_at_relay(), kept);
}

static void
a_contact_who_is_removed_or_blocked_is_told_no_more(void **state)
{
    set_audience(alice, AUDIENCE_EVERYONE);
    set_audience(bob, AUDIENCE_EVERYONE);
    pass_in_use(alice, MINUTE_MS);
    assert_sees(alice, bob, PRESENCE_ONLINE);
    assert_ok(contact_block(alice->engine, actor_contact(alice, bob).id));
    scene_settle(s);
    unsigned before = alice->anonymous;
    pass_in_use(alice, 30 * MINUTE_MS);
    assert_int_equal(alice->anonymous, before);
    assert_sees(alice, bob, PRESENCE_UNKNOWN);
    assert_sees(bob, alice, PRESENCE_UNKNOWN);
}

/* Whoever is silent is told two hundred times and no more, and messages go on. */
static void
who_never_answers_is_told_no_more_after_a_while(void **state)
{
    set_audience(alice, AUDIENCE_EVERYONE);
    for (int i = 0; i < 20; i++)
        pass_in_use(alice, HOUR_MS);
    unsigned before = alice->anonymous;
    pass_in_use(alice, HOUR_MS);
    assert_int_equal(alice->anonymous, before);
    actor_say(alice, bob, "are you there?");
    scene_settle(s);
    actor_say(bob, alice, "yes");
    scene_settle(s);
    pass_in_use(alice, 10 * MINUTE_MS);
    assert_sees(bob, alice, PRESENCE_ONLINE);
    assert_history(bob, alice, "< are you there?\n> yes");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nobody_is_told_until_it_is_turned_on),
        TEST(who_may_know_is_told_and_it_is_renewed),
        TEST(everyone_is_all_but_those_who_are_left_out),
        TEST(words_and_states_are_told_once_they_settle),
        TEST(who_does_nothing_for_ten_minutes_is_away),
        TEST(who_leaves_signs_off_and_comes_back_as_chosen),
        TEST(who_is_cut_off_is_unknown_after_a_while),
        TEST(who_is_not_connected_is_told_nothing_and_nothing_waits_for_it),
        TEST(a_contact_who_is_removed_or_blocked_is_told_no_more),
        TEST(who_never_answers_is_told_no_more_after_a_while),
    };
    return cmocka_run_group_tests_name("scenarios-presence", tests, NULL, NULL);
}
