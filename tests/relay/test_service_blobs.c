/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Blobs: announced, uploaded, finished, fetched, deleted, expired; and everything that is refused.
 */
#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "relay/blobs.h"
#include "relay/call.h"
#include "relay/kept_blobs.h"
#include "tests/fakes/blob_files_memory.h"
#include "tests/fakes/store_memory.h"
#include "tests/relay/uploads.h"

#define TAG 77
#define DAY ((uint64_t)SECONDS_A_DAY)
#define SOME_SIZE (2 * BLOB_PART + 1000)

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
    w.token = token_grant(w.relay, &w.alice, 1, TAG, WIRE__TOKEN_KIND__TOKEN_DELIVER, 0);
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
announce(struct world *w, const struct upload *u)
{
    return upload_announce(w->relay, u, &w->alice, w->token);
}

/* The record, whose being there is asserted. */
static struct kept_blob
record_of(struct world *w, const struct upload *u)
{
    struct kept_blob k;
    assert_ok(kept_blob_get(w->relay->store, &u->id, &k));
    return k;
}

static void
assert_nothing_is_left(struct world *w)
{
    assert_int_equal(store_memory_count(w->relay->store, TABLE_BLOB), 0);
    assert_int_equal(store_memory_count(w->relay->store, TABLE_BLOB_OWNER), 0);
    assert_int_equal(blob_files_memory_count(w->relay->files), 0);
}

/* Time goes by until every record was looked at. */
static void
let_pass(struct world *w, uint64_t seconds)
{
    relay_sleep(w->relay, seconds);
    for (int i = 0; i < 3; i++)
        relay_sleep(w->relay, 1);
}

/* ---- the way it is meant ---- */

static void
what_was_uploaded_is_fetched(void **state)
{
    static const size_t sizes[] = {1, 41, BLOB_PART - 1, BLOB_PART, BLOB_PART + 1, SOME_SIZE};
    struct world *w = *state;

    for (uint32_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct upload u = upload_new(i, sizes[i]);
        upload_whole(w->relay, &u, &w->alice, w->token);
        assert_int_equal(upload_get(w->relay, &u, NULL), 200);
        assert_answer_is_of(w->relay, &u, 0, u.size);
        upload_free(&u);
    }
}

static void
ranges_are_cut_at_the_end(void **state)
{
    struct world *w = *state;
    struct upload u = upload_new(1, SOME_SIZE);

    upload_whole(w->relay, &u, &w->alice, w->token);
    assert_int_equal(upload_get(w->relay, &u, "bytes=0-0"), 206);
    assert_answer_is_of(w->relay, &u, 0, 1);
    assert_int_equal(upload_get(w->relay, &u, "bytes=1000-"), 206);
    assert_answer_is_of(w->relay, &u, 1000, SOME_SIZE - 1000);
    assert_int_equal(upload_get(w->relay, &u, "bytes=5-99999999"), 206);
    assert_answer_is_of(w->relay, &u, 5, SOME_SIZE - 5);
    static const char *const bad[] = {"bytes=2098152-",
                                      "bytes=-5",
                                      "bytes=5-4",
                                      "bytes=0-1,3-4",
                                      "bytes=00-1",
                                      "bytes=0-1 ",
                                      "items=0-1",
                                      "bytes=0x1-2",
                                      "bytes=-",
                                      "bytes=",
                                      "bytes= 0-1",
                                      "Bytes=0-1",
                                      "bytes=1000000000000000000-"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(upload_get(w->relay, &u, bad[i]), 416);
        assert_int_equal(w->relay->answer.whole, SOME_SIZE);
    }
    upload_free(&u);
}

static void
every_request_can_be_repeated(void **state)
{
    struct world *w = *state;
    struct upload u = upload_new(1, SOME_SIZE);

    for (uint32_t part = 0; part < 3; part++) {
        assert_int_equal(announce(w, &u), 201);
        assert_int_equal(upload_part(w->relay, &u, part), 204);
        assert_int_equal(upload_part(w->relay, &u, part), 204);
    }
    assert_int_equal(blob_files_memory_bytes(w->relay->files), SOME_SIZE);
    assert_int_equal(upload_done(w->relay, &u), 204);
    assert_int_equal(upload_done(w->relay, &u), 204);
    assert_int_equal(upload_part(w->relay, &u, 2), 204);
    assert_int_equal(announce(w, &u), 201);
    assert_int_equal(upload_get(w->relay, &u, NULL), 200);
    assert_answer_is_of(w->relay, &u, 0, u.size);
    upload_free(&u);
}

static void
a_deleted_blob_leaves_nothing(void **state)
{
    struct world *w = *state;
    struct upload u = upload_new(1, SOME_SIZE);

    upload_whole(w->relay, &u, &w->alice, w->token);
    assert_int_equal(upload_delete(w->relay, &u), 204);
    assert_nothing_is_left(w);
    assert_int_equal(upload_delete(w->relay, &u), 404);
    assert_int_equal(upload_get(w->relay, &u, NULL), 404);
    /* And unfinished ones as well. */
    assert_int_equal(announce(w, &u), 201);
    assert_int_equal(upload_part(w->relay, &u, 0), 204);
    assert_int_equal(upload_delete(w->relay, &u), 204);
    assert_nothing_is_left(w);
    upload_free(&u);
}

/* Or many slow readers would keep what no quota counts any more. */
static void
who_reads_a_deleted_blob_gets_no_more_of_it(void **state)
{
    struct world *w = *state;
    struct upload u = upload_new(1, SOME_SIZE);
    uint8_t byte;

    upload_whole(w->relay, &u, &w->alice, w->token);
    assert_int_equal(upload_get(w->relay, &u, NULL), 200);
    struct service_answer reading = w->relay->answer;
    w->relay->answer = SERVICE_ANSWER;
    assert_int_equal(upload_delete(w->relay, &u), 204);
    service_answer_done(&w->relay->answer);
    w->relay->answer = reading;
    assert_err(blob_reader_read(reading.file, 0, &byte, 1), ERR_NOT_FOUND);
    upload_free(&u);
}

/* Or one upload could be hashed as often as somebody asks, and all others wait. */
static void
an_attachment_is_hashed_once_however_often_it_is_finished(void **state)
{
    struct world *w = *state;
    struct blobs *blobs = w->relay->service->blobs;
    struct upload u = upload_new(1, 100), v = upload_new(2, 100);
    struct sha256 any = {{0}};
    uint64_t work, same = 0, other;

    assert_int_equal(announce(w, &u), 201);
    assert_int_equal(announce(w, &v), 201);
    struct kept_blob first = record_of(w, &u), second = record_of(w, &v);
    assert_ok(blobs_seal(blobs, &first, &any, &work));
    assert_err(blobs_seal(blobs, &first, &any, &same), ERR_BUSY);
    assert_ok(blobs_seal(blobs, &second, &any, &other));
    struct blob_job *job = blobs_sealed(blobs);
    assert_int_equal(job->work, work);
    free(job);
    assert_ok(blobs_seal(blobs, &first, &any, &same));
    assert_err(blobs_seal(blobs, &second, &any, &other), ERR_BUSY);
    while ((job = blobs_sealed(blobs)) != NULL)
        free(job);
    upload_free(&u);
    upload_free(&v);
}

/* ---- refusals ---- */

static void
a_token_that_does_not_open_is_404_for_every_reason(void **state)
{
    struct world *w = *state;
    struct upload u = upload_new(1, 100);
    struct token other = {{9}};
    struct person nobody = person_new("nobody");
    struct token invitation =
        token_grant(w->relay, &w->alice, 3, 5, WIRE__TOKEN_KIND__TOKEN_REQUEST, 0);
    AUTO(buf_done) struct buf first = BUF(ANSWER_MAX);

    assert_int_equal(upload_announce(w->relay, &u, &w->alice, other), 404);
    buf_put(&first, buf_span(&w->relay->answer.body));
    assert_int_equal(upload_announce(w->relay, &u, &nobody, w->token), 404);
    assert_true(span_equal(buf_span(&first), buf_span(&w->relay->answer.body)));
    assert_int_equal(upload_announce(w->relay, &u, &w->alice, invitation), 404);
    assert_true(span_equal(buf_span(&first), buf_span(&w->relay->answer.body)));
    assert_nothing_is_left(w);
    upload_free(&u);
}

static void
a_sink_has_no_room(void **state)
{
    struct world *w = *state;
    struct upload u = upload_new(1, 100);

    token_grant(w->relay, &w->alice, 1, TAG, WIRE__TOKEN_KIND__TOKEN_SINK, 0);
    assert_int_equal(announce(w, &u), 507);
    assert_nothing_is_left(w);
    upload_free(&u);
}

static void
a_sink_looks_like_a_full_quota_also_for_what_is_there_already(void **state)
{
    struct world *w = *state;
    struct upload u = upload_new(1, 100), other = u;

    other.size = 50;
    assert_int_equal(announce(w, &u), 201);
    token_grant(w->relay, &w->alice, 1, TAG, WIRE__TOKEN_KIND__TOKEN_SINK, 0);
    assert_int_equal(announce(w, &u), 201);
    assert_int_equal(announce(w, &other), 409);
    assert_int_equal(upload_part(w->relay, &u, 0), 204);
    upload_free(&u);
}

static void
a_wrong_secret_and_an_unknown_id_are_the_same_404(void **state)
{
    struct world *w = *state;
    struct upload u = upload_new(1, SOME_SIZE), wrong = u, unknown = upload_new(2, SOME_SIZE);
    AUTO(buf_done) struct buf first = BUF(ANSWER_MAX);

    upload_whole(w->relay, &u, &w->alice, w->token);
    wrong.write = u.read;
    wrong.read = u.write;
    assert_int_equal(upload_get(w->relay, &unknown, NULL), 404);
    buf_put(&first, buf_span(&w->relay->answer.body));
    const struct upload *bad[] = {&wrong, &unknown};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(upload_part(w->relay, bad[i], 0), 404);
        assert_true(span_equal(buf_span(&first), buf_span(&w->relay->answer.body)));
        assert_int_equal(upload_done(w->relay, bad[i]), 404);
        assert_true(span_equal(buf_span(&first), buf_span(&w->relay->answer.body)));
        assert_int_equal(upload_delete(w->relay, bad[i]), 404);
        assert_true(span_equal(buf_span(&first), buf_span(&w->relay->answer.body)));
        assert_int_equal(upload_get(w->relay, bad[i], NULL), 404);
        assert_true(span_equal(buf_span(&first), buf_span(&w->relay->answer.body)));
    }
    assert_int_equal(upload_get(w->relay, &u, NULL), 200);
    upload_free(&u);
    upload_free(&unknown);
}

static void
paths_and_secrets_that_do_not_read_are_refused(void **state)
{
    static const char *const paths[] = {
        "/v1/blobs/AAAAAAAAAAAAAAAAAAAAAA", "/v1/blobs/AAAAAAAAAAAAAAAAAAAAAB", "/v1/blobs/x",
        "/v1/blobs/AAAAAAAAAAAAAAAAAAAAAAA", "/v1/blobs/%41AAAAAAAAAAAAAAAAAAAAA"};
    static const char *const parts[] = {"/00", "/x", "/-1", "/4294967295", "/99999999999999999999"};
    struct world *w = *state;
    struct upload u = upload_new(1, SOME_SIZE);
    char path[128];

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        assert_int_equal(relay_get(w->relay, paths[i]), 404);
    assert_int_equal(announce(w, &u), 201);
    char id[BASE64_LEN(16) + 1], authorization[BLOB_AUTHORIZATION_MAX];
    base64url_write(SPAN_OF(u.id), id);
    blob_authorization_write(&u.write, authorization);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        snprintf(path, sizeof path, "/v1/blobs/%s%s", id, parts[i]);
        assert_int_equal(
            relay_call(w->relay, (struct service_request){.method = METHOD_PUT,
                                                          .path = path,
                                                          .authorization = SPAN_STR(authorization),
                                                          .body = SPAN(u.bytes, 10)}),
            404);
    }
    snprintf(path, sizeof path, "/v1/blobs/%s?after=1", id);
    assert_int_equal(relay_get(w->relay, path), 400);
    snprintf(path, sizeof path, "/v1/blobs/%s/done", id);
    assert_int_equal(relay_get(w->relay, path), 405);
    assert_int_equal(service_body_max(METHOD_PUT, "/v1/blobs/abc/7"), BLOB_PART);
    assert_int_equal(service_body_max(METHOD_PUT, "/v1/blobs/abc/7/8"), 0);
    assert_int_equal(service_body_max(METHOD_PUT, "/v1/blobs//7"), 0);
    upload_free(&u);
}

static void
the_same_id_with_other_values_is_409(void **state)
{
    struct world *w = *state;
    struct upload u = upload_new(1, SOME_SIZE), other = u;
    struct token bobs =
        token_grant(w->relay, &w->alice, 2, TAG + 1, WIRE__TOKEN_KIND__TOKEN_DELIVER, 0);

    assert_int_equal(announce(w, &u), 201);
    other.size--;
    assert_int_equal(announce(w, &other), 409);
    other = u;
    other.write.b[0] ^= 1;
    assert_int_equal(announce(w, &other), 409);
    other = u;
    other.read.b[0] ^= 1;
    assert_int_equal(announce(w, &other), 409);
    assert_int_equal(upload_announce(w->relay, &u, &w->alice, bobs), 409);
    assert_int_equal(announce(w, &u), 201);
    upload_free(&u);
}

static void
parts_out_of_order_are_told_which_is_next(void **state)
{
    struct world *w = *state;
    struct upload u = upload_new(1, SOME_SIZE);

    assert_int_equal(announce(w, &u), 201);
    assert_int_equal(upload_part(w->relay, &u, 1), 409);
    assert_int_equal(upload_expected(w->relay), 0);
    assert_int_equal(upload_done(w->relay, &u), 409);
    assert_int_equal(upload_expected(w->relay), 0);
    assert_int_equal(upload_part(w->relay, &u, 0), 204);
    assert_int_equal(upload_part(w->relay, &u, 2), 409);
    assert_int_equal(upload_expected(w->relay), 1);
    assert_int_equal(upload_part(w->relay, &u, 1), 204);
    assert_int_equal(upload_part(w->relay, &u, 0), 409);
    assert_int_equal(upload_expected(w->relay), 2);
    assert_int_equal(upload_part(w->relay, &u, 2), 204);
    /* Whole: as many as there are is what is expected, before `done` and after it. */
    assert_int_equal(upload_bytes(w->relay, &u, 3, SPAN(u.bytes, 10)), 409);
    assert_int_equal(upload_expected(w->relay), 3);
    assert_int_equal(upload_done(w->relay, &u), 204);
    assert_int_equal(upload_part(w->relay, &u, 0), 409);
    assert_int_equal(upload_expected(w->relay), 3);
    assert_int_equal(upload_get(w->relay, &u, NULL), 200);
    assert_answer_is_of(w->relay, &u, 0, u.size);
    upload_free(&u);
}

static void
parts_of_another_size_are_refused(void **state)
{
    struct world *w = *state;
    struct upload u = upload_new(1, SOME_SIZE);
    static uint8_t large[BLOB_PART + 1];

    assert_int_equal(announce(w, &u), 201);
    assert_int_equal(upload_bytes(w->relay, &u, 0, SPAN(large, BLOB_PART + 1)), 413);
    assert_int_equal(upload_bytes(w->relay, &u, 0, SPAN(large, BLOB_PART - 1)), 400);
    assert_int_equal(upload_bytes(w->relay, &u, 0, SPAN_NONE), 400);
    assert_int_equal(blob_files_memory_bytes(w->relay->files), 0);
    assert_int_equal(upload_part(w->relay, &u, 0), 204);
    assert_int_equal(upload_part(w->relay, &u, 1), 204);
    assert_int_equal(upload_bytes(w->relay, &u, 2, SPAN(large, 1001)), 413);
    assert_int_equal(upload_bytes(w->relay, &u, 2, SPAN(large, 999)), 400);
    assert_int_equal(upload_part(w->relay, &u, 2), 204);
    assert_int_equal(upload_done(w->relay, &u), 204);
    upload_free(&u);
}

static void
another_hash_is_422_and_nothing_is_left(void **state)
{
    struct world *w = *state;
    struct upload u = upload_new(1, SOME_SIZE);

    assert_int_equal(announce(w, &u), 201);
    for (uint32_t part = 0; part < 3; part++)
        assert_int_equal(upload_part(w->relay, &u, part), 204);
    u.bytes[SOME_SIZE - 1] ^= 1;
    assert_int_equal(upload_done(w->relay, &u), 422);
    assert_nothing_is_left(w);
    u.bytes[SOME_SIZE - 1] ^= 1;
    assert_int_equal(upload_done(w->relay, &u), 404);
    /* A finished one is not given up for it. */
    upload_whole(w->relay, &u, &w->alice, w->token);
    u.bytes[0] ^= 1;
    assert_int_equal(upload_done(w->relay, &u), 422);
    u.bytes[0] ^= 1;
    assert_int_equal(upload_get(w->relay, &u, NULL), 200);
    upload_free(&u);
}

static void
an_unfinished_blob_cannot_be_fetched(void **state)
{
    struct world *w = *state;
    struct upload u = upload_new(1, 100);

    assert_int_equal(announce(w, &u), 201);
    assert_int_equal(upload_get(w->relay, &u, NULL), 404);
    assert_int_equal(upload_part(w->relay, &u, 0), 204);
    assert_int_equal(upload_get(w->relay, &u, NULL), 404);
    upload_free(&u);
}

/* ---- limits ---- */

static unsigned
announce_size(struct world *w, struct token token, uint32_t seed, size_t size)
{
    struct upload u = upload_new(seed, 1);
    u.size = size;
    unsigned status = upload_announce(w->relay, &u, &w->alice, token);
    upload_free(&u);
    return status;
}

static void
a_blob_over_the_limit_is_413(void **state)
{
    struct world *w = *state;

    assert_int_equal(announce_size(w, w->token, 1, BLOB_CIPHER_MAX), 201);
    assert_int_equal(announce_size(w, w->token, 2, (size_t)BLOB_CIPHER_MAX + 1), 413);
    /* Of a relay that takes less: 1 MiB in 16 chunks. */
    w->relay->config.blob_max = 1024 * 1024;
    relay_restart_on(w->relay, store_memory_copy(w->relay->store));
    assert_int_equal(announce_size(w, w->token, 3, 1024 * 1024 + 24 + 16 * 17), 201);
    assert_int_equal(announce_size(w, w->token, 4, 1024 * 1024 + 24 + 16 * 17 + 1), 413);
    w->relay->config.blob_max = 0;
    relay_restart_on(w->relay, store_memory_copy(w->relay->store));
    assert_int_equal(announce_size(w, w->token, 5, 41), 413);
}

static void
a_token_and_an_account_have_quotas(void **state)
{
    struct world *w = *state;
    struct token two = token_grant(w->relay, &w->alice, 2, 2, WIRE__TOKEN_KIND__TOKEN_DELIVER, 0);
    struct token three = token_grant(w->relay, &w->alice, 3, 3, WIRE__TOKEN_KIND__TOKEN_DELIVER, 0);
    const size_t large = BLOB_CIPHER_MAX;
    uint32_t n = 0;

    for (size_t i = 0; i < BLOB_TOKEN_MAX / large; i++)
        assert_int_equal(announce_size(w, w->token, n++, large), 201);
    assert_int_equal(announce_size(w, w->token, n++, large), 507);
    assert_int_equal(announce_size(w, w->token, n++, BLOB_TOKEN_MAX % large + 1), 507);
    assert_int_equal(announce_size(w, w->token, n++, BLOB_TOKEN_MAX % large), 201);
    assert_int_equal(announce_size(w, w->token, n++, 1), 507);
    for (size_t i = 0; i < BLOB_TOKEN_MAX / large; i++)
        assert_int_equal(announce_size(w, two, n++, large), 201);
    assert_int_equal(announce_size(w, three, n++, BLOB_TOKEN_MAX % large + 1), 507);
    assert_int_equal(announce_size(w, three, n++, BLOB_TOKEN_MAX % large), 201);
    assert_int_equal(announce_size(w, three, n++, 1), 507);
    /* What was never uploaded makes room after a day. */
    relay_sleep(w->relay, DAY + 3600);
    assert_int_equal(announce_size(w, three, n++, large), 201);
}

static void
a_token_and_an_account_have_so_many(void **state)
{
    struct world *w = *state;
    uint32_t n = 0;

    for (uint8_t t = 0; t < BLOBS_OF_ACCOUNT_MAX / BLOBS_OF_TOKEN_MAX; t++) {
        struct token token = token_grant(w->relay, &w->alice, (uint8_t)(10 + t), (uint32_t)(10 + t),
                                         WIRE__TOKEN_KIND__TOKEN_DELIVER, 0);
        for (uint32_t i = 0; i < BLOBS_OF_TOKEN_MAX; i++)
            assert_int_equal(announce_size(w, token, n++, 1), 201);
        assert_int_equal(announce_size(w, token, n++, 1), 507);
    }
    assert_int_equal(announce_size(w, w->token, n++, 1), 507);
}

static void
a_full_disk_is_507_and_keeps_what_was_there(void **state)
{
    struct world *w = *state;
    struct upload u = upload_new(1, SOME_SIZE);

    assert_int_equal(announce(w, &u), 201);
    assert_int_equal(upload_part(w->relay, &u, 0), 204);
    blob_files_memory_limit(w->relay->files, BLOB_PART + 100);
    assert_int_equal(upload_part(w->relay, &u, 1), 507);
    assert_int_equal(blob_files_memory_bytes(w->relay->files), BLOB_PART);
    assert_false(w->relay->broken);
    blob_files_memory_limit(w->relay->files, 0);
    assert_int_equal(upload_part(w->relay, &u, 1), 204);
    assert_int_equal(upload_part(w->relay, &u, 2), 204);
    assert_int_equal(upload_done(w->relay, &u), 204);
    upload_free(&u);
}

static void
a_store_that_is_full_keeps_the_file_of_what_was_to_be_deleted(void **state)
{
    struct world *w = *state;
    struct upload u = upload_new(1, SOME_SIZE);

    upload_whole(w->relay, &u, &w->alice, w->token);
    store_memory_fail_next_commit(w->relay->store, ERR_FULL);
    assert_int_equal(upload_delete(w->relay, &u), 507);
    assert_int_equal(upload_get(w->relay, &u, NULL), 200);
    assert_answer_is_of(w->relay, &u, 0, u.size);
    assert_int_equal(upload_delete(w->relay, &u), 204);
    assert_nothing_is_left(w);
    upload_free(&u);
}

static void
guessing_is_limited_and_uploading_is_not(void **state)
{
    struct world *w = *state;
    struct upload u = upload_new(1, SOME_SIZE), unknown = upload_new(2, 100);

    w->relay->source.loopback = false;
    for (int i = 0; i < SOURCE_RATE_A_MINUTE; i++)
        assert_int_equal(upload_get(w->relay, &unknown, NULL), 404);
    assert_int_equal(upload_get(w->relay, &unknown, NULL), 429);
    upload_whole(w->relay, &u, &w->alice, w->token);
    for (int i = 0; i < SOURCE_TOKEN_RATE_A_MINUTE - 5; i++)
        assert_int_equal(upload_get(w->relay, &u, NULL), 200);
    assert_int_equal(upload_get(w->relay, &u, NULL), 429);
    upload_free(&u);
    upload_free(&unknown);
}

/* ---- time ---- */

static void
an_unfinished_blob_goes_after_a_day(void **state)
{
    struct world *w = *state;
    struct upload u = upload_new(1, SOME_SIZE);

    assert_int_equal(announce(w, &u), 201);
    assert_int_equal(upload_part(w->relay, &u, 0), 204);
    let_pass(w, DAY - 60);
    assert_int_equal(upload_part(w->relay, &u, 1), 204);
    let_pass(w, 3600);
    assert_int_equal(upload_part(w->relay, &u, 2), 404);
    assert_nothing_is_left(w);
    upload_free(&u);
}

/* Nobody looked at it meanwhile: it is gone all the same, and the id can be announced again. */
static void
an_unfinished_blob_that_was_not_swept_yet_is_announced_anew(void **state)
{
    struct world *w = *state;
    struct upload u = upload_new(1, SOME_SIZE);

    assert_int_equal(announce(w, &u), 201);
    assert_int_equal(upload_part(w->relay, &u, 0), 204);
    uint64_t file = record_of(w, &u).file;
    w->relay->now_ms += (DAY + 3600) * 1000;
    assert_int_equal(upload_part(w->relay, &u, 1), 404);
    assert_int_equal(upload_get(w->relay, &u, NULL), 404);
    assert_int_equal(announce(w, &u), 201);
    assert_int_not_equal(record_of(w, &u).file, file);
    assert_int_equal(blob_files_memory_count(w->relay->files), 0);
    assert_int_equal(upload_part(w->relay, &u, 0), 204);
    upload_free(&u);
}

static void
a_finished_blob_is_there_for_21_days_and_410_for_21_more(void **state)
{
    struct world *w = *state;
    struct upload u = upload_new(1, SOME_SIZE), wrong = u;

    wrong.read.b[0] ^= 1;
    upload_whole(w->relay, &u, &w->alice, w->token);
    assert_int_equal(record_of(w, &u).until % DAY, 0); /* tells no time of day */
    let_pass(w, 21 * DAY - 60);
    assert_int_equal(upload_get(w->relay, &u, NULL), 200);
    w->relay->now_ms += DAY * 1000;
    assert_int_equal(upload_get(w->relay, &u, NULL), 410);
    let_pass(w, 1);
    assert_int_equal(upload_get(w->relay, &u, NULL), 410);
    assert_int_equal(upload_get(w->relay, &wrong, NULL), 404);
    assert_int_equal(upload_delete(w->relay, &u), 404);
    assert_int_equal(upload_part(w->relay, &u, 2), 404);
    assert_int_equal(upload_done(w->relay, &u), 404);
    assert_int_equal(blob_files_memory_count(w->relay->files), 0);
    let_pass(w, 20 * DAY);
    assert_int_equal(upload_get(w->relay, &u, NULL), 410);
    let_pass(w, DAY);
    assert_int_equal(upload_get(w->relay, &u, NULL), 404);
    assert_nothing_is_left(w);
    upload_free(&u);
}

/* ---- kills ---- */

static void
an_upload_goes_on_where_a_kill_left_its_file(void **state)
{
    static const struct {
        uint64_t left; /* bytes of the file */
        uint32_t next;
    } cases[] = {{0, 0},
                 {1, 0},
                 {BLOB_PART - 1, 0},
                 {BLOB_PART, 1},
                 {BLOB_PART + 1, 1},
                 {2 * BLOB_PART, 2},
                 {2 * BLOB_PART + 999, 2},
                 {SOME_SIZE, 3}};
    struct world *w = *state;

    for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct upload u = upload_new(i, SOME_SIZE);
        assert_int_equal(announce(w, &u), 201);
        for (uint32_t part = 0; part < 3; part++)
            assert_int_equal(upload_part(w->relay, &u, part), 204);
        blob_files_memory_resize(w->relay->files, record_of(w, &u).file, cases[i].left);
        relay_restart_on(w->relay, store_memory_copy(w->relay->store));
        if (cases[i].next < 3) {
            assert_int_equal(upload_done(w->relay, &u), 409);
            assert_int_equal(upload_expected(w->relay), cases[i].next);
        }
        for (uint32_t part = cases[i].next; part < 3; part++)
            assert_int_equal(upload_part(w->relay, &u, part), 204);
        assert_int_equal(upload_done(w->relay, &u), 204);
        assert_int_equal(upload_get(w->relay, &u, NULL), 200);
        assert_answer_is_of(w->relay, &u, 0, u.size);
        upload_free(&u);
    }
}

/* A machine that lost its power may show a file of the right length with other bytes in it. */
static void
a_file_that_is_not_what_was_sent_is_found_out(void **state)
{
    struct world *w = *state;
    struct upload u = upload_new(1, SOME_SIZE);

    assert_int_equal(announce(w, &u), 201);
    for (uint32_t part = 0; part < 3; part++)
        assert_int_equal(upload_part(w->relay, &u, part), 204);
    uint64_t file = record_of(w, &u).file;
    blob_files_memory_resize(w->relay->files, file, BLOB_PART);
    blob_files_memory_resize(w->relay->files, file, SOME_SIZE);
    assert_int_equal(upload_done(w->relay, &u), 422);
    assert_nothing_is_left(w);
    upload_free(&u);
}

static void
files_without_a_record_go_at_the_start(void **state)
{
    struct world *w = *state;
    struct upload u = upload_new(1, SOME_SIZE), half = upload_new(2, SOME_SIZE);
    struct store *before = store_memory_copy(w->relay->store);

    upload_whole(w->relay, &u, &w->alice, w->token);
    assert_int_equal(announce(w, &half), 201);
    assert_int_equal(upload_part(w->relay, &half, 0), 204);
    assert_ok(blob_file_put(w->relay->files, 12345, 0, SPAN(u.bytes, 10)));
    relay_restart_on(w->relay, store_memory_copy(w->relay->store));
    assert_int_equal(blob_files_memory_count(w->relay->files), 2);
    assert_int_equal(upload_get(w->relay, &u, NULL), 200);
    assert_int_equal(upload_part(w->relay, &half, 1), 204);
    /* Yesterday's copy knows of none. */
    relay_restart_on(w->relay, before);
    assert_int_equal(blob_files_memory_count(w->relay->files), 0);
    assert_int_equal(upload_get(w->relay, &u, NULL), 404);
    upload_free(&u);
    upload_free(&half);
}

static void
a_finished_blob_whose_file_is_missing_is_404(void **state)
{
    struct world *w = *state;
    struct upload u = upload_new(1, SOME_SIZE);

    upload_whole(w->relay, &u, &w->alice, w->token);
    blob_file_remove(w->relay->files, record_of(w, &u).file);
    assert_int_equal(upload_get(w->relay, &u, NULL), 404);
    assert_int_equal(upload_delete(w->relay, &u), 204);
    upload_free(&u);
}

int
main(void)
{
#define BLOB_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        BLOB_TEST(what_was_uploaded_is_fetched),
        BLOB_TEST(ranges_are_cut_at_the_end),
        BLOB_TEST(every_request_can_be_repeated),
        BLOB_TEST(a_deleted_blob_leaves_nothing),
        BLOB_TEST(who_reads_a_deleted_blob_gets_no_more_of_it),
        BLOB_TEST(a_token_that_does_not_open_is_404_for_every_reason),
        BLOB_TEST(an_attachment_is_hashed_once_however_often_it_is_finished),
        BLOB_TEST(a_sink_has_no_room),
        BLOB_TEST(a_sink_looks_like_a_full_quota_also_for_what_is_there_already),
        BLOB_TEST(a_wrong_secret_and_an_unknown_id_are_the_same_404),
        BLOB_TEST(paths_and_secrets_that_do_not_read_are_refused),
        BLOB_TEST(the_same_id_with_other_values_is_409),
        BLOB_TEST(parts_out_of_order_are_told_which_is_next),
        BLOB_TEST(parts_of_another_size_are_refused),
        BLOB_TEST(another_hash_is_422_and_nothing_is_left),
        BLOB_TEST(an_unfinished_blob_cannot_be_fetched),
        BLOB_TEST(a_blob_over_the_limit_is_413),
        BLOB_TEST(a_token_and_an_account_have_quotas),
        BLOB_TEST(a_token_and_an_account_have_so_many),
        BLOB_TEST(a_full_disk_is_507_and_keeps_what_was_there),
        BLOB_TEST(a_store_that_is_full_keeps_the_file_of_what_was_to_be_deleted),
        BLOB_TEST(guessing_is_limited_and_uploading_is_not),
        BLOB_TEST(an_unfinished_blob_goes_after_a_day),
        BLOB_TEST(an_unfinished_blob_that_was_not_swept_yet_is_announced_anew),
        BLOB_TEST(a_finished_blob_is_there_for_21_days_and_410_for_21_more),
        BLOB_TEST(an_upload_goes_on_where_a_kill_left_its_file),
        BLOB_TEST(a_file_that_is_not_what_was_sent_is_found_out),
        BLOB_TEST(files_without_a_record_go_at_the_start),
        BLOB_TEST(a_finished_blob_whose_file_is_missing_is_404),
    };
    return cmocka_run_group_tests_name("relay-service-blobs", tests, NULL, NULL);
}
