/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a client does when names, keys or relays are not what they were (B2.4, B3.2, B16).
 */
#include "tests/check.h"

#include <stdio.h>

#include "core/outbox.h"
#include "core/relay_link.h"
#include "core/trust.h"
#include "crypto/manifest.h"
#include "tests/scenarios/scene.h"

static enum err
count_kind(void *ctx, const struct notice *n)
{
    struct {
        const char *kind;
        unsigned count;
    } *c = ctx;
    if (strcmp(n->kind, c->kind) == 0)
        c->count++;
    return OK;
}

static unsigned
notices(struct actor *a, const char *kind)
{
    struct {
        const char *kind;
        unsigned count;
    } c = {kind, 0};
    assert_ok(notices_each(a->engine, &c, count_kind));
    return c.count;
}

/* Bob's name, but all of it made anew: another account. */
static void
forget_name(struct scene *s)
{
    scene_relay_restart(s->relay, store_memory_new());
}

static void
a_changed_identity_stops_sending_until_a_person_decided(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob"), *other;
    int64_t id, lookup;

    scene_befriend(s, alice, bob);
    actor_offline(bob);
    forget_name(s);
    other = scene_join(s, "bob"); /* takes the name while Bob is away */
    scene_settle(s);
    actor_say(alice, bob, "secret");
    scene_pass(s, HOUR_MS);
    struct contact c = actor_contact(alice, bob);
    assert_true(c.key_changed);
    assert_int_equal(notices(alice, "key-changed"), 1);
    assert_err(message_send_text(alice->engine, c.id, SPAN_STR("more"), &id), ERR_KEY_CHANGED);
    assert_false(actor_knows(alice, other));

    /* The person takes the new one: a contact of its own, without the old one's messages. */
    assert_ok(contact_take_new_account(alice->engine, c.id, &lookup));
    scene_settle(s);
    assert_int_equal(actor_state(alice, other), CONTACT_ASKED);
    assert_int_equal(actor_contact(alice, other).trust, TRUST_UNVERIFIED);
    assert_true(actor_contact(alice, bob).key_changed);
    scene_pass(s, HOUR_MS);
    assert_history(alice, other, "");
    scene_free(s);
}

static void
the_old_key_may_be_kept(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");
    struct store *before;

    scene_befriend(s, alice, bob);
    before = scene_relay_copy(s->relay);
    actor_offline(bob);
    forget_name(s);
    scene_join(s, "bob");
    actor_say(alice, bob, "secret");
    scene_pass(s, HOUR_MS);
    assert_true(actor_contact(alice, bob).key_changed);
    scene_relay_restart(s->relay, before);
    actor_online(bob);
    assert_ok(contact_keep_old_key(alice->engine, actor_contact(alice, bob).id));
    scene_pass(s, HOUR_MS);
    assert_false(actor_contact(alice, bob).key_changed);
    assert_history(bob, alice, "< secret");
    scene_free(s);
}

static void
an_address_that_was_another_accounts_is_not_added(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob"), *other;
    struct lookup l;

    scene_befriend(s, alice, bob);
    actor_offline(bob);
    forget_name(s);
    other = scene_join(s, "bob");
    int64_t lookup = actor_add_address(alice, other);
    scene_settle(s);
    assert_ok(lookup_get(alice->engine, lookup, &l));
    assert_int_equal(l.error, ERR_KEY_CHANGED);
    assert_true(actor_contact(alice, bob).key_changed);
    assert_false(actor_knows(alice, other));
    scene_free(s);
}

/* --- foreign manifests --- */

/* A manifest of TRUE's account, signed by a key that has nothing to do with it. */
static void
forge(const struct manifest *real, struct buf *ret)
{
    AUTO(account_key_wipe) struct account_key aik;
    AUTO(device_keys_wipe) struct device_keys device;
    struct ed25519_seed seed = {{7}};
    struct manifest draft, made;

    account_key_from_seed(&seed, &aik);
    draft = *real;
    draft.aik = aik.public;
    device_keys_generate(&real->account, 1, real->created, &device);
    assert_ok(device_entry_make(&device, &draft.devices[0]));
    assert_ok(manifest_sign(&draft, &aik, ret, &made));
}

static void
answer_forged_card(void *ctx, struct actor *to, const char *path, struct buf *answer)
{
    AUTO(card_answer_freep) Wire__CardAnswer *card = NULL;
    AUTO(buf_done) struct buf forged = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    Wire__CardAnswer out;
    struct manifest real;

    if (strcmp(path, "/v1/card") != 0 || card_answer_read(buf_span(answer), &card) != OK)
        return;
    assert_ok(manifest_read(span_pb(card->manifest), &real));
    forge(&real, &forged);
    wire__card_answer__init(&out);
    out.manifest = (ProtobufCBinaryData){forged.n, forged.p};
    buf_clear(answer);
    wire_pack(answer, &out.base);
}

static void
a_foreign_manifest_under_the_right_account_id_is_refused(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");
    struct lookup l;

    s->tamper = answer_forged_card;
    int64_t by_link = actor_add_link(alice, bob), by_address = actor_add_address(alice, bob);
    scene_settle(s);
    assert_ok(lookup_get(alice->engine, by_link, &l));
    assert_int_equal(l.error, ERR_FORGED);
    assert_ok(lookup_get(alice->engine, by_address, &l));
    assert_int_equal(l.error, ERR_FORGED);
    assert_false(actor_knows(alice, bob));
    assert_int_equal(notices(alice, "forged"), 1); /* at most one a day */
    s->tamper = NULL;
    scene_free(s);
}

static void
a_foreign_manifest_changes_nothing_for_a_contact(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");
    AUTO(buf_done) struct buf before = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    AUTO(buf_done) struct buf after = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);

    scene_befriend(s, alice, bob);
    struct contact c = actor_contact(alice, bob);
    assert_ok(trust_manifest_bytes(alice->engine, &c.account, &before));
    s->tamper = answer_forged_card;
    trust_refresh(alice->engine, &c);
    scene_settle(s);
    assert_ok(trust_manifest_bytes(alice->engine, &c.account, &after));
    assert_true(span_equal(buf_span(&before), buf_span(&after)));
    assert_int_equal(notices(alice, "forged"), 1);
    actor_say(alice, bob, "still you");
    scene_settle(s);
    assert_history(bob, alice, "< still you");
    scene_free(s);
}

/* An account whose keys the test holds, and a manifest of it that continues BEFORE. */
static void
continue_manifest(const struct manifest *before, const struct account_key *aik,
                  const struct sha256 *next, struct buf *ret_object, struct manifest *ret)
{
    struct manifest draft;

    manifest_draft_next(before, &draft);
    draft.aik = aik->public;
    draft.next = *next;
    draft.created += ret_object->max % 2; /* two continuations of one are not the same bytes */
    assert_ok(manifest_sign(&draft, aik, ret_object, ret));
}

static void
a_fork_is_ended_by_the_successor_key_on_either_branch(void **state)
{
    for (int branch = 0; branch < 2; branch++) {
        struct scene *s = scene_new();
        struct actor *alice = scene_join(s, "alice");
        struct engine *e = alice->engine;
        struct account_facts facts;
        struct recovery_seed seed = {{3}};
        struct account_key first, second;
        struct manifest m[4], got;
        struct contact c;
        bool is_new;
        AUTO(buf_done) struct buf one = BUF(MANIFEST_MAX), held = BUF(MANIFEST_MAX);
        AUTO(buf_done) struct buf other = BUF(MANIFEST_MAX + 1), end = BUF(MANIFEST_MAX);

        recovery_account_key(&seed, 1, &first);
        recovery_account_key(&seed, 2, &second);
        struct sha256 next = recovery_commitment(&seed, 1), after = recovery_commitment(&seed, 2);
        assert_ok(account_facts_get(e, &facts));
        assert_ok(trust_manifest(e, &facts.account, &got));
        manifest_draft_first(&first, &next, &m[0]);
        struct manifest draft = m[0];
        AUTO(device_keys_wipe) struct device_keys device;
        device_keys_generate(&draft.account, 1, got.created, &device);
        assert_ok(device_entry_make(&device, &draft.devices[0]));
        draft.device_count = 1;
        draft.address = got.address;
        draft.created = got.created;
        assert_ok(manifest_sign(&draft, &first, &one, &m[0]));
        continue_manifest(&m[0], &first, &next, &held, &m[1]);
        continue_manifest(&m[0], &first, &next, &other, &m[2]);
        continue_manifest(&m[1 + branch], &second, &after, &end, &m[3]);

        assert_ok(db_run(engine_db(e),
                         "INSERT INTO contacts(account,address,state,trust,created_ms) "
                         "VALUES(?1,'x@relay.test',3,0,0)",
                         "b", SPAN_OF(m[0].account)));
        assert_ok(trust_store(e, buf_span(&one), &m[0]));
        assert_ok(trust_store(e, buf_span(&held), &m[1]));
        assert_err(trust_candidate(e, &m[0].account, buf_span(&other), &got, &is_new), ERR_FORK);
        assert_ok(contact_by_account(e, &m[0].account, &c));
        assert_err(contact_may_send(&c), ERR_FORK);
        /* The same seen once more, as own.2 shows it: by hashes. */
        assert_ok(notice_add(e, "fork", c.id, SPAN_OF(m[1].hash), SPAN_OF(m[2].hash)));
        assert_ok(trust_candidate(e, &m[0].account, buf_span(&one), &got, &is_new));
        assert_false(is_new);
        assert_ok(trust_candidate(e, &m[0].account, buf_span(&end), &got, &is_new));
        assert_true(is_new);
        assert_memory_equal(got.hash.b, m[3].hash.b, sizeof got.hash.b);
        assert_ok(trust_store(e, buf_span(&end), &got));
        assert_ok(contact_by_account(e, &m[0].account, &c));
        assert_ok(contact_may_send(&c));
        account_key_wipe(&first);
        account_key_wipe(&second);
        scene_free(s);
    }
}

/* --- relays --- */

static void
a_relay_with_another_key_gets_nothing(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");

    scene_befriend(s, alice, bob);
    s->relay->config.rlk_seed[0] = 9;
    scene_relay_restart(s->relay, s->relay->store);
    actor_say(alice, bob, "hello");
    scene_pass(s, HOUR_MS);
    assert_int_equal(notices(alice, "relay-key"), 1);
    s->relay->config.rlk_seed[0] = 1;
    scene_relay_restart(s->relay, s->relay->store);
    scene_pass(s, HOUR_MS);
    assert_history(bob, alice, "< hello");
    scene_free(s);
}

static void
a_relay_with_another_certificate_gets_nothing(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");

    scene_befriend(s, alice, bob);
    s->relay->other_certificate = true;
    scene_relay_restart(s->relay, s->relay->store);
    actor_say(alice, bob, "hello");
    scene_pass(s, HOUR_MS);
    assert_int_equal(notices(alice, "relay-pin"), 1);
    assert_history(bob, alice, "");
    s->relay->other_certificate = false;
    scene_pass(s, HOUR_MS);
    assert_history(bob, alice, "< hello");
    scene_free(s);
}

static enum err
call_to(struct actor *a, const char *host, bool typed)
{
    struct relay_call call = {
        .lane = LANE_ANONYMOUS, .typed = typed, .method = "POST", .path = "/v1/card"};

    call.relay.port = SCENE_PORT;
    snprintf(call.relay.host, sizeof call.relay.host, "%s", host);
    return relay_call(a->engine, &call);
}

static void
only_a_relay_the_user_gave_may_be_in_a_private_network(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice");

    assert_err(call_to(alice, "127.0.0.1", false), ERR_UNTRUSTED);
    assert_err(call_to(alice, "[::ffff:10.0.0.1]", false), ERR_UNTRUSTED);
    assert_ok(call_to(alice, "127.0.0.1", true));
    assert_true(alice->private_too);
    assert_ok(call_to(alice, "elsewhere.test", false));
    assert_false(alice->private_too);
    assert_ok(call_to(alice, "elsewhere.test", true));
    assert_true(alice->private_too);
    assert_ok(call_to(alice, SCENE_HOST, false)); /* ours */
    assert_true(alice->private_too);
    scene_free(s);
}

static void
a_relay_counts_as_given_for_who_was_added_by_it_and_while_they_are_there(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");
    struct relay_address there = {.host = SCENE_HOST, .port = SCENE_PORT}, moved = there;
    bool typed;

    strcpy(moved.host, "elsewhere.test");
    scene_befriend(s, alice, bob); /* by Bob's link */
    assert_ok(trust_typed(alice->engine, actor_contact(alice, bob).id, &there, &typed));
    assert_true(typed);
    assert_ok(trust_typed(alice->engine, actor_contact(alice, bob).id, &moved, &typed));
    assert_false(typed);
    assert_ok(trust_typed(bob->engine, actor_contact(bob, alice).id, &there, &typed));
    assert_false(typed);
    scene_free(s);
}

static void
a_relay_put_back_to_yesterday_loses_nothing(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");

    scene_befriend(s, alice, bob);
    actor_say(alice, bob, "one");
    scene_settle(s);
    struct store *yesterday = scene_relay_copy(s->relay);
    scene_pass(s, DAY_MS);
    actor_say(alice, bob, "two");
    scene_settle(s);
    actor_say(bob, alice, "three");
    scene_settle(s);
    struct actor *carol = scene_join(s, "carol"); /* yesterday's relay does not know her */
    scene_relay_restart(s->relay, yesterday);
    scene_pass(s, HOUR_MS);
    actor_say(alice, bob, "four");
    scene_settle(s);
    actor_say(bob, alice, "five");
    scene_settle(s);
    assert_history(bob, alice, "< one\n< two\n> three\n< four\n> five");
    assert_history(alice, bob, "> one\n> two\n< three\n> four\n< five");
    scene_befriend(s, carol, bob);
    scene_free(s);
}

static void
a_relay_that_forgot_all_is_told_anew(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");

    scene_befriend(s, alice, bob);
    scene_relay_restart(s->relay, store_memory_new());
    scene_pass(s, HOUR_MS);
    actor_say(alice, bob, "hello");
    scene_pass(s, HOUR_MS);
    assert_history(bob, alice, "< hello");
    scene_free(s);
}

static void
a_clock_that_is_an_hour_off_is_told_and_worked_around(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");

    scene_befriend(s, alice, bob);
    alice->clock_off_ms = -HOUR_MS;
    actor_offline(alice);
    scene_pass(s, MINUTE_MS);
    actor_online(alice);
    scene_settle(s);
    assert_int_equal(notices(alice, "clock"), 1);
    actor_say(alice, bob, "what time is it?");
    scene_settle(s);
    assert_history(bob, alice, "< what time is it?");
    scene_free(s);
}

/* --- prekeys --- */

static void
first_contact_works_when_the_prekeys_are_used_up(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");

    /* The relay has lost them all, as if they had been fetched. */
    assert_int_equal(store_memory_count(s->relay->store, TABLE_OPK), 200);
    uint8_t first[STORE_KEY_MAX] = {0}, last[STORE_KEY_MAX];
    memset(last, 0xff, sizeof last);
    assert_ok(
        store_delete_range(s->relay->store, TABLE_OPK, SPAN(first, 1), SPAN(last, sizeof last)));
    assert_ok(store_commit(s->relay->store));
    scene_befriend(s, alice, bob);
    actor_say(alice, bob, "a");
    actor_say(bob, alice, "b");
    scene_settle(s);
    assert_history(bob, alice, "> b\n< a");

    /* And they are put again, once, within twelve hours. */
    scene_pass(s, 13 * HOUR_MS);
    assert_true(store_memory_count(s->relay->store, TABLE_OPK) >= 190);
    scene_free(s);
}

static void
prekeys_are_rotated_and_erased_in_time(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");
    int64_t n, oldest;

    scene_pass(s, 10 * DAY_MS);
    assert_ok(db_get_int(engine_db(alice->engine), &n, "SELECT count(*) FROM spks", ""));
    assert_in_range(n, 4, 7);
    assert_ok(db_get_int(engine_db(alice->engine), &n, "SELECT count(*) FROM ekss", ""));
    assert_int_equal(n, 2);
    scene_befriend(s, alice, bob);
    scene_pass(s, 40 * DAY_MS);
    assert_ok(db_get_int(engine_db(alice->engine), &oldest, "SELECT min(created_s) FROM spks", ""));
    assert_true(s->now_ms / 1000 - oldest < 37 * SECONDS_A_DAY);
    assert_ok(db_get_int(engine_db(alice->engine), &oldest, "SELECT min(created_s) FROM ekss", ""));
    assert_true(s->now_ms / 1000 - oldest < 48 * SECONDS_A_DAY);
    actor_say(alice, bob, "late");
    scene_settle(s);
    assert_history(bob, alice, "< late");
    scene_free(s);
}

static void
tokens_are_renewed_and_their_number_tells_nothing(void **state)
{
    struct scene *s = scene_new();
    struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");
    int64_t first, n;

    assert_int_equal(store_memory_count(s->relay->store, TABLE_TOKEN), 2 * TOKENS_DECOY_MIN);
    scene_befriend(s, alice, bob);
    assert_int_equal(store_memory_count(s->relay->store, TABLE_TOKEN), 2 * TOKENS_DECOY_MIN);
    assert_ok(db_get_int(engine_db(alice->engine), &first,
                         "SELECT max(generation) FROM tokens WHERE contact IS NOT NULL", ""));
    for (int day = 0; day < 45; day++) {
        actor_say(alice, bob, "x");
        actor_say(bob, alice, "y");
        scene_pass(s, DAY_MS);
    }
    assert_int_equal(store_memory_count(s->relay->store, TABLE_TOKEN), 2 * TOKENS_DECOY_MIN);
    assert_ok(db_get_int(engine_db(alice->engine), &n,
                         "SELECT count(*) FROM tokens WHERE contact IS NOT NULL AND generation>?1 "
                         "AND remove_after_s IS NULL",
                         "i", first));
    assert_int_equal(n, 1);
    /* The one before is still there for a backup of bob's, and ends. */
    assert_ok(db_get_int(engine_db(alice->engine), &n,
                         "SELECT count(*) FROM tokens WHERE generation=?1 AND remove_after_s>?2",
                         "ii", first, s->now_ms / 1000));
    assert_int_equal(n, 1);
    scene_free(s);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_changed_identity_stops_sending_until_a_person_decided),
    cmocka_unit_test(the_old_key_may_be_kept),
    cmocka_unit_test(an_address_that_was_another_accounts_is_not_added),
    cmocka_unit_test(a_foreign_manifest_under_the_right_account_id_is_refused),
    cmocka_unit_test(a_foreign_manifest_changes_nothing_for_a_contact),
    cmocka_unit_test(a_fork_is_ended_by_the_successor_key_on_either_branch),
    cmocka_unit_test(a_relay_with_another_key_gets_nothing),
    cmocka_unit_test(a_relay_with_another_certificate_gets_nothing),
    cmocka_unit_test(only_a_relay_the_user_gave_may_be_in_a_private_network),
    cmocka_unit_test(a_relay_counts_as_given_for_who_was_added_by_it_and_while_they_are_there),
    cmocka_unit_test(a_relay_put_back_to_yesterday_loses_nothing),
    cmocka_unit_test(a_relay_that_forgot_all_is_told_anew),
    cmocka_unit_test(a_clock_that_is_an_hour_off_is_told_and_worked_around),
    cmocka_unit_test(first_contact_works_when_the_prekeys_are_used_up),
    cmocka_unit_test(prekeys_are_rotated_and_erased_in_time),
    cmocka_unit_test(tokens_are_renewed_and_their_number_tells_nothing),
};

int
main(void)
{
    return cmocka_run_group_tests_name("scenarios-trust", tests, NULL, NULL);
}
