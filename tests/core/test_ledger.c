/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The delivery ledger: each kind of gap is counted in one place, and once.
 */
#include "tests/core/pair.h"

#include "core/chains.h"
#include "core/clearing.h"
#include "core/contacts.h"
#include "core/ledger.h"

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

static struct ledger
ledger_of(struct person *p)
{
    struct ledger l;

    assert_ok(ledger_get(p->engine, p->contact, &l));
    return l;
}

static void
assert_gaps(struct person *p, int64_t asking, int64_t missing, int64_t own)
{
    struct ledger l = ledger_of(p);

    assert_int_equal(l.asking.count, asking);
    assert_int_equal(l.missing.count, missing);
    assert_int_equal(l.own.count, own);
}

/* Of three messages the one in the middle does not open. */
static void
bob_misses_one(void)
{
    bob->away = true;
    size_t before = bob->count;
    person_say_many(alice, 3, 100);
    bob->items[before + 1].envelope.p[2000] ^= 1;
    bob->away = false;
}

/* Alice acknowledges to hold UPTO of CHAIN, NULL: of the one bob is in. */
static void
alice_claims(const struct chain_id *chain, uint64_t upto)
{
    AUTO(tx_done) struct tx tx = {0};
    struct chain_ack ack = {.upto = upto};
    struct chain_place place;
    struct contact c;

    assert_ok(contact_get(bob->engine, bob->contact, &c));
    assert_ok(tx_begin(bob->engine->db, &tx));
    if (chain == NULL) {
        assert_ok(chain_next(bob->engine, &c, &place));
        ack.chain = place.chain;
        ack.upto += place.seq - 1;
    } else {
        ack.chain = *chain;
    }
    assert_ok(chain_acked(bob->engine, &c, &ack));
    assert_ok(tx_commit(&tx));
}

/* --- */

static void
nothing_is_missing_where_all_was_heard(void **state)
{
    person_say_many(alice, 3, 100);
    pair_run(&pair, HOUR_MS);
    assert_gaps(bob, 0, 0, 0);
    assert_gaps(alice, 0, 0, 0);
}

static void
a_gap_is_asked_for_until_it_heals(void **state)
{
    bob_misses_one();
    pair_run(&pair, 20 * 1000);
    assert_gaps(bob, 1, 0, 0);
    pair_run(&pair, 10 * MINUTE_MS);
    assert_gaps(bob, 0, 0, 0);
}

static void
a_gap_that_the_sender_cannot_fill_is_missing(void **state)
{
    bob_misses_one();
    assert_ok(db_run(alice->engine->db, "UPDATE messages SET shared=NULL WHERE text='m2'", ""));
    pair_run(&pair, HOUR_MS);
    assert_gaps(bob, 0, 1, 0);
}

static void
a_gap_that_nobody_answers_for_is_missing(void **state)
{
    bob_misses_one();
    alice->away = true;
    pair_run(&pair, 20 * 1000);
    assert_gaps(bob, 1, 0, 0);
    pair_run(&pair, 30 * DAY_MS);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM gaps WHERE state=0"), 1);
    assert_gaps(bob, 0, 1, 0);
}

static void
what_is_too_far_back_is_one_gap_beside_those_that_are_asked_for(void **state)
{
    person_say(alice, "m1");
    assert_ok(db_run(alice->engine->db, "UPDATE chains_out SET next_seq=next_seq+100000", ""));
    person_say(alice, "m2");
    pair_run(&pair, 20 * 1000);
    int64_t asked = person_count(bob, "SELECT count(*) FROM gaps WHERE state=0");
    assert_true(asked > 0);
    assert_gaps(bob, asked, 1, 0);
}

static void
what_we_said_elsewhere_is_no_gap_of_theirs(void **state)
{
    const struct chain_id other = {{7}};

    person_say(bob, "m1");
    alice_claims(NULL, 3); /* more than we said in this chain */
    assert_gaps(bob, 0, 0, 3);
    alice_claims(&other, 5); /* a chain that we do not know */
    assert_gaps(bob, 0, 0, 8);
    alice_claims(NULL, 4);
    assert_gaps(bob, 0, 0, 9);
    alice_claims(NULL, 2);
    assert_gaps(bob, 0, 0, 9);
}

static void
each_kind_is_counted_once_beside_the_others(void **state)
{
    const struct chain_id other = {{7}};

    bob_misses_one();
    assert_ok(db_run(alice->engine->db, "UPDATE messages SET shared=NULL WHERE text='m2'", ""));
    alice_claims(&other, 5);
    pair_run(&pair, HOUR_MS);
    bob_misses_one();
    pair_run(&pair, 20 * 1000);
    assert_gaps(bob, 1, 1, 5);
    struct ledger l = ledger_of(bob);
    int64_t gone = person_count(
        bob, "SELECT id FROM messages WHERE type=0 AND outgoing=0 ORDER BY id LIMIT 1");
    assert_int_equal(l.missing.message, gone);
    assert_int_equal(l.own.message,
                     person_count(bob, "SELECT id FROM messages WHERE type=0 AND outgoing=1"));
    assert_int_equal(l.asking.message,
                     person_count(bob, "SELECT max(id) FROM messages WHERE type=0"));
}

static void
what_lay_in_a_deleted_conversation_is_not_missing(void **state)
{
    bob_misses_one();
    alice_claims(NULL, 3);
    alice->away = true;
    pair_run(&pair, 30 * DAY_MS);
    assert_gaps(bob, 0, 1, 3);
    assert_ok(conversation_delete(bob->engine, bob->contact));
    assert_gaps(bob, 0, 0, 0);
    pair_run(&pair, MINUTE_MS);
    assert_gaps(bob, 0, 0, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_missing_where_all_was_heard, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_gap_is_asked_for_until_it_heals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_gap_that_the_sender_cannot_fill_is_missing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_gap_that_nobody_answers_for_is_missing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            what_is_too_far_back_is_one_gap_beside_those_that_are_asked_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_we_said_elsewhere_is_no_gap_of_theirs, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(each_kind_is_counted_once_beside_the_others, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_lay_in_a_deleted_conversation_is_not_missing, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests_name("core-ledger", tests, NULL, NULL);
}
