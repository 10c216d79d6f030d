/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a contact can make us send, or show, by asking without end (B6.4 to B6.7, B18.3): so much
 * and no more; and nothing at all once its keys are in doubt.
 */
#include "tests/core/pair.h"

#include <stdio.h>

#include "core/outbox.h"
#include "core/own_gaps.h"

#define QUEUED_RESENDS "SELECT count(*) FROM outbox WHERE type=22 AND state=0"

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
queue(struct person *p, enum content_type type, struct span body)
{
    AUTO(tx_done) struct tx tx = {0};
    int64_t row;

    assert_ok(act_begin(p->engine, &tx));
    assert_ok(outbox_add(
        p->engine, &(struct outgoing){.contact = p->contact, .type = type, .body = body}, &row));
    assert_ok(act_end(p->engine, &tx, OK));
}

static bool
bob_delivers_nothing(struct person *p, const struct transport_request *r)
{
    if (p->who != BOB || strcmp(r->path, "/v1/deliver") != 0)
        return false;
    person_answer(p, r->id, &(struct transport_answer){.status = 503}, NULL);
    return true;
}

/* Alice asks for the first content of Bob's chain again. */
static void
ask_again(void)
{
    AUTO(buf_done) struct buf body = BUF(SHARED_MAX), chain = BUF(8);
    Wire__ResendRequest r = WIRE__RESEND_REQUEST__INIT;
    uint64_t seq = 1;

    assert_ok(db_get_bytes(bob->engine->db, &chain, "SELECT chain FROM chains_out", ""));
    r.chain = (ProtobufCBinaryData){chain.n, chain.p};
    r.seqs = &seq;
    r.n_seqs = 1;
    wire_pack(&body, &r.base);
    queue(alice, CONTENT_RESEND_REQUEST, buf_span(&body));
    pair_run(&pair, MINUTE_MS);
}

static void
reset(struct person *p)
{
    AUTO(buf_done) struct buf body = BUF(SHARED_MAX);
    Wire__SessionReset r = WIRE__SESSION_RESET__INIT;

    r.reason = 1;
    wire_pack(&body, &r.base);
    queue(p, CONTENT_SESSION_RESET, buf_span(&body));
    pair_run(&pair, MINUTE_MS);
}

static void
ten_requests_an_hour_are_answered(void **state)
{
    person_say(bob, "m1"); /* at the beginning of an hour */
    pair_run(&pair, MINUTE_MS);
    pair.clerk = bob_delivers_nothing;
    for (int i = 0; i < 15; i++)
        ask_again();
    assert_int_equal(person_count(bob, QUEUED_RESENDS), 10);
    pair_run(&pair, HOUR_MS);
    ask_again();
    assert_int_equal(person_count(bob, QUEUED_RESENDS), 11);
}

/* Much comes in every hour, and Bob has nothing to say. */
static void
eight_acknowledgements_a_day_go_out(void **state)
{
    assert_ok(meta_set_int(bob->engine->db, "set.receipts.delivered", 0));
    for (int i = 0; i < 20; i++) {
        person_say(alice, "x");
        pair_run(&pair, MINUTE_MS);
        assert_ok(db_run(bob->engine->db, "UPDATE chains_in SET owed=32 WHERE owed>0", ""));
        pair_run(&pair, HOUR_MS - MINUTE_MS);
    }
    assert_int_equal(alice->count, 8);
    pair_run(&pair, 6 * HOUR_MS); /* the next day */
    assert_int_equal(alice->count, 9);
}

/* In two chains: 100 fill an answer, and one limit holds for all of a reset. */
static void
a_reset_is_answered_with_a_thousand_contents(void **state)
{
    person_say(bob, "m1");
    pair_run(&pair, MINUTE_MS);
    assert_ok(db_run(bob->engine->db, "UPDATE chains_out SET next_seq=701", ""));
    assert_ok(db_run(bob->engine->db,
                     "INSERT INTO chains_out(contact,chain,next_seq,last_hash,current) "
                     "SELECT contact,zeroblob(8),1501,last_hash,0 FROM chains_out",
                     ""));
    pair.clerk = bob_delivers_nothing;
    reset(alice);
    assert_int_equal(person_count(bob, QUEUED_RESENDS), 10);
}

/* Alice does not hear of Bob's reset, and goes on in the session that he lost. */
static void
one_reset_is_out_at_a_time(void **state)
{
    person_say(alice, "m1");
    person_say(bob, "m1");
    pair_run(&pair, DAY_MS); /* with whatever acknowledges them */
    size_t before = alice->count;
    alice->away = true;
    assert_ok(db_run(bob->engine->db, "DELETE FROM sessions", ""));
    for (int i = 0; i < 10; i++) {
        person_say(alice, "x");
        pair_run(&pair, HOUR_MS);
    }
    assert_int_equal(person_count(bob, "SELECT resets FROM failures"), 1);
    assert_int_equal(alice->count, before + 1);
    pair_run(&pair, DAY_MS); /* by now it is taken for lost */
    person_say(alice, "x");
    pair_run(&pair, HOUR_MS);
    assert_int_equal(alice->count, before + 2);
}

static void
claim(uint8_t chain, int64_t upto)
{
    AUTO(tx_done) struct tx tx = {0};
    struct chain_id id = {.b = {1, chain}};
    struct contact c;

    assert_ok(contact_get(bob->engine, bob->contact, &c));
    assert_ok(act_begin(bob->engine, &tx));
    assert_ok(own_gap_unknown(bob->engine, &c, &id, upto));
    assert_ok(act_end(bob->engine, &tx, OK));
}

/* Chains that we never had are for the contact to make up. */
static void
sixteen_own_gaps_a_contact_are_named(void **state)
{
    for (uint8_t i = 0; i < 20; i++)
        claim(i, 3);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM own_gaps"), 16);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM messages WHERE state=8"), 16);
    claim(0, 7); /* one that is named may still grow */
    assert_int_equal(person_count(bob, "SELECT count(*) FROM messages WHERE text='7'"), 1);
}

/* DOUBT: what a contact is set to. */
static void
assert_nothing_goes_out(const char *doubt)
{
    char sql[64];

    person_say(bob, "m1");
    pair_run(&pair, MINUTE_MS);
    size_t before = alice->count;
    ask_again();
    assert_int_equal(alice->count, before + 1);
    reset(alice);
    assert_int_equal(alice->count, before + 2);
    snprintf(sql, sizeof sql, "UPDATE contacts SET %s", doubt);
    assert_ok(db_run(bob->engine->db, sql, ""));
    ask_again();
    reset(alice);
    assert_ok(db_run(bob->engine->db, "DELETE FROM sessions", ""));
    person_say(alice, "x"); /* which Bob cannot read */
    pair_run(&pair, 5 * HOUR_MS);
    assert_int_equal(alice->count, before + 2);
}

static void
nothing_is_mended_with_a_changed_key(void **state)
{
    assert_nothing_goes_out("changed_to=zeroblob(32)");
}

static void
nothing_is_mended_in_a_fork(void **state)
{
    assert_nothing_goes_out("forked=1");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ten_requests_an_hour_are_answered),
        TEST(eight_acknowledgements_a_day_go_out),
        TEST(a_reset_is_answered_with_a_thousand_contents),
        TEST(one_reset_is_out_at_a_time),
        TEST(sixteen_own_gaps_a_contact_are_named),
        TEST(nothing_is_mended_with_a_changed_key),
        TEST(nothing_is_mended_in_a_fork),
    };
    return cmocka_run_group_tests_name("core-limits", tests, NULL, NULL);
}
