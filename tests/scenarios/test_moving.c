/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Moving to another relay (B2.5), and deleting an account: contacts follow without being asked,
 * nothing is lost or said twice, and what goes wrong changes nothing.
 */
#include "tests/check.h"

#include <stdio.h>

#include "core/leaving.h"
#include "core/moving.h"
#include "core/trust.h"
#include "tests/scenarios/network.h"
#include "tests/scenarios/scene.h"
#include "wire/check.h"

#define SECOND_HOST "second.test"
#define THIRD_HOST "third.test"

static struct scene *s;
static struct actor *alice, *bob;
static struct scene_relay *second;

static int
two_friends(void **state)
{
    s = scene_new();
    second = scene_open_relay(s, SECOND_HOST);
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

static struct account_wish
wish_for(const struct scene_relay *r, const char *name)
{
    struct account_wish w = {.display_name = "", .invitation = ""};

    snprintf(w.address.name, sizeof w.address.name, "%s", name);
    snprintf(w.address.host, sizeof w.address.host, "%s", r->host);
    w.address.port = SCENE_PORT;
    w.pins.count = 1;
    w.pins.pins[0] = network_pin(r, false);
    return w;
}

static void
begin_move(struct actor *a, const struct scene_relay *r)
{
    struct account_wish w = wish_for(r, a->name);
    assert_ok(account_move(a->engine, &w));
}

static enum move_step
step_of(struct actor *a, enum err *ret_why)
{
    struct move_facts f;

    assert_ok(account_move_facts(a->engine, &f));
    *ret_why = f.why;
    return f.step;
}

static const char *
host_of(struct actor *a)
{
    static char host[ADDRESS_MAX + 1];
    struct account_facts f;

    assert_ok(account_facts_get(a->engine, &f));
    snprintf(host, sizeof host, "%s", f.address.host);
    return host;
}

static void
move(struct actor *a, const struct scene_relay *r)
{
    enum err why;

    begin_move(a, r);
    scene_settle(s);
    assert_int_equal(step_of(a, &why), MOVE_NONE);
    assert_string_equal(host_of(a), r->host);
}

/* Days in which both are away, and Alice alone comes back: they cost nothing. */
static void
pass_offline(int days)
{
    actor_offline(alice);
    actor_offline(bob);
    scene_pass(s, days * DAY_MS);
    actor_online(alice);
    scene_settle(s);
}

static void
assert_they_talk(const char *alices, const char *bobs)
{
    AUTO(buf_done) struct buf before = BUF(1 << 20);
    AUTO(buf_done) struct buf expected = BUF(1 << 20);

    actor_history(alice, bob, &before);
    actor_say(alice, bob, alices);
    scene_settle(s);
    actor_say(bob, alice, bobs);
    scene_settle(s);
    buf_printf(&expected, "%s%s> %s\n< %s", (char *)before.p, before.n > 1 ? "\n" : "", alices,
               bobs);
    assert_ok(buf_ok(&expected));
    buf_put_u8(&expected, 0);
    assert_history(alice, bob, (char *)expected.p);
    assert_false(actor_contact(bob, alice).unreachable);
    assert_string_equal(actor_contact(bob, alice).address.host, host_of(alice));
    assert_string_equal(actor_contact(alice, bob).address.host, host_of(bob));
}

/* ---- following ---- */

static void
contacts_follow_without_being_asked(void **state)
{
    assert_they_talk("before", "yes");
    memset(bob->events, 0, sizeof bob->events);
    move(alice, second);
    scene_pass(s, HOUR_MS);
    assert_string_equal(actor_contact(bob, alice).address.host, SECOND_HOST);
    assert_int_equal(bob->events[EVENT_NOTICE], 0);
    assert_int_equal(bob->events[EVENT_REQUEST], 0);
    assert_they_talk("after", "there you are");
    /* The old relay has no part in it any more. */
    s->relay->down = true;
    actor_crash(bob);
    s->relay->down = false;
    actor_start(bob);
    assert_they_talk("still", "fine");
}

static int64_t
generation_held(struct actor *a, struct actor *of)
{
    int64_t generation;
    assert_ok(db_get_int(engine_db(a->engine), &generation,
                         "SELECT their_generation FROM contacts WHERE id=?1", "i",
                         actor_contact(a, of).id));
    return generation;
}

static void
tokens_are_renewed_because_the_old_relay_saw_them(void **state)
{
    int64_t before = generation_held(bob, alice), count;

    move(alice, second);
    assert_they_talk("1", "2");
    assert_true(generation_held(bob, alice) > before);
    scene_pass(s, 9 * DAY_MS);
    assert_ok(db_get_int(engine_db(alice->engine), &count,
                         "SELECT count(*) FROM tokens WHERE contact=?1 AND kind=1 AND "
                         "remove_after_s IS NULL",
                         "i", actor_contact(alice, bob).id));
    assert_int_equal(count, 1);
}

static void
who_was_away_for_ten_days_follows(void **state)
{
    actor_offline(bob);
    move(alice, second);
    actor_say(alice, bob, "I am at second");
    scene_pass(s, 10 * DAY_MS);
    actor_say(bob, alice, "are you there?");
    actor_online(bob);
    scene_pass(s, HOUR_MS);
    assert_history(bob, alice, "> are you there?\n< I am at second");
    assert_history(alice, bob, "> I am at second\n< are you there?");
}

/* The old relays have forgotten Alice, and Bob lacks a manifest in between. */
static void
who_missed_two_moves_follows_where_the_newest_leads(void **state)
{
    struct scene_relay *third = scene_open_relay(s, THIRD_HOST);

    actor_offline(bob);
    scene_pass(s, DAY_MS);
    move(alice, second);
    pass_offline(30);
    move(alice, third);
    actor_say(alice, bob, "third time lucky");
    scene_settle(s);
    pass_offline(30);
    assert_int_equal(store_memory_count(second->store, TABLE_ACCOUNT), 0);
    actor_online(bob);
    scene_pass(s, HOUR_MS);
    actor_say(alice, bob, "hello?");
    scene_pass(s, HOUR_MS);
    assert_string_equal(actor_contact(bob, alice).address.host, THIRD_HOST);
    actor_say(bob, alice, "found you");
    scene_pass(s, HOUR_MS);
    assert_history(bob, alice, "< third time lucky\n< hello?\n> found you");
}

static void
both_may_move_at_the_same_time(void **state)
{
    struct scene_relay *third = scene_open_relay(s, THIRD_HOST);

    actor_say(alice, bob, "I will move");
    actor_say(bob, alice, "so will I");
    begin_move(alice, second);
    begin_move(bob, third);
    scene_settle(s);
    assert_string_equal(host_of(alice), SECOND_HOST);
    assert_string_equal(host_of(bob), THIRD_HOST);
    scene_pass(s, HOUR_MS);
    assert_they_talk("here I am", "and I");
}

static void
what_is_under_way_arrives_once(void **state)
{
    char expected[4096], text[16];
    size_t n = 0;

    actor_offline(alice);
    for (int i = 0; i < 5; i++) {
        snprintf(text, sizeof text, "%d", i);
        actor_say(bob, alice, text);
        scene_pass(s, MINUTE_MS);
    }
    actor_online(alice);
    begin_move(alice, second);
    for (int i = 5; i < 100; i++) {
        snprintf(text, sizeof text, "%d", i);
        actor_say(bob, alice, text);
        scene_pass(s, 37);
    }
    scene_pass(s, HOUR_MS);
    assert_string_equal(host_of(alice), SECOND_HOST);
    for (int i = 0; i < 100; i++)
        n += (size_t)snprintf(expected + n, sizeof expected - n, "%s< %d", i > 0 ? "\n" : "", i);
    assert_history(alice, bob, expected);
    assert_int_equal(store_memory_count(s->relay->store, TABLE_ITEM), 0);
    assert_int_equal(store_memory_count(second->store, TABLE_ITEM), 0);
}

/* What came to the old relay is read there, however late it can be reached. */
static void
the_old_relay_is_read_to_the_end_when_it_comes_back(void **state)
{
    actor_offline(alice);
    actor_say(bob, alice, "to the old one");
    scene_pass(s, HOUR_MS);
    s->relay->down = true;
    actor_online(alice);
    move(alice, second);
    scene_pass(s, 3 * DAY_MS);
    assert_history(alice, bob, "");
    s->relay->down = false;
    scene_pass(s, HOUR_MS);
    assert_history(alice, bob, "< to the old one");
    assert_they_talk("I am at second", "I see");
    /* And in the end nothing of her is there. */
    pass_offline(23);
    actor_online(bob);
    scene_pass(s, HOUR_MS);
    assert_int_equal(store_memory_count(s->relay->store, TABLE_ACCOUNT), 1); /* bob's */
    int64_t left;
    assert_ok(db_get_int(engine_db(alice->engine), &left, "SELECT count(*) FROM left_relays", ""));
    assert_int_equal(left, 0);
}

static void
one_may_move_back(void **state)
{
    move(alice, second);
    assert_they_talk("1", "2");
    move(alice, s->relay);
    scene_pass(s, HOUR_MS);
    assert_they_talk("3", "4");
    pass_offline(30); /* second drops her, relay.test does not */
    actor_online(bob);
    assert_int_equal(store_memory_count(second->store, TABLE_ACCOUNT), 0);
    assert_they_talk("5", "6");
    move(alice, second); /* where her name was kept for her */
    assert_they_talk("7", "8");
}

static void
who_is_added_by_an_old_link_is_found(void **state)
{
    struct actor *carol = scene_join_at(s->relay, "carol");
    char text[CONTACT_LINK_MAX + 1];
    struct contact_link link;
    int64_t lookup;

    assert_ok(contact_own_link(alice->engine, &link));
    contact_link_write(&link, text);
    scene_settle(s);
    move(alice, second);
    assert_ok(contact_add(carol->engine, text, "hello", "", &lookup));
    scene_settle(s);
    assert_int_equal(actor_state(alice, carol), CONTACT_ASKING);
    actor_accept(alice, carol);
    scene_settle(s);
    assert_int_equal(actor_state(carol, alice), CONTACT_ACCEPTED);
    assert_string_equal(actor_contact(carol, alice).address.host, SECOND_HOST);
}

/* Somebody who asked before the move is answered from the new place. */
static void
a_request_at_the_old_relay_is_read_too(void **state)
{
    struct actor *carol = scene_join_at(s->relay, "carol");

    actor_offline(alice);
    actor_add_address(carol, alice);
    scene_settle(s);
    actor_online(alice);
    begin_move(alice, second);
    scene_pass(s, HOUR_MS);
    assert_int_equal(actor_state(alice, carol), CONTACT_ASKING);
    actor_accept(alice, carol);
    scene_pass(s, HOUR_MS);
    assert_int_equal(actor_state(carol, alice), CONTACT_ACCEPTED);
}

/* ---- killed ---- */

static void
restart(struct actor *a)
{
    actor_crash(a);
    actor_start(a);
}

static void
a_move_survives_being_killed_again_and_again(void **state)
{
    enum err why;

    actor_say(bob, alice, "1");
    begin_move(alice, second);
    for (int ms = 1; ms < 400 && step_of(alice, &why) != MOVE_NONE; ms += 7) {
        scene_pass(s, ms);
        restart(alice);
    }
    scene_pass(s, HOUR_MS);
    assert_int_equal(step_of(alice, &why), MOVE_NONE);
    assert_string_equal(host_of(alice), SECOND_HOST);
    assert_they_talk("2", "3");
    assert_history(alice, bob, "< 1\n> 2\n< 3");
}

/* Killed once at each moment of it, to and fro: by registering first, by coming back then. */
static void
a_move_survives_being_killed_at_every_step(void **state)
{
    char expected[8192];
    size_t n = 0;
    enum err why;

    for (int i = 0; i < 24; i++) {
        const struct scene_relay *to = i % 2 == 0 ? second : s->relay;
        char text[16];

        begin_move(alice, to);
        snprintf(text, sizeof text, "%d", i);
        scene_pass(s, 15 * i / 2);
        actor_say(bob, alice, text);
        scene_pass(s, 15 * i - 15 * i / 2 + 1);
        restart(alice);
        scene_pass(s, HOUR_MS);
        assert_int_equal(step_of(alice, &why), MOVE_NONE);
        assert_string_equal(host_of(alice), to->host);
        n += (size_t)snprintf(expected + n, sizeof expected - n, "%s< %d", i > 0 ? "\n" : "", i);
        assert_history(alice, bob, expected);
    }
    assert_they_talk("done", "at last");
}

static void
a_move_goes_through_a_network_that_loses(void **state)
{
    enum err why;

    s->loss_percent = 30;
    actor_say(bob, alice, "1");
    begin_move(alice, second);
    while (step_of(alice, &why) == MOVE_ASK || step_of(alice, &why) == MOVE_REGISTER)
        scene_pass(s, MINUTE_MS);
    if (step_of(alice, &why) == MOVE_FAILED) { /* asking is given up soon */
        assert_int_equal(why, ERR_OFFLINE);
        s->loss_percent = 0;
        begin_move(alice, second);
        scene_pass(s, MINUTE_MS);
        s->loss_percent = 30;
    }
    scene_pass(s, 6 * HOUR_MS);
    s->loss_percent = 0;
    scene_pass(s, HOUR_MS);
    assert_string_equal(host_of(alice), SECOND_HOST);
    assert_they_talk("2", "3");
}

/* ---- refused ---- */

static void
assert_nothing_changed(enum err expected)
{
    enum err why;

    assert_int_equal(step_of(alice, &why), MOVE_FAILED);
    assert_int_equal(why, expected);
    assert_string_equal(host_of(alice), SCENE_HOST);
    restart(alice);
    scene_settle(s);
    assert_int_equal(step_of(alice, &why), MOVE_FAILED);
    assert_int_equal(why, expected);
    assert_they_talk("as before", "yes");
}

static void
a_name_that_is_taken_refuses_the_move(void **state)
{
    scene_join_at(second, "alice");
    begin_move(alice, second);
    scene_settle(s);
    assert_nothing_changed(ERR_EXISTS);
    struct account_wish other = wish_for(second, "alicia");
    assert_ok(account_move(alice->engine, &other));
    scene_settle(s);
    assert_string_equal(host_of(alice), SECOND_HOST);
    assert_they_talk("alicia now", "I see");
    assert_string_equal(actor_contact(bob, alice).address.name, "alicia");
}

static void
a_relay_that_cannot_be_reached_refuses_the_move(void **state)
{
    second->down = true;
    begin_move(alice, second);
    scene_settle(s);
    assert_nothing_changed(ERR_OFFLINE);
}

static void
a_relay_that_is_not_the_one_refuses_the_move(void **state)
{
    struct account_wish w = wish_for(second, "alice");

    w.pins.pins[0].b[7] ^= 1;
    assert_ok(account_move(alice->engine, &w));
    scene_settle(s);
    assert_nothing_changed(ERR_UNTRUSTED);
    assert_int_equal(alice->events[EVENT_NOTICE], 0);
}

static void
a_closed_relay_refuses_the_move(void **state)
{
    second->config.registration = WIRE__REQUEST_POLICY__POLICY_CLOSED;
    scene_relay_restart(second, second->store);
    begin_move(alice, second);
    scene_settle(s);
    assert_nothing_changed(ERR_REFUSED);
    second->config.registration = WIRE__REQUEST_POLICY__POLICY_INVITE;
    scene_relay_restart(second, second->store);
    begin_move(alice, second);
    scene_settle(s);
    assert_nothing_changed(ERR_REFUSED);
    char code[INVITATION_MAX + 1];
    assert_ok(service_invite(second->service, code));
    assert_ok(service_commit(second->service));
    struct account_wish w = wish_for(second, "alice");
    w.invitation = "not this";
    assert_ok(account_move(alice->engine, &w));
    scene_settle(s);
    assert_nothing_changed(ERR_REFUSED);
    w.invitation = code;
    assert_ok(account_move(alice->engine, &w));
    scene_settle(s);
    assert_string_equal(host_of(alice), SECOND_HOST);
}

static void
a_move_that_makes_no_sense_is_not_begun(void **state)
{
    struct account_wish w = wish_for(s->relay, "alice");

    assert_err(account_move(alice->engine, &w), ERR_USAGE);
    w = wish_for(second, "No Name");
    assert_err(account_move(alice->engine, &w), ERR_MALFORMED);
    begin_move(alice, second);
    w = wish_for(second, "alice");
    assert_err(account_move(alice->engine, &w), ERR_STATE);
    assert_ok(account_move_cancel(alice->engine));
    assert_err(account_move_cancel(alice->engine), ERR_STATE);
}

/* ---- given up ---- */

/* All answers but the first, which asks for work. */
static enum fate
lose_registrations(void *ctx, struct actor *from, const char *path)
{
    unsigned *count = ctx;
    return strcmp(path, "/v1/accounts") == 0 && (*count)++ > 0 ? FATE_LOSE_ANSWER : FATE_ARRIVE;
}

static void
what_was_given_up_is_taken_back(void **state)
{
    unsigned count = 0;
    enum err why;

    s->fate = lose_registrations;
    s->fate_ctx = &count;
    begin_move(alice, second);
    scene_pass(s, HOUR_MS);
    assert_int_equal(step_of(alice, &why), MOVE_REGISTER);
    assert_int_equal(store_memory_count(second->store, TABLE_ACCOUNT), 1);
    assert_ok(account_move_cancel(alice->engine));
    struct account_wish w = wish_for(second, "alice");
    assert_err(account_move(alice->engine, &w), ERR_STATE); /* wait a moment */
    restart(alice);
    scene_pass(s, 10 * MINUTE_MS);
    s->fate = NULL;
    assert_int_equal(store_memory_count(second->store, TABLE_ACCOUNT), 0);
    assert_string_equal(host_of(alice), SCENE_HOST);
    assert_they_talk("I stay", "good");
    move(alice, second); /* her name was kept for her */
    assert_they_talk("or not", "oh");
}

/* ---- shown, and then not ---- */

/* A relay that says no and keeps what it was shown. */
struct liar {
    struct buf kept; /* the manifest */
    unsigned status;
};

static void
keep_manifest(void *ctx, struct actor *from, const char *path, struct buf *body)
{
    AUTO(with_pow_freep) Wire__WithPow *outer = NULL;
    AUTO(register_freep) Wire__Register *inner = NULL;
    struct liar *liar = ctx;

    if (from != alice || strcmp(path, "/v1/accounts") != 0)
        return;
    assert_ok(with_pow_read(buf_span(body), &outer));
    assert_ok(register_read(span_pb(outer->request), &inner));
    buf_clear(&liar->kept);
    buf_put(&liar->kept, span_pb(inner->manifest));
}

static unsigned
say_no(void *ctx, struct actor *to, const char *path, unsigned status)
{
    struct liar *liar = ctx;
    return to == alice && strcmp(path, "/v1/accounts") == 0 && status == 201 ? liar->status
                                                                             : status;
}

static void
lie(struct liar *liar, unsigned status)
{
    *liar = (struct liar){.kept = BUF(8192), .status = status};
    s->tamper_request = keep_manifest;
    s->tamper_status = say_no;
    s->tamper_ctx = liar;
}

static uint32_t
own_seq(struct actor *a, struct manifest *ret)
{
    struct account_facts f;

    assert_ok(account_facts_get(a->engine, &f));
    assert_ok(trust_manifest(a->engine, &f.account, ret));
    return ret->seq;
}

/* Whatever is shown to Bob in Alice's name, at any time: no fork, and he writes to where she is. */
static void
assert_the_kept_one_harms_nobody(const struct liar *liar)
{
    AUTO(tx_done) struct tx tx = {0};
    struct manifest m, got;
    bool is_new = true;

    assert_ok(manifest_read(buf_span(&liar->kept), &m));
    assert_ok(tx_begin(engine_db(bob->engine), &tx));
    assert_ok(trust_candidate(bob->engine, &m.account, buf_span(&liar->kept), &got, &is_new));
    assert_ok(tx_commit(&tx));
    assert_false(is_new);
    assert_true(got.seq > m.seq);
    assert_int_equal(bob->events[EVENT_NOTICE], 0);
    assert_false(actor_contact(bob, alice).forked);
}

static void
what_a_relay_saw_and_refused_is_followed_and_never_replaced(void **state)
{
    struct scene_relay *third = scene_open_relay(s, THIRD_HOST);
    struct manifest before, after;
    struct liar liar;
    enum err why;

    own_seq(alice, &before);
    lie(&liar, 403);
    begin_move(alice, second);
    scene_pass(s, HOUR_MS);
    assert_int_equal(step_of(alice, &why), MOVE_FAILED);
    assert_int_equal(why, ERR_REFUSED);
    assert_true(liar.kept.n > 0);
    assert_int_equal(own_seq(alice, &after), before.seq + 2);
    assert_string_equal(after.address.host, SCENE_HOST);
    assert_they_talk("refused", "stay");
    assert_the_kept_one_harms_nobody(&liar);
    assert_nothing_changed(ERR_REFUSED);
    s->tamper_status = NULL;
    s->tamper_request = NULL;
    move(alice, third);
    assert_they_talk("there", "fine");
    assert_the_kept_one_harms_nobody(&liar);
    buf_done(&liar.kept);
}

/* The old relay is away, so the account cannot be led back there; it goes on elsewhere. */
static void
a_second_move_goes_on_from_what_the_first_one_showed(void **state)
{
    struct scene_relay *third = scene_open_relay(s, THIRD_HOST);
    struct manifest before, after, kept;
    struct liar liar;
    enum err why;

    own_seq(alice, &before);
    lie(&liar, 422);
    s->relay->down = true;
    network_cut_relay(s->relay);
    begin_move(alice, second);
    scene_pass(s, HOUR_MS);
    assert_int_equal(step_of(alice, &why), MOVE_FAILED);
    assert_int_equal(own_seq(alice, &after), before.seq); /* nothing is in force yet */
    restart(alice);
    s->tamper_status = NULL;
    s->tamper_request = NULL;
    begin_move(alice, third);
    scene_pass(s, HOUR_MS);
    assert_string_equal(host_of(alice), THIRD_HOST);
    assert_ok(manifest_read(buf_span(&liar.kept), &kept));
    assert_true(own_seq(alice, &after) > kept.seq);
    s->relay->down = false;
    scene_pass(s, DAY_MS);
    assert_they_talk("third", "yes");
    assert_the_kept_one_harms_nobody(&liar);
    buf_done(&liar.kept);
}

/* Bob sees it first, at the relay that kept it: he is led back. */
static void
who_was_sent_to_the_wrong_relay_is_led_back(void **state)
{
    AUTO(tx_done) struct tx tx = {0};
    struct manifest m, got;
    struct liar liar;
    bool is_new;

    lie(&liar, 403);
    s->relay->down = true;
    network_cut_relay(s->relay);
    begin_move(alice, second);
    scene_pass(s, HOUR_MS);
    assert_ok(manifest_read(buf_span(&liar.kept), &m));
    assert_ok(tx_begin(engine_db(bob->engine), &tx));
    assert_ok(trust_candidate(bob->engine, &m.account, buf_span(&liar.kept), &got, &is_new));
    assert_true(is_new);
    assert_ok(trust_store(bob->engine, buf_span(&liar.kept), &got));
    assert_ok(tx_commit(&tx));
    s->tamper_status = NULL;
    s->tamper_request = NULL;
    s->relay->down = false;
    scene_pass(s, DAY_MS);
    assert_they_talk("back", "I was nearly gone");
    assert_int_equal(alice->events[EVENT_NOTICE], 0);
    assert_int_equal(bob->events[EVENT_NOTICE], 0);
    buf_done(&liar.kept);
}

static enum fate
lose_manifest_answers(void *ctx, struct actor *from, const char *path)
{
    return from == alice && strcmp(path, "/v1/manifest") == 0 ? FATE_LOSE_ANSWER : FATE_ARRIVE;
}

/* Our relay has what leads back, and we do not know it yet: that is ours all the same. */
static void
what_leads_back_is_no_alarm_before_it_is_in_force(void **state)
{
    struct manifest before, after;
    struct liar liar;

    own_seq(alice, &before);
    lie(&liar, 403);
    s->fate = lose_manifest_answers;
    begin_move(alice, second);
    scene_pass(s, HOUR_MS);
    assert_int_equal(own_seq(alice, &after), before.seq);
    trust_check_own(alice->engine);
    restart(alice);
    trust_check_own(alice->engine);
    scene_pass(s, HOUR_MS);
    assert_int_equal(alice->events[EVENT_NOTICE], 0);
    s->fate = NULL;
    scene_pass(s, HOUR_MS);
    assert_int_equal(own_seq(alice, &after), before.seq + 2);
    assert_they_talk("back", "good");
    assert_the_kept_one_harms_nobody(&liar);
    buf_done(&liar.kept);
}

static void
a_move_that_showed_nothing_leaves_nothing_behind(void **state)
{
    struct manifest before, after;

    own_seq(alice, &before);
    begin_move(alice, second);
    assert_ok(account_move_cancel(alice->engine));
    scene_join_at(second, "alice");
    begin_move(alice, second); /* the name is taken: it asks before it shows anything */
    scene_settle(s);
    assert_int_equal(own_seq(alice, &after), before.seq);
    assert_nothing_changed(ERR_EXISTS);
}

/* ---- deleted ---- */

static void
a_deleted_account_is_gone_for_others_and_readable_here(void **state)
{
    int64_t id;

    assert_they_talk("1", "2");
    assert_int_equal(account_deletion(alice->engine), DELETION_NONE);
    assert_ok(account_delete(alice->engine));
    assert_int_equal(account_deletion(alice->engine), DELETION_PENDING);
    scene_settle(s);
    assert_int_equal(account_deletion(alice->engine), DELETION_DONE);
    assert_int_equal(store_memory_count(s->relay->store, TABLE_ACCOUNT), 1);
    assert_err(account_delete(alice->engine), ERR_STATE);
    assert_err(message_send_text(alice->engine, actor_contact(alice, bob).id, SPAN_STR("x"), &id),
               ERR_STATE);
    struct account_wish w = wish_for(second, "alice");
    assert_err(account_move(alice->engine, &w), ERR_STATE);
    actor_say(bob, alice, "are you there?");
    scene_pass(s, DAY_MS);
    assert_true(actor_contact(bob, alice).unreachable);
    unsigned requests = alice->requests;
    restart(alice);
    engine_wake(alice->engine);
    scene_pass(s, 2 * DAY_MS);
    assert_int_equal(alice->requests, requests);
    assert_int_equal(account_deletion(alice->engine), DELETION_DONE);
    assert_history(alice, bob, "> 1\n< 2");
}

static enum fate
lose_deletions(void *ctx, struct actor *from, const char *path)
{
    return strcmp(path, "/v1/accounts/delete") == 0 ? FATE_LOSE_ANSWER : FATE_ARRIVE;
}

static void
a_deletion_whose_answer_is_lost_is_done_all_the_same(void **state)
{
    s->fate = lose_deletions;
    assert_ok(account_delete(alice->engine));
    scene_pass(s, MINUTE_MS);
    assert_int_equal(store_memory_count(s->relay->store, TABLE_ACCOUNT), 1);
    restart(alice);
    s->fate = NULL;
    scene_pass(s, HOUR_MS);
    assert_int_equal(account_deletion(alice->engine), DELETION_DONE);
    assert_int_equal(store_memory_count(s->relay->store, TABLE_ACCOUNT), 1); /* not made again */
}

static void
a_deletion_waits_for_the_relay_and_goes_to_all_of_them(void **state)
{
    move(alice, second);
    scene_pass(s, HOUR_MS);
    second->down = true;
    alice->clock_off_ms = 10 * MINUTE_MS; /* the relays' clocks count */
    assert_ok(account_delete(alice->engine));
    scene_pass(s, 3 * HOUR_MS);
    assert_int_equal(account_deletion(alice->engine), DELETION_PENDING);
    assert_int_equal(store_memory_count(s->relay->store, TABLE_ACCOUNT), 1); /* bob's */
    restart(alice);
    second->down = false;
    scene_pass(s, HOUR_MS);
    assert_int_equal(account_deletion(alice->engine), DELETION_DONE);
    assert_int_equal(store_memory_count(second->store, TABLE_ACCOUNT), 0);
}

/* Wherever the move has come to, nothing of the account is left at either relay. */
static void
delete_in_the_middle(void)
{
    enum err why;

    scene_pass(s, HOUR_MS);
    assert_int_equal(step_of(alice, &why), MOVE_REGISTER);
    assert_int_equal(store_memory_count(s->relay->store, TABLE_ACCOUNT), 2);
    assert_int_equal(store_memory_count(second->store, TABLE_ACCOUNT), 1);
    assert_ok(account_delete(alice->engine));
    assert_int_equal(step_of(alice, &why), MOVE_NONE);
    restart(alice);
    scene_pass(s, HOUR_MS);
    s->fate = NULL;
    assert_int_equal(account_deletion(alice->engine), DELETION_DONE);
    assert_int_equal(store_memory_count(s->relay->store, TABLE_ACCOUNT), 1); /* bob's */
    assert_int_equal(store_memory_count(second->store, TABLE_ACCOUNT), 0);
    unsigned requests = alice->requests;
    scene_pass(s, 3 * HOUR_MS);
    assert_int_equal(alice->requests, requests);
}

static void
a_deletion_takes_back_a_registration_that_was_under_way(void **state)
{
    unsigned count = 0;

    begin_move(alice, second);
    s->fate = lose_registrations;
    s->fate_ctx = &count;
    delete_in_the_middle();
}

static enum fate
lose_manifests(void *ctx, struct actor *from, const char *path)
{
    return from == alice && strcmp(path, "/v1/manifest") == 0 ? FATE_LOSE_ANSWER : FATE_ARRIVE;
}

static void
a_deletion_takes_back_a_move_that_may_be_in_force(void **state)
{
    move(alice, second);
    begin_move(alice, s->relay);
    s->fate = lose_manifests;
    delete_in_the_middle();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, two_friends, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(contacts_follow_without_being_asked),
        TEST(tokens_are_renewed_because_the_old_relay_saw_them),
        TEST(who_was_away_for_ten_days_follows),
        TEST(who_missed_two_moves_follows_where_the_newest_leads),
        TEST(both_may_move_at_the_same_time),
        TEST(what_is_under_way_arrives_once),
        TEST(the_old_relay_is_read_to_the_end_when_it_comes_back),
        TEST(one_may_move_back),
        TEST(who_is_added_by_an_old_link_is_found),
        TEST(a_request_at_the_old_relay_is_read_too),
        TEST(a_move_survives_being_killed_again_and_again),
        TEST(a_move_survives_being_killed_at_every_step),
        TEST(a_move_goes_through_a_network_that_loses),
        TEST(a_name_that_is_taken_refuses_the_move),
        TEST(a_relay_that_cannot_be_reached_refuses_the_move),
        TEST(a_relay_that_is_not_the_one_refuses_the_move),
        TEST(a_closed_relay_refuses_the_move),
        TEST(a_move_that_makes_no_sense_is_not_begun),
        TEST(what_was_given_up_is_taken_back),
        TEST(what_a_relay_saw_and_refused_is_followed_and_never_replaced),
        TEST(a_second_move_goes_on_from_what_the_first_one_showed),
        TEST(who_was_sent_to_the_wrong_relay_is_led_back),
        TEST(what_leads_back_is_no_alarm_before_it_is_in_force),
        TEST(a_move_that_showed_nothing_leaves_nothing_behind),
        TEST(a_deleted_account_is_gone_for_others_and_readable_here),
        TEST(a_deletion_whose_answer_is_lost_is_done_all_the_same),
        TEST(a_deletion_waits_for_the_relay_and_goes_to_all_of_them),
        TEST(a_deletion_takes_back_a_registration_that_was_under_way),
        TEST(a_deletion_takes_back_a_move_that_may_be_in_force),
    };
    return cmocka_run_group_tests_name("scenarios-moving", tests, NULL, NULL);
}
