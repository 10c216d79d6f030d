/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/output.h"
#include "cli/terminal.h"
#include "wire/encoding.h"

static void
assert_safe(const char *text, enum lines_kept lines, const char *expected)
{
    AUTO(buf_done) struct buf out = BUF(4096);

    safe_write(&out, text, lines, "  ");
    buf_put_u8(&out, '\0');
    assert_ok(buf_ok(&out));
    assert_string_equal((const char *)out.p, expected);
}

static void
text_of_any_language_stays_as_it_is(void **state)
{
    assert_safe("plain", ONE_LINE, "plain");
    assert_safe(
        "Gr\xc3\xbc\xc3\x9f Gott, \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d, \xe4\xbd\xa0\xe5\xa5\xbd",
        ONE_LINE,
        "Gr\xc3\xbc\xc3\x9f Gott, \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d, \xe4\xbd\xa0\xe5\xa5\xbd");
    /* a family, joined by zero width joiners */
    assert_safe("\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7", ONE_LINE,
                "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7");
}

static void
control_characters_become_visible(void **state)
{
    assert_safe("\x1b[2J\x07", ONE_LINE, "\\u{1b}[2J\\u{7}");
    assert_safe("a\rb\x7f", ALL_LINES, "a\\u{d}b\\u{7f}");
    assert_safe("\xc2\x9b"
                "31m",
                ONE_LINE, "\\u{9b}31m"); /* CSI in one character */
    assert_safe("\xc2\x85", ALL_LINES, "\\u{85}");
}

static void
bidi_and_invisible_characters_become_visible(void **state)
{
    assert_safe("\xe2\x80\xae"
                "exe.txt",
                ONE_LINE, "\\u{202e}exe.txt");
    assert_safe("\xe2\x81\xa6\xe2\x81\xa9", ONE_LINE, "\\u{2066}\\u{2069}");
    assert_safe("\xd8\x9c\xe2\x80\x8f\xe2\x80\x8b\xef\xbb\xbf\xc2\xad", ONE_LINE,
                "\\u{61c}\\u{200f}\\u{200b}\\u{feff}\\u{ad}");
    assert_safe("\xf3\xa0\x81\xa1", ONE_LINE, "\\u{e0061}"); /* a tag */
    assert_safe("\xe2\x80\xa8\xe2\x80\xa9", ALL_LINES, "\\u{2028}\\u{2029}");
}

static void
line_ends_stay_only_where_lines_are_wanted(void **state)
{
    assert_safe("one\ntwo", ONE_LINE, "one\\u{a}two");
    assert_safe("one\ntwo\n", ALL_LINES, "one\n  two\n  ");
    assert_safe("a\tb", ONE_LINE, "a\\u{9}b");
    assert_safe("a\tb", ALL_LINES, "a    b");
}

static void
what_is_not_utf8_becomes_visible(void **state)
{
    assert_safe("\xff"
                "a",
                ONE_LINE, "\\x{ff}a");
    assert_safe("\xc0\xaf", ONE_LINE, "\\x{c0}\\x{af}");
    assert_safe("\xed\xa0\x80", ONE_LINE, "\\x{ed}\\x{a0}\\x{80}");
    assert_safe("\xf4\x90\x80\x80", ONE_LINE, "\\x{f4}\\x{90}\\x{80}\\x{80}");
    assert_safe("\xe2\x82", ONE_LINE, "\\x{e2}\\x{82}"); /* cut short */
    assert_safe("\xf0\x9f\x91", ONE_LINE, "\\x{f0}\\x{9f}\\x{91}");
}

/* Whatever comes in, what goes out is UTF-8 without a single control character. */
static void
random_bytes_never_drive_the_terminal(void **state)
{
    for (int round = 0; round < 2000; round++) {
        char text[65];
        AUTO(buf_done) struct buf out = BUF(4096);

        randombytes_buf(text, sizeof text);
        text[64] = '\0';
        safe_write(&out, text, ONE_LINE, "");
        assert_ok(buf_ok(&out));
        assert_true(utf8_valid(buf_span(&out)));
        for (size_t i = 0; i < out.n; i++) {
            assert_true(out.p[i] >= 0x20 && out.p[i] != 0x7f);
            assert_false(out.p[i] == 0xc2 && out.p[i + 1] < 0xa0);
        }
    }
}

static void
safe_text_can_be_used_several_times_in_one_call(void **state)
{
    const char *a = safe_text("a\n"), *b = safe_text("b"), *c = safe_text("");

    assert_string_equal(a, "a\\u{a}");
    assert_string_equal(b, "b");
    assert_string_equal(c, "");
}

static void
passphrase_read_takes_one_line(void **state)
{
    int ends[2];
    AUTO(typed_freep) struct typed *p = typed_new();

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "old one\nnew\n\nlast", 17), 17);
    close(ends[1]);
    assert_ok(passphrase_read(ends[0], p));
    assert_string_equal(p->text, "old one");
    assert_ok(passphrase_read(ends[0], p));
    assert_string_equal(p->text, "new");
    assert_err(passphrase_read(ends[0], p), ERR_USAGE);
    assert_ok(passphrase_read(ends[0], p));
    assert_string_equal(p->text, "last");
    assert_err(passphrase_read(ends[0], p), ERR_USAGE);
    close(ends[0]);
    assert_err(passphrase_read(ends[0], p), ERR_USAGE);
}

static void
passphrase_read_refuses_one_that_is_too_long(void **state)
{
    int ends[2];
    char much[2000];
    AUTO(typed_freep) struct typed *p = typed_new();

    memset(much, 'x', sizeof much);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], much, sizeof much), sizeof much);
    assert_err(passphrase_read(ends[0], p), ERR_USAGE);
    assert_int_equal(write(ends[1], "\0\n", 2), 2);
    close(ends[0]);
    close(ends[1]);
}

static void
nothing_is_decorated_unless_a_terminal_wants_it(void **state)
{
    setenv("NO_COLOR", "1", 1);
    assert_false(terminal_decorates());
    setenv("NO_COLOR", "", 1);
    setenv("TERM", "dumb", 1);
    assert_false(terminal_decorates());
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_of_any_language_stays_as_it_is),
        cmocka_unit_test(control_characters_become_visible),
        cmocka_unit_test(bidi_and_invisible_characters_become_visible),
        cmocka_unit_test(line_ends_stay_only_where_lines_are_wanted),
        cmocka_unit_test(what_is_not_utf8_becomes_visible),
        cmocka_unit_test(random_bytes_never_drive_the_terminal),
        cmocka_unit_test(safe_text_can_be_used_several_times_in_one_call),
        cmocka_unit_test(passphrase_read_takes_one_line),
        cmocka_unit_test(passphrase_read_refuses_one_that_is_too_long),
        cmocka_unit_test(nothing_is_decorated_unless_a_terminal_wants_it),
    };

    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests_name("cli-terminal", tests, NULL, NULL);
}
