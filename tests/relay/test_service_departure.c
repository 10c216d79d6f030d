/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rows 3 and 6: deleting an account, a newer manifest, moving to another relay and back (B2.5).
 */
#include "tests/check.h"

#include <sodium.h>
#include <stdlib.h>

#include "relay/kept_accounts.h"
#include "tests/fakes/store_memory.h"
#include "tests/relay/fixture.h"

#define ELSEWHERE "second.test:8443"

static struct relay *r;
static struct person alice, bob;
static struct token token;

static int
setup(void **state)
{
    r = relay_new(COMMIT_AT_ONCE);
    alice = person_new("alice");
    bob = person_new("bob");
    relay_register(r, &alice, 10);
    relay_register(r, &bob, 10);
    token = token_grant(r, &alice, 1, 7, WIRE__TOKEN_KIND__TOKEN_DELIVER, 0);
    return 0;
}

static int
teardown(void **state)
{
    relay_free(r);
    return 0;
}

static ProtobufCBinaryData
pb(struct span s)
{
    return (ProtobufCBinaryData){.len = s.n, .data = (uint8_t *)(uintptr_t)s.p};
}

/* ---- row 3 ---- */

static unsigned
send_statement(const struct person *signer, struct span statement)
{
    Wire__AccountDelete m = WIRE__ACCOUNT_DELETE__INIT;
    m.statement = pb(statement);
    return relay_signed(r, signer, METHOD_POST, "/v1/accounts/delete", &m.base);
}

static unsigned
delete_at(const struct person *p, uint64_t time)
{
    AUTO(buf_done) struct buf statement = BUF(4096);
    person_statement(p, r, time, &statement);
    return send_statement(p, buf_span(&statement));
}

static unsigned
card(const char *name)
{
    Wire__Card m;
    wire__card__init(&m);
    m.name = (char *)(uintptr_t)name;
    return relay_post(r, "/v1/card", &m.base);
}

static uint64_t
now(void)
{
    return r->now_ms / 1000;
}

static void
nothing_of_a_deleted_account_stays_but_its_name(void **state)
{
    assert_int_equal(deliver(r, &alice, token, 1, ENVELOPE_B1), 202);
    assert_int_equal(request(r, &alice, NULL, 2, TEST_POW_BITS), 202);
    size_t names = store_memory_count(r->store, TABLE_NAME);
    assert_int_equal(delete_at(&alice, now()), 204);
    relay_sleep(r, 2);
    assert_int_equal(store_memory_count(r->store, TABLE_NAME), names - 1);
    assert_int_equal(store_memory_count(r->store, TABLE_ACCOUNT), 1); /* bob's, as all below */
    assert_int_equal(store_memory_count(r->store, TABLE_MANIFEST), 1);
    assert_int_equal(store_memory_count(r->store, TABLE_DEVICE), 1);
    assert_int_equal(store_memory_count(r->store, TABLE_OPK), 10);
    assert_int_equal(store_memory_count(r->store, TABLE_QUEUE), 2);
    assert_int_equal(store_memory_count(r->store, TABLE_TOKEN), 0);
    assert_int_equal(store_memory_count(r->store, TABLE_ITEM), 0);
    assert_int_equal(store_memory_count(r->store, TABLE_BLOCKED_NAME), 1);
    assert_true(r->ended > 0);
    assert_int_equal(card("alice"), 404);
    assert_int_equal(card("bob"), 200);
    assert_int_equal(deliver(r, &alice, token, 3, ENVELOPE_B1), 404);
    assert_int_equal(relay_signed(r, &alice, METHOD_GET, "/v1/queue", NULL), 401);
    assert_int_equal(delete_at(&alice, now()), 401); /* there is nobody to delete */
}

static unsigned
register_again(const struct person *p, const char *authority)
{
    AUTO(buf_done) struct buf manifest = BUF(65536);
    AUTO(buf_done) struct buf bundle = BUF(65536);
    Wire__Register m;
    wire__register__init(&m);

    person_manifest(p, authority, &manifest);
    person_bundle(p, &bundle);
    m.manifest = pb(buf_span(&manifest));
    m.bundle = pb(buf_span(&bundle));
    return relay_post_pow(r, "/v1/accounts", &m.base, TEST_POW_BITS);
}

static void
the_name_of_a_deleted_account_is_nobody_elses_for_a_year(void **state)
{
    struct person other = person_new("alice");

    assert_int_equal(delete_at(&alice, now()), 204);
    assert_int_equal(register_again(&other, AUTHORITY), 409);
    assert_int_equal(register_again(&alice, AUTHORITY), 201);
    assert_int_equal(delete_at(&alice, now()), 204);
    relay_sleep(r, NAME_BLOCKED + 1);
    other.bundle_created = now();
    assert_int_equal(register_again(&other, AUTHORITY), 201);
}

static void
a_deletion_needs_the_account_keys_word_of_now(void **state)
{
    AUTO(buf_done) struct buf good = BUF(4096);
    AUTO(buf_done) struct buf of_bob = BUF(4096);
    struct person thief = alice;

    assert_int_equal(delete_at(&alice, now() - CLOCK_SKEW_MAX - 1), 422);
    assert_int_equal(delete_at(&alice, now() + CLOCK_SKEW_MAX + 1), 422);
    /* Bob's word, or Alice's word by Bob's mouth. */
    person_statement(&bob, r, now(), &of_bob);
    assert_int_equal(send_statement(&alice, buf_span(&of_bob)), 422);
    person_statement(&alice, r, now(), &good);
    assert_int_equal(send_statement(&bob, buf_span(&good)), 422);
    /* The device alone, without the account key. */
    crypto_sign_keypair(thief.aik.b, thief.aik_secret);
    assert_int_equal(delete_at(&thief, now()), 422);
    for (size_t i = 0; i < good.n; i++) {
        good.p[i] ^= 1;
        unsigned status = send_statement(&alice, buf_span(&good));
        assert_true(status == 422 || status == 400 || status == 413);
        good.p[i] ^= 1;
    }
    assert_int_equal(send_statement(&alice, SPAN(good.p, good.n - 1)), 422);
    assert_int_equal(card("alice"), 200);
    assert_int_equal(send_statement(&alice, buf_span(&good)), 204);
}

static void
a_statement_for_another_relay_deletes_nothing(void **state)
{
    AUTO(buf_done) struct buf statement = BUF(4096);

    r->config.rlk_seed[0] ^= 1;
    person_statement(&alice, r, now(), &statement);
    r->config.rlk_seed[0] ^= 1;
    assert_int_equal(send_statement(&alice, buf_span(&statement)), 422);
    assert_int_equal(card("alice"), 200);
}

static void
a_deletion_that_finds_the_disk_full_deletes_nothing(void **state)
{
    assert_int_equal(deliver(r, &alice, token, 1, ENVELOPE_B1), 202);
    store_memory_fail_next_commit(r->store, ERR_FULL);
    assert_int_equal(delete_at(&alice, now()), 507);
    assert_int_equal(card("alice"), 200);
    assert_int_equal(relay_signed(r, &alice, METHOD_GET, "/v1/queue", NULL), 200);
    assert_int_equal(deliver(r, &alice, token, 2, ENVELOPE_B1), 202);
    assert_int_equal(delete_at(&alice, now()), 204);
    assert_int_equal(store_memory_count(r->store, TABLE_ITEM), 0);
}

/* ---- row 6 ---- */

static unsigned
put_object(const struct person *signer, struct span object)
{
    Wire__ManifestPut m = WIRE__MANIFEST_PUT__INIT;
    m.manifest = pb(object);
    return relay_signed(r, signer, METHOD_PUT, "/v1/manifest", &m.base);
}

/* P's next manifest, for AUTHORITY; P goes on from it when it was taken. */
static unsigned
put_next(struct person *p, const char *authority)
{
    AUTO(buf_done) struct buf before = BUF(65536);
    AUTO(buf_done) struct buf object = BUF(65536);

    if (p->seq == 1) {
        person_manifest(p, AUTHORITY, &before);
        person_succeed(p, buf_span(&before));
    }
    person_manifest(p, authority, &object);
    unsigned status = put_object(p, buf_span(&object));
    if (status == 204)
        person_succeed(p, buf_span(&object));
    return status;
}

static uint32_t
seq_in_card(const char *name)
{
    AUTO(card_answer_freep) Wire__CardAnswer *answer = NULL;
    struct manifest m;

    assert_int_equal(card(name), 200);
    assert_ok(card_answer_read(buf_span(&r->answer.body), &answer));
    assert_ok(manifest_read(span_pb(answer->manifest), &m));
    return m.seq;
}

static void
a_newer_manifest_is_taken_and_shown(void **state)
{
    assert_int_equal(put_next(&alice, AUTHORITY), 204);
    assert_int_equal(seq_in_card("alice"), 2);
    assert_int_equal(put_next(&alice, AUTHORITY), 204);
    assert_int_equal(seq_in_card("alice"), 3);
    assert_int_equal(deliver(r, &alice, token, 1, ENVELOPE_B1), 202);
}

static void
a_manifest_put_twice_is_answered_twice(void **state)
{
    AUTO(buf_done) struct buf first = BUF(65536);
    AUTO(buf_done) struct buf object = BUF(65536);

    person_manifest(&alice, AUTHORITY, &first);
    assert_int_equal(put_object(&alice, buf_span(&first)), 204);
    person_succeed(&alice, buf_span(&first));
    person_manifest(&alice, ELSEWHERE, &object);
    assert_int_equal(put_object(&alice, buf_span(&object)), 204);
    assert_int_equal(put_object(&alice, buf_span(&object)), 204);
    assert_int_equal(put_object(&alice, buf_span(&first)), 409); /* old */
}

static unsigned
put_with_before(const struct person *signer, struct span object, struct span *before, size_t n)
{
    Wire__ManifestPut m = WIRE__MANIFEST_PUT__INIT;
    ProtobufCBinaryData list[4];

    for (size_t i = 0; i < n; i++)
        list[i] = pb(before[i]);
    m.manifest = pb(object);
    m.before = list;
    m.n_before = n;
    return relay_signed(r, signer, METHOD_PUT, "/v1/manifest", &m.base);
}

/* What was signed for another relay and taken back goes into the history, and nobody is ever sent
 * there: the account did not leave for a moment. */
static void
those_in_between_come_with_the_newest_in_one_step(void **state)
{
    AUTO(buf_done) struct buf first = BUF(65536);
    AUTO(buf_done) struct buf away = BUF(65536);
    AUTO(buf_done) struct buf back = BUF(65536);
    struct person next = alice;

    person_manifest(&alice, AUTHORITY, &first);
    person_succeed(&next, buf_span(&first));
    person_manifest(&next, ELSEWHERE, &away);
    person_succeed(&next, buf_span(&away));
    person_manifest(&next, AUTHORITY, &back);
    struct span before[] = {buf_span(&first), buf_span(&away)};
    assert_int_equal(put_object(&alice, buf_span(&back)), 409); /* one is missing */
    assert_int_equal(put_with_before(&alice, buf_span(&back), before, 2), 204);
    assert_int_equal(put_with_before(&alice, buf_span(&back), before, 2), 204); /* again */
    assert_int_equal(seq_in_card("alice"), 3);
    assert_int_equal(deliver(r, &alice, token, 1, ENVELOPE_B1), 202);
    assert_int_equal(store_memory_count(r->store, TABLE_MANIFEST), 3 + 1); /* bob's */
}

static void
those_in_between_have_to_lead_there(void **state)
{
    AUTO(buf_done) struct buf first = BUF(65536);
    AUTO(buf_done) struct buf away = BUF(65536);
    AUTO(buf_done) struct buf other = BUF(65536);
    AUTO(buf_done) struct buf back = BUF(65536);
    struct person next = alice, fork;

    person_manifest(&alice, AUTHORITY, &first);
    person_succeed(&next, buf_span(&first));
    person_manifest(&next, ELSEWHERE, &away);
    fork = next;
    fork.prev.b[0] ^= 1;
    person_manifest(&fork, ELSEWHERE, &other);
    person_succeed(&next, buf_span(&away));
    person_manifest(&next, AUTHORITY, &back);
    struct span none[] = {buf_span(&back)}, forked[] = {buf_span(&other)},
                mixed[] = {buf_span(&away), buf_span(&other)}, junk[] = {SPAN(away.p, away.n - 1)};
    assert_int_equal(put_with_before(&alice, buf_span(&back), none, 1), 409);
    assert_int_equal(put_with_before(&alice, buf_span(&back), forked, 1), 409);
    assert_int_equal(put_with_before(&alice, buf_span(&back), mixed, 2), 409);
    assert_int_equal(put_with_before(&alice, buf_span(&back), junk, 1), 422);
    struct person stranger = person_new("carol");
    AUTO(buf_done) struct buf hers = BUF(65536);
    person_manifest(&stranger, AUTHORITY, &hers);
    struct span foreign[] = {buf_span(&hers)};
    assert_int_equal(put_with_before(&alice, buf_span(&back), foreign, 1), 422);
    assert_int_equal(seq_in_card("alice"), 1);
    assert_int_equal(store_memory_count(r->store, TABLE_MANIFEST), 2);
}

static void
forks_and_gaps_are_409_with_what_is_held(void **state)
{
    AUTO(changed_freep) Wire__Changed *changed = NULL;
    AUTO(buf_done) struct buf first = BUF(65536);
    AUTO(buf_done) struct buf object = BUF(65536);
    struct person fork = alice;

    person_manifest(&alice, AUTHORITY, &first);
    person_succeed(&fork, buf_span(&first));
    fork.prev.b[0] ^= 1;
    person_manifest(&fork, AUTHORITY, &object);
    assert_int_equal(put_object(&fork, buf_span(&object)), 409);
    assert_ok(changed_read(buf_span(&r->answer.body), &changed));
    assert_true(span_equal(span_pb(changed->manifest), buf_span(&first)));
    fork.seq = 5;
    buf_clear(&object);
    person_manifest(&fork, AUTHORITY, &object);
    assert_int_equal(put_object(&fork, buf_span(&object)), 409);
    fork.seq = 1;
    memset(&fork.prev, 0, sizeof fork.prev);
    buf_clear(&object);
    person_manifest(&fork, ELSEWHERE, &object);
    assert_int_equal(put_object(&fork, buf_span(&object)), 409);
    assert_int_equal(seq_in_card("alice"), 1);
}

static void
manifests_that_are_not_the_accounts_are_422(void **state)
{
    AUTO(buf_done) struct buf object = BUF(65536);
    struct person thief = alice, other = person_new("alice");

    thief.seq = 2;
    thief.aik = other.aik;
    memcpy(thief.aik_secret, other.aik_secret, sizeof thief.aik_secret);
    person_manifest(&thief, ELSEWHERE, &object); /* the account's id under another key */
    assert_int_equal(put_object(&thief, buf_span(&object)), 422);
    assert_int_equal(put_object(&alice, SPAN(object.p, 10)), 422);
    assert_int_equal(relay_signed(r, &alice, METHOD_PUT, "/v1/manifest",
                                  &(Wire__ManifestPut){.base = PROTOBUF_C_MESSAGE_INIT(
                                                           &wire__manifest_put__descriptor)}
                                       .base),
                     400);
    assert_int_equal(seq_in_card("alice"), 1);
}

static void
a_manifest_comes_from_a_device_that_it_names(void **state)
{
    AUTO(buf_done) struct buf first = BUF(65536);
    AUTO(buf_done) struct buf object = BUF(65536);
    struct person device = alice, stranger = person_new("carol");

    person_manifest(&alice, AUTHORITY, &first);
    person_succeed(&alice, buf_span(&first));
    person_manifest(&alice, ELSEWHERE, &object);
    crypto_sign_keypair(device.dsk.b, device.dsk_secret);
    assert_int_equal(put_object(&device, buf_span(&object)), 401);
    device = alice;
    device.device = 2;
    assert_int_equal(put_object(&device, buf_span(&object)), 401);
    assert_int_equal(put_object(&bob, buf_span(&object)), 401);
    assert_int_equal(put_next(&stranger, ELSEWHERE), 401); /* no account here */
    struct service_request bare = {
        .method = METHOD_PUT, .path = "/v1/manifest", .authority = AUTHORITY};
    assert_int_equal(relay_call(r, bare), 400);
    assert_int_equal(seq_in_card("alice"), 1);
    assert_int_equal(put_object(&alice, buf_span(&object)), 204);
}

static void
a_number_of_a_device_is_not_used_again_with_another_key(void **state)
{
    AUTO(buf_done) struct buf first = BUF(65536);
    AUTO(buf_done) struct buf object = BUF(65536);
    struct person next = alice, other = person_new("other");

    person_manifest(&alice, AUTHORITY, &first);
    person_succeed(&next, buf_span(&first));
    struct person same = next;
    next.dsk = other.dsk;
    memcpy(next.dsk_secret, other.dsk_secret, sizeof next.dsk_secret);
    person_manifest(&next, AUTHORITY, &object);
    assert_int_equal(put_object(&next, buf_span(&object)), 422);
    assert_int_equal(seq_in_card("alice"), 1);
    buf_clear(&object);
    person_manifest(&same, AUTHORITY, &object);
    assert_int_equal(put_object(&alice, buf_span(&object)), 204);
}

static void
an_account_keeps_its_name_at_a_relay(void **state)
{
    struct person renamed = alice;

    assert_int_equal(put_next(&alice, AUTHORITY), 204);
    renamed = alice;
    strcpy(renamed.name, "alicia");
    assert_int_equal(put_next(&renamed, AUTHORITY), 422);
    assert_int_equal(put_next(&renamed, ELSEWHERE), 204); /* there it may be called otherwise */
}

static unsigned
put_with_device(const struct person *p, const struct person *keys_of, uint32_t device)
{
    AUTO(buf_done) struct buf object = BUF(65536);
    AUTO(buf_done) struct buf bundle = BUF(65536);
    Wire__AddedDevice added = WIRE__ADDED_DEVICE__INIT, *list[] = {&added};
    Wire__ManifestPut m = WIRE__MANIFEST_PUT__INIT;

    person_manifest(p, AUTHORITY, &object);
    person_bundle(keys_of, &bundle);
    m.manifest = pb(buf_span(&object));
    added.device = device;
    added.bundle = pb(buf_span(&bundle));
    m.added = list;
    m.n_added = 1;
    return relay_signed(r, p, METHOD_PUT, "/v1/manifest", &m.base);
}

/* Recovery (B20): another device takes the place of the one that was lost. */
static void
a_device_that_is_replaced_leaves_with_all_it_had(void **state)
{
    AUTO(buf_done) struct buf first = BUF(65536);
    struct person fresh = alice;

    assert_int_equal(deliver(r, &alice, token, 1, ENVELOPE_B1), 202);
    person_manifest(&alice, AUTHORITY, &first);
    person_succeed(&fresh, buf_span(&first));
    crypto_sign_keypair(fresh.dsk.b, fresh.dsk_secret);
    assert_int_equal(put_with_device(&fresh, &fresh, 1), 422); /* a number used again */
    fresh.device = 2;
    assert_int_equal(put_with_device(&fresh, &fresh, 3), 422); /* keys of another */
    assert_int_equal(put_with_device(&fresh, &alice, 2), 422);
    assert_int_equal(put_next(&fresh, AUTHORITY), 422); /* no keys */
    r->ended = 0;
    assert_int_equal(put_with_device(&fresh, &fresh, 2), 204);
    assert_int_equal(r->ended, 1);
    relay_sleep(r, 2);
    assert_int_equal(store_memory_count(r->store, TABLE_OPK), 10); /* bob's */
    assert_int_equal(store_memory_count(r->store, TABLE_ITEM), 0);
    assert_int_equal(relay_signed(r, &alice, METHOD_GET, "/v1/queue", NULL), 401);
    assert_int_equal(relay_signed(r, &fresh, METHOD_GET, "/v1/queue", NULL), 204);
    assert_int_equal(deliver(r, &alice, token, 2, ENVELOPE_B1), 409);
    assert_int_equal(deliver(r, &fresh, token, 3, ENVELOPE_B1), 202);
}

static unsigned
manifests_of(const char *name, uint32_t from, size_t *ret)
{
    AUTO(manifests_freep) Wire__Manifests *page = NULL;
    Wire__ManifestGet m;

    wire__manifest_get__init(&m);
    m.name = (char *)(uintptr_t)name;
    m.token = pb(SPAN_OF(token));
    m.min_seq = from;
    unsigned status = relay_post(r, "/v1/manifest/get", &m.base);
    *ret = 0;
    if (status != 200)
        return status;
    assert_ok(manifests_read(buf_span(&r->answer.body), &page));
    *ret = page->n_manifests;
    assert_false(page->more);
    return status;
}

static void
the_newest_manifests_are_kept_and_no_more(void **state)
{
    size_t count;

    for (int i = 0; i < MANIFESTS_KEPT + 10; i++)
        assert_int_equal(put_next(&alice, AUTHORITY), 204);
    assert_int_equal(store_memory_count(r->store, TABLE_MANIFEST), MANIFESTS_KEPT + 1);
    assert_int_equal(manifests_of("alice", 1, &count), 200);
    assert_int_equal(count, MANIFESTS_KEPT);
}

/* ---- moving ---- */

static void
who_moved_away_is_drained_and_shown_and_takes_nothing_more(void **state)
{
    AUTO(changed_freep) Wire__Changed *changed = NULL;
    struct manifest m;
    size_t count;

    assert_int_equal(deliver(r, &alice, token, 1, ENVELOPE_B1), 202);
    assert_int_equal(put_next(&alice, ELSEWHERE), 204);
    assert_int_equal(deliver(r, &alice, token, 1, ENVELOPE_B1), 202); /* the same again */
    assert_int_equal(deliver(r, &alice, token, 2, ENVELOPE_B1), 409);
    assert_ok(changed_read(buf_span(&r->answer.body), &changed));
    assert_ok(manifest_read(span_pb(changed->manifest), &m));
    assert_string_equal(m.address.host, "second.test");
    struct token wrong = {{9}};
    assert_int_equal(deliver(r, &alice, wrong, 3, ENVELOPE_B1), 404);
    assert_int_equal(request(r, &alice, NULL, 4, TEST_POW_BITS), 409);
    assert_int_equal(request(r, &alice, NULL, 5, 0), 428);
    assert_int_equal(seq_in_card("alice"), 2);
    assert_int_equal(manifests_of("alice", 2, &count), 200);
    assert_int_equal(count, 1);
    assert_int_equal(relay_signed(r, &alice, METHOD_GET, "/v1/queue", NULL), 200);
    struct person other = person_new("alice");
    assert_int_equal(register_again(&other, AUTHORITY), 409);
}

static void
after_three_weeks_who_moved_away_is_gone_and_only_he_gets_the_name(void **state)
{
    struct person other = person_new("alice");

    assert_int_equal(deliver(r, &alice, token, 1, ENVELOPE_B1), 202);
    assert_int_equal(put_next(&alice, ELSEWHERE), 204);
    relay_sleep(r, MOVED_LIFE - 10);
    relay_sleep(r, 1);
    assert_int_equal(card("alice"), 200);
    relay_sleep(r, 10);
    relay_sleep(r, 1);
    assert_int_equal(card("alice"), 404);
    assert_int_equal(store_memory_count(r->store, TABLE_ACCOUNT), 1);
    assert_int_equal(store_memory_count(r->store, TABLE_ITEM), 0);
    assert_int_equal(store_memory_count(r->store, TABLE_TOKEN), 0);
    other.bundle_created = alice.bundle_created = now();
    assert_int_equal(register_again(&other, AUTHORITY), 409);
    assert_int_equal(register_again(&alice, AUTHORITY), 201);
    assert_int_equal(store_memory_count(r->store, TABLE_BLOCKED_NAME), 0);
}

static void
who_comes_back_within_three_weeks_is_at_home_again(void **state)
{
    assert_int_equal(put_next(&alice, ELSEWHERE), 204);
    assert_int_equal(deliver(r, &alice, token, 1, ENVELOPE_B1), 409);
    assert_int_equal(register_again(&alice, AUTHORITY), 409);
    assert_int_equal(put_next(&alice, AUTHORITY), 204);
    assert_int_equal(deliver(r, &alice, token, 1, ENVELOPE_B1), 202);
    relay_sleep(r, MOVED_LIFE + 10);
    relay_sleep(r, 1);
    assert_int_equal(card("alice"), 200);
}

/* Row 2 with a manifest that is not the first. */
static unsigned
arrive(struct person *p, struct span *before, size_t count)
{
    AUTO(buf_done) struct buf manifest = BUF(65536);
    AUTO(buf_done) struct buf bundle = BUF(65536);
    ProtobufCBinaryData objects[8];
    Wire__Register m;
    wire__register__init(&m);

    person_manifest(p, AUTHORITY, &manifest);
    person_bundle(p, &bundle);
    m.manifest = pb(buf_span(&manifest));
    m.bundle = pb(buf_span(&bundle));
    for (size_t i = 0; i < count; i++)
        objects[i] = pb(before[i]);
    m.before = objects;
    m.n_before = count;
    return relay_post_pow(r, "/v1/accounts", &m.base, TEST_POW_BITS);
}

static void
who_arrives_brings_the_manifests_that_lead_here(void **state)
{
    AUTO(buf_done) struct buf first = BUF(65536);
    AUTO(buf_done) struct buf second = BUF(65536);
    AUTO(buf_done) struct buf foreign = BUF(65536);
    struct person carol = person_new("carol");
    size_t count;

    person_manifest(&carol, ELSEWHERE, &first);
    person_succeed(&carol, buf_span(&first));
    person_manifest(&carol, "third.test:443", &second);
    person_succeed(&carol, buf_span(&second));
    person_manifest(&bob, AUTHORITY, &foreign);
    assert_int_equal(arrive(&carol, (struct span[]){buf_span(&first)}, 1), 422);
    assert_int_equal(arrive(&carol, (struct span[]){buf_span(&second), buf_span(&first)}, 2), 422);
    assert_int_equal(arrive(&carol, (struct span[]){buf_span(&foreign)}, 1), 422);
    assert_int_equal(arrive(&carol, (struct span[]){SPAN(second.p, 40)}, 1), 422);
    assert_int_equal(card("carol"), 404);
    assert_int_equal(arrive(&carol, (struct span[]){buf_span(&first), buf_span(&second)}, 2), 201);
    assert_int_equal(seq_in_card("carol"), 3);
    token = token_grant(r, &carol, 4, 8, WIRE__TOKEN_KIND__TOKEN_DELIVER, 0);
    assert_int_equal(manifests_of("carol", 1, &count), 200);
    assert_int_equal(count, 3);
    assert_int_equal(manifests_of("carol", 3, &count), 200);
    assert_int_equal(count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_of_a_deleted_account_stays_but_its_name),
        TEST(the_name_of_a_deleted_account_is_nobody_elses_for_a_year),
        TEST(a_deletion_needs_the_account_keys_word_of_now),
        TEST(a_statement_for_another_relay_deletes_nothing),
        TEST(a_deletion_that_finds_the_disk_full_deletes_nothing),
        TEST(a_newer_manifest_is_taken_and_shown),
        TEST(a_manifest_put_twice_is_answered_twice),
        TEST(those_in_between_come_with_the_newest_in_one_step),
        TEST(those_in_between_have_to_lead_there),
        TEST(forks_and_gaps_are_409_with_what_is_held),
        TEST(manifests_that_are_not_the_accounts_are_422),
        TEST(a_manifest_comes_from_a_device_that_it_names),
        TEST(a_number_of_a_device_is_not_used_again_with_another_key),
        TEST(an_account_keeps_its_name_at_a_relay),
        TEST(a_device_that_is_replaced_leaves_with_all_it_had),
        TEST(the_newest_manifests_are_kept_and_no_more),
        TEST(who_moved_away_is_drained_and_shown_and_takes_nothing_more),
        TEST(after_three_weeks_who_moved_away_is_gone_and_only_he_gets_the_name),
        TEST(who_comes_back_within_three_weeks_is_at_home_again),
        TEST(who_arrives_brings_the_manifests_that_lead_here),
    };
    return cmocka_run_group_tests_name("relay-service-departure", tests, NULL, NULL);
}
