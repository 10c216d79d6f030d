/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "cli/markdown.h"
#include "core/rpc/json.h"
#include "wire/limits.h"

/* TEXT without its marks, then each range as "kind start length". */
static const char *
read_as(const char *text)
{
    static char shown[1024];
    AUTO(buf_done) struct buf plain = BUF(TEXT_MAX);
    AUTO(json_decrefpp) json_t *ranges = NULL;
    const json_t *each;
    size_t i, at;

    assert_ok(markdown_read(SPAN_STR(text), &plain, &ranges));
    at = (size_t)snprintf(shown, sizeof shown, "%.*s", (int)plain.n, (const char *)plain.p);
    json_array_foreach(ranges, i, each) at +=
        (size_t)snprintf(shown + at, sizeof shown - at, "|%s %d %d",
                         json_string_value(json_object_get(each, "kind")),
                         (int)json_integer_value(json_object_get(each, "start")),
                         (int)json_integer_value(json_object_get(each, "length")));
    return shown;
}

static void
marks_become_ranges(void **state)
{
    assert_string_equal(read_as("a *bold* word"), "a bold word|bold 2 4");
    assert_string_equal(read_as("_i_ ~s~ `m`"), "i s m|italic 0 1|strike 2 1|monospace 4 1");
    assert_string_equal(read_as("||who did it||"), "who did it|spoiler 0 10");
    assert_string_equal(read_as("*b _i_ b*"), "b i b|italic 2 1|bold 0 5");
    assert_string_equal(read_as("\xc3\xa4 *\xc3\xb6*"), "\xc3\xa4 \xc3\xb6|bold 3 2");
}

static void
what_is_no_mark_stays(void **state)
{
    static const char *const same[] = {
        "",      "2 * 3 * 4", "snake_case_name", "*",     "** a", "a* b*",
        "*open", "~~",        "|| a ||b",        "5*6*7", "`a",   "\\n"};

    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_string_equal(read_as(same[i]), same[i]);
    assert_string_equal(read_as("\\*a\\*"), "*a*");
    assert_string_equal(read_as("`a *b* c`"), "a *b* c|monospace 0 7");
    assert_string_equal(read_as("*a _b*"), "a _b|bold 0 4");
}

static void
too_many_marks_are_refused(void **state)
{
    AUTO(buf_done) struct buf text = BUF(TEXT_MAX), plain = BUF(TEXT_MAX);
    json_t *ranges = NULL;

    for (int i = 0; i < RANGES_MAX; i++)
        buf_put_str(&text, "*a* ");
    assert_err(markdown_read(buf_span(&text), &plain, &ranges), ERR_TOO_LARGE);
    assert_null(ranges);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_become_ranges),
        cmocka_unit_test(what_is_no_mark_stays),
        cmocka_unit_test(too_many_marks_are_refused),
    };
    return cmocka_run_group_tests_name("cli-markdown", tests, NULL, NULL);
}
