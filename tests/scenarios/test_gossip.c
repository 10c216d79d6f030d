/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Relays that show one account differently to different people, and thieves of an account's key:
 * contacts tell each other what they hold (B8.2), nothing is sent to whom it is unclear, and what
 * proves it can be given to others (B16.4).
 */
#include "tests/check.h"

#include <stdio.h>

#include "core/moving.h"
#include "core/own_manifests.h"
#include "core/trust.h"
#include "crypto/manifest.h"
#include "tests/scenarios/network.h"
#include "tests/scenarios/scene.h"
#include "wire/check.h"
#include "wire/evidence.h"

static struct scene *s;
static struct actor *alice, *bob, *carol;

static int
three_friends(void **state)
{
    s = scene_new();
    alice = scene_join_on_disk(s, "alice");
    bob = scene_join(s, "bob");
    carol = scene_join(s, "carol");
    scene_befriend(s, alice, bob);
    scene_befriend(s, alice, carol);
    return 0;
}

static int
tear_down(void **state)
{
    scene_free(s);
    return 0;
}

/* --- notices --- */

struct found {
    const char *kind;
    unsigned count;
    struct notice last;
};

static enum err
find(void *ctx, const struct notice *n)
{
    struct found *f = ctx;

    if (strcmp(n->kind, f->kind) == 0) {
        f->count++;
        f->last = *n;
    }
    return OK;
}

static struct found
notices(struct actor *a, const char *kind)
{
    struct found f = {.kind = kind};

    assert_ok(notices_each(a->engine, &f, find));
    return f;
}

static unsigned
all_notices(struct actor *a)
{
    int64_t n;

    assert_ok(db_get_int(engine_db(a->engine), &n, "SELECT count(*) FROM notices", ""));
    return (unsigned)n;
}

static enum evidence_verdict
proven(struct actor *a, const char *kind)
{
    struct notice_evidence ev = {0};
    enum evidence_verdict verdict;
    struct found f = notices(a, kind);

    assert_int_equal(f.count, 1);
    assert_true(f.last.provable);
    assert_ok(notice_evidence(a->engine, f.last.id, &ev));
    assert_ok(evidence_judge(&ev.account, buf_span(&ev.held), buf_span(&ev.shown), &verdict));
    buf_done(&ev.held);
    buf_done(&ev.shown);
    return verdict;
}

static void
assert_sending_is_refused(struct actor *from, struct actor *to, enum err expected)
{
    int64_t id, before, after;
    struct contact c = actor_contact(from, to);

    assert_ok(db_get_int(engine_db(from->engine), &before, "SELECT count(*) FROM messages", ""));
    assert_err(message_send_text(from->engine, c.id, SPAN_STR("no"), &id), expected);
    assert_ok(db_get_int(engine_db(from->engine), &after, "SELECT count(*) FROM messages", ""));
    assert_int_equal(before, after);
}

/* --- what the key of an account can sign --- */

/* The manifest that follows A's own; two with another SALT have the same number. */
static void
sign_next(struct actor *a, unsigned salt, struct buf *ret_object, struct manifest *ret)
{
    struct manifest draft;

    manifest_draft_next(&a->engine->manifest, &draft);
    draft.created += 1 + salt;
    assert_ok(manifest_sign(&draft, a->engine->aik, ret_object, ret));
}

/* It is A's from now on, as if it had moved or replaced its device. */
static void
go_on_with(struct actor *a, const struct buf *object, const struct manifest *m)
{
    AUTO(tx_done) struct tx tx = {0};

    assert_ok(tx_begin(engine_db(a->engine), &tx));
    assert_ok(own_manifest_in_force(a->engine, buf_span(object)));
    assert_ok(tx_commit(&tx));
    a->engine->manifest = *m;
}

/* What a hostile relay shows as Alice's card, by who asks. */
struct shows {
    struct buf *to_alice, *to_bob, *to_carol;
};

static void
show_card(void *ctx, struct actor *to, const char *path, struct buf *answer)
{
    AUTO(card_answer_freep) Wire__CardAnswer *card = NULL;
    struct shows *shows = ctx;
    Wire__CardAnswer out = WIRE__CARD_ANSWER__INIT;
    struct manifest m;

    if (strcmp(path, "/v1/card") != 0 || card_answer_read(buf_span(answer), &card) != OK ||
        manifest_read(span_pb(card->manifest), &m) != OK || strcmp(m.address.name, "alice") != 0)
        return;
    struct buf *b = to == alice ? shows->to_alice : to == bob ? shows->to_bob : shows->to_carol;
    if (b == NULL)
        return;
    out.manifest = (ProtobufCBinaryData){b->n, b->p};
    buf_clear(answer);
    wire_pack(answer, &out.base);
}

static void
look_at_alice(struct actor *a)
{
    struct contact c = actor_contact(a, alice);

    trust_refresh(a->engine, &c);
    scene_pass(s, HOUR_MS);
}

/* --- tests --- */

/* A thief of the key shows Bob something of his own; Alice does something herself. */
static void
who_was_shown_another_history_hears_of_it_from_the_owner(void **state)
{
    AUTO(buf_done) struct buf hers = BUF(8192), thiefs = BUF(8192);
    struct manifest m, false_one;
    struct shows shows = {.to_bob = &thiefs};

    sign_next(alice, 1, &thiefs, &false_one);
    sign_next(alice, 0, &hers, &m);
    s->tamper = show_card;
    s->tamper_ctx = &shows;
    look_at_alice(bob);
    assert_int_equal(all_notices(bob), 0); /* it is signed: how should he know */
    go_on_with(alice, &hers, &m);
    /* Only a hash of hers travels: the manifest itself is taken out on the way. */
    assert_ok(db_run(engine_db(alice->engine), "UPDATE contacts SET shown_seq=9", ""));
    actor_say(alice, bob, "me");
    scene_pass(s, 10 * SECOND_MS);
    assert_history(bob, alice, "< me"); /* what comes is read */
    assert_true(actor_contact(bob, alice).forked);
    assert_int_equal(notices(bob, "fork").count, 1);
    assert_false(notices(bob, "fork").last.provable);
    assert_sending_is_refused(bob, alice, ERR_FORK);
    /* Once the relay shows hers it can be proven. */
    shows.to_bob = &hers;
    scene_pass(s, HOUR_MS);
    assert_int_equal(proven(bob, "fork"), EVIDENCE_FORK);
    /* Carol has seen nothing but the truth. */
    assert_int_equal(all_notices(carol), 0);
}

static void
the_owner_hears_from_a_contact_that_another_history_is_shown(void **state)
{
    AUTO(buf_done) struct buf hers = BUF(8192), thiefs = BUF(8192);
    struct manifest m, false_one;
    struct shows shows = {.to_alice = &thiefs, .to_bob = &thiefs};
    struct account_wish w = {.display_name = "", .invitation = ""};

    sign_next(alice, 1, &thiefs, &false_one);
    sign_next(alice, 0, &hers, &m);
    s->tamper = show_card;
    s->tamper_ctx = &shows;
    look_at_alice(bob);
    go_on_with(alice, &hers, &m);
    actor_say(bob, alice, "hello"); /* says what he holds */
    scene_pass(s, HOUR_MS);
    assert_history(alice, bob, "< hello");
    assert_int_equal(notices(alice, "account-changed").count, 1);
    assert_int_equal(proven(alice, "account-changed"), EVIDENCE_FORK);
    /* And signs no more. */
    snprintf(w.address.name, sizeof w.address.name, "alice");
    snprintf(w.address.host, sizeof w.address.host, "elsewhere.test");
    w.address.port = SCENE_PORT;
    assert_err(account_move(alice->engine, &w), ERR_STATE);
}

static void
two_people_who_are_shown_different_ones_both_hear_of_it(void **state)
{
    AUTO(buf_done) struct buf hers = BUF(8192), one = BUF(8192), other = BUF(8192);
    struct manifest m, ignored;
    struct shows shows = {.to_bob = &one, .to_carol = &other};

    sign_next(alice, 1, &one, &ignored);
    sign_next(alice, 2, &other, &ignored);
    sign_next(alice, 0, &hers, &m);
    s->tamper = show_card;
    s->tamper_ctx = &shows;
    look_at_alice(bob);
    look_at_alice(carol);
    s->tamper = NULL;
    go_on_with(alice, &hers, &m);
    actor_say(alice, bob, "1"); /* with hers attached */
    actor_say(alice, carol, "2");
    scene_settle(s);
    assert_int_equal(proven(bob, "fork"), EVIDENCE_FORK);
    assert_int_equal(proven(carol, "fork"), EVIDENCE_FORK);
    assert_sending_is_refused(bob, alice, ERR_FORK);
    assert_sending_is_refused(carol, alice, ERR_FORK);
    assert_int_equal(notices(alice, "account-changed").count, 0); /* nothing was shown to her */
}

/* While Bob was away Alice's envelopes came with one history, and then with another. */
static void
a_fork_in_the_middle_of_a_queue_stops_there(void **state)
{
    AUTO(buf_done) struct buf one = BUF(8192), other = BUF(8192);
    struct manifest first, second;

    sign_next(alice, 0, &one, &first);
    sign_next(alice, 1, &other, &second);
    actor_offline(bob);
    actor_say(alice, bob, "before");
    scene_pass(s, MINUTE_MS);
    go_on_with(alice, &one, &first);
    actor_say(alice, bob, "with one");
    scene_pass(s, MINUTE_MS);
    assert_ok(db_run(engine_db(alice->engine),
                     "UPDATE manifests SET object=?1, hash=?2 WHERE seq=2", "bb", buf_span(&other),
                     SPAN_OF(second.hash)));
    assert_ok(db_run(engine_db(alice->engine), "DELETE FROM meta WHERE key GLOB 'attached.*'", ""));
    alice->engine->manifest = second;
    actor_say(alice, bob, "with the other");
    scene_pass(s, MINUTE_MS);
    actor_online(bob);
    scene_pass(s, HOUR_MS);
    AUTO(buf_done) struct buf history = BUF(8192);
    actor_history(bob, alice, &history);
    struct contact c = actor_contact(bob, alice);
    assert_true(c.forked);
    assert_int_equal(proven(bob, "fork"), EVIDENCE_FORK);
    assert_non_null(strstr((char *)history.p, "< before\n< with one"));
    assert_null(strstr((char *)history.p, "with the other"));
    assert_sending_is_refused(bob, alice, ERR_FORK);
    assert_int_equal(c.trust, TRUST_UNVERIFIED); /* as it was */
}

/* Somebody in Alice's session, but not with her account's key. */
static void
a_forged_manifest_on_an_envelope_is_noted_and_changes_nothing(void **state)
{
    AUTO(account_key_wipe) struct account_key aik;
    AUTO(buf_done) struct buf forged = BUF(8192);
    struct ed25519_seed seed = {{7}};
    struct manifest draft, m, before, after, real = alice->engine->manifest;
    struct contact c = actor_contact(bob, alice);

    account_key_from_seed(&seed, &aik);
    assert_ok(trust_manifest(bob->engine, &c.account, &before));
    manifest_draft_next(&real, &draft);
    draft.aik = aik.public;
    assert_ok(manifest_sign(&draft, &aik, &forged, &m));
    assert_ok(db_run(engine_db(alice->engine),
                     "INSERT INTO manifests(account,seq,object,hash) VALUES(?1,2,?2,?3)", "bbb",
                     SPAN_OF(real.account), buf_span(&forged), SPAN_OF(m.hash)));
    alice->engine->manifest = m;
    actor_say(alice, bob, "new key!");
    scene_pass(s, MINUTE_MS);
    assert_history(bob, alice, "");
    assert_int_equal(proven(bob, "forged"), EVIDENCE_FORGED);
    assert_ok(trust_manifest(bob->engine, &c.account, &after));
    assert_memory_equal(before.hash.b, after.hash.b, sizeof before.hash.b);
    assert_false(actor_contact(bob, alice).forked);
    assert_false(actor_contact(bob, alice).key_changed);
    actor_say(bob, alice, "still to the real one");
    scene_pass(s, MINUTE_MS);
    assert_int_equal(all_notices(bob), 1);
}

static void
a_stale_manifest_that_a_relay_replays_is_no_alarm(void **state)
{
    AUTO(buf_done) struct buf first = BUF(8192), hers = BUF(8192);
    struct shows shows = {&first, &first, &first};
    struct manifest m, held;
    struct contact c = actor_contact(bob, alice);

    assert_ok(trust_manifest_bytes(alice->engine, &c.account, &first));
    sign_next(alice, 0, &hers, &m);
    go_on_with(alice, &hers, &m);
    actor_say(alice, bob, "I have a new one");
    scene_settle(s);
    s->tamper = show_card;
    s->tamper_ctx = &shows;
    look_at_alice(bob);
    trust_check_own(alice->engine);
    scene_pass(s, HOUR_MS);
    assert_int_equal(all_notices(bob), 0);
    assert_int_equal(all_notices(alice), 0);
    assert_ok(trust_manifest(bob->engine, &c.account, &held));
    assert_int_equal(held.seq, m.seq);
    actor_say(bob, alice, "fine");
    scene_settle(s);
    assert_history(alice, bob, "> I have a new one\n< fine");
}

/* A relay must not keep anybody from leaving it by what everybody can make. */
static void
junk_under_ones_own_name_is_told_and_does_not_stop_a_move(void **state)
{
    AUTO(account_key_wipe) struct account_key aik;
    AUTO(buf_done) struct buf forged = BUF(8192);
    struct scene_relay *second = scene_open_relay(s, "second.test");
    struct account_wish w = {.display_name = "", .invitation = ""};
    struct ed25519_seed seed = {{7}};
    struct manifest draft, m;
    struct shows shows = {.to_alice = &forged};
    struct account_facts facts;

    account_key_from_seed(&seed, &aik);
    draft = alice->engine->manifest;
    draft.aik = aik.public;
    assert_ok(manifest_sign(&draft, &aik, &forged, &m));
    s->tamper = show_card;
    s->tamper_ctx = &shows;
    trust_check_own(alice->engine);
    scene_pass(s, HOUR_MS);
    assert_int_equal(notices(alice, "account-changed").count, 0);
    assert_int_equal(proven(alice, "own-name"), EVIDENCE_FORGED);
    snprintf(w.address.name, sizeof w.address.name, "alice");
    snprintf(w.address.host, sizeof w.address.host, "second.test");
    w.address.port = SCENE_PORT;
    w.pins.count = 1;
    w.pins.pins[0] = network_pin(second, false);
    s->tamper = NULL;
    assert_ok(account_move(alice->engine, &w));
    scene_pass(s, HOUR_MS);
    assert_ok(account_facts_get(alice->engine, &facts));
    assert_string_equal(facts.address.host, "second.test");
    /* Nor is the mover's new manifest an alarm, to her or to others. */
    trust_check_own(alice->engine);
    look_at_alice(bob);
    assert_int_equal(all_notices(bob), 0);
    assert_int_equal(notices(alice, "account-changed").count, 0);
}

/* --- what was verified --- */

static void
verified_lasts_as_long_as_the_account_is_the_same(void **state)
{
    AUTO(buf_done) struct buf hers = BUF(8192);
    struct contact c = actor_contact(bob, alice);
    struct manifest m;

    assert_ok(contact_set_verified(bob->engine, c.id, TRUST_VERIFIED));
    sign_next(alice, 0, &hers, &m);
    go_on_with(alice, &hers, &m);
    actor_say(alice, bob, "another device list");
    scene_settle(s);
    assert_int_equal(actor_contact(bob, alice).trust, TRUST_VERIFIED);
    assert_ok(contact_remove(bob->engine, c.id));
    actor_add_link(bob, alice); /* the same account: the mark was kept */
    scene_settle(s);
    assert_int_equal(actor_contact(bob, alice).trust, TRUST_VERIFIED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, three_friends, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_was_shown_another_history_hears_of_it_from_the_owner),
        TEST(the_owner_hears_from_a_contact_that_another_history_is_shown),
        TEST(two_people_who_are_shown_different_ones_both_hear_of_it),
        TEST(a_fork_in_the_middle_of_a_queue_stops_there),
        TEST(a_forged_manifest_on_an_envelope_is_noted_and_changes_nothing),
        TEST(a_stale_manifest_that_a_relay_replays_is_no_alarm),
        TEST(junk_under_ones_own_name_is_told_and_does_not_stop_a_move),
        TEST(verified_lasts_as_long_as_the_account_is_the_same),
    };
    return cmocka_run_group_tests_name("scenarios-gossip", tests, NULL, NULL);
}
