/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Two people talk through a bad post office: every message exactly once and in order on both sides,
 * or a named gap; nothing blocked for ever.
 */
#include "tests/core/pair.h"

#include <stdio.h>

#include "core/inbox.h"
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
messages_arrive_in_order_and_are_acknowledged(void **state)
{
    person_say_many(alice, 20, 500);
    person_say_many(bob, 20, 500);
    pair_run(&pair, 10 * MINUTE_MS);
    pair_assert_heard(&pair, BOB, pair_upto(20));
    pair_assert_heard(&pair, ALICE, pair_upto(20));
    assert_int_equal(person_count(alice, DELIVERED), 20);
    assert_int_equal(person_count(bob, DELIVERED), 20);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM outbox"), 0);
    assert_int_equal(person_count(bob, RESETS), 0);
}

static void
a_burst_leaves_in_the_order_it_was_said(void **state)
{
    person_say_many(alice, 60, 0);
    pair_run(&pair, MINUTE_MS);
    pair_assert_heard(&pair, BOB, pair_upto(60));
}

static void
a_week_offline_loses_nothing(void **state)
{
    bob->away = true;
    person_say_many(alice, 14, 12 * HOUR_MS);
    pair_assert_heard(&pair, BOB, "");
    bob->away = false;
    pair_run(&pair, HOUR_MS);
    pair_assert_heard(&pair, BOB, pair_upto(14));
    pair_run(&pair, 12 * HOUR_MS);
    assert_int_equal(person_count(alice, DELIVERED), 14);
}

static void
a_lost_answer_repeats_the_same_bytes(void **state)
{
    pair.faults.lose_answer = 500;
    person_say_many(alice, 20, 0);
    pair_run(&pair, 6 * HOUR_MS);
    pair_assert_heard(&pair, BOB, pair_upto(20));
    assert_int_equal(bob->count, 20);
}

static void
a_lost_acknowledgement_is_made_up_for(void **state)
{
    person_say_many(alice, 40, 100);
    pair.status = 503; /* nothing of Bob's gets through */
    pair_run(&pair, DAY_MS);
    assert_int_equal(person_count(alice, DELIVERED), 0);
    pair.status = 0;
    pair_run(&pair, DAY_MS);
    assert_int_equal(person_count(alice, DELIVERED), 40);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM outbox"), 0);
}

static void
what_the_relay_repeats_changes_nothing(void **state)
{
    pair.faults.repeat = 1000;
    person_say_many(alice, 10, 1000);
    pair_run(&pair, HOUR_MS);
    pair_assert_heard(&pair, BOB, pair_upto(10));
    /* Each item again at each later turn. */
    size_t count = bob->count;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j <= i; j++)
            person_hand_over(bob, j);
    pair_run(&pair, DAY_MS);
    pair_assert_heard(&pair, BOB, pair_upto(10));
    assert_int_equal(person_count(bob, RESETS), 0);
    assert_int_equal(person_count(alice, RESETS), 0);
}

static void
items_out_of_order_find_their_places(void **state)
{
    bob->away = true;
    person_say_many(alice, 8, 100);
    bob->away = false;
    const size_t order[] = {2, 0, 1, 7, 6, 3, 5, 4};
    for (size_t i = 0; i < 8; i++)
        person_hand_over(bob, order[i]);
    pair_assert_heard(&pair, BOB, pair_upto(8));
    pair_run(&pair, 10 * MINUTE_MS);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM gaps"), 0);
    assert_int_equal(person_count(alice, DELIVERED), 8);
}

/* One item in the middle never opens: the rest goes on, and what it was is said again. */
static void
a_damaged_item_leaves_a_gap_that_heals(void **state)
{
    bob->away = true;
    person_say_many(alice, 5, 100);
    bob->items[2].envelope.p[2000] ^= 1;
    bob->away = false;
    pair_run(&pair, 20 * 1000);
    pair_assert_heard(&pair, BOB, "m1 m2 [gap] m4 m5");
    pair_run(&pair, 5 * MINUTE_MS);
    pair_assert_heard(&pair, BOB, pair_upto(5));
    assert_int_equal(person_count(bob, RESETS), 0);
}

static void
a_gap_that_nobody_can_fill_is_named(void **state)
{
    bob->away = true;
    person_say_many(alice, 3, 100);
    bob->items[1].envelope.p[2000] ^= 1;
    assert_ok(db_run(alice->engine->db, "UPDATE messages SET shared=NULL WHERE text='m2'", ""));
    bob->away = false;
    pair_run(&pair, HOUR_MS);
    pair_assert_heard(&pair, BOB, "m1 [gone] m3");
    pair_run(&pair, DAY_MS);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM outbox"), 0);
}

/* Bob's session is lost: his next failure resets it, and nothing is missing afterwards. */
static void
a_lost_session_heals_by_itself(void **state)
{
    person_say_many(alice, 3, 1000);
    person_say_many(bob, 1, HOUR_MS);
    assert_ok(db_run(bob->engine->db, "DELETE FROM sessions", ""));
    for (int i = 4; i <= 6; i++) {
        char text[16];
        snprintf(text, sizeof text, "m%d", i);
        person_say(alice, text);
    }
    pair_run(&pair, 10 * MINUTE_MS);
    pair_assert_heard(&pair, BOB, pair_upto(6));
    assert_int_equal(person_count(alice, DELIVERED), 6);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM failures WHERE resets=1"), 1);
    assert_int_equal(person_count(alice, RESETS), 0);
}

static void
two_weeks_without_a_relay_are_not_delivered_by_name(void **state)
{
    pair.status = 507;
    int64_t id = person_say(alice, "m1");
    pair_run(&pair, 15 * DAY_MS);
    assert_int_equal(person_count(alice, "SELECT state FROM messages"), MESSAGE_FAILED);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM outbox"), 0);
    assert_true(id > 0);
}

static void
what_is_never_acknowledged_ends_unconfirmed(void **state)
{
    bob->away = true;
    person_say(alice, "m1");
    pair_run(&pair, 36 * DAY_MS);
    assert_int_equal(person_count(alice, "SELECT state FROM messages"), MESSAGE_UNCONFIRMED);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM outbox"), 0);
}

static void
a_token_that_is_gone_is_shown_and_tried_again(void **state)
{
    pair.status = 404;
    person_say(alice, "m1");
    pair_run(&pair, MINUTE_MS);
    assert_int_equal(person_count(alice, "SELECT unreachable FROM contacts WHERE state=3"), 1);
    pair.status = 0;
    pair_run(&pair, HOUR_MS);
    assert_int_equal(person_count(alice, "SELECT unreachable FROM contacts WHERE state=3"), 0);
    pair_assert_heard(&pair, BOB, "m1");
}

static void
an_envelope_that_somebody_else_made_is_dropped_without_a_word(void **state)
{
    uint8_t junk[ENVELOPE_B1] = {1, 0, 0, 0, 1};

    person_say_many(alice, 1, MINUTE_MS);
    int64_t before = person_count(bob, "SELECT count(*) FROM seen");
    assert_ok(inbox_item(bob->engine, QUEUE_DEVICE, ++bob->n, 0, SPAN(junk, sizeof junk)));
    assert_ok(inbox_item(bob->engine, QUEUE_DEVICE, ++bob->n, 0, SPAN(junk, 77)));
    /* A device item in the request queue, and the other way round. */
    assert_ok(inbox_item(bob->engine, QUEUE_REQUEST, 1, 0, buf_span(&bob->items[0].envelope)));
    pair_run(&pair, HOUR_MS);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM seen"), before);
    assert_int_equal(person_count(bob, RESETS), 0);
    pair_assert_heard(&pair, BOB, "m1");
}

/* The first message again in a fresh envelope, as its sender makes one when a key was replaced, and
 * as nobody else can. */
static void
an_initial_message_in_another_envelope_is_a_replay(void **state)
{
    AUTO(buf_done) struct buf first = BUF(ENVELOPE_B3);

    pair.status = 503;
    person_say(alice, "m1");
    pair_run(&pair, 1000);
    assert_ok(db_get_bytes(alice->engine->db, &first, "SELECT envelope FROM outbox", ""));
    assert_ok(inbox_item(bob->engine, QUEUE_DEVICE, ++bob->n, 0, buf_span(&first)));
    assert_ok(db_run(alice->engine->db, "UPDATE outbox SET envelope=NULL,idem=NULL", ""));
    pair.status = 0;
    pair_run(&pair, HOUR_MS);
    assert_int_equal(bob->count, 1);
    assert_false(span_equal(buf_span(&bob->items[0].envelope), buf_span(&first)));
    pair_assert_heard(&pair, BOB, "m1");
    assert_int_equal(person_count(bob, RESETS), 0);
    assert_int_equal(person_count(alice, DELIVERED), 1);
}

static void
queue(struct person *p, enum content_type type, struct span body)
{
    AUTO(tx_done) struct tx tx = {0};
    int64_t row;

    assert_ok(tx_begin(p->engine->db, &tx));
    assert_ok(outbox_add(
        p->engine, &(struct outgoing){.contact = p->contact, .type = type, .body = body}, &row));
    assert_ok(tx_commit(&tx));
}

static bool
bob_delivers_nothing(struct person *p, const struct transport_request *r)
{
    if (p->who != BOB || strcmp(r->path, "/v1/deliver") != 0)
        return false;
    person_answer(p, r->id, &(struct transport_answer){.status = 503}, NULL);
    return true;
}

/* Each says all that is missing, so the last answer is the only one. */
static void
resets_without_end_are_answered_once(void **state)
{
    AUTO(buf_done) struct buf body = BUF(SHARED_MAX);
    Wire__SessionReset r = WIRE__SESSION_RESET__INIT;

    person_say_many(bob, 10, 0);
    pair_run(&pair, MINUTE_MS);
    r.reason = 1;
    wire_pack(&body, &r.base);
    pair.clerk = bob_delivers_nothing;
    for (int i = 0; i < 20; i++) {
        queue(alice, CONTENT_SESSION_RESET, buf_span(&body));
        pair_run(&pair, MINUTE_MS);
    }
    assert_int_equal(person_count(bob, "SELECT count(*) FROM outbox WHERE type=22"), 1);
    pair.clerk = NULL;
    pair_run(&pair, HOUR_MS);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM outbox WHERE state=0"), 0);
    pair_assert_heard(&pair, ALICE, pair_upto(10));
}

/* One a day tells it all: a contact that does nothing else must not bury the notices of others, nor
 * fill the disk with evidence. */
static void
contradictions_without_end_are_told_once_a_day(void **state)
{
    person_say(alice, "m1");
    person_say(alice, "m2");
    pair_run(&pair, MINUTE_MS);
    for (int i = 0; i < 10; i++) {
        assert_ok(db_run(alice->engine->db, "UPDATE chains_out SET next_seq=2", ""));
        person_say(alice, "another"); /* where m2 was */
        assert_ok(db_run(alice->engine->db,
                         "UPDATE chains_out SET next_seq=?1,last_hash=zeroblob(16)", "i",
                         (int64_t)i + 3));
        person_say(alice, "one more"); /* after something else than what was there */
        pair_run(&pair, MINUTE_MS);
    }
    const char *sql = "SELECT count(*) FROM notices WHERE kind='sent-twice'";
    assert_int_equal(person_count(bob, sql), 1);
    sql = "SELECT count(*) FROM notices WHERE kind='different-before'";
    assert_int_equal(person_count(bob, sql), 1);
}

/* What a contact says to hold of ours is for it to say: no number may fill our relay's table, nor
 * leave us without a next one, for then what came with its token could not be taken. */
static void
tokens_that_were_never_minted_bring_few_of_them(void **state)
{
    uint8_t junk[ENVELOPE_B1] = {1, 0, 0, 0, 1};

    person_say(bob, "m1"); /* with which its first token is minted */
    pair_run(&pair, MINUTE_MS);
    for (int64_t claimed = 1; claimed < 40; claimed++) {
        assert_ok(db_run(alice->engine->db, "UPDATE contacts SET their_generation=?1", "i",
                         claimed << 22));
        person_say(alice, "m1");
        pair_run(&pair, MINUTE_MS);
    }
    assert_in_range(person_count(bob, "SELECT count(*) FROM tokens WHERE contact>0"), 2, 8);
    assert_ok(db_run(bob->engine->db,
                     "DELETE FROM tokens WHERE generation>(SELECT min(generation) "
                     "FROM tokens WHERE contact>0)",
                     ""));
    assert_ok(db_run(alice->engine->db, "UPDATE contacts SET their_generation=?1", "i",
                     (int64_t)UINT32_MAX - 1));
    person_say(alice, "m2");
    pair_run(&pair, MINUTE_MS);
    uint32_t tag = (uint32_t)person_count(bob, "SELECT max(tag) FROM tokens WHERE contact>0");
    for (int i = 0; i < 8; i++)
        assert_ok(inbox_item(bob->engine, QUEUE_DEVICE, ++bob->n, tag, SPAN(junk, sizeof junk)));
    person_say(alice, "m3");
    pair_run(&pair, MINUTE_MS);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM messages WHERE text='m3'"), 1);
}

/* A manifest of ours as large as one can get, beside which a long content has no room. */
static void
what_does_not_fit_beside_a_manifest_goes_after_it(void **state)
{
    static uint8_t text[TEXT_MAX], large[4000];

    memset(text, 'x', sizeof text);
    assert_ok(db_run(alice->engine->db, "UPDATE manifests SET object=?1 WHERE account=?2", "bb",
                     SPAN(large, sizeof large), SPAN_OF(alice->engine->account)));
    bob->away = true;
    int64_t id;
    assert_ok(message_send_text(alice->engine, alice->contact, SPAN(text, sizeof text), &id));
    person_say(alice, "m2");
    pair_run(&pair, MINUTE_MS);
    assert_true(bob->count >= 3);
    assert_int_equal(bob->items[0].envelope.n, ENVELOPE_B2); /* the manifest */
    assert_int_equal(bob->items[1].envelope.n, ENVELOPE_B3); /* the text, without */
    assert_int_equal(bob->items[2].envelope.n, ENVELOPE_B2); /* with it again */
    assert_int_equal(bob->count, 3);
    bob->items[0].taken = bob->items[2].taken = true; /* junk, in fact */
    bob->away = false;
    pair_run(&pair, 1000);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM messages WHERE length(text)=60000"),
                     1);
}

/* Of what an answer quotes, mentions or forwards nothing is shown yet; its text is. */
static void
a_text_with_all_its_trimmings_shows_its_text(void **state)
{
    AUTO(buf_done) struct buf body = BUF(SHARED_MAX);
    uint8_t id[16] = {1}, hash[16] = {2}, account[32] = {3};
    Wire__Mention mention = WIRE__MENTION__INIT, *mentions[] = {&mention};
    Wire__Range range = WIRE__RANGE__INIT, *ranges[] = {&range};
    Wire__Text t;

    wire__text__init(&t);
    mention.account_id = (ProtobufCBinaryData){sizeof account, account};
    mention.length = range.length = 2;
    t.text = (char *)(uintptr_t) "m1";
    t.reply_to = (ProtobufCBinaryData){sizeof id, id};
    t.reply_hash = (ProtobufCBinaryData){sizeof hash, hash};
    t.mentions = mentions;
    t.ranges = ranges;
    t.n_mentions = t.n_ranges = 1;
    t.forwarded = true;
    range.kind = 1;
    wire_pack(&body, &t.base);
    queue(alice, CONTENT_TEXT, buf_span(&body));
    pair_run(&pair, MINUTE_MS);
    pair_assert_heard(&pair, BOB, "m1");
}

static void
trouble_of_the_store_acknowledges_nothing(void **state)
{
    bob->away = true;
    person_say_many(alice, 1, MINUTE_MS);
    bob->engine->trouble = ERR_FULL;
    assert_err(inbox_item(bob->engine, QUEUE_DEVICE, 1, 0, buf_span(&bob->items[0].envelope)),
               ERR_FULL);
    bob->engine->trouble = OK;
    bob->away = false;
    pair_run(&pair, MINUTE_MS);
    pair_assert_heard(&pair, BOB, "m1");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(messages_arrive_in_order_and_are_acknowledged),
        TEST(a_burst_leaves_in_the_order_it_was_said),
        TEST(a_week_offline_loses_nothing),
        TEST(a_lost_answer_repeats_the_same_bytes),
        TEST(a_lost_acknowledgement_is_made_up_for),
        TEST(what_the_relay_repeats_changes_nothing),
        TEST(items_out_of_order_find_their_places),
        TEST(a_damaged_item_leaves_a_gap_that_heals),
        TEST(a_gap_that_nobody_can_fill_is_named),
        TEST(a_lost_session_heals_by_itself),
        TEST(two_weeks_without_a_relay_are_not_delivered_by_name),
        TEST(what_is_never_acknowledged_ends_unconfirmed),
        TEST(a_token_that_is_gone_is_shown_and_tried_again),
        TEST(an_envelope_that_somebody_else_made_is_dropped_without_a_word),
        TEST(an_initial_message_in_another_envelope_is_a_replay),
        TEST(resets_without_end_are_answered_once),
        TEST(contradictions_without_end_are_told_once_a_day),
        TEST(tokens_that_were_never_minted_bring_few_of_them),
        TEST(what_does_not_fit_beside_a_manifest_goes_after_it),
        TEST(a_text_with_all_its_trimmings_shows_its_text),
        TEST(trouble_of_the_store_acknowledges_nothing),
    };
    return cmocka_run_group_tests_name("core-talk", tests, NULL, NULL);
}
