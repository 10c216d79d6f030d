/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Deleting a conversation while the other side goes on writing, over a network that loses and with
 * programs that are killed: what was deleted never comes back, and what comes stays.
 */
#include "tests/check.h"

#include <stdio.h>

#include "core/clearing.h"
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

static void
say_numbers(int from, int to)
{
    for (int i = from; i <= to; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        actor_say(i % 2 == 0 ? alice : bob, i % 2 == 0 ? bob : alice, text);
        scene_pass(s, 500);
    }
}

static struct conversation
with_bob(void)
{
    struct conversation v;
    assert_ok(conversation_get(alice->engine, actor_contact(alice, bob).id, &v));
    return v;
}

static void
what_is_said_while_a_conversation_is_deleted_stays(void **state)
{
    say_numbers(1, 3 * CLEARING_SLICE);
    scene_settle(s);
    actor_offline(alice);
    actor_say(bob, alice, "one more");
    scene_settle(s);
    assert_ok(conversation_delete(alice->engine, with_bob().contact));
    assert_history(alice, bob, "");
    actor_online(alice);
    scene_settle(s);
    assert_history(alice, bob, "< one more");
    assert_int_equal(with_bob().clearing, 0);
    assert_int_equal(with_bob().unread, 1);
    assert_false(with_bob().hidden);
}

static void
kills_and_losses_bring_nothing_back(void **state)
{
    say_numbers(1, 3 * CLEARING_SLICE);
    scene_settle(s);
    assert_ok(conversation_delete(alice->engine, with_bob().contact));
    s->loss_percent = 20;
    for (int i = 0; i < 6; i++) {
        engine_step(alice->engine);
        actor_say(bob, alice, "later");
        actor_crash(alice);
        scene_pass(s, MINUTE_MS);
        actor_start(alice);
        AUTO(buf_done) struct buf shown = BUF(4096);
        actor_history(alice, bob, &shown);
        buf_put_u8(&shown, '\0');
        assert_null(strpbrk((const char *)shown.p, "0123456789>"));
    }
    s->loss_percent = 0;
    scene_settle(s);
    assert_history(alice, bob, "< later\n< later\n< later\n< later\n< later\n< later");
    assert_int_equal(with_bob().unread, 6);
}

#define T(f) cmocka_unit_test_setup_teardown(f, two_friends, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_is_said_while_a_conversation_is_deleted_stays),
        T(kills_and_losses_bring_nothing_back),
    };
    return cmocka_run_group_tests_name("scenarios-clearing", tests, NULL, NULL);
}
