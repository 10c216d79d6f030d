/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Locked means locked (B18.5): what comes meanwhile is collected unopened with the fetch key, stays
 * at the relay, and is taken in once after unlocking, whatever happened to the file.
 */
#include "tests/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/scenarios/scene.h"

static struct scene *s;
static struct actor *alice, *bob;
static int64_t bob_at_alice; /* her contact: he cannot be asked who he is while he is locked */

static int
two_friends(void **state)
{
    s = scene_new();
    alice = scene_join_on_disk(s, "alice");
    bob = scene_join_on_disk(s, "bob");
    scene_befriend(s, alice, bob);
    bob_at_alice = actor_contact(alice, bob).id;
    return 0;
}

static int
tear_down(void **state)
{
    scene_free(s);
    return 0;
}

static void
say(const char *text)
{
    int64_t id;
    assert_ok(message_send_text(alice->engine, bob_at_alice, SPAN_STR(text), &id));
}

static size_t
items_at_the_relay(void)
{
    return store_memory_count(s->relay->store, TABLE_ITEM);
}

static void
lock_and_say_three(void)
{
    actor_lock(bob);
    assert_non_null(bob->collector);
    say("one");
    say("two");
    say("three");
    scene_settle(s);
}

#define THREE "< one\n< two\n< three"

static void
all_is_as_if_nothing_had_been(const char *history)
{
    scene_settle(s);
    scene_pass(s, MINUTE_MS);
    assert_history(bob, alice, history);
    assert_int_equal(items_at_the_relay(), 0);
    assert_int_equal(access(bob->sealed, F_OK), -1);
    say("after");
    actor_say(bob, alice, "thanks");
    scene_settle(s);
    AUTO(buf_done) struct buf text = BUF(4096);
    actor_history(bob, alice, &text);
    assert_non_null(strstr((const char *)text.p, "< after"));
}

static void
what_comes_while_locked_is_counted_and_kept_and_not_acknowledged(void **state)
{
    struct stat st;

    lock_and_say_three();
    assert_int_equal(collector_activity(bob->collector), 3);
    assert_int_equal(items_at_the_relay(), 3);
    assert_int_equal(stat(bob->sealed, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, 3 * (12 + ENVELOPE_B1));
    actor_unlock(bob);
    all_is_as_if_nothing_had_been(THREE);
}

static void
what_was_collected_is_there_after_unlocking_without_the_relay(void **state)
{
    lock_and_say_three();
    actor_offline(bob);
    actor_unlock(bob);
    scene_pass(s, SECOND_MS);
    assert_history(bob, alice, THREE);
    assert_int_equal(items_at_the_relay(), 3);
    actor_online(bob);
    all_is_as_if_nothing_had_been(THREE);
}

/* Of BOB's streams, how many began, and how many with the file still there. */
struct streams {
    unsigned begun, early;
};

static enum fate
watch(void *ctx, struct actor *from, const char *path)
{
    struct streams *w = ctx;

    if (from == bob && strncmp(path, "/v1/queue/stream", 16) == 0) {
        w->begun++;
        w->early += access(bob->sealed, F_OK) == 0;
    }
    return FATE_ARRIVE;
}

static void
all_that_was_collected_is_read_before_the_stream_opens(void **state)
{
    struct streams w = {0};

    actor_lock(bob);
    for (int i = 0; i < 40; i++) /* more than a few steps take in */
        say("one of many");
    scene_settle(s);
    s->latency_ms = s->latency_jitter_ms = 0;
    s->fate = watch;
    s->fate_ctx = &w;
    actor_unlock(bob);
    scene_settle(s);
    s->fate = NULL;
    assert_int_equal(w.begun, 1);
    assert_int_equal(w.early, 0);
    assert_int_equal(items_at_the_relay(), 0);
}

static void
a_kill_while_locked_loses_and_doubles_nothing(void **state)
{
    lock_and_say_three();
    actor_crash_locked(bob);
    scene_pass(s, HOUR_MS);
    assert_int_equal(items_at_the_relay(), 3);
    actor_offline(bob); /* so that it is the file that is read */
    actor_unlock(bob);
    scene_pass(s, SECOND_MS);
    assert_history(bob, alice, THREE);
    actor_online(bob);
    all_is_as_if_nothing_had_been(THREE);
}

static void
a_kill_while_taking_in_loses_and_doubles_nothing(void **state)
{
    actor_lock(bob);
    for (int i = 0; i < 20; i++)
        say("again and again");
    scene_settle(s);
    actor_offline(bob);
    actor_unlock(bob);
    (void)engine_step(bob->engine); /* some of them */
    actor_crash(bob);
    actor_unlock(bob);
    (void)engine_step(bob->engine);
    actor_lock(bob); /* the relay was not given a key by this one */
    assert_null(bob->collector);
    actor_unlock(bob);
    actor_online(bob);
    scene_settle(s);
    AUTO(buf_done) struct buf text = BUF(65536);
    actor_history(bob, alice, &text);
    size_t n = 0;
    for (const char *at = (const char *)text.p; (at = strstr(at, "< again")) != NULL; at++)
        n++;
    assert_int_equal(n, 20);
    assert_null(strchr((const char *)text.p, '?'));
    assert_int_equal(items_at_the_relay(), 0);
}

/* --- the file is nobody's word --- */

static void
overwrite(off_t at, const void *bytes, size_t n)
{
    int fd = open(bob->sealed, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, n, at), n);
    close(fd);
}

static void
a_number_put_into_the_file_acknowledges_nothing(void **state)
{
    static const uint8_t highest[8] = {0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

    for (int killed = 0; killed < 2; killed++) {
        lock_and_say_three();
        overwrite(4, highest, sizeof highest);
        if (killed)
            actor_crash_locked(bob);
        actor_offline(bob);
        actor_unlock(bob);
        scene_pass(s, SECOND_MS);
        say("four");
        actor_online(bob);
        scene_settle(s);
        assert_int_equal(items_at_the_relay(), 0);
        AUTO(buf_done) struct buf text = BUF(65536);
        actor_history(bob, alice, &text);
        assert_non_null(strstr((const char *)text.p, "< four"));
        assert_null(strchr((const char *)text.p, '?'));
    }
}

static void
a_damaged_and_a_cut_file_lose_nothing(void **state)
{
    lock_and_say_three();
    overwrite(500, "\1\2\3\4", 4);
    assert_int_equal(truncate(bob->sealed, 2 * (12 + ENVELOPE_B1) + 700), 0);
    actor_offline(bob);
    actor_unlock(bob);
    scene_pass(s, SECOND_MS);
    actor_online(bob);
    scene_settle(s);
    AUTO(buf_done) struct buf text = BUF(65536);
    actor_history(bob, alice, &text);
    static const char *const said[] = {"< one", "< two", "< three"};
    for (int i = 0; i < 3; i++) {
        char *first = strstr((char *)text.p, said[i]);
        assert_non_null(first);
        assert_null(strstr(first + 1, said[i]));
    }
    assert_int_equal(items_at_the_relay(), 0);
}

/* --- time and the network --- */

static void
a_week_locked_on_a_bad_line_loses_nothing(void **state)
{
    char expected[1024] = "";

    actor_lock(bob);
    s->stream_loss_percent = 30;
    s->loss_percent = 20;
    for (int i = 0; i < 28; i++) {
        char text[32];
        snprintf(text, sizeof text, "%d", i);
        say(text);
        snprintf(expected + strlen(expected), sizeof expected - strlen(expected), "%s< %d",
                 i == 0 ? "" : "\n", i);
        scene_pass(s, DAY_MS / 4);
        if (i == 14)
            scene_relay_restart(s->relay, scene_relay_copy(s->relay));
    }
    assert_true(collector_activity(bob->collector) >= 28);
    s->stream_loss_percent = s->loss_percent = 0;
    actor_unlock(bob);
    all_is_as_if_nothing_had_been(expected);
}

static void
a_fetch_key_that_is_over_collects_nothing_more(void **state)
{
    actor_lock(bob);
    scene_pass(s, 31 * DAY_MS);
    assert_true(collector_step(bob->collector) == INT64_MAX);
    uint64_t before = collector_activity(bob->collector); /* alice's client wrote by itself */
    say("late");
    scene_settle(s);
    assert_int_equal(collector_activity(bob->collector), before);
    actor_unlock(bob);
    all_is_as_if_nothing_had_been("< late");
}

/* Of those that were replaced: the relay may still hold what only they open (B4.5). */
#define OLD_KEYS "SELECT count(*) FROM spks WHERE replaced_s IS NOT NULL"

static int64_t
old_keys(void)
{
    int64_t n = -1;
    assert_ok(db_get_int(engine_db(bob->engine), &n, OLD_KEYS, ""));
    return n;
}

static void
keys_go_only_after_the_queue_was_drained(void **state)
{
    scene_pass(s, 3 * DAY_MS);
    int64_t old = old_keys();
    assert_true(old > 0);
    actor_crash(alice);
    actor_crash(bob);
    actor_offline(bob);
    scene_pass(s, 35 * DAY_MS);
    actor_start(bob);
    scene_pass(s, HOUR_MS);
    assert_int_equal(old_keys(), old);
    actor_online(bob);
    scene_pass(s, MINUTE_MS);
    assert_in_range(old_keys(), 1, old); /* what was in force until now */
    assert_ok(db_get_int(engine_db(bob->engine), &old, OLD_KEYS " AND replaced_s<?1", "i",
                         s->now_ms / 1000 - 31 * SECONDS_A_DAY));
    assert_int_equal(old, 0);
    actor_start(alice);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, two_friends, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_comes_while_locked_is_counted_and_kept_and_not_acknowledged),
        TEST(what_was_collected_is_there_after_unlocking_without_the_relay),
        TEST(all_that_was_collected_is_read_before_the_stream_opens),
        TEST(a_kill_while_locked_loses_and_doubles_nothing),
        TEST(a_kill_while_taking_in_loses_and_doubles_nothing),
        TEST(a_number_put_into_the_file_acknowledges_nothing),
        TEST(a_damaged_and_a_cut_file_lose_nothing),
        TEST(a_week_locked_on_a_bad_line_loses_nothing),
        TEST(a_fetch_key_that_is_over_collects_nothing_more),
        TEST(keys_go_only_after_the_queue_was_drained),
    };
    return cmocka_run_group_tests_name("scenarios-locked", tests, NULL, NULL);
}
