/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * No reaction (B9.5, B26.8): whatever somebody who is not an accepted contact sends, valid or
 * damaged, not one byte goes back to him, and nothing of it is shown.
 */
#include "tests/check.h"

#include "core/chains.h"
#include "core/outbox.h"
#include "tests/scenarios/scene.h"

static const enum content_type types[] = {
    CONTENT_TEXT,          CONTENT_RECEIPT,        CONTENT_TOKEN,  CONTENT_ACK,      CONTENT_ACCEPT,
    CONTENT_SESSION_RESET, CONTENT_RESEND_REQUEST, CONTENT_RESEND, CONTENT_MANIFEST,
};

/* In the sender's own program he is free to do as he likes. */
static void
send_all_types(struct actor *from, struct actor *to)
{
    int64_t contact = actor_contact(from, to).id, row;
    struct db *db = engine_db(from->engine);

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        AUTO(tx_done) struct tx tx = {0};
        assert_ok(tx_begin(db, &tx));
        assert_ok(outbox_add(from->engine, &(struct outgoing){.contact = contact, .type = types[i]},
                             &row));
        assert_ok(tx_commit(&tx));
        outbox_wake(from->engine, contact);
        scene_pass(from->scene, 10 * SECOND_MS);
    }
}

static void
damage(void *ctx, struct actor *from, const char *path, struct buf *body)
{
    if (from == ctx && strcmp(path, "/v1/deliver") == 0 && body->n > 3000)
        body->p[body->n - 1000] ^= 1; /* in the envelope's body */
}

static unsigned
messages_in(struct actor *a)
{
    int64_t n;
    assert_ok(db_get_int(engine_db(a->engine), &n, "SELECT count(*) FROM messages", ""));
    return (unsigned)n;
}

static int64_t
items_taken(struct actor *a)
{
    int64_t n;
    assert_ok(
        db_get_int(engine_db(a->engine), &n, "SELECT n FROM cursors WHERE queue='device'", ""));
    return n;
}

/* Mallory and Bob were in contact, so that Mallory holds a session and a token that works; then
 * Bob's view of him is STATE, while the relay still takes his token. */
static void
no_reaction_in(enum contact_state state)
{
    struct scene *s = scene_new();
    struct actor *mallory = scene_join(s, "mallory"), *bob = scene_join(s, "bob");

    scene_befriend(s, mallory, bob);
    actor_say(mallory, bob, "hello");
    actor_say(bob, mallory, "hello");
    scene_pass(s, DAY_MS); /* what either still owes the other is done */
    assert_ok(db_run(engine_db(bob->engine), "UPDATE contacts SET state=?1 WHERE state<>6", "i",
                     (int64_t)state));
    unsigned before = bob->anonymous, shown = messages_in(bob);
    unsigned asked = bob->events[EVENT_REQUEST];
    int64_t taken = items_taken(bob);

    send_all_types(mallory, bob);
    s->tamper_request = damage;
    s->tamper_ctx = mallory;
    send_all_types(mallory, bob);
    scene_pass(s, 2 * DAY_MS);
    assert_true(items_taken(bob) >= taken + 2 * (int64_t)(sizeof types / sizeof *types));
    assert_int_equal(bob->anonymous, before);
    assert_int_equal(messages_in(bob), shown);
    assert_int_equal(bob->events[EVENT_REQUEST], asked);
    assert_int_equal(actor_state(bob, mallory), state);
    scene_free(s);
}

static void
nothing_leads_to_a_reaction_when_not_known_any_more(void **state)
{
    no_reaction_in(CONTACT_NONE);
}

static void
nothing_leads_to_a_reaction_while_asking(void **state)
{
    no_reaction_in(CONTACT_ASKING);
}

static void
nothing_leads_to_a_reaction_when_removed(void **state)
{
    no_reaction_in(CONTACT_REMOVED);
}

static void
nothing_leads_to_a_reaction_when_blocked(void **state)
{
    no_reaction_in(CONTACT_BLOCKED);
}

static void
a_request_alone_leads_to_no_reaction(void **state)
{
    struct scene *s = scene_new();
    struct actor *mallory = scene_join(s, "mallory"), *bob = scene_join(s, "bob");
    unsigned before = bob->anonymous;

    actor_add_link(mallory, bob);
    scene_pass(s, 2 * DAY_MS);
    actor_add_link(mallory, bob); /* the same once more */
    scene_pass(s, 2 * DAY_MS);
    assert_int_equal(actor_state(bob, mallory), CONTACT_ASKING);
    assert_int_equal(bob->anonymous, before);
    scene_free(s);
}

static int64_t
rows_of_strangers(struct actor *a)
{
    int64_t n;
    assert_ok(db_get_int(engine_db(a->engine), &n,
                         "SELECT (SELECT count(*) FROM manifests)+(SELECT count(*) FROM sessions)",
                         ""));
    return n;
}

/* Neither keys nor sessions of people whom nobody will ever see: a relay could send them without
 * end. */
static void
a_request_that_finds_no_place_leaves_nothing_behind(void **state)
{
    struct scene *s = scene_new();
    struct actor *mallory = scene_join(s, "mallory"), *bob = scene_join(s, "bob");
    int64_t before = rows_of_strangers(bob), taken;

    assert_ok(db_run(engine_db(bob->engine),
                     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<?1) "
                     "INSERT INTO contacts(account,address,state,trust,created_ms) "
                     "SELECT randomblob(32),'x@relay.example',2,0,0 FROM n",
                     "i", (int64_t)ASKING_MAX));
    actor_add_link(mallory, bob);
    scene_pass(s, DAY_MS);
    assert_ok(db_get_int(engine_db(bob->engine), &taken,
                         "SELECT n FROM cursors WHERE queue='request'", ""));
    assert_true(taken > 0);
    assert_int_equal(rows_of_strangers(bob), before);
    scene_free(s);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(nothing_leads_to_a_reaction_when_not_known_any_more),
    cmocka_unit_test(nothing_leads_to_a_reaction_while_asking),
    cmocka_unit_test(nothing_leads_to_a_reaction_when_removed),
    cmocka_unit_test(nothing_leads_to_a_reaction_when_blocked),
    cmocka_unit_test(a_request_alone_leads_to_no_reaction),
    cmocka_unit_test(a_request_that_finds_no_place_leaves_nothing_behind),
};

int
main(void)
{
    return cmocka_run_group_tests_name("scenarios-strangers", tests, NULL, NULL);
}
