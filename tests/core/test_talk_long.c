/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Two people talk for weeks, or about everything at once, through a bad post office: every message
 * exactly once and in order on both sides.
 */
#include "tests/core/pair.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/relay_state.h"
#include "core/transient.h"

static struct pair pair;
static struct person *const alice = &pair.people[ALICE], *const bob = &pair.people[BOB];

static int
set_up(void **state)
{
    const char *seed = getenv("SNUG_SEED"); /* to look for other misfortunes */

    pair = (struct pair){.seed = seed == NULL ? 0 : (unsigned)atoi(seed)};
    pair_open(&pair);
    return 0;
}

static int
tear_down(void **state)
{
    pair_close(&pair);
    return 0;
}

/* The relay keeps 21 days; what it dropped is asked for and said again. */
static void
five_weeks_offline_are_made_up_for(void **state)
{
    person_say_many(alice, 1, HOUR_MS);
    bob->away = true;
    for (int i = 2; i <= 35; i++) {
        char text[16];
        snprintf(text, sizeof text, "m%d", i);
        person_say(alice, text);
        pair_run(&pair, DAY_MS);
    }
    bob->away = false;
    pair_run(&pair, 3 * DAY_MS);
    pair_assert_heard(&pair, BOB, pair_upto(35));
    person_say(alice, "m36");
    pair_run(&pair, DAY_MS);
    pair_assert_heard(&pair, BOB, pair_upto(36));
}

static void
no_more_than_a_thousand_are_out_at_once(void **state)
{
    bob->away = true;
    for (int i = 0; i < 1100; i++)
        person_say(alice, "x");
    pair_run(&pair, DAY_MS);
    assert_int_equal(bob->count, 1000);
    bob->away = false;
    pair_run(&pair, DAY_MS);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM messages WHERE type=1"), 1100);
    assert_int_equal(person_count(alice, DELIVERED), 1100);
}

/* Both wait for the other's acknowledgement, and receipts are off: a plain one has to pass. */
static void
two_who_are_at_their_limit_come_free_again(void **state)
{
    for (int i = 0; i < 2; i++) {
        pair.people[i].away = true;
        assert_ok(meta_set_int(pair.people[i].engine->db, "set.receipts.delivered", 0));
    }
    for (int i = 0; i < 1020; i++) {
        person_say(alice, "x");
        person_say(bob, "y");
    }
    pair_run(&pair, HOUR_MS);
    alice->away = bob->away = false;
    pair_run(&pair, 3 * DAY_MS);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM messages WHERE text='x'"), 1020);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM messages WHERE text='y'"), 1020);
    assert_int_equal(person_count(alice, DELIVERED), 1020);
    assert_int_equal(person_count(bob, DELIVERED), 1020);
}

/* --- the jump that libsignal makes at most, B6.2 and B10 --- */

static bool
lose_transient(struct person *p, const struct transport_request *r)
{
    AUTO(deliver_freep) Wire__Deliver *d = NULL;

    if (strcmp(r->path, "/v1/deliver") != 0)
        return false;
    assert_ok(deliver_read(r->body, &d));
    if (d->transient)
        person_answer(p, r->id, &(struct transport_answer){.status = 202}, NULL);
    return d->transient;
}

static enum err
say_typing(struct person *p)
{
    uint8_t on[] = {0x08, 1};
    enum err r = transient_send(p->engine, &(struct transient_content){.contact = p->contact,
                                                                       .type = CONTENT_TYPING,
                                                                       .body = SPAN(on, 2)});
    pair_run(&pair, 1);
    return r;
}

static void
queue_acks(struct person *p, int count)
{
    AUTO(tx_done) struct tx tx = {0};
    int64_t id;

    assert_ok(act_begin(p->engine, &tx));
    for (int i = 0; i < count; i++)
        assert_ok(outbox_add(p->engine,
                             &(struct outgoing){.contact = p->contact, .type = CONTENT_ACK}, &id));
    assert_ok(act_end(p->engine, &tx, OK));
}

/* Transient contents first, then messages, then all that may pass them; and only the last of it
 * arrives. */
static void
nobody_has_to_jump_further_than_the_ratchet_can(void **state)
{
    pair.clerk = lose_transient;
    person_say(alice, "hello");
    pair_run(&pair, HOUR_MS);
    person_say(bob, "hello");
    pair_run(&pair, HOUR_MS);
    alice->engine->links->stream.state = STREAM_OPEN;
    bob->away = true;
    size_t before = bob->count;
    for (int i = 0; i < TRANSIENT_UNANSWERED_MAX; i++)
        assert_ok(say_typing(alice));
    for (int i = 0; i < UNACKNOWLEDGED_MAX; i++)
        person_say(alice, "x");
    queue_acks(alice, 1200);
    pair_run(&pair, DAY_MS);
    assert_in_range(bob->count - before, 1690, 1700); /* with the 200, below 2,000 */
    assert_err(say_typing(alice), ERR_LIMIT);
    person_hand_over(bob, bob->count - 1);
    assert_int_equal(person_count(bob, RESETS), 0);
    bob->away = false;
    pair_run(&pair, DAY_MS);
    assert_int_equal(person_count(bob, RESETS), 0);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM messages WHERE text='x'"), 1000);
    assert_ok(say_typing(alice));
}

static void
assert_each_once_in_order(enum who from, enum who to, int said)
{
    AUTO(query_done) struct query q;
    int64_t last = 0, count = 0;

    assert_ok(db_query(pair.people[to].engine->db, &q,
                       "SELECT CAST(substr(text,2) AS INTEGER) FROM messages WHERE outgoing=0 AND "
                       "type=1 ORDER BY id",
                       ""));
    while (query_next(&q)) {
        assert_int_equal(query_int(&q, 0), last + 1);
        last = query_int(&q, 0);
        count++;
    }
    assert_ok(query_end(&q));
    assert_int_equal(count, said);
    assert_int_equal(person_count(&pair.people[from],
                                  "SELECT count(*) FROM messages WHERE outgoing=1 AND state<>3"),
                     0);
}

static void
loss_repetition_disorder_and_crashes_lose_nothing(void **state)
{
    int said[2] = {0, 0};

    pair.faults = (struct post_faults){
        .lose_request = 100, .lose_answer = 100, .repeat = 100, .shuffle = 100, .crash = 10};
    for (int i = 0; i < 3000; i++) {
        int who = pair_chance(&pair, 2);
        char text[16];
        snprintf(text, sizeof text, "m%d", ++said[who]);
        person_say(&pair.people[who], text);
        if (pair_chance(&pair, 50) == 0)
            person_crash(&pair.people[pair_chance(&pair, 2)]);
        if (pair_chance(&pair, 4) == 0)
            pair_run(&pair, pair_chance(&pair, 60000));
    }
    assert_true(bob->count + alice->count > (size_t)(said[ALICE] + said[BOB])); /* it was bad */
    pair.faults = (struct post_faults){0};
    pair_run(&pair, 3 * DAY_MS);
    assert_each_once_in_order(ALICE, BOB, said[ALICE]);
    assert_each_once_in_order(BOB, ALICE, said[BOB]);
    assert_int_equal(person_count(bob, RESETS), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(five_weeks_offline_are_made_up_for),
        TEST(no_more_than_a_thousand_are_out_at_once),
        TEST(two_who_are_at_their_limit_come_free_again),
        TEST(nobody_has_to_jump_further_than_the_ratchet_can),
        TEST(loss_repetition_disorder_and_crashes_lose_nothing),
    };
    return cmocka_run_group_tests_name("core-talk_long", tests, NULL, NULL);
}
