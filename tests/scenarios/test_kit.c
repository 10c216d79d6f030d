/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The recovery kit alone (B20.5), used again and again: its contacts are not known, so it asks
 * anew, and who heard nothing of the devices in between finds what leads to it (B2.4).
 */
#include "tests/check.h"

#include "core/engine_state.h"
#include "core/replacing.h"
#include "tests/scenarios/network.h"
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

/* Her machine is gone, and all that is left is the kit. */
static void
recover(void)
{
    struct account_wish wish = {.display_name = "alice", .invitation = "", .there = true};
    struct account_facts before, after;
    struct replacing_facts f;
    AUTO(db_closep) struct db *db = NULL;
    struct world world = alice->engine->world;

    assert_ok(account_facts_get(alice->engine, &before));
    wish.address = before.address;
    wish.pins = (struct relay_pins){.count = 1, .pins = {network_pin(s->relay, false)}};
    actor_crash(alice);
    network_unlink(alice->path);
    assert_ok(db_create(alice->path, &alice->key, &db));
    assert_ok(replacing_prepare_kit(db, &world, &wish, &alice->kit));
    db_close(STEAL(db));
    actor_start(alice);
    scene_pass(s, 10 * SECOND_MS);
    assert_ok(replacing_facts_get(alice->engine, &f));
    assert_int_equal(f.step, REPLACING_NONE);
    assert_ok(account_facts_get(alice->engine, &after));
    assert_int_equal(after.device, before.device + 1);
}

/* Twice, so that Bob has not seen what comes before the second. */
static void
ask_from_the_second_next(void)
{
    recover();
    recover();
    actor_add_link(alice, bob);
    scene_pass(s, MINUTE_MS);
}

static int64_t
seq_held(void)
{
    int64_t n;

    assert_ok(db_get_int(engine_db(bob->engine), &n,
                         "SELECT max(seq) FROM manifests WHERE account=?1", "b",
                         SPAN_OF(alice->account)));
    return n;
}

static int64_t
heard(struct actor *a)
{
    int64_t n;

    assert_ok(db_get_int(engine_db(a->engine), &n,
                         "SELECT count(*) FROM messages WHERE outgoing=0 AND type=1", ""));
    return n;
}

static void
a_request_is_taken_though_manifests_came_just_before(void **state)
{
    for (int i = 1; i <= 3; i++) {
        ask_from_the_second_next();
        assert_int_equal(seq_held(), 1 + 2 * i);
        actor_say(bob, alice, "is it you?");
        scene_pass(s, MINUTE_MS);
        assert_int_equal(heard(alice), 1);
        assert_int_equal(actor_state(alice, bob), CONTACT_ACCEPTED);
        actor_say(alice, bob, "again");
        scene_pass(s, MINUTE_MS);
        assert_int_equal(heard(bob), i);
    }
}

static unsigned fetches;

static enum fate
count_fetches(void *ctx, struct actor *from, const char *path)
{
    fetches += from == bob && strcmp(path, "/v1/manifest/get") == 0;
    return FATE_ARRIVE;
}

/* Who has the key can sign as many as he likes. */
static void
nobody_makes_us_fetch_without_an_end(void **state)
{
    int64_t start = s->now_ms;

    s->fate = count_fetches;
    fetches = 0;
    for (int i = 1; i <= 5; i++) {
        ask_from_the_second_next();
        assert_int_equal(fetches, i < 4 ? i : 4);
    }
    assert_in_range(s->now_ms - start, 0, 10 * MINUTE_MS);
    assert_int_equal(seq_held(), 1 + 2 * 4);
    scene_pass(s, 11 * MINUTE_MS);
    ask_from_the_second_next();
    assert_int_equal(seq_held(), 1 + 2 * 6);
}

static unsigned
hide_manifests(void *ctx, struct actor *to, const char *path, unsigned status)
{
    return to == bob && strcmp(path, "/v1/manifest/get") == 0 ? 404 : status;
}

/* Where the newest says that she is, and where she was; the card then shows nothing new. */
static void
what_is_not_found_is_not_asked_for_again_at_once(void **state)
{
    s->fate = count_fetches;
    s->tamper_status = hide_manifests;
    fetches = 0;
    ask_from_the_second_next();
    assert_int_equal(fetches, 2);
    assert_int_equal(seq_held(), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, two_friends, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_is_taken_though_manifests_came_just_before),
        TEST(nobody_makes_us_fetch_without_an_end),
        TEST(what_is_not_found_is_not_asked_for_again_at_once),
    };

    assert_ok(crypto_init());
    return cmocka_run_group_tests_name("scenarios-kit", tests, NULL, NULL);
}
