/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Delivery and requests: checks in their order, repeats, quotas, sinks of time and room.
 */
#include "tests/check.h"

#include <stdlib.h>

#include "relay/kept_accounts.h"
#include "tests/fakes/store_memory.h"
#include "tests/relay/fixture.h"

struct world {
    struct relay *relay;
    struct person alice;
    struct token token;
};

static int
setup(void **state)
{
    static struct world w;
    w.relay = relay_new(COMMIT_AT_ONCE);
    w.alice = person_new("alice");
    relay_register(w.relay, &w.alice, 10);
    w.token = token_grant(w.relay, &w.alice, 1, 77, WIRE__TOKEN_KIND__TOKEN_DELIVER, 0);
    *state = &w;
    return 0;
}

static int
teardown(void **state)
{
    relay_free(((struct world *)*state)->relay);
    return 0;
}

static unsigned
deliver_next(struct world *w, struct token t, uint32_t i)
{
    return deliver_numbered(w->relay, &w->alice, t, i);
}

static void
an_envelope_is_stored_and_pushed(void **state)
{
    static const size_t sizes[] = {ENVELOPE_B1, ENVELOPE_B2, ENVELOPE_B3};
    struct world *w = *state;

    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(deliver(w->relay, &w->alice, w->token, (uint8_t)i, sizes[i]), 202);
        const struct pushed *p = &w->relay->pushed[i];
        assert_memory_equal(&p->account, &w->alice.account, sizeof p->account);
        assert_int_equal(p->device, 1);
        assert_int_equal(p->kind, FRAME_ITEM);
        assert_int_equal(p->tag, 77);
        assert_int_equal(p->size, sizes[i]);
        assert_true(i == 0 || p->n > w->relay->pushed[i - 1].n);
    }
    assert_int_equal(w->relay->push_count, 3);
    assert_int_equal(store_memory_count(w->relay->store, TABLE_ITEM), 3);
}

static void
other_sizes_are_413(void **state)
{
    static const size_t sizes[] = {1, 4095, 4097, 16383, 65535, 65537};
    struct world *w = *state;

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        assert_int_equal(deliver(w->relay, &w->alice, w->token, 1, sizes[i] < 5 ? 5 : sizes[i]),
                         413);
}

static void
a_repeat_is_202_and_another_body_422(void **state)
{
    struct world *w = *state;

    assert_int_equal(deliver(w->relay, &w->alice, w->token, 1, ENVELOPE_B1), 202);
    assert_int_equal(deliver(w->relay, &w->alice, w->token, 1, ENVELOPE_B1), 202);
    assert_int_equal(deliver(w->relay, &w->alice, w->token, 1, ENVELOPE_B2), 422);
    assert_int_equal(store_memory_count(w->relay->store, TABLE_ITEM), 1);
    assert_int_equal(w->relay->push_count, 1);
    relay_sleep(w->relay, IDEM_LIFE);
    assert_int_equal(deliver(w->relay, &w->alice, w->token, 1, ENVELOPE_B1), 202);
    assert_int_equal(store_memory_count(w->relay->store, TABLE_ITEM), 2);
}

static void
a_repeat_is_202_after_the_one_use_is_used(void **state)
{
    struct world *w = *state;
    struct token once = token_grant(w->relay, &w->alice, 2, 5, WIRE__TOKEN_KIND__TOKEN_DELIVER, 1);

    assert_int_equal(deliver(w->relay, &w->alice, once, 1, ENVELOPE_B1), 202);
    assert_int_equal(deliver(w->relay, &w->alice, once, 1, ENVELOPE_B1), 202);
    assert_int_equal(deliver(w->relay, &w->alice, once, 2, ENVELOPE_B1), 404);
    assert_int_equal(store_memory_count(w->relay->store, TABLE_ITEM), 1);
}

static void
a_repeat_is_202_after_the_key_was_replaced(void **state)
{
    struct world *w = *state;
    struct person old = w->alice;

    assert_int_equal(deliver(w->relay, &old, w->token, 1, ENVELOPE_B1), 202);
    w->alice.eks_id++;
    w->alice.bundle_created++;
    assert_int_equal(person_upload(w->relay, &w->alice, 0, true), 200);
    relay_sleep(w->relay, SECONDS_A_DAY - 10);
    assert_int_equal(deliver(w->relay, &old, w->token, 1, ENVELOPE_B1), 202);
    assert_int_equal(store_memory_count(w->relay->store, TABLE_ITEM), 1);
}

static void
a_replaced_key_is_taken_for_seven_days_and_then_410_with_the_bundle(void **state)
{
    struct world *w = *state;
    AUTO(changed_freep) Wire__Changed *changed = NULL;
    AUTO(buf_done) struct buf bundle = BUF(65536);
    struct person old = w->alice;

    w->alice.eks_id++;
    w->alice.bundle_created++;
    assert_int_equal(person_upload(w->relay, &w->alice, 0, true), 200);
    assert_int_equal(deliver(w->relay, &old, w->token, 1, ENVELOPE_B1), 202);
    relay_sleep(w->relay, EKS_GRACE - 1);
    assert_int_equal(deliver(w->relay, &old, w->token, 2, ENVELOPE_B1), 202);
    relay_sleep(w->relay, 1);
    assert_int_equal(deliver(w->relay, &old, w->token, 3, ENVELOPE_B1), 410);
    assert_ok(changed_read(buf_span(&w->relay->answer.body), &changed));
    person_bundle(&w->alice, &bundle);
    assert_true(span_equal(span_pb(changed->bundle), buf_span(&bundle)));
    assert_int_equal(changed->device, 1);
    assert_int_equal(deliver(w->relay, &w->alice, w->token, 3, ENVELOPE_B1), 202);

    old.eks_id = 4000; /* one that never was */
    assert_int_equal(deliver(w->relay, &old, w->token, 4, ENVELOPE_B1), 410);
}

static void
a_replaced_key_is_410_at_once_after_a_reset(void **state)
{
    struct world *w = *state;
    struct person old = w->alice;

    w->alice.eks_id++;
    w->alice.bundle_created++;
    assert_int_equal(person_upload(w->relay, &w->alice, 0, true), 200);
    assert_int_equal(deliver(w->relay, &old, w->token, 1, ENVELOPE_B1), 202);
    Wire__KeysPut m = WIRE__KEYS_PUT__INIT;
    m.reset = true;
    assert_int_equal(relay_signed(w->relay, &w->alice, METHOD_PUT, "/v1/keys", &m.base), 200);
    assert_int_equal(deliver(w->relay, &old, w->token, 2, ENVELOPE_B1), 410);
    assert_int_equal(deliver(w->relay, &w->alice, w->token, 3, ENVELOPE_B1), 202);
}

static void
another_device_set_is_409_with_the_manifest(void **state)
{
    struct world *w = *state;
    AUTO(changed_freep) Wire__Changed *changed = NULL;
    AUTO(buf_done) struct buf manifest = BUF(65536);
    struct person wrong = w->alice;

    wrong.device = 2;
    assert_int_equal(deliver(w->relay, &wrong, w->token, 1, ENVELOPE_B1), 409);
    assert_ok(changed_read(buf_span(&w->relay->answer.body), &changed));
    person_manifest(&w->alice, AUTHORITY, &manifest);
    assert_true(span_equal(span_pb(changed->manifest), buf_span(&manifest)));
    assert_int_equal(store_memory_count(w->relay->store, TABLE_ITEM), 0);
}

static void
one_token_fills_a_quarter_of_the_queue(void **state)
{
    struct world *w = *state;
    const uint32_t share = QUEUE_ITEMS_MAX / TOKEN_QUEUE_SHARE;

    for (uint32_t i = 0; i < share; i++)
        assert_int_equal(deliver_next(w, w->token, i), 202);
    assert_int_equal(deliver_next(w, w->token, share), 429);
    assert_true(w->relay->answer.retry_after > 0);
    struct token other =
        token_grant(w->relay, &w->alice, 2, 78, WIRE__TOKEN_KIND__TOKEN_DELIVER, 0);
    assert_int_equal(deliver_next(w, other, share), 202);
}

static void
a_full_queue_is_507_and_a_repeat_still_202(void **state)
{
    struct world *w = *state;
    struct token t[5];
    const uint32_t share = QUEUE_ITEMS_MAX / TOKEN_QUEUE_SHARE;

    for (uint8_t k = 0; k < 5; k++)
        t[k] = token_grant(w->relay, &w->alice, (uint8_t)(10 + k), k,
                           WIRE__TOKEN_KIND__TOKEN_DELIVER, 0);
    for (uint32_t i = 0; i < QUEUE_ITEMS_MAX; i++)
        assert_int_equal(deliver_next(w, t[i / share], i), 202);
    assert_int_equal(deliver_next(w, t[4], QUEUE_ITEMS_MAX), 507);
    assert_int_equal(deliver_next(w, t[0], 0), 202);

    Wire__QueueAck ack = WIRE__QUEUE_ACK__INIT;
    ack.upto = w->relay->pushed[0].n;
    assert_int_equal(relay_signed(w->relay, &w->alice, METHOD_POST, "/v1/queue/ack", &ack.base),
                     204);
    assert_int_equal(deliver_next(w, t[4], QUEUE_ITEMS_MAX), 202);
}

static void
a_token_has_its_rate_but_not_from_loopback(void **state)
{
    struct world *w = *state;
    unsigned status = 202;
    uint32_t i = 0;

    for (; i < TOKEN_RATE_BURST + 10; i++)
        assert_int_equal(deliver_next(w, w->token, i), 202);
    w->relay->source = (struct source){.b = {10, 1, 2}};
    uint32_t before = i;
    while (status == 202 && i < 2000) {
        status = deliver_next(w, w->token, i);
        i += status == 202;
    }
    assert_int_equal(status, 429);
    assert_int_equal(i - before, TOKEN_RATE_BURST);
    relay_sleep(w->relay, 1);
    assert_int_equal(deliver_next(w, w->token, i), 202);
}

static void
loopback_is_limited_when_a_setting_says_so(void **state)
{
    struct world *w = *state;

    w->relay->config.limit_loopback = true;
    relay_restart_on(w->relay, store_memory_copy(w->relay->store));
    for (uint32_t i = 0; i < TOKEN_RATE_BURST; i++)
        assert_int_equal(deliver_next(w, w->token, i), 202);
    assert_int_equal(deliver_next(w, w->token, TOKEN_RATE_BURST), 429);
}

static void
the_owners_bytes_a_day_hold(void **state)
{
    struct world *w = *state;
    Wire__TokenEntry entry = WIRE__TOKEN_ENTRY__INIT, *entries[] = {&entry};
    Wire__TokensPut m = WIRE__TOKENS_PUT__INIT;
    struct token_hash hash = token_hash_of(&w->token);

    entry.hash.data = hash.b;
    entry.hash.len = 32;
    entry.kind = WIRE__TOKEN_KIND__TOKEN_DELIVER;
    entry.bytes_a_day = 2 * ENVELOPE_B1;
    m.n_add = 1;
    m.add = entries;
    assert_int_equal(relay_signed(w->relay, &w->alice, METHOD_PUT, "/v1/tokens", &m.base), 204);
    w->relay->source = (struct source){.b = {10, 1, 2}};
    assert_int_equal(deliver_next(w, w->token, 1), 202);
    assert_int_equal(deliver_next(w, w->token, 2), 202);
    assert_int_equal(deliver_next(w, w->token, 3), 429);
    relay_sleep(w->relay, SECONDS_A_DAY);
    assert_int_equal(deliver_next(w, w->token, 3), 202);
}

/* UNTIL: seconds from now, for good or bad. */
static unsigned
deliver_until(struct world *w, uint8_t idem, int64_t until, bool transient)
{
    Wire__DeviceEnvelope e = WIRE__DEVICE_ENVELOPE__INIT, *envelopes[] = {&e};
    static uint8_t envelope[ENVELOPE_B1];
    uint8_t key[16] = {[14] = 0xed, [15] = idem};
    Wire__Deliver m;

    envelope_fill(&w->alice, envelope, sizeof envelope);
    wire__deliver__init(&m);
    e.device = 1;
    e.envelope = (ProtobufCBinaryData){sizeof envelope, envelope};
    m.name = w->alice.name;
    m.token = (ProtobufCBinaryData){16, w->token.b};
    m.idem = (ProtobufCBinaryData){16, key};
    m.transient = transient;
    m.until = (uint64_t)((int64_t)(w->relay->now_ms / 1000) + until);
    m.n_envelopes = 1;
    m.envelopes = envelopes;
    return relay_post(w->relay, "/v1/deliver", &m.base);
}

static void
what_comes_later_than_it_was_to_is_told_the_time(void **state)
{
    struct world *w = *state;
    AUTO(error_freep) Wire__Error *error = NULL;

    assert_int_equal(deliver_until(w, 1, 0, false), 202);
    assert_int_equal(deliver_until(w, 2, -1, false), 412);
    assert_ok(error_read(buf_span(&w->relay->answer.body), &error));
    assert_int_equal(error->server_time, w->relay->now_ms / 1000);
    assert_int_equal(deliver_until(w, 3, -1, true), 412);
    assert_int_equal(w->relay->push_count, 1);
    assert_int_equal(store_memory_count(w->relay->store, TABLE_IDEM), 1);
    assert_int_equal(deliver_until(w, 2, 10, false), 202); /* nothing was remembered of it */
}

static void
a_repeat_may_say_another_time(void **state)
{
    struct world *w = *state;

    assert_int_equal(deliver_until(w, 1, 10, false), 202);
    assert_int_equal(deliver_until(w, 1, 20, false), 202);
    relay_sleep(w->relay, 60);
    assert_int_equal(deliver_until(w, 1, -30, false), 202); /* it is here: not too late */
    assert_int_equal(store_memory_count(w->relay->store, TABLE_ITEM), 1);
}

/* Who does not hold the token learns nothing by the time. */
static void
the_time_is_told_before_the_token_is_looked_at(void **state)
{
    struct world *w = *state;

    w->token.b[0] ^= 1;
    assert_int_equal(deliver_until(w, 1, -1, false), 412);
    assert_int_equal(deliver_until(w, 1, 10, false), 404);
}

static unsigned
pass_on(struct world *w, struct token token, const struct person *to)
{
    Wire__DeviceEnvelope e = WIRE__DEVICE_ENVELOPE__INIT, *envelopes[] = {&e};
    static uint8_t envelope[ENVELOPE_B1];
    static uint8_t key[16] = {[15] = 0xee};
    Wire__Deliver m;

    envelope_fill(to, envelope, sizeof envelope);
    wire__deliver__init(&m);
    e.device = 1;
    e.envelope.data = envelope;
    e.envelope.len = sizeof envelope;
    m.name = w->alice.name;
    m.token.data = token.b;
    m.token.len = 16;
    key[0]++;
    m.idem.data = key;
    m.idem.len = 16;
    m.transient = true;
    m.n_envelopes = 1;
    m.envelopes = envelopes;
    return relay_post(w->relay, "/v1/deliver", &m.base);
}

static void
a_transient_envelope_is_pushed_and_never_kept(void **state)
{
    struct world *w = *state;

    assert_int_equal(pass_on(w, w->token, &w->alice), 202);
    assert_int_equal(w->relay->push_count, 1);
    assert_int_equal(w->relay->pushed[0].kind, FRAME_TRANSIENT);
    assert_int_equal(store_memory_count(w->relay->store, TABLE_ITEM), 0);
    assert_int_equal(store_memory_count(w->relay->store, TABLE_IDEM), 0);
}

static void
too_many_transient_envelopes_are_dropped_without_a_word(void **state)
{
    struct world *w = *state;

    w->relay->source = (struct source){.b = {10, 1, 2}};
    for (int i = 0; i < TOKEN_RATE_BURST + 50; i++)
        assert_int_equal(pass_on(w, w->token, &w->alice), 202);
    assert_int_equal(w->relay->push_count, TOKEN_RATE_BURST);

    /* They come back at their own rate, and leave that of what is kept alone. */
    for (uint32_t i = 1; i <= 100; i++)
        assert_int_equal(deliver_next(w, w->token, i), 202);
    size_t pushed = w->relay->push_count;
    relay_sleep(w->relay, 60);
    for (int i = 0; i < 50; i++)
        assert_int_equal(pass_on(w, w->token, &w->alice), 202);
    assert_int_equal(w->relay->push_count, pushed + TRANSIENT_RATE_AN_HOUR / 60);
}

static void
a_transient_envelope_needs_what_another_needs(void **state)
{
    struct world *w = *state;
    struct token other = {{1}};
    struct person stale = w->alice;

    assert_int_equal(pass_on(w, other, &w->alice), 404);
    stale.eks_id++;
    assert_int_equal(pass_on(w, w->token, &stale), 410);
    assert_int_equal(w->relay->push_count, 0);
    token_grant(w->relay, &w->alice, 1, 77, WIRE__TOKEN_KIND__TOKEN_SINK, 0);
    assert_int_equal(pass_on(w, w->token, &w->alice), 202);
    assert_int_equal(w->relay->push_count, 0);
}

static void
a_transient_envelope_passes_a_full_queue(void **state)
{
    struct world *w = *state;
    uint32_t i = 1;

    while (deliver_next(w, w->token, i) == 202)
        i++;
    assert_int_equal(i - 1, QUEUE_ITEMS_MAX / TOKEN_QUEUE_SHARE);
    w->relay->push_count = 0;
    assert_int_equal(pass_on(w, w->token, &w->alice), 202);
    assert_int_equal(w->relay->push_count, 1);
}

/* ---- requests ---- */

static void
an_open_request_needs_work_and_waits_for_the_owner(void **state)
{
    struct world *w = *state;

    assert_int_equal(request(w->relay, &w->alice, NULL, 1, 0), 428);
    assert_int_equal(request(w->relay, &w->alice, NULL, 1, TEST_POW_BITS), 202);
    assert_int_equal(w->relay->push_count, 1);
    assert_int_equal(w->relay->pushed[0].kind, FRAME_REQUEST_WAITING);
    assert_int_equal(w->relay->pushed[0].device, 1);
    assert_true(w->relay->pushed[0].n > 0);
    assert_int_equal(request(w->relay, &w->alice, NULL, 1, TEST_POW_BITS), 202); /* a repeat */
    assert_int_equal(request(w->relay, &w->alice, NULL, 1, 0), 202);
    assert_int_equal(store_memory_count(w->relay->store, TABLE_ITEM), 1);
    w->alice.eks_id++;
    assert_int_equal(request(w->relay, &w->alice, NULL, 1, TEST_POW_BITS), 422);
    assert_int_equal(request(w->relay, &w->alice, NULL, 2, TEST_POW_BITS), 410);
}

static void
an_invitation_is_good_for_its_uses(void **state)
{
    struct world *w = *state;
    struct token t = token_grant(w->relay, &w->alice, 3, 9, WIRE__TOKEN_KIND__TOKEN_REQUEST, 1);

    assert_int_equal(request(w->relay, &w->alice, &t, 1, 0), 202);
    relay_sleep(w->relay, 13 * SECONDS_A_DAY);
    assert_int_equal(request(w->relay, &w->alice, &t, 1, 0), 202); /* remembered for 14 days */
    assert_int_equal(request(w->relay, &w->alice, &t, 2, 0), 404);
    assert_int_equal(store_memory_count(w->relay->store, TABLE_ITEM), 1);
}

static void
half_the_places_are_for_the_invited(void **state)
{
    struct world *w = *state;
    struct token t = token_grant(w->relay, &w->alice, 3, 9, WIRE__TOKEN_KIND__TOKEN_REQUEST, 0);
    uint8_t idem = 0;

    for (int i = 0; i < REQUESTS_PENDING_MAX - REQUESTS_RESERVED; i++)
        assert_int_equal(request(w->relay, &w->alice, NULL, idem++, TEST_POW_BITS + 4), 202);
    assert_int_equal(request(w->relay, &w->alice, NULL, idem++, TEST_POW_BITS + 4), 507);
    for (int i = 0; i < REQUESTS_RESERVED; i++)
        assert_int_equal(request(w->relay, &w->alice, &t, idem++, 0), 202);
    assert_int_equal(request(w->relay, &w->alice, &t, idem++, 0), 507);

    /* After a day the oldest open one makes room for an open one. */
    relay_sleep(w->relay, 2 * SECONDS_A_DAY);
    assert_int_equal(request(w->relay, &w->alice, NULL, idem++, TEST_POW_BITS + 4), 202);
    assert_int_equal(request(w->relay, &w->alice, &t, idem++, 0), 507);
    assert_int_equal(store_memory_count(w->relay->store, TABLE_ITEM), REQUESTS_PENDING_MAX);
}

static void
open_requests_that_wait_make_the_next_dearer(void **state)
{
    struct world *w = *state;
    AUTO(error_freep) Wire__Error *error = NULL;

    for (uint8_t i = 0; i < 16; i++)
        assert_int_equal(request(w->relay, &w->alice, NULL, i, TEST_POW_BITS + 2), 202);
    assert_int_equal(request(w->relay, &w->alice, NULL, 99, 0), 428);
    assert_ok(error_read(buf_span(&w->relay->answer.body), &error));
    assert_int_equal(error->pow->bits, TEST_POW_BITS + 2);
}

static void
an_accounts_policy_decides_who_may_ask(void **state)
{
    struct world *w = *state;
    AUTO(error_freep) Wire__Error *error = NULL;
    struct kept_account a;
    struct token t = token_grant(w->relay, &w->alice, 3, 9, WIRE__TOKEN_KIND__TOKEN_REQUEST, 0);

    assert_ok(kept_account_get(w->relay->store, &w->alice.account, &a));
    a.requests = WIRE__REQUEST_POLICY__POLICY_INVITE;
    assert_ok(kept_account_put(w->relay->store, &a));
    assert_int_equal(request(w->relay, &w->alice, NULL, 1, TEST_POW_BITS), 428);
    assert_ok(error_read(buf_span(&w->relay->answer.body), &error));
    assert_null(error->pow);
    assert_int_equal(request(w->relay, &w->alice, &t, 2, 0), 202);
    a.requests = WIRE__REQUEST_POLICY__POLICY_CLOSED;
    assert_ok(kept_account_put(w->relay->store, &a));
    assert_int_equal(request(w->relay, &w->alice, NULL, 3, TEST_POW_BITS), 404);
}

int
main(void)
{
#define RELAY_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        RELAY_TEST(an_envelope_is_stored_and_pushed),
        RELAY_TEST(other_sizes_are_413),
        RELAY_TEST(a_repeat_is_202_and_another_body_422),
        RELAY_TEST(what_comes_later_than_it_was_to_is_told_the_time),
        RELAY_TEST(a_repeat_may_say_another_time),
        RELAY_TEST(the_time_is_told_before_the_token_is_looked_at),
        RELAY_TEST(a_repeat_is_202_after_the_one_use_is_used),
        RELAY_TEST(a_repeat_is_202_after_the_key_was_replaced),
        RELAY_TEST(a_replaced_key_is_taken_for_seven_days_and_then_410_with_the_bundle),
        RELAY_TEST(a_replaced_key_is_410_at_once_after_a_reset),
        RELAY_TEST(another_device_set_is_409_with_the_manifest),
        RELAY_TEST(one_token_fills_a_quarter_of_the_queue),
        RELAY_TEST(a_full_queue_is_507_and_a_repeat_still_202),
        RELAY_TEST(a_token_has_its_rate_but_not_from_loopback),
        RELAY_TEST(loopback_is_limited_when_a_setting_says_so),
        RELAY_TEST(the_owners_bytes_a_day_hold),
        RELAY_TEST(a_transient_envelope_is_pushed_and_never_kept),
        RELAY_TEST(too_many_transient_envelopes_are_dropped_without_a_word),
        RELAY_TEST(a_transient_envelope_needs_what_another_needs),
        RELAY_TEST(a_transient_envelope_passes_a_full_queue),
        RELAY_TEST(an_open_request_needs_work_and_waits_for_the_owner),
        RELAY_TEST(an_invitation_is_good_for_its_uses),
        RELAY_TEST(half_the_places_are_for_the_invited),
        RELAY_TEST(open_requests_that_wait_make_the_next_dearer),
        RELAY_TEST(an_accounts_policy_decides_who_may_ask),
    };
    return cmocka_run_group_tests_name("relay-service-deliver", tests, NULL, NULL);
}
