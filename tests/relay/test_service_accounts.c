/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Signed requests, relay info, registration, cards and manifests.
 */
#include "tests/check.h"

#include <stdio.h>

#include "relay/kept_accounts.h"
#include "tests/fakes/store_memory.h"
#include "tests/relay/fixture.h"

static int
setup(void **state)
{
    *state = relay_new(COMMIT_AT_ONCE);
    return 0;
}

static int
teardown(void **state)
{
    relay_free(*state);
    return 0;
}

/* A registration that a test may spoil before it is sent. */
struct attempt {
    struct buf manifest, bundle;
    char invitation[INVITATION_MAX + 1];
    unsigned bits;
};

static struct attempt
attempt_new(const struct person *p)
{
    struct attempt a = {.manifest = BUF(65536), .bundle = BUF(65536), .bits = TEST_POW_BITS};
    person_manifest(p, AUTHORITY, &a.manifest);
    person_bundle(p, &a.bundle);
    return a;
}

static unsigned
attempt_send(struct relay *r, struct attempt *a)
{
    Wire__Register m;
    wire__register__init(&m);
    m.manifest.data = a->manifest.p;
    m.manifest.len = a->manifest.n;
    m.bundle.data = a->bundle.p;
    m.bundle.len = a->bundle.n;
    m.invitation = a->invitation;
    unsigned status = relay_post_pow(r, "/v1/accounts", &m.base, a->bits);
    buf_done(&a->manifest);
    buf_done(&a->bundle);
    return status;
}

static unsigned
card(struct relay *r, const char *name)
{
    Wire__Card m;
    wire__card__init(&m);
    m.name = (char *)(uintptr_t)name;
    return relay_post(r, "/v1/card", &m.base);
}

static void
relay_info_tells_who_it_is(void **state)
{
    struct relay *r = *state;
    AUTO(relay_info_freep) Wire__RelayInfo *info = NULL;

    assert_int_equal(relay_get(r, "/v1/relay"), 200);
    assert_ok(relay_info_read(buf_span(&r->answer.body), &info));
    assert_int_equal(info->rlk.len, 32);
    assert_int_equal(info->time, r->now_ms / 1000);
    assert_int_equal(info->pow->bits, TEST_POW_BITS);
    assert_int_equal(info->proto_min, 1);
    assert_int_equal(info->proto_max, 1);
    assert_int_equal(info->limits->queue_items, QUEUE_ITEMS_MAX);
    assert_int_equal(info->limits->blob_bytes, BLOB_MAX);
}

static void
unknown_paths_are_404_and_other_methods_405(void **state)
{
    static const char *const absent[] = {
        "/",           "/v1",         "/v1/accounts/remove", "/v1/manifests", "/v1/fetch-keys",
        "/v1/blobs/",  "/v1/anchors", "/v1/anchor/store",    "/v1/forward",   "/v1/relay/",
        "/v1/queue/x", "/v1/RELAY",
    };
    struct relay *r = *state;

    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
        assert_int_equal(relay_get(r, absent[i]), 404);
        assert_int_equal(service_body_max(METHOD_POST, absent[i]), 0);
    }
    assert_int_equal(relay_get(r, "/v1/deliver"), 405);
    assert_int_equal(relay_get(r, "/v1/tokens"), 405);
    assert_int_equal(service_body_max(METHOD_POST, "/v1/deliver"), DELIVER_BODY_MAX);
    assert_int_equal(service_body_max(METHOD_GET, "/v1/deliver"), 0);
}

static void
health_answers_only_this_machine(void **state)
{
    struct relay *r = *state;

    assert_int_equal(relay_get(r, "/v1/health"), 200);
    assert_int_equal(r->answer.body.n, 2);
    r->source.loopback = false;
    assert_int_equal(relay_get(r, "/v1/health"), 404);
}

static void
one_registers_and_has_a_card(void **state)
{
    struct relay *r = *state;
    AUTO(buf_done) struct buf manifest = BUF(65536);
    AUTO(card_answer_freep) Wire__CardAnswer *answer = NULL;
    struct person alice = person_new("alice");

    assert_int_equal(card(r, "alice"), 404);
    relay_register(r, &alice, 5);
    assert_int_equal(card(r, "alice"), 200);
    assert_ok(card_answer_read(buf_span(&r->answer.body), &answer));
    person_manifest(&alice, AUTHORITY, &manifest);
    assert_true(span_equal(span_pb(answer->manifest), buf_span(&manifest)));
}

static void
an_unlisted_name_registers_too(void **state)
{
    struct relay *r = *state;
    struct person p = person_new("~abcdefghijklmnopqrstuvwxyz");

    relay_register(r, &p, 0);
    assert_int_equal(card(r, p.name), 200);
}

static void
a_name_belongs_to_the_first(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice"), mallory = person_new("alice");

    relay_register(r, &alice, 0);
    struct attempt a = attempt_new(&mallory);
    assert_int_equal(attempt_send(r, &a), 409);
}

static void
the_name_of_a_deleted_account_is_blocked_for_its_year(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice"), before = person_new("alice");

    assert_ok(
        kept_name_block(r->store, SPAN_STR("alice"), r->now_ms / 1000 + 100, &before.account));
    struct attempt a = attempt_new(&alice);
    assert_int_equal(attempt_send(r, &a), 409);
    relay_sleep(r, 101);
    a = attempt_new(&alice);
    assert_int_equal(attempt_send(r, &a), 201);
}

static void
a_repeated_registration_is_answered_as_the_first(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice");

    relay_register(r, &alice, 3);
    struct attempt a = attempt_new(&alice);
    a.bits = 0;
    assert_int_equal(attempt_send(r, &a), 201);
    struct person other_name = alice;
    strcpy(other_name.name, "alice2");
    a = attempt_new(&other_name);
    assert_int_equal(attempt_send(r, &a), 409);
}

static void
objects_that_are_not_valid_are_422(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice"), bob = person_new("bob");

    struct attempt a = attempt_new(&alice);
    a.manifest.p[a.manifest.n - 1] ^= 1; /* its signature */
    assert_int_equal(attempt_send(r, &a), 422);

    a = attempt_new(&alice);
    a.bundle.p[a.bundle.n - 1] ^= 1;
    assert_int_equal(attempt_send(r, &a), 422);

    a = attempt_new(&alice); /* another account's bundle */
    buf_clear(&a.bundle);
    person_bundle(&bob, &a.bundle);
    assert_int_equal(attempt_send(r, &a), 422);

    a = attempt_new(&alice); /* another relay's address */
    buf_clear(&a.manifest);
    person_manifest(&alice, "elsewhere.test:8443", &a.manifest);
    assert_int_equal(attempt_send(r, &a), 422);

    struct person forger = alice; /* an account id that is not this key's */
    forger.account = bob.account;
    a = attempt_new(&forger);
    assert_int_equal(attempt_send(r, &a), 422);

    struct person early = alice; /* a bundle from the future */
    early.bundle_created = r->now_ms / 1000 + BUNDLE_FUTURE_MAX + 1;
    a = attempt_new(&early);
    assert_int_equal(attempt_send(r, &a), 422);
    assert_int_equal(card(r, "alice"), 404);
}

static void
an_open_relay_wants_work_and_offers_a_seed(void **state)
{
    struct relay *r = *state;
    AUTO(error_freep) Wire__Error *error = NULL;
    struct person alice = person_new("alice");

    struct attempt a = attempt_new(&alice);
    a.bits = 0;
    assert_int_equal(attempt_send(r, &a), 428);
    assert_ok(error_read(buf_span(&r->answer.body), &error));
    assert_int_equal(error->code, 428);
    assert_int_equal(error->pow->bits, TEST_POW_BITS);
    a = attempt_new(&alice);
    assert_int_equal(attempt_send(r, &a), 201);
}

static void
a_relay_by_invitation_wants_a_code_once(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice"), bob = person_new("bob");
    char code[INVITATION_MAX + 1];

    r->config.registration = WIRE__REQUEST_POLICY__POLICY_INVITE;
    relay_restart_on(r, store_memory_copy(r->store));
    struct attempt a = attempt_new(&alice);
    assert_int_equal(attempt_send(r, &a), 428);
    assert_ok(service_invite(r->service, code));
    assert_ok(service_commit(r->service));
    a = attempt_new(&alice);
    strcpy(a.invitation, "ANOTHERCODE");
    assert_int_equal(attempt_send(r, &a), 428);
    a = attempt_new(&alice);
    a.bits = 0;
    strcpy(a.invitation, code);
    assert_int_equal(attempt_send(r, &a), 201);
    a = attempt_new(&alice); /* the answer was lost */
    strcpy(a.invitation, code);
    assert_int_equal(attempt_send(r, &a), 201);
    a = attempt_new(&bob);
    strcpy(a.invitation, code);
    assert_int_equal(attempt_send(r, &a), 428);
}

static void
a_closed_relay_takes_nobody(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice");

    r->config.registration = WIRE__REQUEST_POLICY__POLICY_CLOSED;
    relay_restart_on(r, store_memory_copy(r->store));
    struct attempt a = attempt_new(&alice);
    assert_int_equal(attempt_send(r, &a), 403);
}

static void
registrations_are_limited_by_source(void **state)
{
    struct relay *r = *state;

    r->source = (struct source){.b = {10, 1, 2}};
    for (int i = 0; i <= REGISTRATIONS_AN_HOUR; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%d", i);
        struct person p = person_new(name);
        struct attempt a = attempt_new(&p);
        assert_int_equal(attempt_send(r, &a), i < REGISTRATIONS_AN_HOUR ? 201 : 429);
    }
    assert_true(r->answer.retry_after > 0);
    r->source.b[0] = 11;
    struct person other = person_new("other");
    struct attempt a = attempt_new(&other);
    assert_int_equal(attempt_send(r, &a), 201);
}

/* Each costs signatures to check. */
static void
registrations_that_fail_are_limited_by_source(void **state)
{
    struct relay *r = *state;
    struct person p = person_new("alice");

    r->source = (struct source){.b = {10, 1, 2}};
    for (int i = 0; i <= SOURCE_RATE_A_MINUTE; i++) {
        struct attempt a = attempt_new(&p);
        a.manifest.p[a.manifest.n - 1] ^= 1;
        assert_int_equal(attempt_send(r, &a), i < SOURCE_RATE_A_MINUTE ? 422 : 429);
    }
}

static void
cards_are_limited_by_source(void **state)
{
    struct relay *r = *state;

    r->source = (struct source){.b = {10, 1, 2}};
    for (int i = 0; i < CARDS_A_MINUTE; i++)
        assert_int_equal(card(r, "nobody"), 404);
    assert_int_equal(card(r, "nobody"), 429);
    relay_sleep(r, 60);
    assert_int_equal(card(r, "nobody"), 404);
}

static void
bodies_that_are_malformed_or_too_large_are_refused(void **state)
{
    static const uint8_t junk[BODY_SMALL_MAX + 1] = {0xff, 0xff, 0xff};
    struct relay *r = *state;

    assert_int_equal(relay_call(r, (struct service_request){.method = METHOD_POST,
                                                            .path = "/v1/card",
                                                            .body = SPAN(junk, 10)}),
                     400);
    assert_int_equal(relay_call(r, (struct service_request){.method = METHOD_POST,
                                                            .path = "/v1/card",
                                                            .body = SPAN(junk, sizeof junk)}),
                     413);
    assert_int_equal(
        relay_call(r, (struct service_request){.method = METHOD_POST, .path = "/v1/card?a=b"}),
        400);
}

/* ---- signed requests ---- */

static unsigned
status_signed_at(struct relay *r, const struct person *p, struct service_request q, uint64_t time)
{
    char authorization[AUTHORIZATION_MAX];
    q.method = METHOD_GET;
    if (q.path == NULL)
        q.path = "/v1/keys/status";
    if (q.authority == NULL)
        q.authority = AUTHORITY;
    person_sign(p, r, &q, time, authorization);
    q.authorization = SPAN_STR(authorization);
    return relay_call(r, q);
}

static void
a_signed_request_is_answered_under_each_name_of_the_relay(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice");
    uint64_t now = r->now_ms / 1000;

    relay_register(r, &alice, 0);
    assert_int_equal(status_signed_at(r, &alice, (struct service_request){0}, now), 200);
    assert_int_equal(status_signed_at(r, &alice,
                                      (struct service_request){.authority = "other-name.test:443"},
                                      now),
                     200);
    assert_int_equal(
        status_signed_at(r, &alice, (struct service_request){.authority = "evil.test:443"}, now),
        401);
}

static void
no_signature_is_401_with_the_relays_time(void **state)
{
    struct relay *r = *state;
    AUTO(error_freep) Wire__Error *error = NULL;

    assert_int_equal(relay_get(r, "/v1/keys/status"), 401);
    assert_ok(error_read(buf_span(&r->answer.body), &error));
    assert_int_equal(error->server_time, r->now_ms / 1000);
}

static void
a_stale_or_early_signature_is_refused(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice");

    relay_register(r, &alice, 0);
    relay_sleep(r, 1000);
    uint64_t now = r->now_ms / 1000;
    struct service_request q = {0};
    assert_int_equal(status_signed_at(r, &alice, q, now - CLOCK_SKEW_MAX), 200);
    assert_int_equal(status_signed_at(r, &alice, q, now + CLOCK_SKEW_MAX), 200);
    assert_int_equal(status_signed_at(r, &alice, q, now - CLOCK_SKEW_MAX - 1), 401);
    assert_int_equal(status_signed_at(r, &alice, q, now + CLOCK_SKEW_MAX + 1), 401);
    assert_int_equal(status_signed_at(r, &alice, q, UINT64_MAX / 2), 401);
}

static void
a_request_of_before_the_relays_start_is_refused(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice");

    relay_register(r, &alice, 0);
    relay_sleep(r, 1000);
    relay_restart_on(r, store_memory_copy(r->store));
    uint64_t now = r->now_ms / 1000;
    assert_int_equal(status_signed_at(r, &alice, (struct service_request){0}, now - 1), 401);
    assert_int_equal(status_signed_at(r, &alice, (struct service_request){0}, now), 200);
}

static void
a_replayed_request_is_refused(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice");
    char authorization[AUTHORIZATION_MAX];
    struct service_request q = {
        .method = METHOD_GET, .path = "/v1/keys/status", .authority = AUTHORITY};

    relay_register(r, &alice, 0);
    person_sign(&alice, r, &q, r->now_ms / 1000, authorization);
    q.authorization = SPAN_STR(authorization);
    assert_int_equal(relay_call(r, q), 200);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(relay_call(r, q), 401);
        relay_sleep(r, 40);
    }
}

static void
a_signature_is_for_one_path_method_body_relay_and_device(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice"), bob = person_new("bob");
    char authorization[AUTHORIZATION_MAX];
    const struct service_request good = {
        .method = METHOD_GET, .path = "/v1/queue?after=0", .authority = AUTHORITY};
    struct service_request q = good;

    relay_register(r, &alice, 0);
    relay_register(r, &bob, 0);
    person_sign(&alice, r, &good, r->now_ms / 1000, authorization);
    q.authorization = SPAN_STR(authorization);
    q.path = "/v1/queue?after=1";
    assert_int_equal(relay_call(r, q), 401);
    q.path = "/v1/requests";
    assert_int_equal(relay_call(r, q), 401);
    q = good;

    r->config.rlk_seed[0] ^= 1; /* signed for another relay */
    assert_int_equal(status_signed_at(r, &alice, good, r->now_ms / 1000), 401);
    r->config.rlk_seed[0] ^= 1;

    struct person wrong_device = alice;
    wrong_device.device = 2;
    assert_int_equal(status_signed_at(r, &wrong_device, good, r->now_ms / 1000), 401);
    wrong_device.device = 64;
    assert_int_equal(status_signed_at(r, &wrong_device, good, r->now_ms / 1000), 401);

    struct person posing = bob; /* bob's key for alice's account */
    posing.account = alice.account;
    assert_int_equal(status_signed_at(r, &posing, good, r->now_ms / 1000), 401);

    char flipped[AUTHORIZATION_MAX];
    for (size_t i = 0; authorization[i] != '\0'; i++) {
        strcpy(flipped, authorization);
        flipped[i] = flipped[i] == 'A' ? 'B' : 'A';
        q.authorization = SPAN_STR(flipped);
        assert_int_equal(relay_call(r, q), 401);
    }
}

static void
signed_requests_are_limited_by_device(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice");
    unsigned status = 200;
    int count = 0;

    relay_register(r, &alice, 0);
    r->source = (struct source){.b = {10, 1, 2}};
    while (status == 200 && count < 5000) {
        status = relay_signed(r, &alice, METHOD_GET, "/v1/keys/status", NULL);
        count++;
    }
    assert_int_equal(status, 429);
    assert_int_equal(count, SIGNED_RATE_BURST + 1);
}

int
main(void)
{
#define RELAY_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        RELAY_TEST(relay_info_tells_who_it_is),
        RELAY_TEST(unknown_paths_are_404_and_other_methods_405),
        RELAY_TEST(health_answers_only_this_machine),
        RELAY_TEST(one_registers_and_has_a_card),
        RELAY_TEST(an_unlisted_name_registers_too),
        RELAY_TEST(a_name_belongs_to_the_first),
        RELAY_TEST(the_name_of_a_deleted_account_is_blocked_for_its_year),
        RELAY_TEST(a_repeated_registration_is_answered_as_the_first),
        RELAY_TEST(objects_that_are_not_valid_are_422),
        RELAY_TEST(an_open_relay_wants_work_and_offers_a_seed),
        RELAY_TEST(a_relay_by_invitation_wants_a_code_once),
        RELAY_TEST(a_closed_relay_takes_nobody),
        RELAY_TEST(registrations_are_limited_by_source),
        RELAY_TEST(registrations_that_fail_are_limited_by_source),
        RELAY_TEST(cards_are_limited_by_source),
        RELAY_TEST(bodies_that_are_malformed_or_too_large_are_refused),
        RELAY_TEST(a_signed_request_is_answered_under_each_name_of_the_relay),
        RELAY_TEST(no_signature_is_401_with_the_relays_time),
        RELAY_TEST(a_stale_or_early_signature_is_refused),
        RELAY_TEST(a_request_of_before_the_relays_start_is_refused),
        RELAY_TEST(a_replayed_request_is_refused),
        RELAY_TEST(a_signature_is_for_one_path_method_body_relay_and_device),
        RELAY_TEST(signed_requests_are_limited_by_device),
    };
    return cmocka_run_group_tests_name("relay-service-accounts", tests, NULL, NULL);
}
