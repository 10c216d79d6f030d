/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An engine that has nothing to do does nothing: how often it wants to be stepped, with a relay and
 * without one, and when what it wants to do does not succeed.
 */
#include "tests/core/pair.h"

#include "core/links.h"
#include "core/persona.h"
#include "core/presence.h"

static struct pair pair;
static struct person *const alice = &pair.people[ALICE];

static int
set_up(void **state)
{
    pair = (struct pair){.seed = 11};
    pair_open(&pair);
    return 0;
}

static int
tear_down(void **state)
{
    pair_close(&pair);
    return 0;
}

static bool
nobody_answers(struct person *p, const struct transport_request *r)
{
    return true;
}

/* Alice's steps while MS pass, as a loop that sleeps between them would take. */
static int
steps_in(int64_t ms)
{
    int64_t end = pair.now_ms + ms;
    int steps = 0;

    while (pair.now_ms < end) {
        int64_t due = engine_step(alice->engine);
        steps++;
        pair.now_ms = due > end ? end : due > pair.now_ms ? due : pair.now_ms + 1;
    }
    return steps;
}

static void
turn_everything_on(void)
{
    int64_t link;

    assert_ok(meta_set_int(engine_db(alice->engine), "set.presence", AUDIENCE_EVERYONE));
    presence_touch(alice->engine);
    assert_ok(presence_set(alice->engine, PRESENCE_ONLINE, "here"));
    assert_ok(persona_set(alice->engine, &(struct persona_change){.about = "in the garden"}));
    assert_ok(link_create(alice->engine,
                          &(struct link_wish){.label = "", .expires_ms = pair.now_ms + HOUR_MS},
                          &link));
}

static void
in_peace_it_is_stepped_a_few_times_a_minute(void **state)
{
    turn_everything_on();
    pair_run(&pair, 10 * MINUTE_MS);
    assert_in_range(steps_in(MINUTE_MS), 1, 60);
}

static void
without_a_relay_it_is_stepped_a_few_times_a_minute(void **state)
{
    pair.clerk = nobody_answers;
    turn_everything_on();
    steps_in(10 * MINUTE_MS);
    assert_in_range(steps_in(HOUR_MS), 1, 600);
}

static void
in_trouble_or_at_rest_it_is_not_stepped_at_all(void **state)
{
    turn_everything_on();
    engine_heed(alice->engine, ERR_FULL);
    assert_in_range(steps_in(DAY_MS), 1, 2);
    engine_wake(alice->engine);
    assert_ok(engine_trouble(alice->engine));
    engine_rest(alice->engine);
    assert_int_equal(steps_in(DAY_MS), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(in_peace_it_is_stepped_a_few_times_a_minute, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(without_a_relay_it_is_stepped_a_few_times_a_minute, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(in_trouble_or_at_rest_it_is_not_stepped_at_all, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests_name("core-idle", tests, NULL, NULL);
}
