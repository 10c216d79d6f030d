/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Copies of a store that are put back across a move to another relay (B2.5, B18.3): the copy finds
 * where its account is by now, and heals there like any other.
 */
#include "tests/check.h"

#include <stdio.h>
#include <unistd.h>

#include "core/anchor.h"
#include "core/moving.h"
#include "tests/scenarios/network.h"

#define SECOND_HOST "second.test"
#define THIRD_HOST "third.test"

static struct scene *s;
static struct actor *alice, *bob;
static struct scene_relay *second;

static int
two_friends(void **state)
{
    s = scene_new();
    second = scene_open_relay(s, SECOND_HOST);
    alice = scene_join_on_disk(s, "alice");
    bob = scene_join_on_disk(s, "bob");
    scene_befriend(s, alice, bob);
    actor_say(alice, bob, "1");
    scene_settle(s);
    return 0;
}

static int
tear_down(void **state)
{
    char path[128];

    snprintf(path, sizeof path, "%s-copy-0", bob->path);
    unlink(path);
    scene_free(s);
    return 0;
}

static int64_t
count(struct actor *a, const char *sql)
{
    int64_t n = -1;
    assert_ok(db_get_int(engine_db(a->engine), &n, sql, ""));
    return n;
}

#define NOTICES(kind) "SELECT count(*) FROM notices WHERE kind='" kind "'"
#define OWN_GAPS "SELECT ifnull(sum(claimed-held),0) FROM own_gaps"

static void
copy(void)
{
    actor_crash(bob);
    actor_copy(bob, "0");
    actor_start(bob);
}

static void
put_back(void)
{
    actor_crash(bob);
    actor_restore(bob, "0");
    actor_start(bob);
}

static void
begin_move(const struct scene_relay *to)
{
    struct account_wish w = {.display_name = "", .invitation = ""};

    snprintf(w.address.name, sizeof w.address.name, "%s", bob->name);
    snprintf(w.address.host, sizeof w.address.host, "%s", to->host);
    w.address.port = SCENE_PORT;
    w.pins.count = 1;
    w.pins.pins[0] = network_pin(to, false);
    assert_ok(account_move(bob->engine, &w));
}

static const char *
host_of(struct actor *a)
{
    static char host[ADDRESS_MAX + 1];
    struct account_facts f;

    assert_ok(account_facts_get(a->engine, &f));
    snprintf(host, sizeof host, "%s", f.address.host);
    return host;
}

static void
assert_at_second(void)
{
    assert_string_equal(host_of(bob), SECOND_HOST);
    assert_int_equal(anchor_state(bob->engine), ANCHOR_GOOD);
    assert_string_equal(actor_contact(alice, bob).address.host, SECOND_HOST);
    assert_false(actor_contact(alice, bob).unreachable);
    assert_int_equal(count(alice, "SELECT count(*) FROM notices"), 0);
}

static void
a_copy_of_before_the_move_finds_the_new_relay(void **state)
{
    copy();
    scene_settle(s);
    begin_move(second);
    scene_settle(s);
    assert_string_equal(host_of(bob), SECOND_HOST);
    actor_say(alice, bob, "2");
    scene_pass(s, HOUR_MS);
    actor_say(bob, alice, "lost");
    scene_pass(s, HOUR_MS);
    put_back();
    scene_pass(s, HOUR_MS);
    actor_say(bob, alice, "again");
    scene_pass(s, HOUR_MS);
    actor_say(alice, bob, "3");
    scene_pass(s, DAY_MS);
    assert_at_second();
    assert_history(alice, bob, "> 1\n> 2\n< lost\n< again\n> 3");
    assert_int_equal(count(bob, "SELECT count(*) FROM messages WHERE outgoing=0 AND type=1"), 3);
    assert_int_equal(count(bob, OWN_GAPS), 1);
}

/* Made while the new relay is asked, or shown the next manifest. */
static void
a_copy_made_during_the_move_goes_over_as_well(void **state)
{
    s->latency_ms = 500;
    begin_move(second);
    scene_pass(s, 1200);
    copy();
    s->latency_ms = 20;
    scene_settle(s);
    assert_string_equal(host_of(bob), SECOND_HOST);
    actor_say(alice, bob, "2");
    scene_pass(s, HOUR_MS);
    actor_say(bob, alice, "lost");
    scene_pass(s, HOUR_MS);
    put_back();
    scene_pass(s, HOUR_MS);
    actor_say(bob, alice, "again");
    scene_pass(s, HOUR_MS);
    actor_say(alice, bob, "3");
    scene_pass(s, DAY_MS);
    assert_at_second();
    assert_history(alice, bob, "> 1\n> 2\n< lost\n< again\n> 3");
    assert_int_equal(count(bob, "SELECT count(*) FROM messages WHERE outgoing=0 AND type=1"), 3);
    assert_int_equal(count(bob, OWN_GAPS), 1);
}

/* The next manifest was shown to the new relay and to nobody else, and the copy knows nothing of
 * it: moving there once more makes no second history. */
static void
a_copy_put_back_during_the_move_moves_again(void **state)
{
    copy();
    scene_settle(s);
    s->latency_ms = 500;
    begin_move(second);
    while (count(bob, "SELECT ifnull(max(step),0) FROM moving") < 2)
        scene_pass(s, 100);
    scene_pass(s, 700); /* it has arrived */
    put_back();
    s->latency_ms = 20;
    scene_pass(s, HOUR_MS);
    actor_say(bob, alice, "still here");
    scene_pass(s, HOUR_MS);
    begin_move(second);
    scene_pass(s, DAY_MS);
    actor_say(bob, alice, "there");
    scene_pass(s, HOUR_MS);
    actor_say(alice, bob, "2");
    scene_pass(s, DAY_MS);
    assert_at_second();
    assert_history(alice, bob, "> 1\n< still here\n< there\n> 2");
    assert_false(actor_contact(alice, bob).forked);
}

/* Made after it, put back after moving home. */
static void
a_copy_of_after_the_move_finds_the_way_home(void **state)
{
    begin_move(second);
    scene_settle(s);
    copy();
    scene_settle(s);
    begin_move(s->relay);
    scene_settle(s);
    assert_string_equal(host_of(bob), SCENE_HOST);
    actor_say(alice, bob, "2");
    scene_pass(s, HOUR_MS);
    actor_say(bob, alice, "lost");
    scene_pass(s, HOUR_MS);
    put_back();
    scene_pass(s, HOUR_MS);
    actor_say(bob, alice, "again");
    scene_pass(s, DAY_MS);
    assert_string_equal(host_of(bob), SCENE_HOST);
    assert_history(alice, bob, "> 1\n> 2\n< lost\n< again");
    assert_int_equal(count(bob, "SELECT count(*) FROM messages WHERE outgoing=0 AND type=1"), 2);
    assert_int_equal(count(alice, "SELECT count(*) FROM notices"), 0);
    assert_int_equal(count(bob, OWN_GAPS), 1);
}

/* What lies there from the time before is an anchor of our own. */
static void
going_home_and_away_again_is_no_copy(void **state)
{
    struct scene_relay *const stays[] = {second, s->relay, second, s->relay};
    char text[] = "a";

    for (size_t i = 0; i < 4; i++, text[0]++) {
        begin_move(stays[i]);
        scene_pass(s, 20 * MINUTE_MS);
        assert_string_equal(host_of(bob), stays[i]->host);
        actor_say(alice, bob, text);
        scene_pass(s, 20 * MINUTE_MS);
        assert_int_equal(anchor_state(bob->engine), ANCHOR_GOOD);
    }
    assert_int_equal(count(bob, "SELECT count(*) FROM notices"), 0);
    assert_int_equal(count(alice, "SELECT count(*) FROM notices"), 0);
    assert_history(alice, bob, "> 1\n> a\n> b\n> c\n> d");
}

/* An answer for the one is not taken for one about the other, which would end its reading. */
static void
a_relay_that_is_left_is_none_that_was_left_before(void **state)
{
    int64_t last = 0;

    for (int i = 0; i < 6; i++) {
        begin_move(i % 2 == 0 ? second : s->relay);
        scene_pass(s, 3 * MINUTE_MS);
        assert_int_equal(count(bob, "SELECT count(*) FROM left_relays"), 1);
        assert_true(count(bob, "SELECT id FROM left_relays") > last);
        last = count(bob, "SELECT id FROM left_relays");
    }
}

/* Even so one that goes on from there is noticed; it had not read there yet. */
static void
a_copy_of_just_after_going_home_is_noticed(void **state)
{
    begin_move(second);
    scene_pass(s, 20 * MINUTE_MS);
    begin_move(s->relay);
    while (strcmp(host_of(bob), SCENE_HOST) != 0)
        scene_pass(s, 10);
    assert_int_equal(anchor_state(bob->engine), ANCHOR_UNREAD);
    copy();
    scene_pass(s, 20 * MINUTE_MS);
    actor_say(bob, alice, "lost");
    scene_pass(s, 20 * MINUTE_MS);
    assert_int_equal(count(bob, "SELECT count(*) FROM notices"), 0);
    put_back();
    scene_pass(s, HOUR_MS);
    actor_say(bob, alice, "again");
    scene_pass(s, DAY_MS);
    assert_int_equal(count(bob, NOTICES("put-back")), 1);
    assert_int_equal(count(bob, OWN_GAPS), 1);
    assert_history(alice, bob, "> 1\n< lost\n< again");
}

/* Two moves, of which the copy knows nothing; the relay of then knows where the last one led. */
static void
a_copy_of_before_two_moves_finds_the_last_relay(void **state)
{
    struct scene_relay *third = scene_open_relay(s, THIRD_HOST);

    copy();
    scene_settle(s);
    begin_move(second);
    scene_pass(s, DAY_MS);
    actor_say(alice, bob, "2");
    scene_pass(s, HOUR_MS);
    begin_move(third);
    scene_pass(s, DAY_MS);
    assert_string_equal(host_of(bob), THIRD_HOST);
    actor_say(bob, alice, "lost");
    scene_pass(s, HOUR_MS);
    put_back();
    scene_pass(s, 2 * HOUR_MS);
    actor_say(bob, alice, "again");
    scene_pass(s, HOUR_MS);
    actor_say(alice, bob, "3");
    scene_pass(s, DAY_MS);
    assert_int_equal(count(bob, NOTICES("account-changed")), 0);
    assert_string_equal(host_of(bob), THIRD_HOST);
    assert_int_equal(anchor_state(bob->engine), ANCHOR_GOOD);
    assert_history(alice, bob, "> 1\n> 2\n< lost\n< again\n> 3");
    assert_int_equal(count(bob, "SELECT count(*) FROM messages WHERE outgoing=0 AND type=1"), 3);
    assert_int_equal(count(bob, OWN_GAPS), 1);
    assert_int_equal(count(alice, "SELECT count(*) FROM notices"), 0);
    assert_int_equal(
        count(bob, "SELECT count(*) FROM manifests m, account a WHERE m.account=a.account"), 3);
    /* And from there on like anybody. */
    begin_move(second);
    scene_pass(s, DAY_MS);
    actor_say(bob, alice, "moved again");
    scene_pass(s, HOUR_MS);
    assert_string_equal(actor_contact(alice, bob).address.host, SECOND_HOST);
    assert_int_equal(count(alice, "SELECT count(*) FROM messages WHERE text='moved again'"), 1);
}

static void
spoil(void *ctx, struct actor *to, const char *path, struct buf *answer)
{
    if (to == bob && strcmp(path, "/v1/anchor/stored") == 0 && answer->n > 100)
        answer->p[answer->n - 20] ^= 1;
}

static unsigned
hide(void *ctx, struct actor *to, const char *path, unsigned status)
{
    return to == bob && strcmp(path, "/v1/anchor/stored") == 0 ? 404 : status;
}

static void
assert_is_told(void)
{
    copy();
    scene_settle(s);
    begin_move(second);
    scene_settle(s);
    put_back();
    scene_pass(s, 2 * HOUR_MS);
    assert_string_equal(host_of(bob), SCENE_HOST);
    assert_int_equal(count(bob, NOTICES("account-changed")), 1);
    assert_int_equal(count(bob, "SELECT count(*) FROM moving"), 0);
}

/* Whoever has the account's key can sign such a manifest; our anchor is made by the store alone. */
static void
without_an_anchor_of_ours_there_it_is_an_alarm(void **state)
{
    s->tamper = spoil;
    assert_is_told();
}

static void
without_any_anchor_there_it_is_an_alarm(void **state)
{
    s->tamper_status = hide;
    assert_is_told();
}

static void
assert_two_moves_are_told(void)
{
    struct scene_relay *third = scene_open_relay(s, THIRD_HOST);

    copy();
    scene_settle(s);
    begin_move(second);
    scene_pass(s, DAY_MS);
    begin_move(third);
    scene_pass(s, DAY_MS);
    put_back();
    scene_pass(s, 2 * HOUR_MS);
    assert_string_equal(host_of(bob), SCENE_HOST);
    assert_int_equal(count(bob, NOTICES("account-changed")), 1);
    assert_int_equal(count(bob, "SELECT count(*) FROM moving"), 0);
}

static unsigned
hide_way(void *ctx, struct actor *to, const char *path, unsigned status)
{
    return to == bob && strcmp(path, "/v1/manifest/get") == 0 ? 404 : status;
}

static void
two_moves_without_what_leads_there_are_an_alarm(void **state)
{
    s->tamper_status = hide_way;
    assert_two_moves_are_told();
}

static void
two_moves_without_an_anchor_are_an_alarm(void **state)
{
    s->tamper = spoil;
    assert_two_moves_are_told();
}

/* It says nothing: neither, and as soon as it speaks it is followed. */
static void
while_the_new_relay_is_silent_nothing_happens(void **state)
{
    copy();
    scene_settle(s);
    begin_move(second);
    scene_settle(s);
    second->down = true;
    put_back();
    scene_pass(s, 2 * HOUR_MS);
    assert_string_equal(host_of(bob), SCENE_HOST);
    assert_int_equal(count(bob, NOTICES("account-changed")), 0);
    second->down = false;
    scene_pass(s, 2 * DAY_MS);
    actor_say(bob, alice, "there");
    scene_pass(s, DAY_MS);
    assert_at_second();
    assert_history(alice, bob, "> 1\n< there");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, two_friends, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_copy_of_before_the_move_finds_the_new_relay),
        TEST(a_copy_made_during_the_move_goes_over_as_well),
        TEST(a_copy_put_back_during_the_move_moves_again),
        TEST(a_copy_of_after_the_move_finds_the_way_home),
        TEST(going_home_and_away_again_is_no_copy),
        TEST(a_relay_that_is_left_is_none_that_was_left_before),
        TEST(a_copy_of_just_after_going_home_is_noticed),
        TEST(a_copy_of_before_two_moves_finds_the_last_relay),
        TEST(two_moves_without_what_leads_there_are_an_alarm),
        TEST(two_moves_without_an_anchor_are_an_alarm),
        TEST(without_an_anchor_of_ours_there_it_is_an_alarm),
        TEST(without_any_anchor_there_it_is_an_alarm),
        TEST(while_the_new_relay_is_silent_nothing_happens),
    };
    return cmocka_run_group_tests_name("scenarios-moved_back", tests, NULL, NULL);
}
