/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What people see of each other (B15), and contact links with an end (B9.1).
 */
#include "tests/check.h"

#include "core/links.h"
#include "core/outbox.h"
#include "core/persona.h"
#include "tests/scenarios/scene.h"

static const uint8_t face[] = {0xff, 0xd8, 0xff, 1, 2, 3, 4, 5};

static struct scene *s;
static struct actor *alice, *bob, *carol;

static int
set_up(void **state)
{
    s = scene_new();
    alice = scene_join_on_disk(s, "alice");
    bob = scene_join_on_disk(s, "bob");
    return 0;
}

static int
tear_down(void **state)
{
    scene_free(s);
    return 0;
}

static struct persona
seen(struct actor *by, struct actor *who)
{
    struct persona p;
    assert_ok(persona_of(by->engine, actor_contact(by, who).id, &p));
    return p;
}

static void
show_as(struct actor *a, const char *name, const char *about, const struct span *picture)
{
    assert_ok(persona_set(
        a->engine, &(struct persona_change){.name = name, .about = about, .picture = picture}));
}

static void
assert_face(struct actor *by, struct actor *who, bool there)
{
    AUTO(buf_done) struct buf b = BUF(AVATAR_MAX);
    enum err found = persona_picture(by->engine, actor_contact(by, who).id, &b);
    if (!there) {
        assert_err(found, ERR_NOT_FOUND);
        return;
    }
    assert_ok(found);
    assert_true(span_equal(buf_span(&b), SPAN(face, sizeof face)));
}

static void
who_is_accepted_learns_the_name_and_later_changes(void **state)
{
    scene_befriend(s, alice, bob);
    assert_string_equal(seen(alice, bob).name, "bob");
    assert_string_equal(seen(bob, alice).name, "alice");
    struct span picture = SPAN(face, sizeof face), none = SPAN("", 0);
    show_as(alice, "Alice L.", "in the garden", &picture);
    scene_settle(s);
    assert_string_equal(seen(bob, alice).name, "Alice L.");
    assert_string_equal(seen(bob, alice).about, "in the garden");
    assert_face(bob, alice, true);
    show_as(alice, NULL, "", &none);
    scene_settle(s);
    assert_string_equal(seen(bob, alice).name, "Alice L.");
    assert_string_equal(seen(bob, alice).about, "");
    assert_face(bob, alice, false);
    assert_history(bob, alice, ""); /* it is no message */
}

static void
who_only_asks_or_is_asked_learns_nothing(void **state)
{
    show_as(alice, "Alice L.", "secret", NULL);
    show_as(bob, "Bob M.", "secret too", NULL);
    actor_add_link(alice, bob);
    scene_settle(s);
    assert_int_equal(actor_state(bob, alice), CONTACT_ASKING);
    assert_string_equal(seen(bob, alice).about, "");
    assert_string_equal(seen(alice, bob).about, "");
    actor_accept(bob, alice);
    scene_settle(s);
    assert_string_equal(seen(alice, bob).about, "secret too");
    assert_string_equal(seen(bob, alice).about, "secret");
}

static void
a_blocked_or_removed_contact_hears_of_no_change(void **state)
{
    scene_befriend(s, alice, bob);
    assert_ok(contact_remove(alice->engine, actor_contact(alice, bob).id));
    show_as(alice, "Somebody else", NULL, NULL);
    scene_pass(s, DAY_MS);
    assert_string_equal(seen(bob, alice).name, "alice");
}

static void
a_change_survives_a_crash_and_a_contact_who_is_away(void **state)
{
    scene_befriend(s, alice, bob);
    actor_offline(bob);
    show_as(alice, "first", NULL, NULL);
    show_as(alice, "second", NULL, NULL);
    actor_crash(alice);
    actor_start(alice);
    scene_pass(s, HOUR_MS);
    show_as(alice, "third", NULL, NULL);
    scene_pass(s, HOUR_MS);
    actor_online(bob);
    scene_settle(s);
    assert_string_equal(seen(bob, alice).name, "third");
}

/* However often it changes: a contact who is away has a few of them to read, not all. */
static void
changes_do_not_pile_up(void **state)
{
    static uint8_t large[AVATAR_MAX] = {0xff, 0xd8, 0xff};
    struct span picture = SPAN(large, sizeof large);
    char words[ABOUT_MAX + 1];
    int64_t waiting;

    scene_befriend(s, alice, bob);
    actor_offline(bob);
    for (int i = 0; i < 12; i++) {
        memset(words, 'a' + i, ABOUT_MAX);
        words[ABOUT_MAX] = '\0';
        show_as(alice, NULL, words, &picture);
        scene_pass(s, HOUR_MS);
    }
    assert_ok(db_get_int(engine_db(alice->engine), &waiting,
                         "SELECT count(*) FROM outbox WHERE type=8", ""));
    assert_in_range(waiting, 1, 8);
    actor_online(bob);
    scene_settle(s);
    assert_string_equal(seen(bob, alice).about, words);
    AUTO(buf_done) struct buf b = BUF(AVATAR_MAX);
    assert_ok(persona_picture(bob->engine, actor_contact(bob, alice).id, &b));
    assert_int_equal(b.n, sizeof large);
}

static void
who_was_away_until_it_was_given_up_learns_it_all_the_same(void **state)
{
    scene_befriend(s, alice, bob);
    actor_offline(bob);
    show_as(alice, "Alice L.", NULL, NULL);
    scene_pass(s, 40 * DAY_MS);
    actor_online(bob);
    scene_settle(s);
    actor_say(alice, bob, "back again?");
    scene_settle(s);
    assert_string_equal(seen(bob, alice).name, "Alice L.");
}

/* To Alice Bob is a contact all the time. */
static void
who_lost_everything_and_asks_again_learns_it_again(void **state)
{
    int64_t gone;

    scene_befriend(s, alice, bob);
    gone = actor_contact(bob, alice).id;
    show_as(alice, NULL, "in the garden", NULL);
    scene_settle(s);
    assert_ok(contact_remove(bob->engine, gone));
    assert_ok(db_run(engine_db(bob->engine),
                     "UPDATE contacts SET name='',about='',profile_ms=0 WHERE id=?1", "i", gone));
    scene_pass(s, 2 * DAY_MS);
    actor_add_link(bob, alice);
    scene_settle(s);
    assert_int_equal(actor_state(bob, alice), CONTACT_ACCEPTED);
    assert_string_equal(seen(bob, alice).about, "in the garden");
}

static void
the_same_again_is_no_news(void **state)
{
    scene_befriend(s, alice, bob);
    show_as(alice, NULL, "in the garden", NULL);
    scene_settle(s);
    unsigned before = bob->events[EVENT_CONTACT];
    show_as(alice, NULL, "in the garden", NULL);
    scene_settle(s);
    assert_int_equal(bob->events[EVENT_CONTACT], before);
}

/* A program of another kind may put anything there. */
static void
what_would_mislead_is_taken_out_of_a_name(void **state)
{
    AUTO(buf_done) struct buf body = BUF(SHARED_MAX);
    AUTO(tx_done) struct tx tx = {0};
    static char name[] = " mal\xe2\x80\xaelory\n\x1b[31m\xe2\x80\x8b ", about[] = "\n\na\tb";
    static uint8_t gif[] = "GIF89a........";
    Wire__Profile p;
    int64_t row;

    scene_befriend(s, alice, bob);
    wire__profile__init(&p);
    p.name = name;
    p.about = about;
    p.picture = (ProtobufCBinaryData){sizeof gif, gif};
    wire_pack(&body, &p.base);
    assert_ok(tx_begin(engine_db(alice->engine), &tx));
    assert_ok(outbox_add(alice->engine,
                         &(struct outgoing){.contact = actor_contact(alice, bob).id,
                                            .type = CONTENT_PROFILE,
                                            .body = buf_span(&body)},
                         &row));
    assert_ok(tx_commit(&tx));
    scene_settle(s);
    assert_string_equal(seen(bob, alice).name, "mallory [31m");
    assert_string_equal(seen(bob, alice).about, "a b");
    assert_face(bob, alice, false);
}

static void
what_is_too_long_or_no_picture_is_refused(void **state)
{
    static uint8_t large[AVATAR_MAX + 1] = {0xff, 0xd8, 0xff};
    char name[PERSON_NAME_MAX + 2] = {0};
    struct span picture = SPAN(large, sizeof large), text = SPAN("PNG.....", 8);

    memset(name, 'a', sizeof name - 1);
    assert_err(persona_set(alice->engine, &(struct persona_change){.name = name}), ERR_USAGE);
    assert_err(persona_set(alice->engine, &(struct persona_change){.about = "caf\xc3"}), ERR_USAGE);
    assert_err(persona_set(alice->engine, &(struct persona_change){.picture = &picture}),
               ERR_TOO_LARGE);
    assert_err(persona_set(alice->engine, &(struct persona_change){.picture = &text}), ERR_USAGE);
    struct persona own;
    assert_ok(persona_own(alice->engine, &own));
    assert_string_equal(own.name, "alice");
}

/* --- links --- */

static int64_t
make_link(struct actor *a, int64_t uses, int64_t expires_ms)
{
    int64_t id;
    assert_ok(link_create(
        a->engine, &(struct link_wish){.label = "", .uses = uses, .expires_ms = expires_ms}, &id));
    scene_settle(s);
    return id;
}

static struct link
link_of(struct actor *a, int64_t id)
{
    struct link l;
    assert_ok(link_get(a->engine, id, &l));
    return l;
}

static void
ask_by(struct actor *from, const struct link *l)
{
    char text[CONTACT_LINK_MAX + 1];
    int64_t lookup;

    contact_link_write(&l->link, text);
    assert_ok(contact_add(from->engine, text, "hello", "", &lookup));
    scene_settle(s);
}

/* Without a link that is good nobody may ask Bob. */
static void
by_link_only(void)
{
    assert_ok(links_set_requests(bob->engine, WIRE__REQUEST_POLICY__POLICY_INVITE));
    scene_settle(s);
}

static bool
asks_bob(struct actor *who)
{
    return actor_knows(bob, who) && actor_state(bob, who) == CONTACT_ASKING;
}

static void
a_link_for_one_lets_one_in(void **state)
{
    int64_t id = make_link(bob, 1, 0);
    struct link l = link_of(bob, id);

    by_link_only();
    carol = scene_join(s, "carol");
    assert_int_equal(l.state, LINK_OPEN);
    ask_by(alice, &l);
    assert_true(asks_bob(alice));
    assert_int_equal(link_of(bob, id).state, LINK_USED_UP);
    ask_by(carol, &l);
    assert_false(asks_bob(carol));
}

static void
a_used_up_link_stays_so_when_the_relay_lost_its_table(void **state)
{
    int64_t id = make_link(bob, 2, 0);
    struct link l = link_of(bob, id);

    by_link_only();
    ask_by(alice, &l);
    assert_int_equal(link_of(bob, id).used, 1);
    assert_int_equal(link_of(bob, id).state, LINK_OPEN);
    assert_ok(db_run(engine_db(bob->engine), "UPDATE tokens SET uploaded=0", ""));
    actor_crash(bob);
    actor_start(bob);
    scene_settle(s);
    carol = scene_join(s, "carol");
    ask_by(carol, &l);
    assert_true(asks_bob(carol));
    assert_int_equal(link_of(bob, id).state, LINK_USED_UP);
}

static void
a_link_ends_at_its_time_and_can_be_renewed_before(void **state)
{
    int64_t id = make_link(bob, 0, s->now_ms + DAY_MS);
    struct link l = link_of(bob, id);

    by_link_only();
    scene_pass(s, 20 * HOUR_MS);
    assert_ok(link_renew(bob->engine, id,
                         &(struct link_wish){.label = "", .expires_ms = s->now_ms + DAY_MS}));
    scene_pass(s, 20 * HOUR_MS);
    ask_by(alice, &l);
    assert_true(asks_bob(alice));
    scene_pass(s, 5 * HOUR_MS);
    assert_int_equal(link_of(bob, id).state, LINK_EXPIRED);
    carol = scene_join(s, "carol");
    ask_by(carol, &l);
    assert_false(asks_bob(carol));
    assert_err(link_renew(bob->engine, id, &(struct link_wish){.label = ""}), ERR_STATE);
}

static void
a_revoked_link_opens_nothing(void **state)
{
    int64_t id = make_link(bob, 0, 0);
    struct link l = link_of(bob, id);

    by_link_only();
    assert_ok(link_revoke(bob->engine, id));
    assert_ok(link_revoke(bob->engine, id));
    scene_settle(s);
    ask_by(alice, &l);
    assert_false(asks_bob(alice));
    assert_int_equal(link_of(bob, id).state, LINK_REVOKED);
    assert_err(link_renew(bob->engine, id, &(struct link_wish){.label = ""}), ERR_STATE);
    assert_err(link_revoke(bob->engine, id + 1), ERR_NOT_FOUND);
}

static void
the_standing_link_can_be_replaced(void **state)
{
    struct contact_link before, after;

    by_link_only();
    assert_ok(contact_own_link(bob->engine, &before));
    make_link(bob, 1, 0); /* stands beside it */
    assert_ok(link_renew_standing(bob->engine));
    assert_ok(contact_own_link(bob->engine, &after));
    scene_settle(s);
    assert_memory_not_equal(before.invitation.b, after.invitation.b, sizeof after.invitation.b);
    ask_by(alice, &(struct link){.link = before});
    assert_false(asks_bob(alice));
    carol = scene_join(s, "carol");
    ask_by(carol, &(struct link){.link = after});
    assert_true(asks_bob(carol));
}

/* Of a link that has ended only the record is left: nothing that comes later is taken for its. */
static void
an_ended_link_is_not_mistaken_for_what_came_after_it(void **state)
{
    struct contact_link own, again;
    struct token none = {0};
    int64_t id = make_link(bob, 0, 0), newest;

    assert_ok(db_run(engine_db(bob->engine),
                     "DELETE FROM tokens WHERE id=(SELECT token FROM links WHERE id=?1)", "i", id));
    assert_ok(db_get_int(engine_db(bob->engine), &newest, "SELECT token FROM links", ""));
    assert_ok(db_run(engine_db(bob->engine), "DELETE FROM tokens WHERE id>?1", "i", newest));
    assert_ok(contact_own_link(bob->engine, &own));
    assert_ok(contact_own_link(bob->engine, &again));
    assert_memory_not_equal(own.invitation.b, none.b, sizeof none.b);
    assert_memory_equal(own.invitation.b, again.invitation.b, sizeof none.b);
    assert_ok(link_revoke(bob->engine, id));
    scene_settle(s);
    by_link_only();
    ask_by(alice, &(struct link){.link = own});
    assert_true(asks_bob(alice));
}

static void
an_ended_link_is_listed_for_a_month(void **state)
{
    int64_t id = make_link(bob, 0, s->now_ms + HOUR_MS);

    scene_pass(s, 6 * HOUR_MS);
    make_link(bob, 0, 0);
    assert_int_equal(link_of(bob, id).state, LINK_EXPIRED);
    scene_pass(s, 31 * DAY_MS);
    make_link(bob, 0, 0);
    struct link l;
    assert_err(link_get(bob->engine, id, &l), ERR_NOT_FOUND);
}

/* The refusal of a request comes after a person has decided otherwise. */
static void
a_late_refusal_does_not_undo_a_block(void **state)
{
    by_link_only();
    s->latency_ms = 5 * SECOND_MS;
    actor_add_address(alice, bob);
    for (int i = 0; i < 6000 && !actor_knows(alice, bob); i++)
        scene_pass(s, 100);
    for (int i = 0; i < 6000 && actor_state(alice, bob) == CONTACT_ASKED; i++) {
        int64_t sealed;
        assert_ok(db_get_int(engine_db(alice->engine), &sealed,
                             "SELECT count(*) FROM outbox WHERE type=16 AND idem IS NOT NULL", ""));
        if (sealed > 0)
            assert_ok(contact_block(alice->engine, actor_contact(alice, bob).id));
        scene_pass(s, 100);
    }
    scene_settle(s);
    assert_int_equal(actor_state(alice, bob), CONTACT_BLOCKED);
}

static void
who_may_ask_is_the_accounts_choice(void **state)
{
    carol = scene_join(s, "carol");
    by_link_only();
    actor_add_address(alice, bob);
    scene_settle(s);
    assert_false(asks_bob(alice));
    assert_int_equal(actor_state(alice, bob), CONTACT_NONE);
    assert_true(alice->events[EVENT_NOTICE] > 0);
    assert_ok(links_set_requests(bob->engine, WIRE__REQUEST_POLICY__POLICY_OPEN));
    scene_settle(s);
    actor_add_address(alice, bob);
    scene_settle(s);
    assert_true(asks_bob(alice));
    assert_ok(links_set_requests(bob->engine, WIRE__REQUEST_POLICY__POLICY_CLOSED));
    scene_settle(s);
    actor_add_address(carol, bob);
    scene_settle(s);
    assert_false(asks_bob(carol));
}

static void
there_is_an_end_to_links(void **state)
{
    int64_t id;

    for (int i = 0; i < LINKS_MAX; i++)
        assert_ok(link_create(bob->engine, &(struct link_wish){.label = "x"}, &id));
    assert_err(link_create(bob->engine, &(struct link_wish){.label = "x"}, &id), ERR_LIMIT);
    assert_ok(link_revoke(bob->engine, id));
    assert_ok(link_create(bob->engine, &(struct link_wish){.label = "x"}, &id));
    struct link_wish bad[] = {{.label = "caf\xc3"},
                              {.label = "", .uses = -1},
                              {.label = "", .uses = LINK_USES_MAX + 1},
                              {.label = "", .expires_ms = s->now_ms}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_err(link_create(bob->engine, &bad[i], &id), ERR_USAGE);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        test(who_is_accepted_learns_the_name_and_later_changes),
        test(who_only_asks_or_is_asked_learns_nothing),
        test(a_blocked_or_removed_contact_hears_of_no_change),
        test(a_change_survives_a_crash_and_a_contact_who_is_away),
        test(changes_do_not_pile_up),
        test(who_was_away_until_it_was_given_up_learns_it_all_the_same),
        test(who_lost_everything_and_asks_again_learns_it_again),
        test(the_same_again_is_no_news),
        test(what_would_mislead_is_taken_out_of_a_name),
        test(what_is_too_long_or_no_picture_is_refused),
        test(a_link_for_one_lets_one_in),
        test(a_used_up_link_stays_so_when_the_relay_lost_its_table),
        test(a_link_ends_at_its_time_and_can_be_renewed_before),
        test(a_revoked_link_opens_nothing),
        test(the_standing_link_can_be_replaced),
        test(an_ended_link_is_not_mistaken_for_what_came_after_it),
        test(an_ended_link_is_listed_for_a_month),
        test(a_late_refusal_does_not_undo_a_block),
        test(who_may_ask_is_the_accounts_choice),
        test(there_is_an_end_to_links),
    };
    return cmocka_run_group_tests_name("scenarios-persona", tests, NULL, NULL);
}
