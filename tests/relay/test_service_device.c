/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a device leaves for itself: the fetch key (row 11, B3.6), which reads sealed mail and does
 * nothing else, and the anchor (rows 24 and 25, B18.3).
 */
#include "tests/check.h"

#include <sodium.h>
#include <stdio.h>

#include "tests/fakes/store_memory.h"
#include "tests/relay/fixture.h"

static struct relay *r;
static struct person alice, bob;
static struct token token;

struct fetch_key {
    struct ed25519_public key;
    uint8_t secret[64];
};

static struct fetch_key
fetch_key_new(void)
{
    struct fetch_key k;
    crypto_sign_keypair(k.key.b, k.secret);
    return k;
}

static int
setup_with(enum commit_mode mode)
{
    r = relay_new(mode);
    alice = person_new("alice");
    bob = person_new("bob");
    relay_register(r, &alice, 10);
    relay_register(r, &bob, 10);
    token = token_grant(r, &alice, 1, 7, WIRE__TOKEN_KIND__TOKEN_DELIVER, 0);
    return 0;
}

static int
setup(void **state)
{
    return setup_with(COMMIT_AT_ONCE);
}

static int
setup_on_demand(void **state)
{
    return setup_with(COMMIT_ON_DEMAND);
}

static int
teardown(void **state)
{
    relay_free(r);
    return 0;
}

static uint64_t
now(void)
{
    return r->now_ms / 1000;
}

static unsigned
put_key(const struct person *p, struct span key, uint64_t not_after)
{
    Wire__FetchKeyPut m = WIRE__FETCH_KEY_PUT__INIT;
    m.key = pb_span(key);
    m.not_after = not_after;
    return relay_signed(r, p, METHOD_PUT, "/v1/fetch-key", &m.base);
}

/* A new key for P, good for 30 days. */
static struct fetch_key
grant(const struct person *p)
{
    struct fetch_key k = fetch_key_new();
    assert_int_equal(put_key(p, SPAN_OF(k.key), now() + FETCH_KEY_LIFE), 204);
    return k;
}

static unsigned
fetch(const struct person *p, const struct fetch_key *k, const char *path)
{
    return relay_fetching(r, p, k->secret, METHOD_GET, path, NULL);
}

/* ---- what a fetch key may do ---- */

static void
a_fetch_key_reads_the_queue_and_requests_without_tags(void **state)
{
    AUTO(queue_page_freep) Wire__QueuePage *page = NULL, *requests = NULL;
    struct fetch_key k = grant(&alice);

    assert_int_equal(fetch(&alice, &k, "/v1/queue"), 204);
    assert_int_equal(fetch(&alice, &k, "/v1/requests"), 204);
    assert_int_equal(deliver(r, &alice, token, 1, ENVELOPE_B1), 202);
    assert_int_equal(request(r, &alice, NULL, 2, TEST_POW_BITS), 202);
    assert_int_equal(fetch(&alice, &k, "/v1/queue?after=0"), 200);
    assert_ok(queue_page_read(buf_span(&r->answer.body), &page));
    assert_int_equal(page->n_items, 1);
    assert_int_equal(page->items[0]->tag, 0);
    assert_int_equal(page->items[0]->n, r->pushed[0].n);
    assert_int_equal(fetch(&alice, &k, "/v1/requests"), 200);
    assert_ok(queue_page_read(buf_span(&r->answer.body), &requests));
    assert_int_equal(requests->n_items, 1);
    assert_int_equal(requests->items[0]->tag, 0);
    assert_int_equal(relay_signed(r, &alice, METHOD_GET, "/v1/queue", NULL), 200);
    queue_page_free(page);
    page = NULL;
    assert_ok(queue_page_read(buf_span(&r->answer.body), &page));
    assert_int_equal(page->items[0]->tag, 7); /* the device sees it as ever */
}

static void
a_fetching_stream_has_items_and_the_highest_number_and_nothing_more(void **state)
{
    AUTO(buf_done) struct buf out = BUF(1 << 20);
    struct fetch_key k = grant(&alice);
    uint64_t last = 0;
    enum backlog more;
    struct frame f;
    size_t used;

    assert_int_equal(deliver(r, &alice, token, 1, ENVELOPE_B1), 202);
    relay_sleep(r, QUEUE_LIFE + SECONDS_A_DAY);
    assert_int_equal(deliver(r, &alice, token, 2, ENVELOPE_B1), 202);
    assert_int_equal(fetch(&alice, &k, "/v1/queue/stream"), 200);
    assert_int_equal(r->answer.kind, ANSWER_STREAM);
    struct stream_params s = r->answer.stream;
    assert_true(s.fetching);
    assert_int_equal(s.expiry, START_MS / 1000 + FETCH_KEY_LIFE);
    assert_ok(service_stream_begin(r->service, &s, &out));
    assert_ok(frame_read(buf_span(&out), &f, &used));
    assert_int_equal(f.kind, FRAME_HELLO);
    assert_int_equal(f.n, r->pushed[1].n);
    assert_int_equal(f.expired, 0); /* one did */
    assert_int_equal(f.anchor, 0);
    buf_clear(&out);
    assert_ok(service_backlog(r->service, &s, 0, 1 << 20, &out, &last, &more));
    assert_ok(frame_read(buf_span(&out), &f, &used));
    assert_int_equal(f.kind, FRAME_ITEM);
    assert_int_equal(f.n, r->pushed[1].n);
    assert_int_equal(f.tag, 0);
}

static void
a_fetching_stream_gives_way_to_the_devices_own(void **state)
{
    AUTO(queue_page_freep) Wire__QueuePage *page = NULL;
    struct fetch_key k = grant(&alice);

    assert_int_equal(deliver(r, &alice, token, 1, ENVELOPE_B1), 202);
    r->streaming = true;
    assert_int_equal(fetch(&alice, &k, "/v1/queue/stream"), 409);
    assert_ok(queue_page_read(buf_span(&r->answer.body), &page));
    assert_int_equal(page->highest, r->pushed[0].n);
    assert_int_equal(fetch(&alice, &k, "/v1/queue"), 200); /* pages displace nobody */
    assert_int_equal(relay_signed(r, &alice, METHOD_GET, "/v1/queue/stream", NULL), 200);
    assert_false(r->answer.stream.fetching);
    r->streaming = false;
    assert_int_equal(fetch(&alice, &k, "/v1/queue/stream"), 200);
}

/* ---- what it may not ---- */

static void
a_fetch_key_opens_nothing_else(void **state)
{
    static const struct {
        enum method method;
        const char *path;
    } others[] = {
        {METHOD_POST, "/v1/queue/ack"},
        {METHOD_POST, "/v1/requests/ack"},
        {METHOD_POST, "/v1/accounts/delete"},
        {METHOD_GET, "/v1/held"},
        {METHOD_PUT, "/v1/keys"},
        {METHOD_GET, "/v1/keys/status"},
        {METHOD_PUT, "/v1/tokens"},
        {METHOD_PUT, "/v1/anchor"},
        {METHOD_GET, "/v1/anchor/stored"},
        {METHOD_PUT, "/v1/fetch-key"},
    };
    struct fetch_key k = grant(&alice);

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(
            relay_fetching(r, &alice, k.secret, others[i].method, others[i].path, NULL), 401);
}

static void
a_fetch_key_acknowledges_nothing_and_makes_no_successor(void **state)
{
    struct fetch_key k = grant(&alice), other = fetch_key_new();
    Wire__FetchKeyPut put = WIRE__FETCH_KEY_PUT__INIT;
    Wire__QueueAck ack = WIRE__QUEUE_ACK__INIT;

    assert_int_equal(deliver(r, &alice, token, 1, ENVELOPE_B1), 202);
    ack.upto = r->pushed[0].n;
    assert_int_equal(relay_fetching(r, &alice, k.secret, METHOD_POST, "/v1/queue/ack", &ack.base),
                     401);
    assert_int_equal(fetch(&alice, &k, "/v1/queue"), 200);
    put.key = pb_span(SPAN_OF(other.key));
    put.not_after = now() + 1000;
    assert_int_equal(relay_fetching(r, &alice, k.secret, METHOD_PUT, "/v1/fetch-key", &put.base),
                     401);
    assert_int_equal(fetch(&alice, &other, "/v1/queue"), 401);
}

static void
a_fetch_key_puts_no_manifest(void **state)
{
    AUTO(buf_done) struct buf object = BUF(65536);
    Wire__ManifestPut m = WIRE__MANIFEST_PUT__INIT;
    struct fetch_key k = grant(&alice);

    person_manifest(&alice, AUTHORITY, &object);
    m.manifest = pb_span(buf_span(&object));
    assert_int_equal(relay_fetching(r, &alice, k.secret, METHOD_PUT, "/v1/manifest", &m.base), 401);
    assert_int_equal(
        relay_fetching(r, &alice, alice.dsk_secret, METHOD_PUT, "/v1/manifest", &m.base), 401);
    assert_int_equal(relay_signed(r, &alice, METHOD_PUT, "/v1/manifest", &m.base), 204);
}

static unsigned
queue_signed_as(const struct person *p, enum label label, const uint8_t *secret, uint64_t time)
{
    struct service_request q = {.method = METHOD_GET, .path = "/v1/queue", .authority = AUTHORITY};
    struct signing as = {.label = label, .secret = secret, .time = time};
    char header[AUTHORIZATION_MAX];

    person_sign_as(p, r, &q, &as, header);
    q.authorization = SPAN_STR(header);
    return relay_call(r, q);
}

static void
neither_key_signs_for_the_other(void **state)
{
    struct fetch_key k = grant(&alice);

    assert_int_equal(queue_signed_as(&alice, LABEL_FETCH, alice.dsk_secret, now()), 401);
    assert_int_equal(queue_signed_as(&alice, LABEL_REQUEST, k.secret, now()), 401);
    assert_int_equal(queue_signed_as(&alice, LABEL_FETCH, k.secret, now()), 204);
}

static void
one_accounts_fetch_key_opens_no_others(void **state)
{
    struct fetch_key of_alice = grant(&alice);
    struct person second = bob;

    assert_int_equal(fetch(&bob, &of_alice, "/v1/queue"), 401); /* he has none */
    struct fetch_key of_bob = grant(&bob);
    assert_int_equal(fetch(&bob, &of_alice, "/v1/queue"), 401);
    assert_int_equal(fetch(&alice, &of_bob, "/v1/queue"), 401);
    second.device = 2;
    assert_int_equal(fetch(&second, &of_bob, "/v1/queue"), 401);
    assert_int_equal(fetch(&bob, &of_bob, "/v1/queue"), 204);
}

static void
a_fetched_request_is_good_once_and_now(void **state)
{
    struct fetch_key k = grant(&alice);
    struct service_request q = {.method = METHOD_GET, .path = "/v1/queue", .authority = AUTHORITY};
    char header[AUTHORIZATION_MAX];

    assert_int_equal(queue_signed_as(&alice, LABEL_FETCH, k.secret, now() - CLOCK_SKEW_MAX - 1),
                     401);
    assert_int_equal(queue_signed_as(&alice, LABEL_FETCH, k.secret, now() + CLOCK_SKEW_MAX + 1),
                     401);
    struct signing as = {.label = LABEL_FETCH, .secret = k.secret, .time = now()};
    person_sign_as(&alice, r, &q, &as, header);
    q.authorization = SPAN_STR(header);
    assert_int_equal(relay_call(r, q), 204);
    assert_int_equal(relay_call(r, q), 401);
    q.path = "/v1/requests"; /* the same signature elsewhere */
    assert_int_equal(relay_call(r, q), 401);
}

static void
who_has_a_fetch_key_cannot_use_up_the_devices_rate(void **state)
{
    struct fetch_key k = grant(&alice);

    r->config.limit_loopback = true;
    relay_restart_on(r, store_memory_copy(r->store));
    for (unsigned i = 0; i < SIGNED_RATE_BURST; i++)
        assert_int_equal(fetch(&alice, &k, "/v1/queue"), 204);
    assert_int_equal(fetch(&alice, &k, "/v1/queue"), 429);
    assert_int_equal(relay_signed(r, &alice, METHOD_GET, "/v1/queue", NULL), 204);
}

/* ---- its life ---- */

static void
a_fetch_key_ends_at_its_time(void **state)
{
    struct fetch_key k = fetch_key_new();

    assert_int_equal(put_key(&alice, SPAN_OF(k.key), now() + 100), 204);
    relay_sleep(r, 99);
    assert_int_equal(fetch(&alice, &k, "/v1/queue"), 204);
    relay_sleep(r, 1);
    assert_int_equal(fetch(&alice, &k, "/v1/queue"), 401);
    relay_sleep(r, 1);
    relay_sleep(r, 1);
    assert_int_equal(store_memory_count(r->store, TABLE_FETCH_KEY), 0);
}

static void
the_newest_fetch_key_is_the_only_one(void **state)
{
    struct fetch_key first = grant(&alice);
    unsigned ended = r->fetching_ended;
    struct fetch_key second = grant(&alice);

    assert_int_equal(r->fetching_ended, ended + 1); /* who had the first one's stream */
    assert_int_equal(fetch(&alice, &first, "/v1/queue"), 401);
    assert_int_equal(fetch(&alice, &second, "/v1/queue"), 204);
    assert_int_equal(put_key(&alice, SPAN_NONE, 0), 204);
    assert_int_equal(r->fetching_ended, ended + 2);
    assert_int_equal(fetch(&alice, &second, "/v1/queue"), 401);
    assert_int_equal(put_key(&alice, SPAN_NONE, 0), 204);
    assert_int_equal(store_memory_count(r->store, TABLE_FETCH_KEY), 0);
}

static void
a_fetch_key_that_is_none_or_lasts_too_long_is_422(void **state)
{
    static const struct ed25519_public zeros, one = {{1}};
    struct fetch_key k = fetch_key_new();

    assert_int_equal(put_key(&alice, SPAN_OF(k.key), now() + FETCH_KEY_LIFE + 1), 422);
    assert_int_equal(put_key(&alice, SPAN_OF(k.key), now()), 422);
    assert_int_equal(put_key(&alice, SPAN_OF(k.key), 0), 422);
    assert_int_equal(put_key(&alice, SPAN_OF(k.key), UINT64_MAX), 400);
    assert_int_equal(put_key(&alice, SPAN_OF(zeros), now() + 100), 422);
    assert_int_equal(put_key(&alice, SPAN_OF(one), now() + 100), 422);
    assert_int_equal(put_key(&alice, SPAN(k.key.b, 31), now() + 100), 400);
    assert_int_equal(fetch(&alice, &k, "/v1/queue"), 401);
    assert_int_equal(r->fetching_ended, 0);
}

static void
a_fetch_key_outlives_the_relays_process(void **state)
{
    struct fetch_key k = grant(&alice);

    relay_sleep(r, 1);
    relay_restart_on(r, store_memory_copy(r->store));
    assert_int_equal(fetch(&alice, &k, "/v1/queue"), 204);
}

/* ---- the anchor ---- */

static const uint8_t *
bytes(uint8_t fill)
{
    static uint8_t data[ANCHOR_BYTES];
    memset(data, fill, sizeof data);
    return data;
}

static unsigned
put_anchor(const struct person *p, uint64_t expected, uint8_t fill)
{
    Wire__AnchorPut m = WIRE__ANCHOR_PUT__INIT;
    m.expected = expected;
    m.data = pb_span(SPAN(bytes(fill), ANCHOR_BYTES));
    return relay_signed(r, p, METHOD_PUT, "/v1/anchor", &m.base);
}

static void
assert_answer_has(uint64_t version, uint8_t fill)
{
    AUTO(anchor_freep) Wire__Anchor *m = NULL;

    assert_ok(anchor_read(buf_span(&r->answer.body), &m));
    assert_int_equal(m->version, version);
    if (version > 0)
        assert_memory_equal(m->data.data, bytes(fill), ANCHOR_BYTES);
}

static void
an_anchor_goes_from_version_to_version(void **state)
{
    assert_int_equal(relay_signed(r, &alice, METHOD_GET, "/v1/anchor/stored", NULL), 404);
    assert_int_equal(put_anchor(&alice, 0, 1), 204);
    assert_int_equal(put_anchor(&alice, 1, 2), 204);
    assert_int_equal(relay_signed(r, &alice, METHOD_GET, "/v1/anchor/stored", NULL), 200);
    assert_answer_has(2, 2);
    assert_int_equal(relay_signed(r, &alice, METHOD_GET, "/v1/anchor", NULL), 405);
}

/* Yesterday's copy of a device, a second one, or an answer that was lost. */
static void
an_anchor_of_another_version_is_409_with_what_is_there(void **state)
{
    assert_int_equal(put_anchor(&alice, 1, 1), 409);
    assert_answer_has(0, 0);
    assert_int_equal(put_anchor(&alice, 0, 1), 204);
    assert_int_equal(put_anchor(&alice, 0, 1), 409);
    assert_answer_has(1, 1);
    assert_int_equal(put_anchor(&alice, 1, 2), 204);
    assert_int_equal(put_anchor(&alice, 1, 3), 409);
    assert_answer_has(2, 2);
    assert_int_equal(put_anchor(&alice, 3, 3), 409);
    assert_int_equal(put_anchor(&alice, INT64_MAX, 3), 409);
    assert_int_equal(put_anchor(&alice, UINT64_MAX, 3), 400);
    assert_int_equal(relay_signed(r, &alice, METHOD_GET, "/v1/anchor/stored", NULL), 200);
    assert_answer_has(2, 2);
}

static void
an_anchor_is_the_devices_alone(void **state)
{
    struct person posing = alice, second = alice;

    assert_int_equal(put_anchor(&alice, 0, 1), 204);
    assert_int_equal(relay_signed(r, &bob, METHOD_GET, "/v1/anchor/stored", NULL), 404);
    assert_int_equal(put_anchor(&bob, 1, 2), 409);
    assert_answer_has(0, 0);
    memcpy(posing.dsk_secret, bob.dsk_secret, sizeof posing.dsk_secret);
    assert_int_equal(put_anchor(&posing, 1, 2), 401);
    assert_int_equal(relay_signed(r, &posing, METHOD_GET, "/v1/anchor/stored", NULL), 401);
    second.device = 2;
    assert_int_equal(put_anchor(&second, 0, 2), 401);
    assert_int_equal(relay_get(r, "/v1/anchor/stored"), 401);
    assert_int_equal(relay_signed(r, &alice, METHOD_GET, "/v1/anchor/stored", NULL), 200);
    assert_answer_has(1, 1);
}

static void
an_anchor_has_one_size(void **state)
{
    Wire__AnchorPut m = WIRE__ANCHOR_PUT__INIT;

    for (size_t n = 0; n < ANCHOR_BYTES; n += ANCHOR_BYTES - 1) {
        m.data = pb_span(SPAN(bytes(1), n));
        assert_int_equal(relay_signed(r, &alice, METHOD_PUT, "/v1/anchor", &m.base), 400);
    }
}

static void
anchors_have_a_rate_and_refusals_cost_nothing_of_it(void **state)
{
    r->config.limit_loopback = true;
    relay_restart_on(r, store_memory_copy(r->store));
    for (unsigned i = 0; i < ANCHORS_BURST; i++) {
        assert_int_equal(put_anchor(&alice, i, 1), 204);
        assert_int_equal(put_anchor(&alice, i, 2), 409);
    }
    assert_int_equal(put_anchor(&alice, ANCHORS_BURST, 1), 429);
    assert_true(r->answer.retry_after > 0 && r->answer.retry_after <= 3600 / ANCHORS_AN_HOUR + 1);
    uint32_t wait = r->answer.retry_after;
    assert_int_equal(put_anchor(&bob, 0, 1), 204);
    relay_sleep(r, wait);
    assert_int_equal(put_anchor(&alice, ANCHORS_BURST, 1), 204);
}

static void
hello_tells_the_anchors_version(void **state)
{
    AUTO(buf_done) struct buf out = BUF(1 << 16);
    struct stream_params s = {.account = alice.account, .device = 1};
    struct frame f;
    size_t used;

    assert_int_equal(put_anchor(&alice, 0, 1), 204);
    assert_int_equal(put_anchor(&alice, 1, 1), 204);
    assert_ok(service_stream_begin(r->service, &s, &out));
    assert_ok(frame_read(buf_span(&out), &f, &used));
    assert_int_equal(f.anchor, 2);
}

static void
an_anchor_waits_for_its_commit_and_so_does_who_asks_again(void **state)
{
    assert_ok(service_commit(r->service));
    assert_int_equal(put_anchor(&alice, 0, 1), 204);
    assert_int_equal(r->answer.kind, ANSWER_AFTER_COMMIT);
    uint64_t ticket = r->answer.ticket;
    assert_int_equal(put_anchor(&alice, 0, 1), 409);
    assert_int_equal(r->answer.kind, ANSWER_AFTER_COMMIT);
    assert_true(r->answer.ticket >= ticket);
    store_memory_fail_next_commit(r->store, ERR_FULL);
    assert_err(service_commit(r->service), ERR_FULL);
    assert_int_equal(relay_signed(r, &alice, METHOD_GET, "/v1/anchor/stored", NULL), 404);
    assert_int_equal(put_anchor(&alice, 0, 1), 204);
}

/* ---- leaving ---- */

static unsigned
replace_device(struct person *fresh)
{
    AUTO(buf_done) struct buf first = BUF(65536);
    AUTO(buf_done) struct buf object = BUF(65536);
    AUTO(buf_done) struct buf bundle = BUF(65536);
    Wire__AddedDevice added = WIRE__ADDED_DEVICE__INIT, *list[] = {&added};
    Wire__ManifestPut m = WIRE__MANIFEST_PUT__INIT;

    person_manifest(&alice, AUTHORITY, &first);
    *fresh = alice;
    person_succeed(fresh, buf_span(&first));
    crypto_sign_keypair(fresh->dsk.b, fresh->dsk_secret);
    fresh->device = 2;
    person_manifest(fresh, AUTHORITY, &object);
    person_bundle(fresh, &bundle);
    m.manifest = pb_span(buf_span(&object));
    added.device = 2;
    added.bundle = pb_span(buf_span(&bundle));
    m.added = list;
    m.n_added = 1;
    return relay_signed(r, fresh, METHOD_PUT, "/v1/manifest", &m.base);
}

/* Recovery (B20). The account's tokens, and requests, stay. */
static void
a_device_that_is_replaced_leaves_neither_key_nor_anchor(void **state)
{
    struct fetch_key k = grant(&alice);
    struct person fresh;

    assert_int_equal(put_anchor(&alice, 0, 1), 204);
    assert_int_equal(request(r, &alice, NULL, 2, TEST_POW_BITS), 202);
    assert_int_equal(replace_device(&fresh), 204);
    assert_int_equal(store_memory_count(r->store, TABLE_FETCH_KEY), 0);
    assert_int_equal(store_memory_count(r->store, TABLE_ANCHOR), 0);
    assert_int_equal(fetch(&alice, &k, "/v1/queue"), 401);
    assert_int_equal(fetch(&fresh, &k, "/v1/queue"), 401);
    assert_int_equal(relay_signed(r, &fresh, METHOD_GET, "/v1/anchor/stored", NULL), 404);
    assert_int_equal(put_anchor(&alice, 1, 2), 401);
    assert_int_equal(put_anchor(&fresh, 0, 2), 204);
    k = grant(&fresh);
    assert_int_equal(fetch(&fresh, &k, "/v1/requests"), 200);
    assert_int_equal(deliver(r, &fresh, token, 3, ENVELOPE_B1), 202);
    assert_int_equal(fetch(&fresh, &k, "/v1/queue"), 200);
}

static void
an_account_that_leaves_leaves_neither_key_nor_anchor(void **state)
{
    struct fetch_key of_bob = grant(&bob);

    grant(&alice);
    assert_int_equal(put_anchor(&alice, 0, 1), 204);
    assert_int_equal(put_anchor(&bob, 0, 1), 204);
    AUTO(buf_done) struct buf statement = BUF(4096);
    Wire__AccountDelete m = WIRE__ACCOUNT_DELETE__INIT;
    person_statement(&alice, r, now(), &statement);
    m.statement = pb_span(buf_span(&statement));
    assert_int_equal(relay_signed(r, &alice, METHOD_POST, "/v1/accounts/delete", &m.base), 204);
    assert_int_equal(store_memory_count(r->store, TABLE_FETCH_KEY), 1);
    assert_int_equal(store_memory_count(r->store, TABLE_ANCHOR), 1);
    assert_int_equal(fetch(&bob, &of_bob, "/v1/queue"), 204);
}

static void
the_owner_sees_key_and_anchor_among_what_is_held(void **state)
{
    AUTO(held_answer_freep) Wire__HeldAnswer *answer = NULL;
    AUTO(held_freep) Wire__Held *held = NULL;
    struct fetch_key k = grant(&alice);

    assert_int_equal(put_anchor(&alice, 0, 5), 204);
    assert_int_equal(relay_signed(r, &alice, METHOD_GET, "/v1/held", NULL), 200);
    assert_ok(held_answer_read(buf_span(&r->answer.body), &answer));
    assert_ok(held_read(span_pb(answer->held), &held));
    const Wire__HeldDevice *d = held->devices[0];
    assert_memory_equal(d->fetch_key.data, k.key.b, sizeof k.key.b);
    assert_int_equal(d->fetch_key_expiry, now() + FETCH_KEY_LIFE);
    assert_int_equal(d->anchor_version, 1);
    assert_memory_equal(d->anchor.data, bytes(5), ANCHOR_BYTES);
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
#define COMMIT_TEST(t) cmocka_unit_test_setup_teardown(t, setup_on_demand, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_fetch_key_opens_nothing_else),
        TEST(a_fetch_key_acknowledges_nothing_and_makes_no_successor),
        TEST(a_fetch_key_puts_no_manifest),
        TEST(neither_key_signs_for_the_other),
        TEST(one_accounts_fetch_key_opens_no_others),
        TEST(a_fetched_request_is_good_once_and_now),
        TEST(who_has_a_fetch_key_cannot_use_up_the_devices_rate),
        TEST(a_fetch_key_ends_at_its_time),
        TEST(the_newest_fetch_key_is_the_only_one),
        TEST(a_fetch_key_that_is_none_or_lasts_too_long_is_422),
        TEST(a_fetch_key_outlives_the_relays_process),
        TEST(a_fetch_key_reads_the_queue_and_requests_without_tags),
        TEST(a_fetching_stream_has_items_and_the_highest_number_and_nothing_more),
        TEST(a_fetching_stream_gives_way_to_the_devices_own),
        TEST(an_anchor_of_another_version_is_409_with_what_is_there),
        TEST(an_anchor_is_the_devices_alone),
        TEST(an_anchor_has_one_size),
        TEST(anchors_have_a_rate_and_refusals_cost_nothing_of_it),
        TEST(an_anchor_goes_from_version_to_version),
        TEST(hello_tells_the_anchors_version),
        COMMIT_TEST(an_anchor_waits_for_its_commit_and_so_does_who_asks_again),
        TEST(a_device_that_is_replaced_leaves_neither_key_nor_anchor),
        TEST(an_account_that_leaves_leaves_neither_key_nor_anchor),
        TEST(the_owner_sees_key_and_anchor_among_what_is_held),
    };
    return cmocka_run_group_tests_name("relay-service-device", tests, NULL, NULL);
}
