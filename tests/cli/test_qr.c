/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <string.h>

#include "cli/qr.h"

/* Lines of OUT, all of the same number of characters, which is returned. */
static size_t
shape(const struct buf *out, size_t *ret_lines)
{
    size_t width = 0, at = 0;

    *ret_lines = 0;
    for (size_t i = 0; i < out->n; i++) {
        if (out->p[i] == '\n') {
            assert_true(*ret_lines == 0 || at == width);
            width = at;
            at = 0;
            (*ret_lines)++;
        } else if ((out->p[i] & 0xc0) != 0x80) {
            at++;
        }
    }
    assert_int_equal(at, 0);
    return width;
}

static void
qr_write_draws_a_square_with_its_quiet_zone(void **state)
{
    AUTO(buf_done) struct buf out = BUF(64 * 1024);
    size_t lines, width;

    assert_ok(qr_write(&out, "hello", QR_ON_PAPER));
    width = shape(&out, &lines);
    assert_int_equal(width, 21 + 4); /* version 1 */
    assert_int_equal(lines, (21 + 4 + 1) / 2);
    /* On paper the quiet zone is nothing, and the finder's corner is full. */
    assert_memory_equal(out.p, "                         \n  \xe2\x96\x88", 29);
}

static void
qr_write_is_inverted_on_dark_ground(void **state)
{
    AUTO(buf_done) struct buf out = BUF(64 * 1024);

    assert_ok(qr_write(&out, "hello", QR_ON_DARK));
    assert_memory_equal(out.p, "\xe2\x96\x88\xe2\x96\x88", 6);
}

static void
qr_write_refuses_what_does_not_fit(void **state)
{
    static char much[4000];
    AUTO(buf_done) struct buf out = BUF(64 * 1024);

    memset(much, 'x', sizeof much - 1);
    assert_err(qr_write(&out, much, QR_ON_PAPER), ERR_TOO_LARGE);
    assert_int_equal(out.n, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(qr_write_draws_a_square_with_its_quiet_zone),
        cmocka_unit_test(qr_write_is_inverted_on_dark_ground),
        cmocka_unit_test(qr_write_refuses_what_does_not_fit),
    };

    return cmocka_run_group_tests_name("cli-qr", tests, NULL, NULL);
}
