/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the owner fetches, streams, acknowledges and may look at; and what happens around a commit.
 */
#include "tests/check.h"

#include <stdio.h>

#include "tests/fakes/store_memory.h"
#include "tests/relay/uploads.h"

struct world {
    struct relay *relay;
    struct person alice;
    struct token token;
};

static struct world *
world_new(enum commit_mode mode)
{
    static struct world w;
    w.relay = relay_new(mode);
    w.alice = person_new("alice");
    relay_register(w.relay, &w.alice, 10);
    w.token = token_grant(w.relay, &w.alice, 1, 77, WIRE__TOKEN_KIND__TOKEN_DELIVER, 0);
    if (mode == COMMIT_ON_DEMAND)
        assert_ok(service_commit(w.relay->service));
    return &w;
}

static int
setup(void **state)
{
    *state = world_new(COMMIT_AT_ONCE);
    return 0;
}

static int
setup_on_demand(void **state)
{
    *state = world_new(COMMIT_ON_DEMAND);
    return 0;
}

static int
teardown(void **state)
{
    relay_free(((struct world *)*state)->relay);
    return 0;
}

static void
deliver_many(struct world *w, size_t count, size_t size)
{
    static uint8_t idem;
    for (size_t i = 0; i < count; i++)
        assert_int_equal(deliver(w->relay, &w->alice, w->token, ++idem, size), 202);
}

/* Fetch a page; *ret_last is the n of its last item. The number of items; 0 with 204. */
static size_t
page(struct world *w, const char *base, uint64_t after, uint64_t *ret_last, bool *ret_more)
{
    AUTO(queue_page_freep) Wire__QueuePage *m = NULL;
    char path[64];

    snprintf(path, sizeof path, "%s?after=%llu", base, (unsigned long long)after);
    unsigned status = relay_signed(w->relay, &w->alice, METHOD_GET, path, NULL);
    *ret_more = false;
    if (status == 204)
        return 0;
    assert_int_equal(status, 200);
    assert_ok(queue_page_read(buf_span(&w->relay->answer.body), &m));
    *ret_last = m->items[m->n_items - 1]->n;
    *ret_more = m->more;
    return m->n_items;
}

static unsigned
ack(struct world *w, const char *path, uint64_t upto)
{
    Wire__QueueAck m = WIRE__QUEUE_ACK__INIT;
    m.upto = upto;
    return relay_signed(w->relay, &w->alice, METHOD_POST, path, &m.base);
}

static void
a_queue_comes_in_pages_and_goes_with_its_ack(void **state)
{
    struct world *w = *state;
    uint64_t last = 0;
    bool more;

    assert_int_equal(page(w, "/v1/queue", 0, &last, &more), 0);
    deliver_many(w, 100, ENVELOPE_B1);
    assert_int_equal(page(w, "/v1/queue", 0, &last, &more), 64);
    assert_true(more);
    assert_int_equal(last, w->relay->pushed[63].n);
    assert_int_equal(page(w, "/v1/queue", last, &last, &more), 36);
    assert_false(more);
    assert_int_equal(page(w, "/v1/queue", last, &last, &more), 0);

    assert_int_equal(ack(w, "/v1/queue/ack", w->relay->pushed[49].n), 204);
    assert_int_equal(page(w, "/v1/queue", 0, &last, &more), 50);
    assert_int_equal(store_memory_count(w->relay->store, TABLE_ITEM), 100);
    relay_sleep(w->relay, 1);
    assert_int_equal(store_memory_count(w->relay->store, TABLE_ITEM), 50);
    assert_int_equal(ack(w, "/v1/queue/ack", last), 204);
    assert_int_equal(ack(w, "/v1/queue/ack", last), 204);
    assert_int_equal(page(w, "/v1/queue", 0, &last, &more), 0);
}

static void
a_page_of_large_envelopes_has_at_most_a_mebibyte(void **state)
{
    struct world *w = *state;
    uint64_t last;
    bool more;

    deliver_many(w, 20, ENVELOPE_B3);
    assert_int_equal(page(w, "/v1/queue", 0, &last, &more), 16);
    assert_true(more);
}

static void
a_cursor_above_all_numbers_is_409_with_the_highest(void **state)
{
    struct world *w = *state;
    AUTO(queue_page_freep) Wire__QueuePage *m = NULL;
    char path[64];

    deliver_many(w, 1, ENVELOPE_B1);
    uint64_t n = w->relay->pushed[0].n;
    snprintf(path, sizeof path, "/v1/queue?after=%llu", (unsigned long long)n + 1);
    assert_int_equal(relay_signed(w->relay, &w->alice, METHOD_GET, path, NULL), 409);
    assert_ok(queue_page_read(buf_span(&w->relay->answer.body), &m));
    assert_int_equal(m->highest, n);
    snprintf(path, sizeof path, "/v1/queue/stream?after=%llu", (unsigned long long)n + 1);
    assert_int_equal(relay_signed(w->relay, &w->alice, METHOD_GET, path, NULL), 409);
}

static void
a_query_that_is_not_a_cursor_is_400(void **state)
{
    static const char *const bad[] = {
        "/v1/queue?",
        "/v1/queue?after=",
        "/v1/queue?after=01",
        "/v1/queue?after=-1",
        "/v1/queue?after=1&",
        "/v1/queue?before=1",
        "/v1/queue?after=1e3",
        "/v1/queue?after=9223372036854775808",
        "/v1/keys/status?after=1",
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(relay_signed(w->relay, &w->alice, METHOD_GET, bad[i], NULL), 400);
    assert_int_equal(relay_signed(w->relay, &w->alice, METHOD_GET, "/v1/queue", NULL), 204);
}

static void
requests_have_a_queue_and_numbers_of_their_own(void **state)
{
    struct world *w = *state;
    uint64_t last;
    bool more;

    assert_int_equal(request(w->relay, &w->alice, NULL, 1, TEST_POW_BITS), 202);
    assert_int_equal(page(w, "/v1/queue", 0, &last, &more), 0);
    assert_int_equal(page(w, "/v1/requests", 0, &last, &more), 1);
    assert_int_equal(ack(w, "/v1/queue/ack", last), 204);
    assert_int_equal(page(w, "/v1/requests", 0, &last, &more), 1);
    assert_int_equal(ack(w, "/v1/requests/ack", last), 204);
    assert_int_equal(page(w, "/v1/requests", 0, &last, &more), 0);
}

static void
one_sees_nobody_elses_queue(void **state)
{
    struct world *w = *state;
    struct person bob = person_new("bob");
    uint64_t last;
    bool more;

    relay_register(w->relay, &bob, 0);
    deliver_many(w, 1, ENVELOPE_B1);
    struct person alice = w->alice;
    w->alice = bob;
    assert_int_equal(page(w, "/v1/queue", 0, &last, &more), 0);
    assert_int_equal(ack(w, "/v1/queue/ack", w->relay->pushed[0].n), 204);
    w->alice = alice;
    assert_int_equal(page(w, "/v1/queue", 0, &last, &more), 1);
}

/* ---- streams ---- */

static struct stream_params
open_stream(struct world *w, uint64_t after)
{
    char path[64];

    snprintf(path, sizeof path, "/v1/queue/stream?after=%llu", (unsigned long long)after);
    assert_int_equal(relay_signed(w->relay, &w->alice, METHOD_GET, path, NULL), 200);
    assert_int_equal(w->relay->answer.kind, ANSWER_STREAM);
    return w->relay->answer.stream;
}

static void
a_stream_says_hello_and_gives_the_backlog(void **state)
{
    struct world *w = *state;
    AUTO(buf_done) struct buf out = BUF(4 * 1024 * 1024);
    enum backlog more = BACKLOG_MORE;
    uint64_t after = 0;
    size_t used, items = 0;
    struct frame f;

    deliver_many(w, 10, ENVELOPE_B1);
    assert_int_equal(request(w->relay, &w->alice, NULL, 200, TEST_POW_BITS), 202);
    struct stream_params s = open_stream(w, 0);
    assert_memory_equal(&s.account, &w->alice.account, sizeof s.account);
    assert_ok(service_stream_begin(w->relay->service, &s, &out));
    assert_ok(frame_read(buf_span(&out), &f, &used));
    assert_int_equal(f.kind, FRAME_HELLO);
    assert_int_equal(f.n, w->relay->pushed[9].n);
    assert_int_equal(f.expired, 0);
    buf_consume(&out, used);
    assert_ok(frame_read(buf_span(&out), &f, &used));
    assert_int_equal(f.kind, FRAME_REQUEST_WAITING);
    buf_consume(&out, used);
    assert_int_equal(out.n, 0);

    while (more == BACKLOG_MORE) {
        size_t before = out.n;
        assert_ok(service_backlog(w->relay->service, &s, after, 10000, &out, &after, &more));
        assert_true(out.n - before <= 10000);
    }
    while (out.n > 0) {
        assert_ok(frame_read(buf_span(&out), &f, &used));
        assert_int_equal(f.kind, FRAME_ITEM);
        assert_int_equal(f.n, w->relay->pushed[items++].n);
        assert_int_equal(f.tag, 77);
        assert_int_equal(f.envelope.n, ENVELOPE_B1);
        buf_consume(&out, used);
    }
    assert_int_equal(items, 10);
}

static void
a_backlog_gives_at_least_one_frame(void **state)
{
    struct world *w = *state;
    AUTO(buf_done) struct buf out = BUF(4 * 1024 * 1024);
    enum backlog more;
    uint64_t last = 0;

    deliver_many(w, 2, ENVELOPE_B3);
    struct stream_params s = open_stream(w, 0);
    assert_ok(service_backlog(w->relay->service, &s, 0, 10, &out, &last, &more));
    assert_int_equal(more, BACKLOG_MORE);
    assert_int_equal(last, w->relay->pushed[0].n);
    assert_ok(service_backlog(w->relay->service, &s, last, 10, &out, &last, &more));
    assert_int_equal(more, BACKLOG_DONE);
}

static void
hello_counts_what_expired_until_the_next_ack(void **state)
{
    struct world *w = *state;
    AUTO(buf_done) struct buf out = BUF(100000);
    struct frame f;
    size_t used;

    deliver_many(w, 3, ENVELOPE_B1);
    relay_sleep(w->relay, QUEUE_LIFE + SECONDS_A_DAY);
    struct stream_params s = open_stream(w, 0);
    assert_ok(service_stream_begin(w->relay->service, &s, &out));
    assert_ok(frame_read(buf_span(&out), &f, &used));
    assert_int_equal(f.expired, 3);
    assert_int_equal(ack(w, "/v1/queue/ack", f.n), 204);
    buf_clear(&out);
    assert_ok(service_stream_begin(w->relay->service, &s, &out));
    assert_ok(frame_read(buf_span(&out), &f, &used));
    assert_int_equal(f.expired, 0);
}

static void
a_stream_of_a_device_that_is_gone_is_not_found(void **state)
{
    struct world *w = *state;
    AUTO(buf_done) struct buf out = BUF(100000);
    struct stream_params s = open_stream(w, 0);

    s.device = 2;
    assert_err(service_stream_begin(w->relay->service, &s, &out), ERR_NOT_FOUND);
    s.account.b[0] ^= 1;
    assert_err(service_stream_begin(w->relay->service, &s, &out), ERR_NOT_FOUND);
}

/* ---- around a commit ---- */

static void
a_202_waits_for_its_commit_but_the_push_does_not(void **state)
{
    struct world *w = *state;
    struct relay *r = w->relay;
    uint64_t last;
    bool more;

    assert_int_equal(deliver(r, &w->alice, w->token, 1, ENVELOPE_B1), 202);
    assert_int_equal(r->answer.kind, ANSWER_AFTER_COMMIT);
    uint64_t ticket = r->answer.ticket;
    assert_true(r->committed < ticket);
    assert_int_equal(r->push_count, 1);
    assert_int_equal(page(w, "/v1/queue", 0, &last, &more), 1);

    /* A repeat waits for the same commit. */
    assert_int_equal(deliver(r, &w->alice, w->token, 1, ENVELOPE_B1), 202);
    assert_int_equal(r->answer.kind, ANSWER_AFTER_COMMIT);
    assert_true(r->answer.ticket >= ticket);
    assert_int_equal(r->push_count, 1);

    assert_ok(service_commit(r->service));
    assert_true(r->committed >= ticket);
}

static void
what_was_not_committed_is_gone_after_a_kill_and_its_number_too(void **state)
{
    struct world *w = *state;
    struct relay *r = w->relay;
    uint64_t last;
    bool more;

    assert_int_equal(deliver(r, &w->alice, w->token, 1, ENVELOPE_B1), 202);
    uint64_t lost = r->pushed[0].n;
    relay_restart_on(r, store_memory_copy(r->store));
    assert_int_equal(page(w, "/v1/queue", lost, &last, &more), 0); /* not 409: no rewind */
    assert_int_equal(deliver(r, &w->alice, w->token, 1, ENVELOPE_B1), 202);
    assert_true(r->pushed[1].n > lost);
    assert_int_equal(page(w, "/v1/queue", lost, &last, &more), 1);
}

static void
put_back_from_yesterday_no_number_is_used_again(void **state)
{
    struct world *w = *state;
    struct relay *r = w->relay;

    deliver_many(w, 1, ENVELOPE_B1);
    assert_ok(service_commit(r->service));
    struct store *yesterday = store_memory_copy(r->store);
    relay_sleep(r, SECONDS_A_DAY / 2);
    relay_restart_on(r, store_memory_copy(r->store));
    deliver_many(w, 5, ENVELOPE_B1);
    uint64_t highest = r->pushed[r->push_count - 1].n;
    relay_sleep(r, SECONDS_A_DAY / 2);
    relay_restart_on(r, yesterday);
    deliver_many(w, 1, ENVELOPE_B1);
    assert_true(r->pushed[r->push_count - 1].n > highest);
}

static void
a_full_disk_refuses_the_batch_and_loses_nothing_answered(void **state)
{
    struct world *w = *state;
    struct relay *r = w->relay;
    uint64_t last;
    bool more;

    assert_int_equal(deliver(r, &w->alice, w->token, 1, ENVELOPE_B1), 202);
    assert_ok(service_commit(r->service));
    uint64_t kept = r->pushed[0].n;
    assert_int_equal(deliver(r, &w->alice, w->token, 2, ENVELOPE_B1), 202);
    uint64_t ticket = r->answer.ticket, lost = r->pushed[1].n;
    store_memory_fail_next_commit(r->store, ERR_FULL);
    assert_err(service_commit(r->service), ERR_FULL);
    assert_int_equal(r->refused, ticket);
    assert_true(r->committed < ticket);
    assert_false(r->broken);

    assert_int_equal(page(w, "/v1/queue", 0, &last, &more), 1);
    assert_int_equal(last, kept);
    assert_int_equal(deliver(r, &w->alice, w->token, 2, ENVELOPE_B1), 202);
    assert_true(r->pushed[2].n > lost);
    assert_ok(service_commit(r->service));
    assert_int_equal(page(w, "/v1/queue", 0, &last, &more), 2);
}

static void
a_full_disk_is_507_when_commits_are_at_once(void **state)
{
    struct world *w = *state;

    store_memory_fail_next_commit(w->relay->store, ERR_FULL);
    assert_int_equal(deliver(w->relay, &w->alice, w->token, 1, ENVELOPE_B1), 507);
    assert_int_equal(w->relay->answer.kind, ANSWER_NOW);
    assert_int_equal(deliver(w->relay, &w->alice, w->token, 1, ENVELOPE_B1), 202);
}

static void
a_broken_disk_ends_the_service(void **state)
{
    struct world *w = *state;
    struct relay *r = w->relay;

    assert_int_equal(deliver(r, &w->alice, w->token, 1, ENVELOPE_B1), 202);
    store_memory_fail_next_commit(r->store, ERR_IO);
    assert_err(service_commit(r->service), ERR_IO);
    assert_true(r->broken);
    assert_int_equal(deliver(r, &w->alice, w->token, 2, ENVELOPE_B1), 503);
    assert_int_equal(relay_get(r, "/v1/relay"), 503);
    assert_err(service_commit(r->service), ERR_IO);
}

/* ---- what is held ---- */

static Wire__Held *
held(struct world *w, uint64_t after)
{
    AUTO(held_answer_freep) Wire__HeldAnswer *answer = NULL;
    AUTO(relay_info_freep) Wire__RelayInfo *info = NULL;
    struct ed25519_signature sig;
    struct ed25519_public rlk;
    Wire__Held *m = NULL;
    char path[64];

    assert_int_equal(relay_get(w->relay, "/v1/relay"), 200);
    assert_ok(relay_info_read(buf_span(&w->relay->answer.body), &info));
    memcpy(rlk.b, info->rlk.data, 32);
    snprintf(path, sizeof path, "/v1/held?after=%llu", (unsigned long long)after);
    assert_int_equal(relay_signed(w->relay, &w->alice, METHOD_GET, path, NULL), 200);
    assert_ok(held_answer_read(buf_span(&w->relay->answer.body), &answer));
    memcpy(sig.b, answer->sig.data, 64);
    assert_ok(label_verify(LABEL_HELD, span_pb(answer->held), &rlk, &sig));
    assert_ok(held_read(span_pb(answer->held), &m));
    return m;
}

static void
the_owner_sees_all_that_is_held_signed(void **state)
{
    struct world *w = *state;

    token_grant(w->relay, &w->alice, 9, 3, WIRE__TOKEN_KIND__TOKEN_REQUEST, 2);
    deliver_many(w, 2, ENVELOPE_B2);
    assert_int_equal(request(w->relay, &w->alice, NULL, 1, TEST_POW_BITS), 202);
    AUTO(held_freep) Wire__Held *m = held(w, 0);
    assert_memory_equal(m->account_id.data, w->alice.account.b, 32);
    assert_string_equal(m->name, "alice");
    assert_int_equal(m->registered_day, START_MS / 1000 / SECONDS_A_DAY);
    assert_int_equal(m->n_manifests, 1);
    assert_int_equal(m->n_devices, 1);
    assert_int_equal(m->devices[0]->n_opk_ids, 10);
    assert_int_equal(m->devices[0]->highest_n, w->relay->pushed[1].n);
    assert_int_equal(m->n_tokens, 2);
    assert_int_equal(m->n_items, 3);
    assert_int_equal(m->items[0]->device, 0);
    assert_int_equal(m->items[0]->size, ENVELOPE_B1);
    assert_int_equal(m->items[1]->device, 1);
    assert_int_equal(m->items[1]->n, w->relay->pushed[0].n);
    assert_int_equal(m->items[1]->tag, 77);
    assert_int_equal(m->items[1]->size, ENVELOPE_B2);
    assert_int_equal(m->items[1]->day, START_MS / 1000 / SECONDS_A_DAY);
    assert_int_equal(m->next, 0);
}

static void
attachments_are_held_too(void **state)
{
    struct world *w = *state;
    struct upload done = upload_new(1, BLOB_PART + 7), half = upload_new(2, 2 * BLOB_PART);
    const uint64_t day = START_MS / 1000 / SECONDS_A_DAY;

    upload_whole(w->relay, &done, &w->alice, w->token);
    assert_int_equal(upload_announce(w->relay, &half, &w->alice, w->token), 201);
    assert_int_equal(upload_part(w->relay, &half, 0), 204);
    AUTO(held_freep) Wire__Held *m = held(w, 0);
    assert_int_equal(m->n_blobs, 2);
    size_t d = m->blobs[0]->finished ? 0 : 1;
    assert_memory_equal(m->blobs[d]->blob_id.data, done.id.b, 16);
    assert_true(m->blobs[d]->finished);
    assert_int_equal(m->blobs[d]->tag, 77);
    assert_int_equal(m->blobs[d]->size, BLOB_PART + 7);
    assert_int_equal(m->blobs[d]->received, BLOB_PART + 7);
    assert_int_equal(m->blobs[d]->day, day);
    assert_true(m->blobs[d]->expiry >= START_MS / 1000 + BLOB_LIFE);
    assert_memory_equal(m->blobs[1 - d]->blob_id.data, half.id.b, 16);
    assert_false(m->blobs[1 - d]->finished);
    assert_int_equal(m->blobs[1 - d]->size, 2 * BLOB_PART);
    assert_int_equal(m->blobs[1 - d]->received, BLOB_PART);
    upload_free(&done);
    upload_free(&half);
}

static void
what_is_held_comes_in_pages(void **state)
{
    struct world *w = *state;
    size_t items = 0, pages = 0;
    uint64_t after = 0;

    assert_int_equal(request(w->relay, &w->alice, NULL, 1, TEST_POW_BITS), 202);
    deliver_many(w, 60, ENVELOPE_B3);
    do {
        AUTO(held_freep) Wire__Held *m = held(w, after);
        assert_int_equal(m->n_devices, after == 0 ? 1 : 0);
        items += m->n_items;
        after = m->next;
        pages++;
    } while (after != 0);
    assert_int_equal(items, 61);
    assert_true(pages > 1);
}

static void
what_is_held_comes_in_pages_for_the_highest_device_too(void **state)
{
    struct world *w = *state;

    w->alice = person_new("alice2");
    w->alice.device = DEVICE_ID_MAX;
    relay_register(w->relay, &w->alice, 10);
    w->token = token_grant(w->relay, &w->alice, 1, 77, WIRE__TOKEN_KIND__TOKEN_DELIVER, 0);
    what_is_held_comes_in_pages(state);
}

int
main(void)
{
#define RELAY_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
#define COMMIT_TEST(t) cmocka_unit_test_setup_teardown(t, setup_on_demand, teardown)
    const struct CMUnitTest tests[] = {
        RELAY_TEST(a_queue_comes_in_pages_and_goes_with_its_ack),
        RELAY_TEST(a_page_of_large_envelopes_has_at_most_a_mebibyte),
        RELAY_TEST(a_cursor_above_all_numbers_is_409_with_the_highest),
        RELAY_TEST(a_query_that_is_not_a_cursor_is_400),
        RELAY_TEST(requests_have_a_queue_and_numbers_of_their_own),
        RELAY_TEST(one_sees_nobody_elses_queue),
        RELAY_TEST(a_stream_says_hello_and_gives_the_backlog),
        RELAY_TEST(a_backlog_gives_at_least_one_frame),
        RELAY_TEST(hello_counts_what_expired_until_the_next_ack),
        RELAY_TEST(a_stream_of_a_device_that_is_gone_is_not_found),
        COMMIT_TEST(a_202_waits_for_its_commit_but_the_push_does_not),
        COMMIT_TEST(what_was_not_committed_is_gone_after_a_kill_and_its_number_too),
        COMMIT_TEST(put_back_from_yesterday_no_number_is_used_again),
        COMMIT_TEST(a_full_disk_refuses_the_batch_and_loses_nothing_answered),
        RELAY_TEST(a_full_disk_is_507_when_commits_are_at_once),
        COMMIT_TEST(a_broken_disk_ends_the_service),
        RELAY_TEST(the_owner_sees_all_that_is_held_signed),
        RELAY_TEST(attachments_are_held_too),
        RELAY_TEST(what_is_held_comes_in_pages),
        RELAY_TEST(what_is_held_comes_in_pages_for_the_highest_device_too),
    };
    return cmocka_run_group_tests_name("relay-service-queue", tests, NULL, NULL);
}
