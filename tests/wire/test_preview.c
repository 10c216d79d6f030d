/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "wire/preview.h"

static void
a_preview_is_read_as_it_was_written(void **state)
{
    static const uint8_t pixels[3 * 2 * 3] = {1, 2, 3, 4, 5, 6, 255};
    struct buf b = BUF(PREVIEW_MAX);
    struct preview p;

    preview_write(&b, &(struct preview){2, 3, pixels});
    assert_ok(buf_ok(&b));
    assert_int_equal(b.n, 2 + sizeof pixels);
    assert_ok(preview_read(buf_span(&b), &p));
    assert_int_equal(p.width, 2);
    assert_int_equal(p.height, 3);
    assert_memory_equal(p.pixels, pixels, sizeof pixels);
    buf_done(&b);
}

static void
the_largest_preview_fits(void **state)
{
    static const uint8_t pixels[3 * PREVIEW_SIDE_MAX * PREVIEW_SIDE_MAX];
    struct buf b = BUF(PREVIEW_MAX);
    struct preview p;

    preview_write(&b, &(struct preview){PREVIEW_SIDE_MAX, PREVIEW_SIDE_MAX, pixels});
    assert_ok(buf_ok(&b));
    assert_ok(preview_read(buf_span(&b), &p));
    buf_done(&b);
}

static void
a_preview_of_another_length_is_refused(void **state)
{
    static const uint8_t bytes[2 + 12 + 1] = {2, 2};
    struct preview p;

    for (size_t n = 0; n <= sizeof bytes; n++) {
        if (n == 2 + 12)
            assert_ok(preview_read(SPAN(bytes, n), &p));
        else
            assert_err(preview_read(SPAN(bytes, n), &p), ERR_MALFORMED);
    }
}

static void
sides_of_none_or_too_many_pixels_are_refused(void **state)
{
    static const uint8_t none_wide[2] = {0, 5}, none_high[2] = {5, 0}, none[2];
    uint8_t long_side[2 + 3 * (PREVIEW_SIDE_MAX + 1)] = {PREVIEW_SIDE_MAX + 1, 1};
    struct preview p;

    assert_err(preview_read(SPAN(none_wide, 2), &p), ERR_MALFORMED);
    assert_err(preview_read(SPAN(none_high, 2), &p), ERR_MALFORMED);
    assert_err(preview_read(SPAN(none, 2), &p), ERR_MALFORMED);
    assert_err(preview_read(SPAN(long_side, sizeof long_side), &p), ERR_MALFORMED);
    long_side[0] = 1;
    long_side[1] = PREVIEW_SIDE_MAX + 1;
    assert_err(preview_read(SPAN(long_side, sizeof long_side), &p), ERR_MALFORMED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_preview_is_read_as_it_was_written),
        cmocka_unit_test(the_largest_preview_fits),
        cmocka_unit_test(a_preview_of_another_length_is_refused),
        cmocka_unit_test(sides_of_none_or_too_many_pixels_are_refused),
    };

    return cmocka_run_group_tests_name("wire-preview", tests, NULL, NULL);
}
