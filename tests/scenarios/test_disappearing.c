/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Messages that disappear: when their time begins, that it runs whatever happens, and that nothing
 * of them is left when it is over.
 */
#include "tests/check.h"

#include <stdio.h>

#include "core/changes.h"
#include "core/clearing.h"
#include "core/disappearing.h"
#include "core/engine_state.h"
#include "core/message_rows.h"
#include "core/scheduled.h"
#include "core/search.h"
#include "tests/core/raw_pages.h"
#include "tests/scenarios/scene.h"

#define HOUR_S 3600

static struct scene *s;
static struct actor *alice, *bob;

static int
two_friends(void **state)
{
    s = scene_new();
    alice = scene_join_on_disk(s, "alice");
    bob = scene_join_on_disk(s, "bob");
    scene_befriend(s, alice, bob);
    return 0;
}

static int
tear_down(void **state)
{
    scene_free(s);
    return 0;
}

static struct actor *
other(struct actor *a)
{
    return a == alice ? bob : alice;
}

static int64_t
number(struct actor *a, const char *sql)
{
    int64_t n;
    assert_ok(db_get_int(engine_db(a->engine), &n, sql, ""));
    return n;
}

static void
set(struct actor *a, int64_t seconds)
{
    int64_t id;
    assert_ok(timer_set(a->engine, actor_contact(a, other(a)).id, seconds, &id));
}

static uint32_t
setting(struct actor *a)
{
    uint32_t seconds;
    assert_ok(timer_get(a->engine, actor_contact(a, other(a)).id, &seconds));
    return seconds;
}

static void
look(struct actor *a)
{
    int64_t newest;
    assert_ok(messages_newest(a->engine, &newest));
    assert_ok(messages_mark_read(a->engine, actor_contact(a, other(a)).id, newest));
}

static enum err
count_one(void *ctx, const struct message *m)
{
    ++*(int *)ctx;
    return OK;
}

static int
found(struct actor *a, const char *words)
{
    int n = 0;
    int64_t before;
    assert_ok(messages_search(a->engine, &(struct search){.text = SPAN_STR(words), .limit = 100},
                              &n, count_one, &before));
    return n;
}

static int
texts(struct actor *a)
{
    return (int)number(a, "SELECT count(*) FROM messages WHERE type=1");
}

static int
raw(struct actor *a, const char *word)
{
    return raw_pages_with(a->path, a->key.b, word);
}

/* --- the setting --- */

static void
both_sides_have_the_time_that_one_set(void **state)
{
    set(alice, HOUR_S);
    scene_settle(s);
    assert_int_equal(setting(alice), HOUR_S);
    assert_int_equal(setting(bob), HOUR_S);
    assert_int_equal(number(bob, "SELECT count(*) FROM messages WHERE type=9 AND outgoing=0"), 1);
    assert_int_equal(number(alice, "SELECT count(*) FROM messages WHERE type=9 AND outgoing=1"), 1);
    assert_int_equal(number(bob, "SELECT unread FROM conversations WHERE unread=0"), 0);
    set(bob, 0);
    scene_settle(s);
    assert_int_equal(setting(alice), 0);
    assert_int_equal(setting(bob), 0);
}

static void
the_later_of_two_settings_holds_on_both_sides(void **state)
{
    actor_offline(alice);
    actor_offline(bob);
    set(alice, HOUR_S);
    scene_pass(s, SECOND_MS);
    set(bob, 2 * HOUR_S);
    actor_online(alice);
    actor_online(bob);
    scene_settle(s);
    assert_int_equal(setting(alice), 2 * HOUR_S);
    assert_int_equal(setting(bob), 2 * HOUR_S);
    /* At the same moment. */
    set(alice, 3 * HOUR_S);
    set(bob, 4 * HOUR_S);
    scene_settle(s);
    assert_int_equal(setting(alice), setting(bob));
    assert_true(setting(alice) == 3 * HOUR_S || setting(alice) == 4 * HOUR_S);
}

static void
a_clock_that_is_ahead_does_not_decide_for_ever(void **state)
{
    bob->clock_off_ms = HOUR_MS;
    set(bob, HOUR_S);
    scene_pass(s, 5 * MINUTE_MS);
    assert_int_equal(setting(alice), HOUR_S);
    set(alice, 2 * HOUR_S);
    scene_pass(s, 5 * MINUTE_MS);
    assert_int_equal(setting(alice), 2 * HOUR_S);
    assert_int_equal(setting(bob), 2 * HOUR_S);
}

static void
a_time_of_more_than_a_year_is_refused(void **state)
{
    int64_t id;

    assert_err(timer_set(alice->engine, actor_contact(alice, bob).id, EXPIRE_MAX + 1, &id),
               ERR_USAGE);
    assert_err(timer_set(alice->engine, actor_contact(alice, bob).id, -1, &id), ERR_USAGE);
    assert_err(timer_set(alice->engine, 4711, HOUR_S, &id), ERR_NOT_FOUND);
    assert_ok(contact_remove(alice->engine, actor_contact(alice, bob).id));
    assert_err(timer_set(alice->engine, actor_contact(alice, bob).id, HOUR_S, &id), ERR_STATE);
    assert_int_equal(setting(alice), 0);
}

/* --- time that runs --- */

static void
it_runs_for_the_sender_from_the_relay_on_and_for_the_receiver_from_reading(void **state)
{
    set(alice, HOUR_S);
    scene_settle(s);
    actor_say(alice, bob, "burn");
    scene_settle(s);
    scene_pass(s, HOUR_MS + MINUTE_MS);
    assert_int_equal(texts(alice), 0);
    assert_int_equal(alice->events[EVENT_MESSAGE_GONE], 1);
    assert_int_equal(texts(bob), 1);
    scene_pass(s, 2 * DAY_MS);
    assert_int_equal(texts(bob), 1); /* nobody has looked */
    look(bob);
    scene_pass(s, HOUR_MS - MINUTE_MS);
    look(bob); /* again: that begins nothing anew */
    assert_int_equal(texts(bob), 1);
    scene_pass(s, 2 * MINUTE_MS);
    assert_int_equal(texts(bob), 0);
    assert_int_equal(number(bob, "SELECT last_message FROM conversations"),
                     number(bob, "SELECT id FROM messages WHERE type=9"));
}

static void
what_waits_for_the_relay_does_not_run(void **state)
{
    set(alice, HOUR_S);
    scene_settle(s);
    s->relay->down = true;
    actor_say(alice, bob, "burn");
    scene_pass(s, DAY_MS);
    assert_int_equal(texts(alice), 1);
    s->relay->down = false;
    scene_pass(s, 30 * MINUTE_MS);
    assert_int_equal(texts(bob), 1);
    scene_pass(s, HOUR_MS + MINUTE_MS);
    assert_int_equal(texts(alice), 0);
}

static void
it_runs_while_nothing_runs(void **state)
{
    set(alice, HOUR_S);
    scene_settle(s);
    actor_say(alice, bob, "burn");
    scene_settle(s);
    look(bob);
    actor_crash(bob);
    actor_crash(alice);
    scene_pass(s, HOUR_MS + MINUTE_MS);
    assert_true(raw(bob, "burn") > 0);
    actor_start(bob);
    /* Without a single step. */
    assert_int_equal(texts(bob), 0);
    assert_int_equal(raw(bob, "burn"), 0);
    actor_start(alice);
    assert_int_equal(texts(alice), 0);
    assert_int_equal(raw(alice, "burn"), 0);
}

static void
a_note_to_oneself_disappears_too(void **state)
{
    int64_t id, self = number(alice, "SELECT id FROM contacts WHERE state=6");

    assert_ok(timer_set(alice->engine, self, 60, &id));
    assert_ok(message_send_text(alice->engine, self, SPAN_STR("milk"), &id));
    scene_pass(s, 50 * SECOND_MS);
    assert_int_equal(texts(alice), 1);
    scene_pass(s, 20 * SECOND_MS);
    assert_int_equal(texts(alice), 0);
}

/* Never early by more than the clock jumped, and never lost for ever. */
static void
a_clock_that_jumps_does_not_keep_them(void **state)
{
    set(alice, HOUR_S);
    scene_settle(s);
    actor_say(alice, bob, "burn");
    scene_settle(s);
    alice->clock_off_ms = -10 * DAY_MS;
    scene_pass(s, 30 * MINUTE_MS);
    assert_int_equal(texts(alice), 1);
    scene_pass(s, HOUR_MS);
    assert_int_equal(texts(alice), 0);
    alice->clock_off_ms = 0;
    actor_say(alice, bob, "burn");
    scene_pass(s, MINUTE_MS);
    alice->clock_off_ms = 40 * MINUTE_MS;
    scene_pass(s, 15 * MINUTE_MS);
    assert_int_equal(texts(alice), 1);
    scene_pass(s, 10 * MINUTE_MS);
    assert_int_equal(texts(alice), 0);
}

/* --- the end --- */

static void
nothing_of_it_is_left(void **state)
{
    actor_say(alice, bob, "stays xylophone");
    set(alice, HOUR_S);
    scene_settle(s);
    actor_say(alice, bob, "burn zyzzyva");
    actor_say(alice, bob, "stays quokka");
    scene_settle(s);
    look(bob);
    assert_int_equal(found(bob, "zyzzyva"), 1);
    assert_int_equal(found(alice, "zyzzyva"), 1);
    assert_true(raw(bob, "zyzzyva") > 0);
    assert_true(raw(alice, "zyzzyva") > 0);
    scene_pass(s, HOUR_MS + MINUTE_MS);
    assert_int_equal(raw(bob, "zyzzyva"), 0);
    assert_int_equal(raw(alice, "zyzzyva"), 0);
    assert_int_equal(raw(bob, "quokka"), 0);
    assert_int_equal(found(bob, "zyzzyva"), 0);
    assert_int_equal(found(bob, "xylophone"), 1);
    assert_true(raw(bob, "xylophone") > 0);
}

/* What the test above would see without the wiping. */
static void
rows_that_are_only_deleted_are_still_there(void **state)
{
    AUTO(tx_done) struct tx tx = {0};
    struct db *db = engine_db(bob->engine);

    set(alice, HOUR_S);
    scene_settle(s);
    actor_say(alice, bob, "burn zyzzyva");
    scene_settle(s);
    assert_ok(tx_begin(db, &tx));
    assert_ok(message_remove(bob->engine, number(bob, "SELECT max(id) FROM messages")));
    assert_ok(tx_commit(&tx));
    assert_true(raw(bob, "zyzzyva") > 0);
    assert_ok(db_checkpoint(db));
    assert_true(raw(bob, "zyzzyva") > 0); /* the search has it still */
    scene_pass(s, MINUTE_MS);
    assert_int_equal(raw(bob, "zyzzyva"), 0);
}

static void
a_crash_between_removing_and_wiping_is_made_up_for(void **state)
{
    AUTO(tx_done) struct tx tx = {0};
    struct db *db = engine_db(bob->engine);

    set(alice, HOUR_S);
    scene_settle(s);
    actor_say(alice, bob, "burn zyzzyva");
    scene_settle(s);
    assert_ok(tx_begin(db, &tx));
    assert_ok(message_remove(bob->engine, number(bob, "SELECT max(id) FROM messages")));
    assert_ok(tx_commit(&tx));
    actor_crash(bob);
    assert_true(raw(bob, "zyzzyva") > 0);
    actor_start(bob);
    assert_int_equal(raw(bob, "zyzzyva"), 0);
}

static void
what_was_never_fetched_is_not_kept_for_saying_again(void **state)
{
    set(alice, HOUR_S);
    scene_settle(s);
    actor_offline(bob);
    actor_say(alice, bob, "burn zyzzyva");
    scene_pass(s, HOUR_MS + MINUTE_MS);
    assert_int_equal(texts(alice), 0);
    assert_int_equal(raw(alice, "zyzzyva"), 0);
    assert_int_equal(number(alice, "SELECT count(*) FROM outbox WHERE message IS NULL AND type=1"),
                     1);
    /* The relay has dropped it by then: asked for it, Alice has nothing to say. */
    scene_pass(s, 25 * DAY_MS);
    actor_online(bob);
    actor_say(alice, bob, "later");
    scene_pass(s, 2 * DAY_MS);
    assert_history(bob, alice, "< \n?\n< later"); /* the first is the setting */
}

/* The message is not the only one that holds its words. */
static void
edits_of_it_go_with_it_however_it_goes(void **state)
{
    int64_t id;
    bool sent;

    set(alice, HOUR_S);
    scene_settle(s);
    actor_offline(bob);
    for (int i = 0; i < 3; i++) {
        id = actor_say(alice, bob, "burn");
        scene_pass(s, MINUTE_MS);
        assert_ok(message_edit(alice->engine, id, SPAN_STR("burn zyzzyva"), SPAN_NONE));
        scene_pass(s, MINUTE_MS);
        if (i == 0)
            assert_ok(message_forget(alice->engine, id, &sent));
        else if (i == 1)
            assert_ok(conversation_clear(alice->engine, actor_contact(alice, bob).id));
        scene_pass(s, HOUR_MS + MINUTE_MS);
        assert_int_equal(raw(alice, "zyzzyva"), 0);
    }
}

static void
many_at_once_go_in_slices_and_leave_the_others(void **state)
{
    int64_t id, self = number(alice, "SELECT id FROM contacts WHERE state=6");

    assert_ok(message_send_text(alice->engine, self, SPAN_STR("stays"), &id));
    assert_ok(timer_set(alice->engine, self, HOUR_S, &id));
    for (int i = 0; i < 300; i++)
        assert_ok(message_send_text(alice->engine, self, SPAN_STR("burn zyzzyva"), &id));
    assert_int_equal(found(alice, "zyzzyva"), 100); /* a page */
    scene_pass(s, HOUR_MS + MINUTE_MS);
    assert_int_equal(texts(alice), 1);
    assert_int_equal(raw(alice, "zyzzyva"), 0);
    assert_int_equal(number(alice, "SELECT count(*) FROM words_passing_segdir"), 0);
    assert_int_equal(found(alice, "stays"), 1);
}

/* A message of the other kind, deleted by hand: its words go with the next tidying, also when
 * nothing is left to search. */
static void
deleted_words_go_from_the_search_within_the_day(void **state)
{
    bool sent;

    actor_say(alice, bob, "quiet zyzzyva");
    scene_settle(s);
    assert_int_equal(found(bob, "zyzzyva"), 1);
    assert_ok(message_forget(bob->engine, number(bob, "SELECT max(id) FROM messages WHERE type=1"),
                             &sent));
    assert_int_equal(found(bob, "zyzzyva"), 0);
    scene_pass(s, DAY_MS + HOUR_MS);
    assert_int_equal(raw(bob, "zyzzyva"), 0);
    assert_int_equal(found(alice, "zyzzyva"), 1);
}

static void
a_search_refuses_what_is_no_word(void **state)
{
    int64_t before;
    int n = 0;
    struct search q = {.text = SPAN_STR(" \"* - "), .limit = 10};

    assert_err(messages_search(alice->engine, &q, &n, count_one, &before), ERR_USAGE);
    q.text = SPAN_STR("a b c d e f g h i j k l m n o p q");
    assert_err(messages_search(alice->engine, &q, &n, count_one, &before), ERR_USAGE);
    actor_say(alice, bob, "either OR neither");
    assert_int_equal(found(alice, "neither OR never"), 0); /* a word, no operator */
    assert_int_equal(found(alice, "NEITH"), 1);
    assert_int_equal(found(alice, "ne"), 0);
    assert_int_equal(found(alice, "text:either"), 0);
}

/* --- later, and once more --- */

static void
a_scheduled_message_goes_at_its_time_and_not_before(void **state)
{
    int64_t id, first;
    struct composition c = {.contact = actor_contact(alice, bob).id,
                            .text = SPAN_STR("later zyzzyva"),
                            .due_ms = engine_now_ms(alice->engine) + HOUR_MS};

    assert_ok(message_send_later(alice->engine, &c, &first));
    c.text = SPAN_STR("never");
    assert_ok(message_send_later(alice->engine, &c, &id));
    assert_ok(message_reschedule(alice->engine, first, 0, SPAN_STR("later quokka")));
    assert_ok(message_delete(alice->engine, id, &(bool){false}));
    actor_crash(alice);
    actor_start(alice);
    scene_pass(s, 59 * MINUTE_MS);
    assert_int_equal(found(alice, "quokka"), 0);
    assert_int_equal(texts(bob), 0);
    scene_pass(s, 2 * MINUTE_MS);
    assert_history(bob, alice, "< later quokka");
    assert_int_equal(found(alice, "quokka"), 1);
    assert_int_equal(found(alice, "zyzzyva"), 0);
}

static void
what_is_scheduled_fails_when_the_contact_is_gone(void **state)
{
    int64_t id, contact = actor_contact(alice, bob).id;
    struct composition c = {
        .contact = contact, .text = SPAN_STR("later"), .due_ms = engine_now_ms(alice->engine) - 1};

    assert_err(message_send_later(alice->engine, &c, &id), ERR_USAGE);
    c.due_ms += 2 * 366 * DAY_MS;
    assert_err(message_send_later(alice->engine, &c, &id), ERR_USAGE);
    c.due_ms = engine_now_ms(alice->engine) + HOUR_MS;
    assert_ok(message_send_later(alice->engine, &c, &id));
    assert_ok(contact_remove(alice->engine, contact));
    scene_pass(s, 2 * HOUR_MS);
    assert_int_equal(number(alice, "SELECT count(*) FROM messages WHERE state=5 AND why<>''"), 1);
    id = number(alice, "SELECT max(id) FROM messages");
    assert_err(message_retry(alice->engine, id), ERR_STATE);
    assert_err(message_reschedule(alice->engine, id, 0, SPAN_STR("x")), ERR_STATE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, two_friends, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_sides_have_the_time_that_one_set),
        TEST(the_later_of_two_settings_holds_on_both_sides),
        TEST(a_clock_that_is_ahead_does_not_decide_for_ever),
        TEST(a_time_of_more_than_a_year_is_refused),
        TEST(it_runs_for_the_sender_from_the_relay_on_and_for_the_receiver_from_reading),
        TEST(what_waits_for_the_relay_does_not_run),
        TEST(it_runs_while_nothing_runs),
        TEST(a_note_to_oneself_disappears_too),
        TEST(a_clock_that_jumps_does_not_keep_them),
        TEST(nothing_of_it_is_left),
        TEST(rows_that_are_only_deleted_are_still_there),
        TEST(a_crash_between_removing_and_wiping_is_made_up_for),
        TEST(what_was_never_fetched_is_not_kept_for_saying_again),
        TEST(edits_of_it_go_with_it_however_it_goes),
        TEST(many_at_once_go_in_slices_and_leave_the_others),
        TEST(deleted_words_go_from_the_search_within_the_day),
        TEST(a_search_refuses_what_is_no_word),
        TEST(a_scheduled_message_goes_at_its_time_and_not_before),
        TEST(what_is_scheduled_fails_when_the_contact_is_gone),
    };
    return cmocka_run_group_tests_name("scenarios-disappearing", tests, NULL, NULL);
}
