/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "gui/chat/link.h"
#include "gui/chat/message_words.h"
#include "gui/chat/rich_text.h"
#include "gui/shown_text.h"
#include "tests/gui/fake_agent.h"
#include "tests/gui/stage.h"

static void
assert_shown(const char *text, const char *shown)
{
    g_autoptr(RichText) rich = rich_text_new(text, NULL, NULL, RICH_PLAIN);

    assert_string_equal(rich->text, shown);
}

static void
control_characters_and_overrides_become_marks(void **state)
{
    assert_shown("a\001b\033[31mc", "a\357\277\275b\357\277\275[31mc");
    assert_shown("one\r\ntwo\tthree", "one \ntwo\tthree");
    assert_shown("\342\200\256gpj.exe", "\357\277\275gpj.exe"); /* RLO */
    assert_shown("\302\205x", "\nx");                           /* NEL ends a line */
    assert_shown("a\314\201\314\201\314\201\314\201\314\201\314\201\314\201\314\201b",
                 "a\314\201\314\201\314\201\314\201\314\201\314\201b");   /* six marks are enough */
    assert_shown("<b>bold</b> & &lt;", "<b>bold</b> & &lt;");             /* and no markup */
    assert_shown("\331\205\330\261\330\255", "\331\205\330\261\330\255"); /* Arabic stays */
}

static void
a_line_has_nothing_that_turns_what_is_around_it(void **state)
{
    g_autofree char *line = line_shown(" a\342\201\246\342\200\256b\n\n c\001 ", 100),
                    *cut = line_shown("abcdef", 3);

    assert_string_equal(line, "ab c");
    assert_string_equal(cut, "abc…");
}

static void
hidden_words_are_not_in_the_text(void **state)
{
    g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(struct text_range));
    struct text_range spoiler = {4, 19, RANGE_SPOILER};
    g_autoptr(RichText) hidden = NULL, shown = NULL;

    g_array_append_val(ranges, spoiler);
    hidden = rich_text_new("see https://x.example/a now", ranges, NULL, RICH_PLAIN);
    assert_null(strstr(hidden->text, "https"));
    assert_int_equal(hidden->spoilers->len, 1);
    assert_null(hidden->links);
    shown = rich_text_new("see https://x.example/a now", ranges, NULL, RICH_SPOILERS);
    assert_non_null(strstr(shown->text, "https://x.example/a"));
    assert_null(shown->spoilers);
    assert_int_equal(shown->links->len, 1);
}

static void
assert_link(const char *text, const char *link)
{
    g_autoptr(RichText) rich = rich_text_new(text, NULL, NULL, RICH_PLAIN);
    g_autofree char *found = NULL;

    if (link == NULL) {
        assert_null(rich->links);
        return;
    }
    assert_non_null(rich->links);
    const struct rich_link *l = &g_array_index(rich->links, struct rich_link, 0);
    found = g_strndup(rich->text + l->start, l->end - l->start);
    assert_string_equal(found, link);
}

static void
links_end_where_the_address_does(void **state)
{
    assert_link("see https://example.org/map.", "https://example.org/map");
    assert_link("(https://example.org/a_(b))", "https://example.org/a_(b)");
    assert_link("HTTP://EXAMPLE.org, or", "HTTP://EXAMPLE.org");
    assert_link("<https://example.org/?a=b&c>", "https://example.org/?a=b&c");
    assert_link("https://", NULL);
    assert_link("javascript:alert(1) file:///etc/passwd", NULL);
    assert_link("xhttps://example.org", NULL);
    assert_link("https://evil\342\200\256gro.elpmaxe", "https://evil");
}

static void
a_link_tells_where_it_really_goes(void **state)
{
    struct link link;

    assert_true(link_read("https://example.org/a?b#c", &link));
    assert_string_equal(link.host, "example.org");
    assert_null(link.warning);
    link_clear(&link);
    assert_true(link_read("https://example.org@evil.example/", &link));
    assert_string_equal(link.ascii, "evil.example");
    assert_non_null(link.warning);
    link_clear(&link);
    assert_true(link_read("https://ex\320\260mple.org/", &link)); /* a Cyrillic a */
    assert_string_equal(link.ascii, "xn--exmple-4nf.org");
    assert_non_null(strstr(link.warning, "scripts"));
    link_clear(&link);
    assert_true(link_read("https://xn--bcher-kva.example/", &link));
    assert_string_equal(link.host, "b\303\274cher.example");
    assert_non_null(link.warning);
    link_clear(&link);
    assert_true(link_read("http://example.org", &link));
    assert_non_null(link.warning);
    link_clear(&link);
}

static void
what_is_no_address_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "https://",
                                      "ftp://example.org/",
                                      "javascript:alert(1)",
                                      "https:///path",
                                      "file:///etc/passwd",
                                      "//example.org"};
    struct link link;

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_false(link_read(bad[i], &link));
}

static char *
repeated(const char *what, guint times)
{
    GString *s = g_string_new("");

    for (guint i = 0; i < times; i++)
        g_string_append(s, what);
    return g_string_free(s, FALSE);
}

static void
long_texts_are_cut_and_whole_in_a_text_view(void **state)
{
    g_autofree char *text = repeated("😀", 10000), *lines = repeated("x\n", 500);
    g_autoptr(RichText) cut = rich_text_new(text, NULL, NULL, RICH_PLAIN),
                        whole = rich_text_new(text, NULL, NULL, RICH_WHOLE),
                        short_lines = rich_text_new(lines, NULL, NULL, RICH_PLAIN);

    assert_true(cut->cut);
    assert_true(g_utf8_strlen(cut->text, -1) <= RICH_CHARACTERS / 8 + 2);
    assert_false(whole->cut);
    for (const char *line = whole->text; line != NULL; line = strchr(line + 1, '\n'))
        assert_true(strcspn(line + 1, "\n") < 1000); /* no paragraph is long */
    assert_true(short_lines->cut);
    assert_true(strlen(short_lines->text) < 100);
}

static Message *
message(const char *state, const char *text)
{
    json_t *j = fake_message(1, 1, state, text);
    Message *m = message_new(j);

    json_decref(j);
    return m;
}

static void
a_screen_reader_hears_sender_time_text_and_state(void **state)
{
    g_autoptr(Message) m = message("delivered", "See you"), failed = message("failed", "Hello");
    g_autofree char *words = message_spoken_words(m), *why = NULL;

    assert_string_equal(words, "You, 08:54: See you, Delivered");
    why = message_spoken_words(failed);
    assert_non_null(strstr(why, "Not sent"));
}

static void
a_message_is_told_in_a_line(void **state)
{
    json_t *j = fake_message(1, 1, "received", "the butler did it");
    g_autofree char *covered = NULL, *files = NULL;
    g_autoptr(Message) m = NULL, with_files = NULL;

    json_object_set_new(j, "ranges",
                        json_pack("[{s:i,s:i,s:s}]", "start", 4, "length", 6, "kind", "spoiler"));
    m = message_new(j);
    covered = message_line_words(m, 100);
    assert_string_equal(covered, "the ██████ did it");
    json_object_set_new(j, "type", json_string("files"));
    json_object_set_new(j, "files", json_pack("[{s:s},{s:s}]", "kind", "image", "kind", "image"));
    with_files = message_new(j);
    files = message_line_words(with_files, 7);
    assert_string_equal(files, "2 pictures: the ███…");
    json_decref(j);
}

static void
durations_and_days_are_words(void **state)
{
    g_autofree char *week = message_duration_words(604800), *odd = message_duration_words(90),
                    *hour = message_duration_words(3600),
                    *today = message_day_words(g_get_real_time() / 1000),
                    *old = message_day_words(1760000000000);

    assert_string_equal(week, "1 week");
    assert_string_equal(odd, "90 seconds");
    assert_string_equal(hour, "1 hour");
    assert_string_equal(today, "Today");
    assert_non_null(strstr(old, "October"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_characters_and_overrides_become_marks),
        cmocka_unit_test(a_line_has_nothing_that_turns_what_is_around_it),
        cmocka_unit_test(hidden_words_are_not_in_the_text),
        cmocka_unit_test(links_end_where_the_address_does),
        cmocka_unit_test(a_link_tells_where_it_really_goes),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(long_texts_are_cut_and_whole_in_a_text_view),
        cmocka_unit_test(a_screen_reader_hears_sender_time_text_and_state),
        cmocka_unit_test(a_message_is_told_in_a_line),
        cmocka_unit_test(durations_and_days_are_words),
    };

    stage_setup();
    return cmocka_run_group_tests_name("gui-words", tests, NULL, NULL);
}
