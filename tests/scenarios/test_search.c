/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Finding messages by their words; and that words which were deleted do not stay.
 */
#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/changes.h"
#include "core/engine_state.h"
#include "core/scheduled.h"
#include "core/search.h"
#include "tests/core/raw_pages.h"
#include "tests/scenarios/scene.h"

static struct scene *s;
static struct actor *alice;
static int64_t self;

static int
one_person(void **state)
{
    s = scene_new();
    alice = scene_join_on_disk(s, "alice");
    assert_ok(
        db_get_int(engine_db(alice->engine), &self, "SELECT id FROM contacts WHERE state=6", ""));
    return 0;
}

static int
tear_down(void **state)
{
    scene_free(s);
    return 0;
}

static int64_t
note(const char *text)
{
    int64_t id;
    assert_ok(message_send_text(alice->engine, self, SPAN_STR(text), &id));
    return id;
}

struct hits {
    int count;
    int64_t ids[600];
};

static enum err
take(void *ctx, const struct message *m)
{
    struct hits *h = ctx;
    h->ids[h->count++] = m->id;
    return OK;
}

static int
found(const char *words)
{
    struct hits h = {0};
    int64_t before;

    assert_ok(messages_search(
        alice->engine, &(struct search){.text = SPAN_STR(words), .limit = 500}, &h, take, &before));
    assert_int_equal(before, 0);
    return h.count;
}

static enum err
search(const char *words, size_t n)
{
    struct hits h = {0};
    int64_t before;

    return messages_search(alice->engine, &(struct search){.text = SPAN(words, n), .limit = 500},
                           &h, take, &before);
}

static void
all_words_must_be_there_in_any_order_and_case(void **state)
{
    note("The quick brown fox");
    note("A brown dog");
    assert_int_equal(found("brown"), 2);
    assert_int_equal(found("FOX quick "), 1);
    assert_int_equal(found("fox dog"), 0);
    assert_int_equal(found("Brown, dog!"), 1);
}

static void
the_last_word_may_be_a_beginning_of_three_letters(void **state)
{
    note("Übermorgen fahren wir");
    assert_int_equal(found("fah"), 1);
    assert_int_equal(found("fa"), 0);
    assert_int_equal(found("fah "), 0); /* a whole word */
    assert_int_equal(found("fah wir"), 0);
    assert_int_equal(found("wir fahr"), 1);
    assert_int_equal(found("ÜBER"), 1);
}

/* FTS4's own language: none of it is spoken here. */
static void
what_is_typed_is_words_and_nothing_else(void **state)
{
    note("alpha beta");
    note("text or not near");
    assert_int_equal(found("alpha -beta "), 1);
    assert_int_equal(found("alpha OR gamma "), 0);
    assert_int_equal(found("text:alpha "), 0);
    assert_int_equal(found("not near "), 1);
    assert_int_equal(found("alpha\" OR \"near "), 0);
    assert_int_equal(found("al* "), 0);
    assert_int_equal(found("^alpha beta "), 1);
    assert_int_equal(found("(alpha) beta' "), 1);
}

static void
a_search_without_words_or_with_too_many_is_refused(void **state)
{
    char many[SEARCH_TEXT_MAX + 2];
    size_t n = 0;

    assert_err(search("", 0), ERR_USAGE);
    assert_err(search(" \"*^ -- ", 8), ERR_USAGE);
    for (int i = 0; i <= SEARCH_WORDS_MAX; i++)
        n += (size_t)snprintf(many + n, sizeof many - n, "w%d ", i);
    assert_err(search(many, n), ERR_USAGE);
    memset(many, 'a', sizeof many);
    assert_err(search(many, SEARCH_TEXT_MAX + 1), ERR_USAGE);
    assert_ok(search(many, SEARCH_TEXT_MAX));
    assert_ok(search("a\0b \xff\xfe", 6)); /* whatever a program sends */
}

static void
pages_go_on_from_newest_to_oldest_without_a_hole(void **state)
{
    struct hits h = {0};
    int64_t before = 0, ids[25];

    for (int i = 0; i < 25; i++)
        ids[i] = note("needle");
    do {
        struct search page = {.text = SPAN_STR("needle"), .before = before, .limit = 10};
        assert_ok(messages_search(alice->engine, &page, &h, take, &before));
    } while (before != 0);
    assert_int_equal(h.count, 25);
    for (int i = 0; i < 25; i++)
        assert_int_equal(h.ids[i], ids[24 - i]);
}

static void
another_conversation_is_left_out(void **state)
{
    struct hits h = {0};
    int64_t before;
    struct search page = {.text = SPAN_STR("needle"), .contact = self + 100, .limit = 10};

    note("needle");
    assert_ok(messages_search(alice->engine, &page, &h, take, &before));
    assert_int_equal(h.count, 0);
    page.contact = self;
    assert_ok(messages_search(alice->engine, &page, &h, take, &before));
    assert_int_equal(h.count, 1);
}

static void
an_edit_is_found_by_its_new_words_and_a_deleted_one_not(void **state)
{
    int64_t id = note("the first wording");
    bool sent;

    assert_ok(message_edit(alice->engine, id, SPAN_STR("another wording"), SPAN_NONE));
    assert_int_equal(found("first "), 0);
    assert_int_equal(found("another "), 1);
    assert_ok(message_forget(alice->engine, id, &sent));
    assert_int_equal(found("another "), 0);
}

static int
raw(const char *word)
{
    return raw_pages_with(alice->path, alice->key.b, word);
}

static void
words_of_deleted_messages_are_merged_away_within_two_days(void **state)
{
    bool sent;
    int64_t id = 0;

    for (int i = 0; i < 200; i++) {
        char text[64];
        snprintf(text, sizeof text, "word%d some more of it", i);
        int64_t one = note(i == 77 ? "the zyzzyva" : text);
        id = i == 77 ? one : id;
    }
    assert_ok(message_forget(alice->engine, id, &sent));
    assert_ok(db_checkpoint(engine_db(alice->engine)));
    assert_true(raw("zyzzyva") > 0); /* in an old segment */
    scene_pass(s, 2 * DAY_MS);
    assert_int_equal(raw("zyzzyva"), 0);
    assert_int_equal(found("some more"), 199);
    assert_int_equal(found("word78 "), 1);
    /* And once more, with what has come since, all of it deleted. */
    for (int i = 0; i < 20; i++)
        assert_ok(message_forget(alice->engine, note("quokka"), &sent));
    scene_pass(s, 2 * DAY_MS);
    assert_int_equal(raw("quokka"), 0);
    assert_int_equal(found("some more"), 199);
}

/* Nothing at all is left to merge into. */
static void
deleting_everything_ends_too(void **state)
{
    bool sent;

    for (int i = 0; i < 40; i++)
        assert_ok(message_forget(alice->engine, note("zyzzyva"), &sent));
    scene_pass(s, 2 * DAY_MS);
    assert_int_equal(raw("zyzzyva"), 0);
    assert_int_equal(found("zyzzyva"), 0);
}

/* As by a power cut: the log stays as it is, where closing would cut it. */
static void
kill_alice(void)
{
    char keep[200], back[300];

    snprintf(keep, sizeof keep, "cp '%s' killed && cp '%s-wal' killed-wal", alice->path,
             alice->path);
    assert_int_equal(system(keep), 0);
    actor_crash(alice);
    snprintf(back, sizeof back, "mv killed '%s' && mv killed-wal '%s-wal' && rm -f '%s-shm'",
             alice->path, alice->path, alice->path);
    assert_int_equal(system(back), 0);
}

/* Merged, and the log not cut yet: that is done at the next start. */
static void
a_crash_after_the_merging_is_made_up_for(void **state)
{
    bool sent;
    int64_t id = note("the zyzzyva");

    note("stays");
    alice->engine->wiping.due = INT64_MAX; /* no cut for now */
    assert_ok(message_forget(alice->engine, id, &sent));
    scene_pass(s, 2 * DAY_MS);
    assert_int_equal(found("stays"), 1);
    kill_alice();
    assert_true(raw("zyzzyva") > 0);
    actor_start(alice);
    assert_int_equal(raw("zyzzyva"), 0);
}

static void
what_was_said_before_an_edit_of_what_waits_is_gone(void **state)
{
    int64_t id;
    struct composition c = {.text = SPAN_STR("the zyzzyva"),
                            .due_ms = engine_now_ms(alice->engine) + DAY_MS};
    struct actor *bob = scene_join(s, "bob");

    scene_befriend(s, alice, bob);
    c.contact = actor_contact(alice, bob).id;
    assert_ok(message_send_later(alice->engine, &c, &id));
    assert_true(raw("zyzzyva") > 0);
    assert_ok(message_reschedule(alice->engine, id, 0, SPAN_STR("the quokka")));
    scene_pass(s, MINUTE_MS);
    assert_int_equal(raw("zyzzyva"), 0);
    assert_ok(message_edit(alice->engine, id, SPAN_STR("nothing"), SPAN_NONE));
    scene_pass(s, MINUTE_MS);
    assert_int_equal(raw("quokka"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, one_person, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_words_must_be_there_in_any_order_and_case),
        TEST(the_last_word_may_be_a_beginning_of_three_letters),
        TEST(what_is_typed_is_words_and_nothing_else),
        TEST(a_search_without_words_or_with_too_many_is_refused),
        TEST(pages_go_on_from_newest_to_oldest_without_a_hole),
        TEST(another_conversation_is_left_out),
        TEST(an_edit_is_found_by_its_new_words_and_a_deleted_one_not),
        TEST(words_of_deleted_messages_are_merged_away_within_two_days),
        TEST(deleting_everything_ends_too),
        TEST(a_crash_after_the_merging_is_made_up_for),
        TEST(what_was_said_before_an_edit_of_what_waits_is_gone),
    };
    return cmocka_run_group_tests_name("scenarios-search", tests, NULL, NULL);
}
