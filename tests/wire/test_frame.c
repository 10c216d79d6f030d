/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "wire/frame.h"

static uint8_t envelope[ENVELOPE_B3 + 1];

static const struct frame frames[] = {
    {.kind = FRAME_HELLO, .n = INT64_MAX, .expired = UINT32_MAX, .anchor = 7},
    {.kind = FRAME_HEARTBEAT},
    {.kind = FRAME_ITEM, .n = 1, .tag = UINT32_MAX, .envelope = {envelope, ENVELOPE_B1}},
    {.kind = FRAME_ITEM, .n = INT64_MAX, .tag = 0, .envelope = {envelope, ENVELOPE_B3}},
    {.kind = FRAME_TRANSIENT, .envelope = {envelope, ENVELOPE_B2}},
    {.kind = FRAME_END},
    {.kind = FRAME_REQUEST_WAITING, .n = 12},
    {.kind = FRAME_BYE, .bye = BYE_TOO_SLOW},
};
#define FRAMES (sizeof frames / sizeof *frames)

static void
frames_are_read_one_by_one_as_they_were_written(void **state)
{
    AUTO(buf_done) struct buf stream = BUF(1024 * 1024);
    for (size_t i = 0; i < FRAMES; i++)
        frame_write(&stream, &frames[i]);
    assert_ok(buf_ok(&stream));
    for (size_t i = 0; i < FRAMES; i++) {
        struct frame f;
        size_t used;
        assert_ok(frame_read(buf_span(&stream), &f, &used));
        assert_int_equal(f.kind, frames[i].kind);
        assert_int_equal(f.n, frames[i].n);
        assert_int_equal(f.tag, frames[i].tag);
        assert_int_equal(f.expired, frames[i].expired);
        assert_int_equal(f.anchor, frames[i].anchor);
        assert_int_equal(f.bye, frames[i].bye);
        assert_true(span_equal(f.envelope, frames[i].envelope));
        buf_consume(&stream, used);
    }
    assert_int_equal(stream.n, 0);
}

static void
item_frame_has_the_bytes_of_the_specification(void **state)
{
    AUTO(buf_done) struct buf out = BUF(FRAME_MAX);
    char text[2 * 21 + 1];
    struct frame f = {.kind = FRAME_ITEM,
                      .n = 0x0102030405060708,
                      .tag = 0x0a0b0c0d,
                      .envelope = {envelope, ENVELOPE_B1}};
    frame_write(&out, &f);
    assert_int_equal(out.n, 4 + 13 + ENVELOPE_B1);
    hex_write(SPAN(out.p, 17), text);
    assert_string_equal(text, "0000100d"
                              "01"
                              "0102030405060708"
                              "0a0b0c0d");
    assert_int_equal(FRAME_MAX, 4 + 13 + ENVELOPE_B3);
}

static void
a_frame_that_is_not_whole_yet_waits(void **state)
{
    for (size_t i = 0; i < FRAMES; i++) {
        AUTO(buf_done) struct buf out = BUF(FRAME_MAX);
        struct frame f = {.tag = 99};
        size_t used = 77;
        frame_write(&out, &frames[i]);
        for (size_t n = 0; n < out.n; n++)
            assert_err(frame_read(SPAN(out.p, n), &f, &used), ERR_NOT_FOUND);
        assert_int_equal(f.tag, 99);
        assert_int_equal(used, 77);
    }
}

/* One byte shorter and one longer than its kind has, said honestly in its length. */
static void
a_frame_of_another_length_than_its_kind_is_refused(void **state)
{
    for (size_t i = 0; i < FRAMES; i++)
        for (int more = -1; more <= 1; more += 2) {
            AUTO(buf_done) struct buf out = BUF(FRAME_MAX + 1);
            struct frame f;
            size_t used;
            frame_write(&out, &frames[i]);
            buf_put_u8(&out, 0);
            uint32_t n = (uint32_t)((int)out.n - 1 - 4 + more);
            for (unsigned k = 0; k < 4; k++)
                out.p[k] = (uint8_t)(n >> (24 - 8 * k));
            assert_err(frame_read(buf_span(&out), &f, &used), ERR_MALFORMED);
        }
}

static void
lengths_of_nothing_and_of_too_much_are_refused_at_once(void **state)
{
    struct frame f;
    size_t used;
    assert_err(frame_read(SPAN("\0\0\0\0", 4), &f, &used), ERR_MALFORMED);
    assert_err(frame_read(SPAN("\xff\xff\xff\xff", 4), &f, &used), ERR_MALFORMED);
    assert_err(frame_read(SPAN("\0\x01\0\x0e", 4), &f, &used), ERR_MALFORMED);
    assert_err(frame_read(SPAN("\0\x01\0\x0d", 4), &f, &used), ERR_NOT_FOUND);
}

static void
unknown_kinds_and_reasons_are_passed_on(void **state)
{
    struct frame f;
    size_t used;
    assert_ok(frame_read(SPAN("\0\0\0\x04\xc8xyz...", 11), &f, &used));
    assert_int_equal(f.kind, 200);
    assert_int_equal(used, 8);
    assert_ok(frame_read(SPAN("\0\0\0\x02\x05\x63", 6), &f, &used));
    assert_int_equal(f.bye, 99);
}

static void
numbers_that_no_queue_has_are_refused(void **state)
{
    static const struct frame bad[] = {
        {.kind = FRAME_ITEM, .n = 0, .envelope = {envelope, ENVELOPE_B1}},
        {.kind = FRAME_ITEM, .n = 1ULL << 63, .envelope = {envelope, ENVELOPE_B1}},
        {.kind = FRAME_ITEM, .n = 1, .envelope = {envelope, 5000}},
        {.kind = FRAME_TRANSIENT, .envelope = {envelope, 0}},
        {.kind = FRAME_HELLO, .n = UINT64_MAX},
        {.kind = FRAME_HELLO, .anchor = UINT64_MAX},
        {.kind = FRAME_REQUEST_WAITING, .n = 0},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        AUTO(buf_done) struct buf out = BUF(FRAME_MAX);
        struct frame f;
        size_t used;
        frame_write(&out, &bad[i]);
        assert_err(frame_read(buf_span(&out), &f, &used), ERR_MALFORMED);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_read_one_by_one_as_they_were_written),
        cmocka_unit_test(item_frame_has_the_bytes_of_the_specification),
        cmocka_unit_test(a_frame_that_is_not_whole_yet_waits),
        cmocka_unit_test(a_frame_of_another_length_than_its_kind_is_refused),
        cmocka_unit_test(lengths_of_nothing_and_of_too_much_are_refused_at_once),
        cmocka_unit_test(unknown_kinds_and_reasons_are_passed_on),
        cmocka_unit_test(numbers_that_no_queue_has_are_refused),
    };
    return cmocka_run_group_tests_name("wire-frame", tests, NULL, NULL);
}
