/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The contract of relay/store.h, held by each store.
 */
#include "tests/check.h"

#include <stdlib.h>

#include "tests/relay/store_under_test.h"

static int
setup(void **state)
{
    *state = store_under_test_new();
    return 0;
}

static int
teardown(void **state)
{
    store_under_test_done(*state);
    return 0;
}

static void
put(struct store *s, enum store_table t, const char *key, const char *head, const char *body)
{
    struct record r = {.key = SPAN_STR(key), .head = SPAN_STR(head), .body = SPAN_STR(body)};
    assert_ok(store_put(s, t, &r));
}

static void
assert_holds(struct store *s, enum store_table t, const char *key, const char *head,
             const char *body)
{
    struct record r;
    assert_ok(store_get(s, t, SPAN_STR(key), &r));
    assert_true(span_equal(r.key, SPAN_STR(key)));
    assert_true(span_equal(r.head, SPAN_STR(head)));
    assert_true(span_equal(r.body, SPAN_STR(body)));
    assert_int_equal(r.body_size, strlen(body));
}

static void
assert_lacks(struct store *s, enum store_table t, const char *key)
{
    struct record r;
    assert_err(store_get(s, t, SPAN_STR(key), &r), ERR_NOT_FOUND);
}

static void
a_record_is_read_back_at_once(void **state)
{
    struct store *s = *state;

    put(s, TABLE_ITEM, "key", "head", "body");
    assert_holds(s, TABLE_ITEM, "key", "head", "body");
    assert_lacks(s, TABLE_TOKEN, "key");
    assert_lacks(s, TABLE_ITEM, "ke");
    assert_lacks(s, TABLE_ITEM, "key2");
}

static void
head_and_body_may_be_empty(void **state)
{
    struct store *s = *state;

    put(s, TABLE_META, "k", "", "");
    assert_holds(s, TABLE_META, "k", "", "");
}

static void
putting_again_replaces(void **state)
{
    struct store *s = *state;

    put(s, TABLE_DEVICE, "k", "1", "one");
    put(s, TABLE_DEVICE, "k", "2", "");
    assert_holds(s, TABLE_DEVICE, "k", "2", "");
}

static void
a_large_body_comes_back_whole(void **state)
{
    struct store *s = *state;
    uint8_t *body = malloc(65536);
    struct record r = {.key = SPAN_STR("k"), .head = SPAN_STR("h"), .body = SPAN(body, 65536)};

    for (size_t i = 0; i < 65536; i++)
        body[i] = (uint8_t)(i * 31 >> 3);
    assert_ok(store_put(s, TABLE_ITEM, &r));
    assert_ok(store_commit(s));
    assert_ok(store_get(s, TABLE_ITEM, SPAN_STR("k"), &r));
    assert_int_equal(r.body.n, 65536);
    assert_memory_equal(r.body.p, body, 65536);
    free(body);
}

static void
deleting_is_fine_twice(void **state)
{
    struct store *s = *state;

    put(s, TABLE_NAME, "a", "1", "");
    put(s, TABLE_NAME, "b", "2", "");
    assert_ok(store_delete(s, TABLE_NAME, SPAN_STR("a")));
    assert_ok(store_delete(s, TABLE_NAME, SPAN_STR("a")));
    assert_lacks(s, TABLE_NAME, "a");
    assert_holds(s, TABLE_NAME, "b", "2", "");
}

static void
a_range_is_deleted_with_both_its_ends(void **state)
{
    struct store *s = *state;

    for (char c = 'a'; c <= 'f'; c++)
        put(s, TABLE_ITEM, (char[]){c, 0}, "", "");
    assert_ok(store_delete_range(s, TABLE_ITEM, SPAN_STR("b"), SPAN_STR("d")));
    assert_holds(s, TABLE_ITEM, "a", "", "");
    assert_lacks(s, TABLE_ITEM, "b");
    assert_lacks(s, TABLE_ITEM, "c");
    assert_lacks(s, TABLE_ITEM, "d");
    assert_holds(s, TABLE_ITEM, "e", "", "");
}

struct seen {
    struct buf keys;
    size_t stop_after; /* 0: never */
    size_t count;
    size_t body_bytes, body_sizes;
};

static enum err
note(void *ctx, const struct record *r, bool *stop)
{
    struct seen *seen = ctx;

    buf_put(&seen->keys, r->key);
    buf_put_str(&seen->keys, " ");
    seen->body_bytes += r->body.n;
    seen->body_sizes += r->body_size;
    *stop = ++seen->count == seen->stop_after;
    return OK;
}

static void
assert_scan(struct store *s, const struct scan *scan, size_t stop_after, const char *expected)
{
    struct seen seen = {.keys = BUF(1000), .stop_after = stop_after};

    assert_ok(store_scan(s, scan, note, &seen));
    buf_put_u8(&seen.keys, 0);
    assert_string_equal((const char *)seen.keys.p, expected);
    buf_done(&seen.keys);
}

static void
a_scan_goes_in_the_order_of_keys_through_a_prefix(void **state)
{
    struct store *s = *state;
    static const char *const keys[] = {"b2", "a", "c", "b", "b1", "b3", "bb"};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        put(s, TABLE_ITEM, keys[i], "", "");
    assert_scan(s, &(struct scan){.table = TABLE_ITEM}, 0, "a b b1 b2 b3 bb c ");
    assert_scan(s, &(struct scan){.table = TABLE_ITEM, .prefix = SPAN_STR("b")}, 0,
                "b b1 b2 b3 bb ");
    assert_scan(
        s, &(struct scan){.table = TABLE_ITEM, .prefix = SPAN_STR("b"), .after = SPAN_STR("b1")}, 0,
        "b2 b3 bb ");
    assert_scan(
        s, &(struct scan){.table = TABLE_ITEM, .prefix = SPAN_STR("b"), .after = SPAN_STR("b10")},
        2, "b2 b3 ");
    assert_scan(s, &(struct scan){.table = TABLE_ITEM, .prefix = SPAN_STR("d")}, 0, "");
    assert_scan(s, &(struct scan){.table = TABLE_TOKEN}, 0, "");
}

static void
a_scan_tells_sizes_without_reading_bodies(void **state)
{
    struct store *s = *state;
    struct seen without = {.keys = BUF(100)}, with = {.keys = BUF(100)};

    put(s, TABLE_ITEM, "a", "", "12345");
    put(s, TABLE_ITEM, "b", "", "123");
    assert_ok(store_scan(s, &(struct scan){.table = TABLE_ITEM}, note, &without));
    assert_ok(store_scan(s, &(struct scan){.table = TABLE_ITEM, .bodies = true}, note, &with));
    assert_int_equal(without.body_bytes, 0);
    assert_int_equal(without.body_sizes, 8);
    assert_int_equal(with.body_bytes, 8);
    buf_done(&without.keys);
    buf_done(&with.keys);
}

static enum err
refuse(void *ctx, const struct record *r, bool *stop)
{
    return fail(ERR_LIMIT, "enough");
}

static void
a_visitors_error_ends_the_scan(void **state)
{
    struct store *s = *state;

    put(s, TABLE_ITEM, "a", "", "");
    assert_err(store_scan(s, &(struct scan){.table = TABLE_ITEM}, refuse, NULL), ERR_LIMIT);
    put(s, TABLE_ITEM, "b", "", ""); /* and leaves nothing behind that would be in the way */
    assert_ok(store_commit(s));
}

static void
keys_compare_as_bytes(void **state)
{
    struct store *s = *state;
    static const uint8_t keys[][2] = {{0x80, 0}, {0x7f, 0xff}, {0, 0}, {0xff, 0xff}};
    struct seen seen = {.keys = BUF(100)};

    for (size_t i = 0; i < 4; i++) {
        struct record r = {.key = SPAN(keys[i], 2)};
        assert_ok(store_put(s, TABLE_ITEM, &r));
    }
    assert_ok(store_scan(s, &(struct scan){.table = TABLE_ITEM}, note, &seen));
    assert_memory_equal(seen.keys.p, "\x00\x00 \x7f\xff \x80\x00 \xff\xff ", 12);
    buf_done(&seen.keys);
}

static void
a_rollback_forgets_what_was_not_committed(void **state)
{
    struct store *s = *state;

    put(s, TABLE_ITEM, "kept", "1", "");
    put(s, TABLE_ITEM, "removed", "1", "");
    assert_ok(store_commit(s));
    put(s, TABLE_ITEM, "kept", "2", "");
    put(s, TABLE_ITEM, "new", "", "");
    assert_ok(store_delete(s, TABLE_ITEM, SPAN_STR("removed")));
    store_rollback(s);
    assert_holds(s, TABLE_ITEM, "kept", "1", "");
    assert_holds(s, TABLE_ITEM, "removed", "1", "");
    assert_lacks(s, TABLE_ITEM, "new");
}

static void
a_killed_process_keeps_what_was_committed_and_no_more(void **state)
{
    struct store *s = *state;

    put(s, TABLE_ITEM, "a", "1", "one");
    assert_ok(store_commit(s));
    put(s, TABLE_ITEM, "b", "2", "two");
    *state = s = store_under_test_kill(s);
    assert_holds(s, TABLE_ITEM, "a", "1", "one");
    assert_lacks(s, TABLE_ITEM, "b");
}

static void
committing_and_rolling_back_nothing_is_fine(void **state)
{
    struct store *s = *state;

    assert_ok(store_commit(s));
    store_rollback(s);
    assert_ok(store_sync(s));
    assert_ok(store_commit(s));
}

/* Fill the store in commits of ten until one is refused; the number of records committed. */
static unsigned
fill(struct store *s)
{
    static const uint8_t body[4096];
    unsigned committed = 0;

    for (;;) {
        enum err e = OK;
        for (unsigned i = 0; i < 10 && e == OK; i++) {
            unsigned n = committed + i;
            uint8_t key[4] = {0, 0, (uint8_t)(n >> 8), (uint8_t)n};
            struct record r = {.key = SPAN(key, 4), .body = SPAN(body, sizeof body)};
            e = store_put(s, TABLE_ITEM, &r);
        }
        if (e == OK)
            e = store_commit(s);
        if (e != OK) {
            assert_err(e, ERR_FULL);
            store_rollback(s);
            return committed;
        }
        committed += 10;
        assert_true(committed < 10000);
    }
}

static void
a_full_store_refuses_and_keeps_what_it_had(void **state)
{
    struct store *s = store_under_test_small();
    struct seen seen = {.keys = BUF(100000)};
    uint8_t first[4] = {0}, last[4] = {0xff, 0xff, 0xff, 0xff};

    unsigned committed = fill(s);
    assert_true(committed >= 10);
    assert_ok(store_scan(s, &(struct scan){.table = TABLE_ITEM}, note, &seen));
    assert_int_equal(seen.count, committed);
    buf_done(&seen.keys);

    /* With room made, it works again. */
    assert_ok(store_delete_range(s, TABLE_ITEM, SPAN(first, 4), SPAN(last, 4)));
    assert_ok(store_commit(s));
    assert_true(fill(s) >= 10);
    store_under_test_done(s);
}

int
main(void)
{
#define STORE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_record_is_read_back_at_once),
        STORE_TEST(head_and_body_may_be_empty),
        STORE_TEST(putting_again_replaces),
        STORE_TEST(a_large_body_comes_back_whole),
        STORE_TEST(deleting_is_fine_twice),
        STORE_TEST(a_range_is_deleted_with_both_its_ends),
        STORE_TEST(a_scan_goes_in_the_order_of_keys_through_a_prefix),
        STORE_TEST(a_scan_tells_sizes_without_reading_bodies),
        STORE_TEST(a_visitors_error_ends_the_scan),
        STORE_TEST(keys_compare_as_bytes),
        STORE_TEST(a_rollback_forgets_what_was_not_committed),
        STORE_TEST(a_killed_process_keeps_what_was_committed_and_no_more),
        STORE_TEST(committing_and_rolling_back_nothing_is_fine),
        cmocka_unit_test(a_full_store_refuses_and_keeps_what_it_had),
    };
    return cmocka_run_group_tests_name("relay-store-" STORE_NAME, tests, NULL, NULL);
}
