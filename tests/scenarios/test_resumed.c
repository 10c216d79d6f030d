/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A machine that is put back together with its memory (B18.3): the engine goes on from where it
 * was, and what it said meanwhile was said by a copy that it knows nothing of.
 */
#include "tests/check.h"

#include "core/anchor.h"
#include "tests/scenarios/machine.h"
#include "wire/check.h"

static struct scene *s;
static struct actor *alice, *bob;

static int
two_friends(void **state)
{
    s = scene_new();
    alice = scene_join(s, "alice");
    bob = scene_join(s, "bob");
    scene_befriend(s, alice, bob);
    actor_say(bob, alice, "1");
    scene_settle(s);
    actor_say(alice, bob, "2");
    scene_settle(s);
    return 0;
}

static int
tear_down(void **state)
{
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

#define NOTICES "SELECT count(*) FROM notices"
#define FAILURES "SELECT count(*) FROM failures"
#define OWN_GAPS "SELECT ifnull(sum(claimed-held),0) FROM own_gaps"
#define HEARD "SELECT count(*) FROM messages WHERE outgoing=0 AND type=1"

/* Alice's history holds each once, and nothing was said twice, lost or could not be read. */
static void
assert_whole(struct machine *m, const char *history)
{
    scene_pass(s, HOUR_MS);
    machine_say(m, alice, "end");
    scene_pass(s, HOUR_MS);
    assert_history(alice, bob, history);
    assert_int_equal(count(alice, NOTICES), 0);
    assert_int_equal(count(alice, FAILURES), 0);
    assert_int_equal(count(alice, "SELECT count(*) FROM gaps"), 0);
}

static void
resumed_within_the_minute(enum machine_clock clock)
{
    struct machine *m = machine_snapshot(bob);

    actor_say(bob, alice, "lost");
    scene_pass(s, 25 * SECOND_MS);
    machine_resume(m, clock);
    machine_say(m, alice, "other");
    scene_pass(s, 20 * SECOND_MS);
    assert_whole(m, "< 1\n> 2\n< lost\n< other\n< end");
    assert_int_equal(machine_count(m, OWN_GAPS), 1);
    machine_free(m);
}

static void
what_is_said_after_resuming_is_said_in_another_chain_and_session(void **state)
{
    resumed_within_the_minute(MACHINE_CLOCK_STOOD);
}

static void
so_it_is_when_the_clock_was_set_first(void **state)
{
    resumed_within_the_minute(MACHINE_CLOCK_SET);
}

/* The relay is not reached for a while: everything gets new places before it goes out. */
static void
what_was_written_before_the_relay_told_the_time_gets_new_places(void **state)
{
    struct machine *m = machine_snapshot(bob);

    actor_say(bob, alice, "lost 1");
    actor_say(bob, alice, "lost 2");
    scene_pass(s, MINUTE_MS);
    machine_resume(m, MACHINE_CLOCK_STOOD);
    machine_say(m, alice, "other 1");
    machine_say(m, alice, "other 2");
    machine_say(m, alice, "other 3");
    assert_whole(m, "< 1\n> 2\n< lost 1\n< lost 2\n< other 1\n< other 2\n< other 3\n< end");
    assert_int_equal(machine_count(m, OWN_GAPS), 2);
    machine_free(m);
}

/* What waited at the snapshot was sent by both, and is known by its id. */
static void
what_waited_when_the_copy_was_made_arrives_once(void **state)
{
    actor_offline(bob);
    actor_say(bob, alice, "waits 1");
    actor_say(bob, alice, "waits 2");
    scene_pass(s, SECOND_MS);
    struct machine *m = machine_snapshot(bob);
    actor_online(bob);
    scene_pass(s, 30 * SECOND_MS);
    actor_say(bob, alice, "lost");
    scene_pass(s, 30 * SECOND_MS);
    machine_resume(m, MACHINE_CLOCK_SET);
    machine_say(m, alice, "other");
    assert_whole(m, "< 1\n> 2\n< waits 1\n< waits 2\n< lost\n< other\n< end");
    machine_free(m);
}

/* What the copy took in is asked for again. */
static void
what_contacts_said_meanwhile_arrives(void **state)
{
    struct machine *m = machine_snapshot(bob);

    actor_say(alice, bob, "3");
    scene_pass(s, 20 * SECOND_MS);
    actor_say(alice, bob, "4");
    scene_pass(s, 20 * SECOND_MS);
    machine_resume(m, MACHINE_CLOCK_STOOD);
    scene_pass(s, MINUTE_MS);
    actor_say(alice, bob, "5");
    assert_whole(m, "< 1\n> 2\n> 3\n> 4\n> 5\n< end");
    assert_int_equal(machine_count(m, HEARD), 4);
    machine_free(m);
}

/* Nobody went back: a clock that was set costs a new chain, and nothing else. */
static void
a_clock_that_is_set_harms_nothing(void **state)
{
    int64_t chains = count(bob, "SELECT count(*) FROM chains_out");

    bob->clock_off_ms = HOUR_MS;
    actor_say(bob, alice, "3");
    scene_settle(s);
    assert_int_equal(count(bob, "SELECT count(*) FROM chains_out"), chains + 1);
    bob->clock_off_ms += 2 * SECOND_MS; /* within what clocks are corrected by */
    actor_say(bob, alice, "4");
    scene_settle(s);
    actor_say(alice, bob, "5");
    scene_settle(s);
    assert_int_equal(count(bob, "SELECT count(*) FROM chains_out"), chains + 1);
    assert_history(alice, bob, "< 1\n> 2\n< 3\n< 4\n> 5");
    assert_int_equal(count(alice, NOTICES) + count(alice, FAILURES), 0);
    assert_int_equal(count(bob, OWN_GAPS), 0);
}

/* Slower than a delivery's time: it is given more, and nothing is begun anew. */
static void
a_slow_network_is_no_reason_to_begin_anew(void **state)
{
    int64_t chains = count(bob, "SELECT count(*) FROM chains_out");

    s->latency_ms = 55 * SECOND_MS;
    actor_say(bob, alice, "3");
    actor_say(bob, alice, "4");
    scene_pass(s, 2 * HOUR_MS);
    s->latency_ms = 20;
    scene_settle(s);
    assert_history(alice, bob, "< 1\n> 2\n< 3\n< 4");
    assert_int_equal(count(bob, "SELECT count(*) FROM chains_out"), chains);
}

/* A relay that always says that it is too late by an hour more holds nothing up for good. */
static unsigned
always_late(void *ctx, struct actor *to, const char *path, unsigned status)
{
    return to == bob && strcmp(path, "/v1/deliver") == 0 ? 412 : status;
}

static void
hours(void *ctx, struct actor *to, const char *path, struct buf *answer)
{
    Wire__Error m;
    int64_t *said = ctx;

    if (to != bob || strcmp(path, "/v1/deliver") != 0)
        return;
    wire__error__init(&m);
    m.code = 412;
    m.server_time = (uint64_t)(*said += 3600);
    buf_clear(answer);
    wire_pack(answer, &m.base);
}

static void
a_relay_that_lies_about_the_time_does_not_keep_us_busy(void **state)
{
    int64_t said = s->now_ms / 1000, chains = count(bob, "SELECT count(*) FROM chains_out");

    s->tamper_status = always_late;
    s->tamper = hours;
    s->tamper_ctx = &said;
    actor_say(bob, alice, "3");
    scene_pass(s, HOUR_MS);
    assert_true(count(bob, "SELECT count(*) FROM chains_out") <= chains + 6 + 6);
    s->tamper_status = NULL;
    s->tamper = NULL;
    scene_pass(s, DAY_MS);
    assert_history(alice, bob, "< 1\n> 2\n< 3");
}

/* A relay whose clock goes as expected says of each delivery that has an end that it is too late.
 */
struct untils {
    int64_t seconds[16]; /* from then on; 0: no end */
    size_t count;
};

static void
see_until(void *ctx, struct actor *from, const char *path, struct buf *body)
{
    AUTO(deliver_freep) Wire__Deliver *deliver = NULL;
    struct untils *seen = ctx;

    if (from != bob || strcmp(path, "/v1/deliver") != 0 || seen->count == 16)
        return;
    assert_ok(deliver_read(buf_span(body), &deliver));
    seen->seconds[seen->count++] =
        deliver->until == 0 ? 0 : (int64_t)deliver->until - s->now_ms / 1000;
}

static unsigned
late_with_an_end(void *ctx, struct actor *to, const char *path, unsigned status)
{
    const struct untils *seen = ctx;
    bool ends = seen->count > 0 && seen->seconds[seen->count - 1] != 0;

    return to == bob && strcmp(path, "/v1/deliver") == 0 && ends ? 412 : status;
}

static void
the_time(void *ctx, struct actor *to, const char *path, struct buf *answer)
{
    Wire__Error m;

    if (late_with_an_end(ctx, to, path, 202) != 412)
        return;
    wire__error__init(&m);
    m.code = 412;
    m.server_time = (uint64_t)(s->now_ms / 1000);
    buf_clear(answer);
    wire_pack(answer, &m.base);
}

static void
a_delivery_has_twice_the_time_eight_times_and_then_no_end(void **state)
{
    struct untils seen = {.count = 0};
    int64_t chains = count(bob, "SELECT count(*) FROM chains_out");

    s->tamper_request = see_until;
    s->tamper_status = late_with_an_end;
    s->tamper = the_time;
    s->tamper_ctx = &seen;
    actor_offline(alice); /* or her acknowledgement would end it */
    actor_say(bob, alice, "3");
    scene_pass(s, DAY_MS);
    assert_int_equal(seen.count, 10);
    for (int i = 0; i <= 8; i++)
        assert_in_range(seen.seconds[i], (10 << i) - 1, (10 << i) + 10);
    assert_int_equal(seen.seconds[9], 0);
    assert_int_equal(count(bob, "SELECT count(*) FROM chains_out"), chains);
    actor_online(alice);
    scene_settle(s);
    assert_history(alice, bob, "< 1\n> 2\n< 3");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, two_friends, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_said_after_resuming_is_said_in_another_chain_and_session),
        TEST(so_it_is_when_the_clock_was_set_first),
        TEST(what_was_written_before_the_relay_told_the_time_gets_new_places),
        TEST(what_waited_when_the_copy_was_made_arrives_once),
        TEST(what_contacts_said_meanwhile_arrives),
        TEST(a_clock_that_is_set_harms_nothing),
        TEST(a_slow_network_is_no_reason_to_begin_anew),
        TEST(a_relay_that_lies_about_the_time_does_not_keep_us_busy),
        TEST(a_delivery_has_twice_the_time_eight_times_and_then_no_end),
    };
    return cmocka_run_group_tests_name("scenarios-resumed", tests, NULL, NULL);
}
