/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <stdio.h>

#include "core/safe_name.h"

static void
becomes(const char *name, const char *expected)
{
    char got[SAFE_NAME_MAX + 1];

    safe_name(SPAN_STR(name), got);
    assert_string_equal(got, expected);
}

static void
safe_name_leaves_ordinary_names_alone(void **state)
{
    static const char *const names[] = {
        "report.pdf", "Grüße aus Köln.jpg", "名前.txt", "a b  c.tar.gz",
        "no ending",  "100% (final).odt",   "नमस्ते.txt", "می‌خواهم.txt"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        becomes(names[i], names[i]);
}

static void
safe_name_leads_into_no_other_folder(void **state)
{
    becomes("../../x", "x");
    becomes("a/b", "b");
    becomes("/etc/passwd", "passwd");
    becomes("..\\..\\x.exe", "x.exe");
    becomes("C:\\x.txt", "x.txt");
    becomes("..", "file");
    becomes("a/..", "file");
    becomes("a/", "file");
    becomes("/", "file");
    becomes(".", "file");
    becomes("", "file");
}

static void
safe_name_hides_nothing(void **state)
{
    becomes(".bashrc", "bashrc");
    becomes("...x", "x");
    becomes(". .x", "x");
    becomes(" x.txt ", "x.txt");
    becomes("x.txt...", "x.txt");
    becomes("-rf", "_-rf");
    becomes("a\nb\tc\x7f.txt", "abc.txt");
    becomes("a\xc2\x85.txt", "a.txt");
    becomes("a\xe2\x80\xa8"
            "b",
            "ab");
}

/* "annexe<RLO>gpj.exe" shows as annexeexe.jpg. */
static void
safe_name_shows_as_what_it_is(void **state)
{
    becomes("annexe\xe2\x80\xaegpj.exe", "annexegpj.exe");
    becomes("\xe2\x81\xa6x\xe2\x81\xa9.txt", "x.txt");
    becomes("\xd8\x9cx.txt", "x.txt");
    becomes("\xef\xbb\xbfx\xe2\x80\x8b.txt", "x.txt");
    becomes("\xe2\x80\x8f", "file");
    becomes(".\xe2\x80\x8f.x", "x");
}

static void
safe_name_is_no_device_elsewhere(void **state)
{
    becomes("CON", "_CON");
    becomes("con.txt", "_con.txt");
    becomes("Lpt1.a.b", "_Lpt1.a.b");
    becomes("console", "console");
    becomes("com", "com");
    becomes("con txt", "con txt");
}

static void
safe_name_is_cut_between_characters_and_keeps_its_ending(void **state)
{
    char name[1000], got[SAFE_NAME_MAX + 1];
    size_t n = 0;

    while (n + 3 < 600) {
        memcpy(name + n, "\xe2\x82\xac", 3);
        n += 3;
    }
    memcpy(name + n, ".jpeg", 6);
    safe_name(SPAN_STR(name), got);
    assert_int_equal(strlen(got), 83 * 3 + 5); /* 84 of them and the ending would be 257 */
    assert_true(utf8_valid(SPAN_STR(got)));
    assert_string_equal(got + 83 * 3, ".jpeg");

    memset(name, 'a', 400);
    name[400] = '\0';
    safe_name(SPAN_STR(name), got);
    assert_int_equal(strlen(got), 255);
    name[100] = '.'; /* an ending that long is none */
    safe_name(SPAN_STR(name), got);
    assert_int_equal(strlen(got), 255);
    name[0] = '-';
    safe_name(SPAN_STR(name), got);
    assert_int_equal(strlen(got), 255);
    memcpy(name, "con.", 4);
    safe_name(SPAN_STR(name), got);
    assert_int_equal(strlen(got), 255);
    assert_int_equal(got[0], '_');
}

static void
safe_name_takes_no_broken_text(void **state)
{
    char got[SAFE_NAME_MAX + 1];

    safe_name(SPAN("a\xff.txt", 6), got);
    assert_string_equal(got, "file");
    safe_name(SPAN("a\0.txt", 6), got);
    assert_string_equal(got, "file");
    safe_name(SPAN_NONE, got);
    assert_string_equal(got, "file");
}

static void
safe_name_counts_before_the_ending(void **state)
{
    char got[SAFE_NAME_MAX + 1], name[SAFE_NAME_MAX + 1];

    safe_name_numbered("photo.jpg", 1, got);
    assert_string_equal(got, "photo (1).jpg");
    safe_name_numbered("photo", 12, got);
    assert_string_equal(got, "photo (12)");
    memset(name, 'a', 255);
    name[255] = '\0';
    memcpy(name + 251, ".jpg", 4);
    safe_name_numbered(name, 7, got);
    assert_int_equal(strlen(got), 255);
    assert_string_equal(got + 247, " (7).jpg");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(safe_name_leaves_ordinary_names_alone),
        cmocka_unit_test(safe_name_leads_into_no_other_folder),
        cmocka_unit_test(safe_name_hides_nothing),
        cmocka_unit_test(safe_name_shows_as_what_it_is),
        cmocka_unit_test(safe_name_is_no_device_elsewhere),
        cmocka_unit_test(safe_name_is_cut_between_characters_and_keeps_its_ending),
        cmocka_unit_test(safe_name_takes_no_broken_text),
        cmocka_unit_test(safe_name_counts_before_the_ending),
    };
    return cmocka_run_group_tests_name("core-safe_name", tests, NULL, NULL);
}
