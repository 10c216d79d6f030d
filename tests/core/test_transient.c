/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Transient contents between two engines (B10): what goes out, what is taken, and that nothing
 * follows from one that is lost, repeated, or put where it does not belong.
 */
#include "tests/core/pair.h"

#include <stdio.h>

#include "core/inbox.h"
#include "core/presence.h"
#include "core/relay_state.h"
#include "core/transient.h"

static struct pair pair;
static struct person *const alice = &pair.people[ALICE], *const bob = &pair.people[BOB];

/* What was passed on, in order; ENVELOPE_B1 each. */
static struct {
    uint8_t b[ENVELOPE_B1];
} passed[400];
static size_t passed_count;
static unsigned deliver_status;

static bool
pass_on(struct person *p, const struct transport_request *r)
{
    AUTO(deliver_freep) Wire__Deliver *d = NULL;

    if (strcmp(r->path, "/v1/deliver") != 0)
        return false;
    assert_ok(deliver_read(r->body, &d));
    if (!d->transient)
        return false;
    assert_true(passed_count < sizeof passed / sizeof *passed);
    assert_int_equal(d->envelopes[0]->envelope.len, ENVELOPE_B1);
    memcpy(passed[passed_count++].b, d->envelopes[0]->envelope.data, ENVELOPE_B1);
    person_answer(p, r->id,
                  &(struct transport_answer){.status = deliver_status == 0 ? 202 : deliver_status},
                  NULL);
    return true;
}

/* As if the stream to the own relay were open. */
static void
connect_to_relay(struct person *p)
{
    p->engine->links->stream.state = STREAM_OPEN;
}

static void
both_have_spoken(void)
{
    person_say(alice, "hello");
    pair_run(&pair, MINUTE_MS);
    person_say(bob, "hello");
    pair_run(&pair, 5 * MINUTE_MS);
    pair_assert_heard(&pair, BOB, "hello");
    pair_assert_heard(&pair, ALICE, "hello");
}

static int
set_up(void **state)
{
    pair = (struct pair){.clerk = pass_on};
    passed_count = 0;
    deliver_status = 0;
    pair_open(&pair);
    connect_to_relay(alice);
    connect_to_relay(bob);
    return 0;
}

static int
tear_down(void **state)
{
    pair_close(&pair);
    return 0;
}

/* --- */

static enum err
send_presence(struct person *p, const char *text)
{
    AUTO(buf_done) struct buf body = BUF(SHARED_MAX);
    char copy[STATUS_TEXT_MAX + 1];
    Wire__Presence m;

    wire__presence__init(&m);
    snprintf(copy, sizeof copy, "%s", text);
    m.state = WIRE__PRESENCE_STATE__PRESENCE_ONLINE;
    m.seconds = PRESENCE_HOLDS;
    m.text = copy;
    wire_pack(&body, &m.base);
    pair.now_ms++;
    enum err r = transient_send(p->engine, &(struct transient_content){.contact = p->contact,
                                                                       .type = CONTENT_PRESENCE,
                                                                       .body = buf_span(&body)});
    pair_run(&pair, 1); /* the answer */
    return r;
}

static void
take_last(struct person *p)
{
    assert_ok(transient_take(p->engine, SPAN_OF(passed[passed_count - 1])));
}

static struct presence_seen
seen_by(struct person *p)
{
    struct presence_seen s;
    presence_seen_get(p->engine, p->contact, &s);
    return s;
}

static int64_t
made(struct person *p)
{
    return person_count(p, "SELECT ifnull(sum(transient),0) FROM sessions");
}

static int64_t
rows(struct person *p)
{
    return person_count(p, "SELECT (SELECT count(*) FROM outbox)+(SELECT count(*) FROM messages)+"
                           "(SELECT count(*) FROM seen)+(SELECT count(*) FROM seen_ids)+"
                           "(SELECT count(*) FROM failures)+(SELECT count(*) FROM receipts_due)+"
                           "(SELECT count(*) FROM notices)");
}

static void
one_comes_and_nothing_is_kept(void **state)
{
    both_have_spoken();
    int64_t before_alice = rows(alice), before_bob = rows(bob);
    assert_ok(send_presence(alice, "in the garden"));
    assert_int_equal(passed_count, 1);
    assert_int_equal(made(alice), 1);
    take_last(bob);
    struct presence_seen s = seen_by(bob);
    assert_int_equal(s.state, PRESENCE_ONLINE);
    assert_string_equal(s.text, "in the garden");
    assert_int_equal(s.until_ms, pair.now_ms + PRESENCE_HOLDS * 1000LL);
    assert_int_equal(rows(alice), before_alice);
    assert_int_equal(rows(bob), before_bob);
    pair_run(&pair, PRESENCE_HOLDS * 1000LL + 1000);
    assert_int_equal(seen_by(bob).state, PRESENCE_UNKNOWN);
    assert_string_equal(seen_by(bob).text, "");
}

/* A program of another kind may say anything. */
static void
what_would_mislead_is_taken_out_of_a_status(void **state)
{
    both_have_spoken();
    assert_ok(send_presence(alice, " in\xe2\x80\xae the\n\xc2\x9b"
                                   "31m\xe2\x80\x8b garden"));
    take_last(bob);
    assert_string_equal(seen_by(bob).text, "in the 31m garden");
}

static void
a_clock_that_was_ahead_does_not_silence_what_follows(void **state)
{
    both_have_spoken();
    pair.now_ms += DAY_MS;
    assert_ok(send_presence(alice, "tomorrow"));
    pair.now_ms -= DAY_MS;
    take_last(bob);
    pair_run(&pair, 20 * MINUTE_MS);
    assert_ok(send_presence(alice, "today"));
    take_last(bob);
    assert_string_equal(seen_by(bob).text, "today");
}

static void
without_an_answered_session_nothing_goes_out(void **state)
{
    assert_err(send_presence(alice, ""), ERR_NO_SESSION);
    person_say(alice, "hello");
    bob->away = true;
    pair_run(&pair, MINUTE_MS);
    assert_err(send_presence(alice, ""), ERR_NO_SESSION);
    assert_int_equal(passed_count, 0);
    assert_int_equal(made(alice), 0);
}

static void
without_the_stream_to_the_relay_nothing_goes_out(void **state)
{
    both_have_spoken();
    alice->engine->links->stream.state = STREAM_CLOSED;
    assert_err(send_presence(alice, ""), ERR_OFFLINE);
    assert_int_equal(passed_count, 0);
}

static void
two_hundred_go_unanswered_and_no_more(void **state)
{
    assert_ok(meta_set_int(alice->engine->db, "set.receipts.delivered", 0));
    both_have_spoken();
    person_say(bob, "here");
    pair_run(&pair, 1000);
    assert_int_equal(made(alice), 0);
    for (int i = 0; i < TRANSIENT_UNANSWERED_MAX; i++)
        assert_ok(send_presence(alice, ""));
    assert_err(send_presence(alice, ""), ERR_LIMIT);
    person_crash(alice);
    connect_to_relay(alice);
    assert_err(send_presence(alice, ""), ERR_LIMIT);

    /* What Bob made before anything of it came is no answer. */
    bob->away = true;
    person_say(bob, "still here");
    pair_run(&pair, 1000);
    assert_err(send_presence(alice, ""), ERR_LIMIT);

    take_last(bob); /* the two hundredth */
    assert_ok(send_presence(bob, "an answer"));
    take_last(alice);
    assert_int_equal(made(alice), 0);
    assert_ok(send_presence(alice, ""));
    assert_int_equal(person_count(bob, RESETS), 0);
}

static void
a_repeated_one_has_no_effect(void **state)
{
    both_have_spoken();
    assert_ok(send_presence(alice, "once"));
    take_last(bob);
    int64_t until = seen_by(bob).until_ms, before = rows(bob);
    pair_run(&pair, MINUTE_MS);
    take_last(bob);
    assert_int_equal(seen_by(bob).until_ms, until);
    assert_int_equal(rows(bob), before);
    assert_int_equal(person_count(bob, RESETS), 0);
    person_say(alice, "m1");
    pair_run(&pair, MINUTE_MS);
    pair_assert_heard(&pair, BOB, "hello m1");
}

static void
one_that_was_held_back_is_not_believed(void **state)
{
    both_have_spoken();
    assert_ok(send_presence(alice, "old"));
    pair_run(&pair, 2 * HOUR_MS);
    take_last(bob);
    assert_int_equal(seen_by(bob).state, PRESENCE_UNKNOWN);

    assert_ok(send_presence(alice, "first"));
    assert_ok(send_presence(alice, "second"));
    take_last(bob);
    assert_ok(transient_take(bob->engine, SPAN_OF(passed[passed_count - 2])));
    assert_string_equal(seen_by(bob).text, "second");
}

/* The relay cannot make it look like a session that broke. */
static void
one_in_the_queue_is_dropped_without_a_trace(void **state)
{
    both_have_spoken();
    assert_ok(send_presence(alice, "here"));
    int64_t before = rows(bob);
    for (int i = 0; i < 3; i++)
        assert_ok(
            inbox_item(bob->engine, QUEUE_DEVICE, ++bob->n, 0, SPAN_OF(passed[passed_count - 1])));
    assert_int_equal(seen_by(bob).state, PRESENCE_UNKNOWN);
    assert_int_equal(rows(bob), before);
    take_last(bob); /* and it is still good where it belongs */
    assert_string_equal(seen_by(bob).text, "here");
}

static void
an_item_past_the_queue_is_dropped_and_still_good(void **state)
{
    both_have_spoken();
    bob->away = true;
    person_say(alice, "m1");
    pair_run(&pair, 1000);
    assert_ok(transient_take(bob->engine, buf_span(&bob->items[bob->count - 1].envelope)));
    pair_assert_heard(&pair, BOB, "hello");
    bob->away = false;
    pair_run(&pair, MINUTE_MS);
    pair_assert_heard(&pair, BOB, "hello m1");
    assert_int_equal(person_count(bob, RESETS), 0);
}

static void
a_content_of_another_kind_is_not_taken_past_the_queue(void **state)
{
    static const enum content_type types[] = {CONTENT_TEXT,  CONTENT_RECEIPT,       CONTENT_ACK,
                                              CONTENT_TOKEN, CONTENT_SESSION_RESET, CONTENT_ACCEPT};
    both_have_spoken();
    int64_t before = rows(bob);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        assert_ok(transient_send(alice->engine, &(struct transient_content){
                                                    .contact = alice->contact, .type = types[i]}));
        pair_run(&pair, 2000);
        take_last(bob);
    }
    assert_int_equal(rows(bob), before);
    pair_assert_heard(&pair, BOB, "hello");
}

static void
a_transient_content_in_the_queue_does_nothing(void **state)
{
    AUTO(tx_done) struct tx tx = {0};
    int64_t id;
    uint8_t on[] = {0x08, 1};

    both_have_spoken();
    assert_ok(act_begin(alice->engine, &tx));
    assert_ok(act_end(alice->engine, &tx,
                      outbox_add(alice->engine,
                                 &(struct outgoing){.contact = alice->contact,
                                                    .type = CONTENT_TYPING,
                                                    .body = SPAN(on, sizeof on)},
                                 &id)));
    pair_run(&pair, 1000);
    assert_false(seen_by(bob).typing);
    assert_int_equal(person_count(bob, RESETS), 0);
    pair_assert_heard(&pair, BOB, "hello");
}

static void
a_flood_is_cut_to_a_few_a_second(void **state)
{
    both_have_spoken();
    size_t first = passed_count;
    for (int i = 0; i < 100; i++) {
        char text[8];
        snprintf(text, sizeof text, "t%d", i);
        assert_ok(send_presence(alice, text));
    }
    for (size_t i = first; i < passed_count - 1; i++)
        assert_ok(transient_take(bob->engine, SPAN_OF(passed[i])));
    assert_string_equal(seen_by(bob).text, "t9");
    pair_run(&pair, 2000);
    take_last(bob);
    assert_string_equal(seen_by(bob).text, "t99");
    assert_int_equal(person_count(bob, RESETS), 0);
    person_say(alice, "m1");
    pair_run(&pair, MINUTE_MS);
    pair_assert_heard(&pair, BOB, "hello m1");
}

static void
who_is_no_contact_is_not_listened_to(void **state)
{
    both_have_spoken();
    assert_ok(send_presence(alice, "one"));
    assert_ok(db_run(bob->engine->db, "UPDATE contacts SET state=?1 WHERE id=?2", "ii",
                     (int64_t)CONTACT_ASKED, bob->contact));
    take_last(bob);
    assert_int_equal(seen_by(bob).state, PRESENCE_UNKNOWN);
    assert_ok(db_run(bob->engine->db, "UPDATE contacts SET state=?1 WHERE id=?2", "ii",
                     (int64_t)CONTACT_ACCEPTED, bob->contact));
    take_last(bob);
    assert_string_equal(seen_by(bob).text, "one");
    assert_ok(contact_block(bob->engine, bob->contact));
    assert_ok(send_presence(alice, "two"));
    take_last(bob);
    pair_run(&pair, 1000);
    assert_int_equal(seen_by(bob).state, PRESENCE_UNKNOWN); /* and what was known is forgotten */
    assert_err(send_presence(bob, "three"), ERR_STATE);
}

static void
damage_and_bytes_that_are_none_are_dropped(void **state)
{
    uint8_t bad[ENVELOPE_B1];

    both_have_spoken();
    assert_ok(send_presence(alice, "here"));
    for (size_t at = 0; at < sizeof bad; at += 997) {
        memcpy(bad, passed[0].b, sizeof bad);
        bad[at] ^= 1;
        assert_ok(transient_take(bob->engine, SPAN(bad, sizeof bad)));
        assert_ok(transient_take(bob->engine, SPAN(bad, at)));
        pair_run(&pair, 1000);
    }
    assert_int_equal(seen_by(bob).state, PRESENCE_UNKNOWN);
    take_last(bob);
    assert_string_equal(seen_by(bob).text, "here");
    assert_int_equal(person_count(bob, RESETS), 0);
}

/* --- typing --- */

static void
typing_is_off_until_it_is_turned_on(void **state)
{
    both_have_spoken();
    assert_ok(typing_set(alice->engine, alice->contact, TYPING_ON));
    assert_int_equal(passed_count, 0);
    assert_ok(typing_choose(alice->engine, alice->contact, CHOICE_ON));
    assert_ok(typing_set(alice->engine, alice->contact, TYPING_ON));
    assert_int_equal(passed_count, 1);
    take_last(bob);
    assert_true(seen_by(bob).typing);
    assert_int_equal(seen_by(bob).state, PRESENCE_UNKNOWN);
}

static void
typing_is_told_every_ten_seconds_and_holds_fifteen(void **state)
{
    both_have_spoken();
    assert_ok(meta_set_int(alice->engine->db, "set.typing", 1));
    for (int i = 0; i < 30; i++) {
        pair_run(&pair, 1000);
        assert_ok(typing_set(alice->engine, alice->contact, TYPING_ON));
    }
    assert_int_equal(passed_count, 3);
    take_last(bob);
    pair_run(&pair, 14 * 1000);
    assert_true(seen_by(bob).typing);
    pair_run(&pair, 1000);
    assert_false(seen_by(bob).typing);
    assert_ok(typing_set(alice->engine, alice->contact, TYPING_OFF)); /* it is over by itself */
    assert_int_equal(passed_count, 3);
}

static void
typing_ends_with_a_word_or_with_the_message(void **state)
{
    both_have_spoken();
    assert_ok(meta_set_int(alice->engine->db, "set.typing", 1));
    assert_ok(typing_set(alice->engine, alice->contact, TYPING_ON));
    take_last(bob);
    pair_run(&pair, 1000);
    assert_ok(typing_set(alice->engine, alice->contact, TYPING_OFF));
    assert_int_equal(passed_count, 2);
    take_last(bob);
    assert_false(seen_by(bob).typing);

    pair_run(&pair, 10 * 1000);
    assert_ok(typing_set(alice->engine, alice->contact, TYPING_ON));
    assert_int_equal(passed_count, 3);
    take_last(bob);
    assert_true(seen_by(bob).typing);
    person_say(alice, "m1");
    assert_ok(typing_set(alice->engine, alice->contact, TYPING_OFF));
    pair_run(&pair, 1000);
    assert_int_equal(passed_count, 3);
    pair_assert_heard(&pair, BOB, "hello m1");
    assert_false(seen_by(bob).typing);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_comes_and_nothing_is_kept),
        TEST(what_would_mislead_is_taken_out_of_a_status),
        TEST(a_clock_that_was_ahead_does_not_silence_what_follows),
        TEST(without_an_answered_session_nothing_goes_out),
        TEST(without_the_stream_to_the_relay_nothing_goes_out),
        TEST(two_hundred_go_unanswered_and_no_more),
        TEST(a_repeated_one_has_no_effect),
        TEST(one_that_was_held_back_is_not_believed),
        TEST(one_in_the_queue_is_dropped_without_a_trace),
        TEST(an_item_past_the_queue_is_dropped_and_still_good),
        TEST(a_content_of_another_kind_is_not_taken_past_the_queue),
        TEST(a_transient_content_in_the_queue_does_nothing),
        TEST(a_flood_is_cut_to_a_few_a_second),
        TEST(who_is_no_contact_is_not_listened_to),
        TEST(damage_and_bytes_that_are_none_are_dropped),
        TEST(typing_is_off_until_it_is_turned_on),
        TEST(typing_is_told_every_ten_seconds_and_holds_fifteen),
        TEST(typing_ends_with_a_word_or_with_the_message),
    };
    return cmocka_run_group_tests_name("core-transient", tests, NULL, NULL);
}
