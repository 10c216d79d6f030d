/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "wire/buf.h"

static void
buf_writes_numbers_big_endian(void **state)
{
    AUTO(buf_done) struct buf b = BUF(100);
    buf_put_u8(&b, 0x01);
    buf_put_u16(&b, 0x0203);
    buf_put_u32(&b, 0x04050607);
    buf_put_u64(&b, 0x08090a0b0c0d0e0f);
    buf_put_str(&b, "x");
    buf_printf(&b, "%d", 42);
    assert_ok(buf_ok(&b));
    char text[41];
    assert_int_equal(b.n, 18);
    hex_write(buf_span(&b), text);
    assert_string_equal(text, "0102030405060708090a0b0c0d0e0f783432");
}

static void
reader_gives_back_what_was_written(void **state)
{
    AUTO(buf_done) struct buf b = BUF(100);
    uint8_t bytes[2];
    buf_put_u8(&b, 1);
    buf_put_u16(&b, 2);
    buf_put_u32(&b, 3);
    buf_put_u64(&b, UINT64_MAX);
    buf_put_str(&b, "abcd");
    struct reader r = READER(buf_span(&b));
    assert_int_equal(read_u8(&r), 1);
    assert_int_equal(read_u16(&r), 2);
    assert_int_equal(read_u32(&r), 3);
    assert_true(read_u64(&r) == UINT64_MAX);
    assert_true(span_equal(read_span(&r, 2), SPAN_STR("ab")));
    read_bytes(&r, bytes, 2);
    assert_memory_equal(bytes, "cd", 2);
    assert_true(r.ok);
    assert_int_equal(r.rest.n, 0);
}

static void
reader_stays_failed_after_a_short_read(void **state)
{
    static const uint8_t three[] = {1, 2, 3};
    uint8_t bytes[2] = {9, 9};
    struct reader r = READER(SPAN(three, 3));
    assert_int_equal(read_u32(&r), 0);
    assert_false(r.ok);
    assert_int_equal(read_u8(&r), 0); /* though there was a byte */
    assert_int_equal(read_span(&r, 0).n, 0);
    read_bytes(&r, bytes, 2);
    assert_int_equal(bytes[0], 0);
    assert_int_equal(bytes[1], 0);
    assert_false(r.ok);
    r = (struct reader)READER(SPAN_NONE);
    assert_int_equal(read_span(&r, SIZE_MAX).n, 0);
    assert_false(r.ok);
}

static void
buf_holds_its_maximum_and_not_one_byte_more(void **state)
{
    static const uint8_t zeros[101];
    for (size_t max = 0; max <= 100; max++) {
        AUTO(buf_done) struct buf b = BUF(max);
        buf_put(&b, SPAN(zeros, max));
        assert_ok(buf_ok(&b));
        buf_put_u8(&b, 1);
        assert_err(buf_ok(&b), ERR_TOO_LARGE);
        assert_int_equal(b.n, max);
        assert_true(b.cap <= max);
    }
}

static void
buf_stays_failed_until_it_is_cleared(void **state)
{
    AUTO(buf_done) struct buf b = BUF(4);
    buf_put_str(&b, "abc");
    buf_put_str(&b, "de");
    buf_put_str(&b, "f"); /* would fit */
    assert_err(buf_ok(&b), ERR_TOO_LARGE);
    assert_true(span_equal(buf_span(&b), SPAN_STR("abc")));
    assert_null(buf_grow(&b, 1));
    assert_null(buf_grow(&b, SIZE_MAX));
    buf_clear(&b);
    buf_put_str(&b, "f");
    assert_ok(buf_ok(&b));
    assert_true(span_equal(buf_span(&b), SPAN_STR("f")));
}

static void
buf_printf_fails_when_its_text_does_not_fit(void **state)
{
    AUTO(buf_done) struct buf b = BUF(4);
    buf_printf(&b, "%s", "abcd"); /* needs its NUL for a moment */
    assert_err(buf_ok(&b), ERR_TOO_LARGE);
    buf_clear(&b);
    buf_printf(&b, "%s", "abc");
    assert_ok(buf_ok(&b));
    assert_int_equal(b.n, 3);
}

static void
buf_consume_keeps_the_rest_and_wipes_behind_it(void **state)
{
    AUTO(buf_done) struct buf b = BUF(100);
    buf_put_str(&b, "secret!rest");
    buf_consume(&b, 0);
    buf_consume(&b, 7);
    assert_true(span_equal(buf_span(&b), SPAN_STR("rest")));
    for (size_t i = b.n; i < b.cap && i < 11; i++)
        assert_int_equal(b.p[i], 0);
    buf_consume(&b, 4);
    assert_int_equal(b.n, 0);
    struct buf empty = BUF(0);
    buf_consume(&empty, 0);
}

static void
buf_clear_wipes_and_done_leaves_it_usable(void **state)
{
    struct buf b = BUF(100);
    buf_put_str(&b, "secret");
    buf_clear(&b);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(b.p[i], 0);
    buf_done(&b);
    assert_null(b.p);
    buf_put_str(&b, "again");
    assert_ok(buf_ok(&b));
    buf_done(&b);
    buf_done(&b);
}

static void
spans_are_equal_by_content(void **state)
{
    assert_true(span_equal(SPAN_NONE, SPAN("", 0)));
    assert_true(span_equal(SPAN_STR("a"), SPAN("ab", 1)));
    assert_false(span_equal(SPAN_STR("a"), SPAN_STR("b")));
    assert_false(span_equal(SPAN_STR("a"), SPAN_STR("ab")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buf_writes_numbers_big_endian),
        cmocka_unit_test(reader_gives_back_what_was_written),
        cmocka_unit_test(reader_stays_failed_after_a_short_read),
        cmocka_unit_test(buf_holds_its_maximum_and_not_one_byte_more),
        cmocka_unit_test(buf_stays_failed_until_it_is_cleared),
        cmocka_unit_test(buf_printf_fails_when_its_text_does_not_fit),
        cmocka_unit_test(buf_consume_keeps_the_rest_and_wipes_behind_it),
        cmocka_unit_test(buf_clear_wipes_and_done_leaves_it_usable),
        cmocka_unit_test(spans_are_equal_by_content),
    };
    return cmocka_run_group_tests_name("wire-buf", tests, NULL, NULL);
}
