/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The collector alone (B18.5), with a relay that the test plays.
 */
#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/collector.h"
#include "crypto/secret.h"
#include "wire/check.h"
#include "wire/frame.h"
#include "wire/request_text.h"

#define NOW_S 1800000000

static int64_t monotonic, utc_ms;
static unsigned started, cancelled;
static uint64_t last_id;
static char last_path[128], last_authorization[AUTHORIZATION_MAX];
static char path[64];
static struct collector *c;

static int64_t
now_ms(void *self)
{
    return utc_ms;
}

static int64_t
monotonic_ms(void *self)
{
    return monotonic;
}

static void
random_bytes(void *self, uint8_t *ret, size_t n)
{
    memset(ret, 0, n);
}

static void
start(void *self, const struct transport_request *r)
{
    started++;
    last_id = r->id;
    assert_int_equal(r->kind, TRANSPORT_STREAM);
    assert_string_equal(r->method, "GET");
    snprintf(last_path, sizeof last_path, "%s", r->path);
    snprintf(last_authorization, sizeof last_authorization, "%s", r->authorization);
}

static void
cancel(void *self, uint64_t id)
{
    cancelled++;
}

static int
setup(void **state)
{
    static const struct world world = {.now_ms = now_ms,
                                       .monotonic_ms = monotonic_ms,
                                       .random = random_bytes,
                                       .start = start,
                                       .cancel = cancel};
    struct collecting what = {.relay = {.host = "relay.example", .port = 443},
                              .cursor = 5,
                              .not_after = NOW_S + FETCH_KEY_LIFE};
    struct account_id account = {{1}};

    assert_ok(crypto_init());
    struct device_keys *device = SECRET_NEW(struct device_keys);
    monotonic = 1000;
    utc_ms = (int64_t)NOW_S * 1000;
    started = cancelled = 0;
    snprintf(path, sizeof path, "/tmp/snug-collector-%d", (int)getpid());
    device_keys_generate(&account, 1, NOW_S, device);
    what.key = SECRET_NEW(struct fetch_key);
    fetch_key_make(device, what.key);
    secret_free(device);
    assert_ok(collector_new(&what, &world, path, &c));
    return 0;
}

static int
teardown(void **state)
{
    collector_free(c);
    unlink(path);
    return 0;
}

static void
give(const struct frame *f)
{
    AUTO(buf_done) struct buf b = BUF(FRAME_MAX);
    frame_write(&b, f);
    assert_ok(buf_ok(&b));
    collector_on_stream_data(c, last_id, buf_span(&b));
}

static void
connect_(void)
{
    (void)collector_step(c);
    give(&(struct frame){.kind = FRAME_HELLO, .n = 5});
    give(&(struct frame){.kind = FRAME_END});
}

static void
give_item(uint64_t n, size_t size)
{
    static uint8_t envelope[ENVELOPE_B3];
    give(&(struct frame){.kind = FRAME_ITEM, .n = n, .envelope = SPAN(envelope, size)});
}

static off_t
file_size(void)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_size : -1;
}

static void
answer(unsigned status, const ProtobufCMessage *m)
{
    AUTO(buf_done) struct buf b = BUF(4096);
    if (m != NULL)
        wire_pack(&b, m);
    collector_on_answer(c, last_id,
                        &(struct transport_answer){.status = status, .body = buf_span(&b)});
}

static void
items_above_the_cursor_are_kept_once(void **state)
{
    connect_();
    assert_int_equal(started, 1);
    assert_string_equal(last_path, "/v1/queue/stream?after=5");
    assert_memory_equal(last_authorization, "Snug1F a=", 9);
    assert_int_equal(file_size(), -1);
    give_item(5, ENVELOPE_B1);
    assert_int_equal(file_size(), -1);
    give_item(6, ENVELOPE_B1);
    give_item(6, ENVELOPE_B1);
    give_item(9, ENVELOPE_B2);
    assert_int_equal(collector_activity(c), 2);
    assert_int_equal(file_size(), 24 + ENVELOPE_B1 + ENVELOPE_B2);
    assert_int_equal(collector_proof(c).bytes, file_size());
    give(&(struct frame){.kind = FRAME_REQUEST_WAITING, .n = 3});
    give(&(struct frame){.kind = FRAME_REQUEST_WAITING, .n = 3});
    assert_int_equal(collector_activity(c), 3);
}

static void
the_file_has_an_end_and_the_counting_none(void **state)
{
    const uint64_t fit = SEALED_FILE_MAX / (12 + ENVELOPE_B3);

    connect_();
    for (uint64_t i = 0; i < fit + 10; i++)
        give_item(6 + i, ENVELOPE_B3);
    assert_int_equal(collector_activity(c), fit + 10);
    assert_int_equal(file_size(), fit * (12 + ENVELOPE_B3));
    assert_int_equal(collector_proof(c).bytes, file_size());
    give_item(10000, ENVELOPE_B1); /* though it would fit: what is there has no holes */
    assert_int_equal(file_size(), fit * (12 + ENVELOPE_B3));
}

static void
a_file_that_cannot_be_made_is_done_without(void **state)
{
    assert_int_equal(mkdir(path, 0700), 0);
    connect_();
    give_item(6, ENVELOPE_B1);
    give_item(7, ENVELOPE_B1);
    assert_int_equal(collector_activity(c), 2);
    assert_int_equal(collector_proof(c).bytes, 0);
    rmdir(path);
}

static void
a_refusal_is_repeated_once_with_the_relays_time(void **state)
{
    Wire__Error m;
    wire__error__init(&m);
    m.code = 401;
    m.server_time = NOW_S + 5000;

    (void)collector_step(c);
    answer(401, &m.base);
    (void)collector_step(c);
    assert_int_equal(started, 2);
    assert_non_null(strstr(last_authorization, "t=1800005000,"));
    answer(401, &m.base);
    assert_true(collector_step(c) == INT64_MAX);
    assert_int_equal(started, 2);
    collector_wake(c);
    assert_true(collector_step(c) == INT64_MAX);
}

static void
a_removed_device_and_an_end_of_the_key_are_final(void **state)
{
    connect_();
    give(&(struct frame){.kind = FRAME_BYE, .bye = BYE_DEVICE_REMOVED});
    answer(200, NULL);
    assert_true(collector_step(c) == INT64_MAX);
    teardown(state);
    setup(state);
    connect_();
    utc_ms += (int64_t)FETCH_KEY_LIFE * 1000;
    assert_true(collector_step(c) == INT64_MAX);
    assert_int_equal(cancelled, 1);
}

static void
a_number_of_another_history_begins_anew(void **state)
{
    Wire__QueuePage m = WIRE__QUEUE_PAGE__INIT;

    m.highest = 3;
    (void)collector_step(c);
    answer(409, &m.base);
    monotonic += 2000;
    (void)collector_step(c);
    assert_string_equal(last_path, "/v1/queue/stream?after=0");
    m.highest = 900; /* somebody has the account's own stream */
    for (int i = 0; i < 10; i++) {
        answer(409, &m.base);
        monotonic += 60 * 1000;
        (void)collector_step(c);
    }
    assert_in_range(started, 4, 7); /* soon at first, then rarely */
}

static void
one_that_is_cut_is_opened_again_ever_more_rarely(void **state)
{
    connect_();
    collector_on_answer(c, last_id, &(struct transport_answer){.failure = TRANSPORT_UNREACHABLE});
    for (int i = 0; i < 600; i++) {
        int64_t due = collector_step(c);
        if (due > monotonic)
            monotonic = due;
        collector_on_answer(c, last_id,
                            &(struct transport_answer){.failure = TRANSPORT_UNREACHABLE});
    }
    assert_in_range(started, 250, 610);
    assert_true(monotonic > (int64_t)200 * 60 * 1000);
}

static void
one_that_another_has_taken_over_comes_back_ten_minutes_later(void **state)
{
    connect_();
    give(&(struct frame){.kind = FRAME_BYE, .bye = BYE_DISPLACED});
    answer(200, NULL);
    assert_int_equal(collector_step(c) - monotonic, 10 * 60 * 1000);
    monotonic += 10 * 60 * 1000;
    connect_();
    assert_int_equal(started, 2);
    answer(200, NULL); /* just an end */
    assert_in_range(collector_step(c) - monotonic, 1000, 1250);
}

static void
one_that_was_open_again_begins_with_short_waits(void **state)
{
    (void)collector_step(c);
    for (int i = 0; i < 10; i++) {
        collector_on_answer(c, last_id,
                            &(struct transport_answer){.failure = TRANSPORT_UNREACHABLE});
        monotonic = collector_step(c);
        (void)collector_step(c);
    }
    assert_int_equal(started, 11);
    connect_();
    answer(200, NULL);
    assert_in_range(collector_step(c) - monotonic, 1000, 1250);
}

static void
nonsense_ends_the_stream(void **state)
{
    (void)collector_step(c);
    give_item(6, ENVELOPE_B1); /* before hello */
    assert_int_equal(cancelled, 1);
    assert_int_equal(collector_activity(c), 0);
    monotonic += 2000;
    connect_();
    collector_on_stream_data(c, last_id, SPAN("\xff\xff\xff\xff\xff", 5));
    assert_int_equal(cancelled, 2);
    collector_on_stream_data(c, last_id - 1, SPAN("\xff\xff\xff\xff\xff", 5)); /* of an old one */
    assert_int_equal(cancelled, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(items_above_the_cursor_are_kept_once),
        TEST(the_file_has_an_end_and_the_counting_none),
        TEST(a_file_that_cannot_be_made_is_done_without),
        TEST(a_refusal_is_repeated_once_with_the_relays_time),
        TEST(a_removed_device_and_an_end_of_the_key_are_final),
        TEST(a_number_of_another_history_begins_anew),
        TEST(one_that_is_cut_is_opened_again_ever_more_rarely),
        TEST(one_that_another_has_taken_over_comes_back_ten_minutes_later),
        TEST(one_that_was_open_again_begins_with_short_waits),
        TEST(nonsense_ends_the_stream),
    };
    return cmocka_run_group_tests_name("core-collector", tests, NULL, NULL);
}
