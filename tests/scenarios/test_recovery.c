/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Who recovers tells its contacts (B18.3): before anything else that is said to them, not all at
 * once, and soon to one who speaks on a session that is no more.
 */
#include "tests/check.h"

#include <stdio.h>
#include <unistd.h>

#include "core/fresh_start.h"
#include "core/outbox.h"
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

/* All delivery of BOB's gets lost; when was the first? */
static enum fate
lose_deliveries(void *ctx, struct actor *from, const char *path)
{
    int64_t *first = ctx;

    if (from != bob || strcmp(path, "/v1/deliver") != 0)
        return FATE_ARRIVE;
    if (*first == 0)
        *first = s->now_ms;
    return FATE_LOSE_REQUEST;
}

/* Recovers, with the reset to ALICE as late as it can be. */
static void
put_back_with_a_late_reset(int64_t *first)
{
    s->fate = lose_deliveries;
    s->fate_ctx = first;
    actor_crash(bob);
    actor_copy(bob, "0");
    actor_start(bob);
    scene_pass(s, HOUR_MS);
    actor_crash(bob);
    actor_restore(bob, "0");
    actor_start(bob);
    for (int i = 0; i < 6000 && count(bob, "SELECT count(*) FROM fresh_resets") == 0; i++)
        scene_pass(s, 10);
    assert_ok(db_run(engine_db(bob->engine), "UPDATE fresh_resets SET due_ms=?1", "i",
                     s->now_ms + 10 * MINUTE_MS));
    assert_int_equal(count(bob, "SELECT count(*) FROM notices WHERE kind='put-back'"), 1);
    *first = 0;
}

static void
nothing_is_said_before_the_reset(void **state)
{
    int64_t first, type;

    put_back_with_a_late_reset(&first);
    actor_say(bob, alice, "again");
    scene_pass(s, MINUTE_MS);
    assert_true(first > 0);
    assert_ok(db_get_int(engine_db(bob->engine), &type,
                         "SELECT sum(type) FROM outbox WHERE envelope IS NOT NULL", ""));
    assert_int_equal(type, CONTENT_SESSION_RESET);
    s->fate = NULL;
    scene_pass(s, HOUR_MS);
    assert_history(alice, bob, "< again");
}

static void
what_does_not_decrypt_is_answered_by_the_reset_within_a_minute(void **state)
{
    int64_t first;

    put_back_with_a_late_reset(&first);
    scene_pass(s, MINUTE_MS);
    assert_int_equal(first, 0);
    actor_say(alice, bob, "on a session that is no more");
    int64_t said = s->now_ms;
    scene_pass(s, 70 * SECOND_MS);
    assert_in_range(first - said, 10 * SECOND_MS, 65 * SECOND_MS);
    s->fate = NULL;
    scene_pass(s, HOUR_MS);
    assert_history(bob, alice, "< on a session that is no more");
}

/* LOW to HIGH, and some in each half. */
struct spread {
    int64_t low, high;
    unsigned halves[2];
};

static void
look_at(struct spread *p, int64_t delay)
{
    assert_in_range(delay, p->low, p->high);
    p->halves[delay > (p->low + p->high) / 2]++;
}

static void
resets_are_spread(void **state)
{
    struct spread planned = {.low = 0, .high = 10 * MINUTE_MS},
                  soon = {.low = 10 * SECOND_MS, .high = 60 * SECOND_MS};
    struct contact c = actor_contact(bob, alice);
    struct db *db = engine_db(bob->engine);
    bool known;

    for (int i = 0; i < 64; i++) {
        struct tx tx = {0};
        assert_ok(tx_begin(db, &tx));
        assert_ok(fresh_start(bob->engine, FRESH_SAME_DEVICE));
        look_at(&planned, count(bob, "SELECT due_ms FROM fresh_resets") - s->now_ms);
        assert_ok(db_run(db, "UPDATE fresh_resets SET due_ms=due_ms+600000", ""));
        assert_ok(fresh_reset_soon(bob->engine, &c, &known));
        assert_true(known);
        look_at(&soon, count(bob, "SELECT due_ms FROM fresh_resets") - s->now_ms);
        tx_done(&tx);
    }
    assert_true(planned.halves[0] > 0 && planned.halves[1] > 0);
    assert_true(soon.halves[0] > 0 && soon.halves[1] > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, two_friends, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_said_before_the_reset),
        TEST(what_does_not_decrypt_is_answered_by_the_reset_within_a_minute),
        TEST(resets_are_spread),
    };
    return cmocka_run_group_tests_name("scenarios-recovery", tests, NULL, NULL);
}
