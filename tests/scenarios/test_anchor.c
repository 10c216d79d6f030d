/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * When the anchor is put, and what is made of one that another copy of the store has put (B18.3).
 */
#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/accumulator.h"
#include "core/anchor.h"
#include "crypto/anchor.h"
#include "tests/scenarios/network.h"
#include "wire/check.h"
#include "wire/pack.h"

#define ANCHOR_PATH "/v1/anchor"
#define NOTICES(kind) "SELECT count(*) FROM notices WHERE kind='" kind "'"

static struct scene *s;
static struct actor *alice, *bob;
static char copy_path[128];

static int
two_friends(void **state)
{
    s = scene_new();
    alice = scene_join_on_disk(s, "alice");
    bob = scene_join_on_disk(s, "bob");
    scene_befriend(s, alice, bob);
    snprintf(copy_path, sizeof copy_path, "%s-copy-0", bob->path);
    return 0;
}

static int
tear_down(void **state)
{
    unlink(copy_path);
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

/* --- when --- */

/* Of BOB's puts, how many were sent, and how many answers are to be lost. */
struct puts {
    unsigned sent, lost;
};

static enum fate
watch(void *ctx, struct actor *from, const char *path)
{
    struct puts *p = ctx;

    if (from != bob || strcmp(path, ANCHOR_PATH) != 0)
        return FATE_ARRIVE;
    p->sent++;
    if (p->lost == 0)
        return FATE_ARRIVE;
    p->lost--;
    return FATE_LOSE_ANSWER;
}

static void
it_is_put_every_ten_minutes_if_anything_changed_and_not_otherwise(void **state)
{
    struct puts p = {0};

    scene_settle(s);
    scene_pass(s, HOUR_MS);
    s->fate = watch;
    s->fate_ctx = &p;
    for (int i = 0; i < 60; i++) {
        char text[8];
        snprintf(text, sizeof text, "%d", i);
        actor_say(bob, alice, text);
        scene_pass(s, MINUTE_MS);
    }
    assert_in_range(p.sent, 5, 7);
    scene_pass(s, HOUR_MS);
    p.sent = 0;
    scene_pass(s, 6 * HOUR_MS);
    assert_in_range(p.sent, 0, 2); /* what the engine does by itself */
}

/* Our own is not taken for that of another copy, whether we go on or come back. */
static void
one_whose_answer_was_lost_is_known_for_our_own(void **state)
{
    for (int crashes = 0; crashes < 2; crashes++) {
        struct puts p = {.lost = 1};

        scene_pass(s, HOUR_MS);
        s->fate = watch;
        s->fate_ctx = &p;
        actor_say(bob, alice, "a change");
        for (int i = 0; i < 1000 && p.lost > 0; i++)
            scene_pass(s, SECOND_MS);
        assert_int_equal(p.sent, 1);
        if (crashes != 0) {
            actor_crash(bob);
            actor_start(bob);
        }
        scene_pass(s, HOUR_MS);
        s->fate = NULL;
        assert_int_equal(anchor_state(bob->engine), ANCHOR_GOOD);
        assert_int_equal(count(bob, NOTICES("put-back")), 0);
        assert_int_equal(count(bob, NOTICES("anchor-lost")), 0);
    }
}

/* --- of another copy --- */

/* A machine of its own with BOB's store as it lies in the copy. */
static struct actor *
twin(void)
{
    struct actor *second = calloc(1, sizeof *second);
    char command[300];

    assert_non_null(second);
    *second = *bob;
    second->engine = NULL;
    second->offline = false;
    snprintf(second->path, sizeof second->path, "%s-twin", bob->path);
    network_unlink(second->path);
    snprintf(command, sizeof command, "cp %s %s", copy_path, second->path);
    assert_int_equal(system(command), 0);
    s->actors[s->actor_count++] = second;
    actor_start(second);
    return second;
}

/* Long before the next one is put. */
static void
another_version_in_the_hello_is_looked_at_at_once(void **state)
{
    scene_settle(s);
    actor_crash(bob);
    actor_copy(bob, "0");
    actor_start(bob);
    scene_pass(s, MINUTE_MS);
    actor_offline(bob);
    struct actor *second = twin();
    scene_pass(s, MINUTE_MS);
    assert_int_equal(count(second, NOTICES("put-back")), 1);
    actor_crash(second);
    assert_int_equal(count(bob, NOTICES("put-back")), 0);
    actor_online(bob);
    scene_pass(s, MINUTE_MS);
    assert_int_equal(count(bob, NOTICES("put-back")), 1);
    assert_int_equal(anchor_state(bob->engine), ANCHOR_GOOD);
}

/* The next of BOB's puts is refused, for another copy was quicker. */
struct quicker {
    unsigned times;
    bool refused;
};

static unsigned
refuse(void *ctx, struct actor *to, const char *path, unsigned status)
{
    struct quicker *q = ctx;

    q->refused = to == bob && strcmp(path, ANCHOR_PATH) == 0 && status == 204 && q->times > 0;
    return q->refused ? 409 : status;
}

#define THEIR_GEN 1000000

static void
show_theirs(void *ctx, struct actor *to, const char *path, struct buf *answer)
{
    struct quicker *q = ctx;
    struct db *db = engine_db(bob->engine);
    struct anchor_owner owner = {
        .key = accumulator_anchor_key(db), .account = bob->account, .device = 1};
    struct anchor theirs = {.gen = THEIR_GEN, .sum = {7}, .time_s = s->now_ms / 1000};
    AUTO(buf_done) struct buf known = BUF(200);
    Wire__Anchor m = WIRE__ANCHOR__INIT;
    uint8_t data[ANCHOR_BYTES];

    if (!q->refused)
        return;
    q->times--;
    q->refused = false;
    assert_ok(meta_get_bytes(db, "anchor", &known)); /* its version comes first */
    struct reader r = READER(buf_span(&known));
    anchor_seal(&owner, &theirs, data);
    m.version = read_u64(&r) + 1;
    m.data = pb_span(SPAN(data, sizeof data));
    buf_clear(answer);
    wire_pack(answer, &m.base);
}

static void
one_that_another_copy_has_put_meanwhile_begins_anew(void **state)
{
    struct quicker q = {.times = 1};
    struct ledger now;

    scene_pass(s, HOUR_MS);
    s->tamper_status = refuse;
    s->tamper = show_theirs;
    s->tamper_ctx = &q;
    actor_say(bob, alice, "a change");
    for (int i = 0; i < 1000 && q.times > 0; i++)
        scene_pass(s, SECOND_MS);
    assert_int_equal(q.times, 0);
    scene_pass(s, HOUR_MS);
    assert_int_equal(count(bob, NOTICES("put-back")), 1);
    assert_ok(accumulator_get(engine_db(bob->engine), &now));
    assert_true(now.gen > THEIR_GEN); /* later than all that anybody put */
    assert_int_equal(anchor_state(bob->engine), ANCHOR_GOOD);
    actor_say(bob, alice, "goes on");
    scene_pass(s, HOUR_MS);
    assert_history(alice, bob, "< a change\n< goes on");
}

/* --- chains of an earlier run --- */

/* The lock as the agent does it. */
static void
close_in_order(struct actor *a)
{
    anchor_put_now(a->engine);
    for (int i = 0; i < 50 && anchor_putting(a->engine); i++)
        scene_pass(s, 100);
    assert_false(anchor_putting(a->engine));
    actor_crash(a);
}

static void
shell(const char *command)
{
    assert_int_equal(system(command), 0);
}

/* Of the disk, while the engine goes on. */
static void
snapshot(const struct actor *a)
{
    char command[400];

    snprintf(command, sizeof command, "cp %s %s; cp %s-wal %s-wal 2>/dev/null; true", a->path,
             copy_path, a->path, copy_path);
    shell(command);
}

static void
put_back(struct actor *a)
{
    char command[400];

    actor_crash(a);
    network_unlink(a->path);
    snprintf(command, sizeof command, "mv %s %s; mv %s-wal %s-wal 2>/dev/null; true", copy_path,
             a->path, copy_path, a->path);
    shell(command);
    actor_start(a);
}

/* BOB said FIRST after the copy was made, and now OTHER: under numbers of their own. */
static void
assert_no_number_twice(const char *first, const char *other)
{
    char expected[100];

    actor_say(bob, alice, other);
    scene_pass(s, 2 * HOUR_MS);
    snprintf(expected, sizeof expected, "< before\n< %s\n< %s", first, other);
    assert_history(alice, bob, expected);
    assert_int_equal(count(alice, NOTICES("sent-twice")), 0);
}

/* The anchor is of just this state, and who goes on puts no other before the copy is back: one is
 * put with what is said, the next ten minutes later. */
static void
a_store_that_was_not_closed_in_order_begins_new_chains(void **state)
{
    scene_pass(s, HOUR_MS);
    actor_say(bob, alice, "before");
    scene_pass(s, 13 * MINUTE_MS);
    snapshot(bob);
    actor_say(bob, alice, "one");
    scene_pass(s, 10 * SECOND_MS);
    put_back(bob);
    scene_pass(s, MINUTE_MS);
    assert_int_equal(count(bob, NOTICES("put-back")), 0);
    assert_no_number_twice("one", "other");
}

static enum fate
lose_puts(void *ctx, struct actor *from, const char *path)
{
    return from == bob && strcmp(path, ANCHOR_PATH) == 0 ? FATE_LOSE_REQUEST : FATE_ARRIVE;
}

static void
until_the_relay_has_an_anchor_of_this_run_chains_are_new(void **state)
{
    actor_say(bob, alice, "before");
    scene_pass(s, 2 * HOUR_MS);
    close_in_order(bob);
    snapshot(bob);
    s->fate = lose_puts;
    actor_start(bob);
    scene_pass(s, MINUTE_MS);
    actor_say(bob, alice, "one");
    scene_pass(s, MINUTE_MS);
    s->fate = NULL;
    put_back(bob);
    scene_pass(s, MINUTE_MS);
    assert_int_equal(count(bob, NOTICES("put-back")), 0);
    assert_no_number_twice("one", "other");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, two_friends, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_put_every_ten_minutes_if_anything_changed_and_not_otherwise),
        TEST(one_whose_answer_was_lost_is_known_for_our_own),
        TEST(another_version_in_the_hello_is_looked_at_at_once),
        TEST(one_that_another_copy_has_put_meanwhile_begins_anew),
        TEST(a_store_that_was_not_closed_in_order_begins_new_chains),
        TEST(until_the_relay_has_an_anchor_of_this_run_chains_are_new),
    };
    return cmocka_run_group_tests_name("scenarios-anchor", tests, NULL, NULL);
}
