/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Receipts (B10): what tells the sender that his message was delivered or read; coalesced, delayed,
 * mutual, and never where they would tell a stranger anything.
 */
#include "tests/core/pair.h"

#include "core/outbox.h"

static struct pair pair;
static struct person *const alice = &pair.people[ALICE], *const bob = &pair.people[BOB];

static int
set_up(void **state)
{
    pair = (struct pair){0};
    pair_open(&pair);
    return 0;
}

static int
tear_down(void **state)
{
    pair_close(&pair);
    return 0;
}

static void
set(struct person *p, const char *key, int64_t value)
{
    assert_ok(meta_set_int(p->engine->db, key, value));
}

static void
both_show_what_they_read(void)
{
    set(alice, "set.receipts.read", 1);
    set(bob, "set.receipts.read", 1);
}

/* Bob's client shows him everything there is. */
static void
bob_reads(void)
{
    assert_ok(messages_mark_read(bob->engine, bob->contact, INT64_MAX));
    assert_int_equal(person_count(bob, "SELECT count(*) FROM messages WHERE unread=1"), 0);
    assert_int_equal(person_count(bob, "SELECT ifnull(sum(unread),0) FROM conversations"), 0);
}

static int64_t
in_state(enum message_state state)
{
    int64_t n;
    assert_ok(db_get_int(alice->engine->db, &n,
                         "SELECT count(*) FROM messages WHERE outgoing=1 AND state=?1", "i",
                         (int64_t)state));
    return n;
}

/* A content of any type, as a program of another version might send it. */
static void
alice_sends(enum content_type type)
{
    AUTO(tx_done) struct tx tx = {0};
    int64_t row;

    assert_ok(tx_begin(alice->engine->db, &tx));
    assert_ok(outbox_add(alice->engine, &(struct outgoing){.contact = alice->contact, .type = type},
                         &row));
    assert_ok(tx_commit(&tx));
}

/* --- delivered --- */

static void
one_receipt_after_a_while_tells_of_many_messages(void **state)
{
    person_say_many(alice, 10, 100);
    pair_run(&pair, 3000);
    pair_assert_heard(&pair, BOB, pair_upto(10));
    assert_int_equal(alice->count, 0);
    assert_int_equal(in_state(MESSAGE_AT_RELAY), 10);
    pair_run(&pair, 2 * MINUTE_MS);
    assert_int_equal(alice->count, 1);
    assert_int_equal(in_state(MESSAGE_DELIVERED), 10);
}

static void
who_is_talking_gets_receipts_within_two_seconds(void **state)
{
    person_say(bob, "m1");
    pair_run(&pair, 1000);
    size_t before = alice->count;
    person_say(alice, "m1");
    pair_run(&pair, 2500);
    assert_int_equal(alice->count, before + 1);
    assert_int_equal(in_state(MESSAGE_DELIVERED), 1);
}

static void
no_receipts_are_sent_when_they_are_turned_off(void **state)
{
    set(bob, "set.receipts.delivered", 0);
    person_say_many(alice, 5, 1000);
    pair_run(&pair, HOUR_MS);
    assert_int_equal(alice->count, 0);
    pair_run(&pair, 12 * HOUR_MS); /* the plain acknowledgement does not depend on it (B6.7) */
    assert_int_equal(alice->count, 1);
    assert_int_equal(in_state(MESSAGE_DELIVERED), 5);
}

static void
edits_and_unknown_types_cause_no_receipt(void **state)
{
    both_show_what_they_read();
    alice_sends((enum content_type)2);
    alice_sends((enum content_type)4);
    alice_sends((enum content_type)73);
    alice_sends((enum content_type)99);
    alice_sends((enum content_type)200);
    alice_sends(CONTENT_ACK);
    pair_run(&pair, 5 * MINUTE_MS);
    bob_reads();
    pair_run(&pair, HOUR_MS);
    assert_int_equal(bob->count, 6);
    assert_int_equal(alice->count, 0);
}

static void
what_comes_twice_causes_one_receipt(void **state)
{
    person_say_many(alice, 3, 1000);
    pair_run(&pair, 10 * MINUTE_MS);
    size_t receipts = alice->count;
    for (size_t i = 0; i < 3; i++)
        person_hand_over(bob, i);
    pair_run(&pair, HOUR_MS);
    assert_int_equal(alice->count, receipts);
}

static void
who_is_removed_or_blocked_meanwhile_gets_no_receipt(void **state)
{
    both_show_what_they_read();
    person_say(alice, "m1");
    pair_run(&pair, 1000);
    bob_reads();
    pair_assert_heard(&pair, BOB, "m1");
    assert_ok(contact_block(bob->engine, bob->contact));
    pair_run(&pair, DAY_MS);
    assert_int_equal(alice->count, 0);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM receipts_due"), 0);
}

/* --- read --- */

static void
what_was_read_is_shown_as_read(void **state)
{
    both_show_what_they_read();
    person_say_many(alice, 3, 100);
    pair_run(&pair, 10 * MINUTE_MS);
    assert_int_equal(in_state(MESSAGE_DELIVERED), 3);
    bob_reads();
    pair_run(&pair, 10 * MINUTE_MS);
    assert_int_equal(in_state(MESSAGE_READ), 3);
    assert_int_equal(alice->count, 2);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM outbox"), 0);
}

static void
one_receipt_tells_delivered_and_read(void **state)
{
    both_show_what_they_read();
    person_say_many(alice, 3, 100);
    pair_run(&pair, 1000);
    bob_reads();
    pair_run(&pair, 10 * MINUTE_MS);
    assert_int_equal(alice->count, 1);
    assert_int_equal(in_state(MESSAGE_READ), 3);
}

static void
only_what_was_shown_is_read(void **state)
{
    both_show_what_they_read();
    person_say_many(alice, 3, 1000);
    pair_run(&pair, 10 * MINUTE_MS);
    assert_int_equal(in_state(MESSAGE_READ), 0);
    int64_t first = person_count(bob, "SELECT min(id) FROM messages");
    assert_ok(messages_mark_read(bob->engine, bob->contact, first));
    pair_run(&pair, 10 * MINUTE_MS);
    assert_int_equal(in_state(MESSAGE_READ), 1);
    assert_ok(messages_mark_read(bob->engine, bob->contact, first));
    size_t before = alice->count;
    pair_run(&pair, HOUR_MS);
    assert_int_equal(alice->count, before);
}

static void
who_does_not_show_it_tells_nobody(void **state)
{
    set(alice, "set.receipts.read", 1);
    person_say(alice, "m1");
    pair_run(&pair, 10 * MINUTE_MS);
    size_t before = alice->count;
    bob_reads();
    pair_run(&pair, HOUR_MS);
    assert_int_equal(alice->count, before);
    assert_int_equal(in_state(MESSAGE_DELIVERED), 1);
    /* Turned on later, it does not tell of what was read before. */
    set(bob, "set.receipts.read", 1);
    bob_reads();
    pair_run(&pair, HOUR_MS);
    assert_int_equal(in_state(MESSAGE_READ), 0);
}

static void
who_does_not_show_it_is_not_shown_it(void **state)
{
    set(bob, "set.receipts.read", 1);
    person_say(alice, "m1");
    pair_run(&pair, 1000);
    bob_reads();
    pair_run(&pair, HOUR_MS);
    assert_int_equal(in_state(MESSAGE_READ), 0);
    assert_int_equal(in_state(MESSAGE_DELIVERED), 1);
}

static void
a_late_acknowledgement_takes_nothing_back(void **state)
{
    both_show_what_they_read();
    person_say(alice, "m1");
    pair_run(&pair, 1000);
    bob_reads();
    pair_run(&pair, 10 * MINUTE_MS);
    assert_int_equal(in_state(MESSAGE_READ), 1);
    person_say(bob, "m1"); /* with it the acknowledgement of the chain */
    pair_run(&pair, DAY_MS);
    assert_int_equal(in_state(MESSAGE_READ), 1);
}

static void
a_crash_before_the_receipt_only_delays_it(void **state)
{
    both_show_what_they_read();
    person_say(alice, "m1");
    pair_run(&pair, 1000);
    bob_reads();
    person_crash(bob);
    pair_run(&pair, 10 * MINUTE_MS);
    assert_int_equal(in_state(MESSAGE_READ), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_receipt_after_a_while_tells_of_many_messages),
        TEST(who_is_talking_gets_receipts_within_two_seconds),
        TEST(no_receipts_are_sent_when_they_are_turned_off),
        TEST(edits_and_unknown_types_cause_no_receipt),
        TEST(what_comes_twice_causes_one_receipt),
        TEST(who_is_removed_or_blocked_meanwhile_gets_no_receipt),
        TEST(what_was_read_is_shown_as_read),
        TEST(one_receipt_tells_delivered_and_read),
        TEST(only_what_was_shown_is_read),
        TEST(who_does_not_show_it_tells_nobody),
        TEST(who_does_not_show_it_is_not_shown_it),
        TEST(a_late_acknowledgement_takes_nothing_back),
        TEST(a_crash_before_the_receipt_only_delays_it),
    };
    return cmocka_run_group_tests_name("core-receipts", tests, NULL, NULL);
}
