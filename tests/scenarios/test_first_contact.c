/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * First contact (B9): requests, accepts, what crosses, what is lost. After each scenario both sides
 * agree how they stand, and what was written arrived once and in order.
 */
#include "tests/check.h"

#include "tests/scenarios/scene.h"

static void
a_first_message_arrives_and_is_answered(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");

    actor_add_link(alice, bob);
    scene_settle(s);
    assert_int_equal(actor_state(alice, bob), CONTACT_ASKED);
    assert_int_equal(actor_state(bob, alice), CONTACT_ASKING);
    assert_string_equal(actor_contact(bob, alice).request_text, "hello, it is me");
    assert_string_equal(actor_contact(bob, alice).name, "alice");
    assert_int_equal(actor_contact(alice, bob).trust, TRUST_FROM_LINK);

    actor_accept(bob, alice);
    scene_settle(s);
    assert_int_equal(actor_state(alice, bob), CONTACT_ACCEPTED);
    actor_say(alice, bob, "good morning");
    scene_settle(s);
    actor_say(bob, alice, "and to you");
    scene_settle(s);
    assert_history(alice, bob, "> good morning\n< and to you");
    assert_history(bob, alice, "< good morning\n> and to you");
    scene_free(s);
}

static void
a_bare_address_is_enough_to_ask(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");
    struct lookup l;

    int64_t lookup = actor_add_address(alice, bob);
    scene_settle(s);
    assert_ok(lookup_get(alice->engine, lookup, &l));
    assert_int_equal(l.error, OK);
    assert_int_equal(l.contact, actor_contact(alice, bob).id);
    assert_int_equal(actor_contact(alice, bob).trust, TRUST_UNVERIFIED);
    assert_int_equal(actor_state(bob, alice), CONTACT_ASKING);
    actor_accept(bob, alice);
    actor_say(bob, alice, "who are you?");
    scene_settle(s);
    assert_history(alice, bob, "< who are you?");
    scene_free(s);
}

static void
an_address_that_nobody_has_is_not_found(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice");
    struct lookup l;
    int64_t lookup;

    assert_ok(contact_add(alice->engine, "nobody@relay.test:8443", "", "", &lookup));
    scene_settle(s);
    assert_ok(lookup_get(alice->engine, lookup, &l));
    assert_int_equal(l.error, ERR_NOT_FOUND);
    assert_int_equal(alice->events[EVENT_LOOKUP], 1);
    assert_err(contact_add(alice->engine, "alice@relay.test:8443", "", "", &lookup), ERR_USAGE);
    assert_err(contact_add(alice->engine, "no address", "", "", &lookup), ERR_MALFORMED);
    scene_free(s);
}

static void
both_may_ask_at_once(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");

    actor_add_link(alice, bob);
    actor_add_link(bob, alice);
    scene_settle(s);
    assert_int_equal(actor_state(alice, bob), CONTACT_ACCEPTED);
    assert_int_equal(actor_state(bob, alice), CONTACT_ACCEPTED);
    for (int i = 0; i < 3; i++) {
        actor_say(alice, bob, "a");
        actor_say(bob, alice, "b");
        scene_settle(s);
    }
    assert_history(alice, bob, "> a\n< b\n> a\n< b\n> a\n< b");
    assert_history(bob, alice, "> b\n< a\n> b\n< a\n> b\n< a");
    scene_free(s);
}

static void
what_is_written_while_asked_waits_for_the_accept(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");

    actor_add_link(alice, bob);
    scene_settle(s);
    actor_say(alice, bob, "are you there?");
    scene_pass(s, 3 * DAY_MS);
    assert_history(bob, alice, "");
    actor_accept(bob, alice);
    scene_settle(s);
    assert_history(bob, alice, "< are you there?");
    scene_free(s);
}

static void
a_request_that_nobody_answers_lapses(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");

    actor_add_link(alice, bob);
    scene_pass(s, 31 * DAY_MS);
    assert_int_equal(actor_state(alice, bob), CONTACT_NONE);
    assert_int_equal(actor_state(bob, alice), CONTACT_ASKING);
    scene_free(s);
}

/* --- what is lost --- */

/* Loses all of the actor's deliveries while it is armed. */
struct loser {
    struct actor *actor;
    const char *path;
    enum fate fate;
};

static enum fate
lose(void *ctx, struct actor *from, const char *path)
{
    const struct loser *l = ctx;
    return from == l->actor && strcmp(path, l->path) == 0 ? l->fate : FATE_ARRIVE;
}

static void
a_lost_accept_is_made_up_for_by_the_next_message(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");
    struct store *before;

    actor_add_link(alice, bob);
    scene_settle(s);
    before = scene_relay_copy(s->relay);
    actor_offline(alice);
    actor_accept(bob, alice);
    scene_settle(s);
    scene_relay_restart(s->relay, before); /* the accept is lost with what the relay held */
    actor_online(alice);
    scene_settle(s);
    assert_int_equal(actor_state(alice, bob), CONTACT_ASKED);
    actor_say(bob, alice, "hello");
    scene_settle(s);
    assert_int_equal(actor_state(alice, bob), CONTACT_ACCEPTED);
    actor_say(alice, bob, "at last");
    scene_settle(s);
    assert_history(alice, bob, "< hello\n> at last");
    assert_history(bob, alice, "> hello\n< at last");
    scene_free(s);
}

static void
a_lost_accept_is_made_up_for_within_two_days_in_silence(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");
    struct store *before;

    actor_add_link(alice, bob);
    scene_settle(s);
    before = scene_relay_copy(s->relay);
    actor_offline(alice);
    actor_accept(bob, alice);
    scene_settle(s);
    scene_relay_restart(s->relay, before);
    actor_online(alice);
    scene_settle(s);
    assert_int_equal(actor_state(alice, bob), CONTACT_ASKED);
    scene_pass(s, 2 * DAY_MS); /* Bob's token is not confirmed, so it goes out alone */
    assert_int_equal(actor_state(alice, bob), CONTACT_ACCEPTED);
    scene_free(s);
}

static void
a_request_is_repeated_once_a_day_at_most(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");

    actor_add_link(alice, bob);
    scene_settle(s);
    unsigned shown = bob->events[EVENT_REQUEST];
    assert_int_equal(shown, 1);
    actor_add_link(alice, bob);
    scene_settle(s);
    assert_int_equal(bob->events[EVENT_REQUEST], shown);
    scene_free(s);
}

/* Any request of the first contact may be lost, its answer as well, or arrive twice. */
static void
each_single_loss_converges(void **state)
{
    static const char *const paths[] = {"/v1/card",     "/v1/keys/get", "/v1/request",
                                        "/v1/deliver",  "/v1/tokens",   "/v1/requests/ack",
                                        "/v1/queue/ack"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        for (int which = 0; which < 6; which++) {
            struct scene *s = scene_new();
            struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");
            struct loser l = {which % 2 == 0 ? alice : bob, paths[i],
                              which < 2   ? FATE_LOSE_REQUEST
                              : which < 4 ? FATE_LOSE_ANSWER
                                          : FATE_REPEAT};
            s->fate = lose;
            s->fate_ctx = &l;
            actor_add_link(alice, bob);
            scene_pass(s, 3 * MINUTE_MS);
            if (which < 4)
                s->fate = NULL;
            scene_settle(s);
            scene_pass(s, 20 * MINUTE_MS);
            if (actor_state(bob, alice) != CONTACT_ASKING)
                fail_msg("%s, way %d: no request came", paths[i], which);
            actor_accept(bob, alice);
            if (which < 4)
                s->fate = lose;
            scene_pass(s, 3 * MINUTE_MS);
            s->fate = NULL;
            actor_say(alice, bob, "a");
            actor_say(bob, alice, "b");
            scene_settle(s);
            scene_pass(s, 20 * MINUTE_MS);
            assert_int_equal(actor_state(alice, bob), CONTACT_ACCEPTED);
            AUTO(buf_done) struct buf text = BUF(1 << 16);
            actor_history(bob, alice, &text);
            assert_non_null(strstr((const char *)text.p, "< a"));
            buf_clear(&text);
            actor_history(alice, bob, &text);
            assert_non_null(strstr((const char *)text.p, "< b"));
            scene_free(s);
        }
    }
}

static void
much_loss_converges(void **state)
{
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct scene *s = scene_new();
        struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");

        s->random = seed * 0x9e3779b97f4a7c15U;
        s->loss_percent = 25;
        s->stream_loss_percent = 20;
        actor_add_link(alice, bob);
        if (seed % 2 == 0)
            actor_add_link(bob, alice);
        scene_pass(s, 2 * HOUR_MS);
        if (actor_state(bob, alice) == CONTACT_ASKING)
            actor_accept(bob, alice);
        scene_pass(s, 2 * HOUR_MS);
        assert_int_equal(actor_state(alice, bob), CONTACT_ACCEPTED);
        assert_int_equal(actor_state(bob, alice), CONTACT_ACCEPTED);
        for (int i = 0; i < 10; i++) {
            actor_say(alice, bob, "x");
            scene_pass(s, 10 * SECOND_MS);
        }
        s->loss_percent = s->stream_loss_percent = 0;
        scene_pass(s, 6 * HOUR_MS);
        assert_history(bob, alice, "< x\n< x\n< x\n< x\n< x\n< x\n< x\n< x\n< x\n< x");
        scene_free(s);
    }
}

/* --- the table of B9.8 --- */

/* Put A into STATE towards B by what a person would do, alone or with B's help. */
static void
force_state(struct actor *a, struct actor *b, enum contact_state state)
{
    struct contact c;

    if (!actor_knows(a, b))
        return;
    c = actor_contact(a, b);
    switch (state) {
    case CONTACT_REMOVED:
        assert_ok(contact_remove(a->engine, c.id));
        return;
    case CONTACT_BLOCKED:
        assert_ok(contact_block(a->engine, c.id));
        return;
    default:
        /* as after a restore from a copy of that time */
        assert_ok(db_run(engine_db(a->engine),
                         "UPDATE contacts SET state=?2, asked_ms=CASE WHEN ?2=1 THEN 1 ELSE "
                         "asked_ms END, request_msg_id=randomblob(16), accept_sent_ms=NULL "
                         "WHERE id=?1",
                         "ii", c.id, (int64_t)state));
        assert_ok(db_run(engine_db(a->engine),
                         "UPDATE contacts SET asked_ms=?2 WHERE id=?1 AND state=1", "ii", c.id,
                         a->scene->now_ms - 2 * DAY_MS));
    }
}

static void
add_and_accept(struct scene *s, struct actor *a, struct actor *b)
{
    int64_t lookup;
    struct contact_link link;
    char text[CONTACT_LINK_MAX + 1];

    assert_ok(contact_own_link(b->engine, &link));
    contact_link_write(&link, text);
    enum err r = contact_add(a->engine, text, "again", "", &lookup);
    assert_true(r == OK || r == ERR_EXISTS);
    scene_settle(s);
    if (actor_state(b, a) == CONTACT_ASKING)
        actor_accept(b, a);
    scene_settle(s);
}

static void
from_every_pair_of_states_adding_leads_to_accepted(void **state)
{
    for (int x = CONTACT_NONE; x <= CONTACT_BLOCKED; x++) {
        for (int y = CONTACT_NONE; y <= CONTACT_BLOCKED; y++) {
            struct scene *s = scene_new();
            struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");

            scene_befriend(s, alice, bob);
            scene_pass(s, 2 * DAY_MS);
            force_state(alice, bob, (enum contact_state)x);
            force_state(bob, alice, (enum contact_state)y);
            scene_settle(s);
            add_and_accept(s, alice, bob);
            add_and_accept(s, bob, alice);
            if (x == CONTACT_BLOCKED || y == CONTACT_BLOCKED) {
                assert_int_not_equal(actor_state(alice, bob) == CONTACT_ACCEPTED &&
                                         actor_state(bob, alice) == CONTACT_ACCEPTED,
                                     true);
            } else {
                if (actor_state(alice, bob) != CONTACT_ACCEPTED ||
                    actor_state(bob, alice) != CONTACT_ACCEPTED)
                    fail_msg("from %d and %d to %d and %d", x, y, actor_state(alice, bob),
                             actor_state(bob, alice));
                actor_say(alice, bob, "a");
                actor_say(bob, alice, "b");
                scene_settle(s);
                scene_pass(s, HOUR_MS);
                AUTO(buf_done) struct buf text = BUF(1 << 16);
                actor_history(bob, alice, &text);
                assert_non_null(strstr((const char *)text.p, "< a"));
                buf_clear(&text);
                actor_history(alice, bob, &text);
                assert_non_null(strstr((const char *)text.p, "< b"));
            }
            scene_free(s);
        }
    }
}

static void
a_declined_account_stays_silent_for_thirty_days(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");

    actor_add_link(alice, bob);
    scene_settle(s);
    unsigned before = bob->anonymous;
    assert_ok(contact_decline(bob->engine, actor_contact(bob, alice).id));
    scene_pass(s, 2 * DAY_MS);
    assert_int_equal(bob->anonymous, before);
    actor_add_link(alice, bob); /* asks again */
    scene_settle(s);
    assert_int_equal(actor_state(bob, alice), CONTACT_NONE);
    assert_int_equal(bob->anonymous, before);
    scene_pass(s, 32 * DAY_MS);
    actor_add_link(alice, bob);
    scene_settle(s);
    assert_int_equal(actor_state(bob, alice), CONTACT_ASKING);
    scene_free(s);
}

static void
a_blocked_contact_sees_nothing_but_acceptance(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");

    scene_befriend(s, alice, bob);
    assert_ok(contact_block(bob->engine, actor_contact(bob, alice).id));
    scene_settle(s);
    unsigned before = bob->anonymous;
    actor_say(alice, bob, "still there?");
    scene_settle(s);
    assert_history(bob, alice, "");
    assert_int_equal(bob->anonymous, before);
    assert_false(actor_contact(alice, bob).unreachable);
    scene_free(s);
}

static void
a_removed_contact_that_asks_again_is_found_under_the_same_account(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");

    scene_befriend(s, alice, bob);
    assert_ok(contact_set_verified(alice->engine, actor_contact(alice, bob).id, TRUST_VERIFIED));
    int64_t id = actor_contact(alice, bob).id;
    assert_ok(contact_remove(alice->engine, id));
    scene_pass(s, 2 * DAY_MS);
    actor_add_link(alice, bob);
    scene_settle(s);
    assert_int_equal(actor_state(alice, bob), CONTACT_ACCEPTED);
    assert_int_equal(actor_contact(alice, bob).id, id);
    assert_int_equal(actor_contact(alice, bob).trust, TRUST_VERIFIED);
    actor_say(alice, bob, "back");
    actor_say(bob, alice, "good");
    scene_settle(s);
    assert_history(bob, alice, "> good\n< back");
    scene_free(s);
}

static void
a_crash_at_any_moment_changes_nothing(void **state)
{
    for (int64_t at = 0; at <= 400; at += 40) {
        struct scene *s = scene_new();
        struct actor *alice = scene_join_on_disk(s, "alice"), *bob = scene_join_on_disk(s, "bob");

        actor_add_link(alice, bob);
        scene_pass(s, at);
        actor_crash(alice);
        scene_pass(s, 100);
        actor_start(alice);
        scene_pass(s, at);
        actor_crash(bob);
        scene_pass(s, 3 * MINUTE_MS);
        actor_start(bob);
        scene_settle(s);
        actor_accept(bob, alice);
        scene_pass(s, at);
        actor_crash(bob);
        actor_crash(alice);
        scene_pass(s, MINUTE_MS);
        actor_start(alice);
        actor_start(bob);
        scene_settle(s);
        actor_say(alice, bob, "a");
        scene_settle(s);
        assert_int_equal(actor_state(alice, bob), CONTACT_ACCEPTED);
        assert_history(bob, alice, "< a");
        scene_free(s);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_first_message_arrives_and_is_answered),
    cmocka_unit_test(a_bare_address_is_enough_to_ask),
    cmocka_unit_test(an_address_that_nobody_has_is_not_found),
    cmocka_unit_test(both_may_ask_at_once),
    cmocka_unit_test(what_is_written_while_asked_waits_for_the_accept),
    cmocka_unit_test(a_request_that_nobody_answers_lapses),
    cmocka_unit_test(a_lost_accept_is_made_up_for_by_the_next_message),
    cmocka_unit_test(a_lost_accept_is_made_up_for_within_two_days_in_silence),
    cmocka_unit_test(a_request_is_repeated_once_a_day_at_most),
    cmocka_unit_test(each_single_loss_converges),
    cmocka_unit_test(much_loss_converges),
    cmocka_unit_test(from_every_pair_of_states_adding_leads_to_accepted),
    cmocka_unit_test(a_declined_account_stays_silent_for_thirty_days),
    cmocka_unit_test(a_blocked_contact_sees_nothing_but_acceptance),
    cmocka_unit_test(a_removed_contact_that_asks_again_is_found_under_the_same_account),
    cmocka_unit_test(a_crash_at_any_moment_changes_nothing),
};

int
main(void)
{
    return cmocka_run_group_tests_name("scenarios-first-contact", tests, NULL, NULL);
}
