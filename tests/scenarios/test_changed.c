/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Messages that change while the network loses, repeats and delays what it carries, and while
 * programs end without a word: both sides show the same in the end.
 */
#include "tests/check.h"

#include <stdio.h>

#include "core/changes.h"
#include "core/compose.h"
#include "tests/scenarios/scene.h"

#define SAID 12

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

static unsigned
below(unsigned n)
{
    s->random = s->random * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(s->random >> 33) % n;
}

/* A line a message, by number: what both sides have to agree on. */
static void
picture(struct actor *a, struct actor *other, struct buf *ret)
{
    AUTO(query_done) struct query q;

    assert_ok(db_query(
        engine_db(a->engine), &q,
        "SELECT hex(msg_id)||' '||text||' e'||edited_ms||' d'||(deleted_ms>0)||' p'||pinned_ms||"
        "ifnull((SELECT group_concat(r) FROM (SELECT ' '||emoji||'@'||sent_ms r FROM reactions "
        "WHERE message=messages.id AND emoji<>'' ORDER BY sent_ms)),'')||"
        "ifnull((SELECT group_concat(v) FROM (SELECT ' v'||text v FROM message_versions "
        "WHERE message=messages.id ORDER BY sent_ms)),'') "
        "FROM messages WHERE contact=?1 AND type<>0 ORDER BY msg_id",
        "i", actor_contact(a, other).id));
    while (query_next(&q)) {
        buf_put(ret, query_bytes(&q, 0));
        buf_put_u8(ret, '\n');
    }
    assert_ok(query_end(&q));
    buf_put_u8(ret, 0);
    assert_ok(buf_ok(ret));
}

static void
assert_both_see_the_same(void)
{
    AUTO(buf_done) struct buf a = BUF(1 << 20), b = BUF(1 << 20);

    picture(alice, bob, &a);
    picture(bob, alice, &b);
    assert_string_equal((const char *)a.p, (const char *)b.p);
}

/* Any of the messages that A has, or what may refuse because it is deleted, or not A's. */
static void
change_something(struct actor *a, struct actor *other)
{
    char text[32];
    int64_t count, id;
    bool withdrawn;
    int64_t contact = actor_contact(a, other).id;

    assert_ok(db_get_int(engine_db(a->engine), &count,
                         "SELECT count(*) FROM messages WHERE contact=?1", "i", contact));
    if (count == 0)
        return;
    assert_ok(db_get_int(engine_db(a->engine), &id,
                         "SELECT id FROM messages WHERE contact=?1 ORDER BY id LIMIT 1 OFFSET ?2",
                         "ii", contact, (int64_t)below((unsigned)count)));
    snprintf(text, sizeof text, "word %u", below(1000));
    enum err e = OK;
    switch (below(6)) {
    case 0:
    case 1:
        e = message_edit(a->engine, id, SPAN_STR(text), SPAN_NONE);
        break;
    case 2:
        e = message_react(a->engine, id, SPAN_STR(below(3) == 0 ? "" : text + 5));
        break;
    case 3:
        e = message_pin(a->engine, id);
        break;
    case 4:
        e = message_unpin(a->engine, id);
        break;
    default:
        if (below(3) == 0)
            e = message_delete(a->engine, id, &withdrawn);
    }
    assert_true(e == OK || e == ERR_STATE);
}

static void
live_through_a_day(void)
{
    for (int i = 0; i < SAID; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        actor_say(i % 2 == 0 ? alice : bob, i % 2 == 0 ? bob : alice, text);
        scene_pass(s, below(5) * SECOND_MS);
        for (int n = 0; n < 4; n++) {
            change_something(alice, bob);
            change_something(bob, alice);
            scene_pass(s, below(20) * SECOND_MS);
        }
    }
}

static void
a_bad_network_changes_nothing_about_the_end(void **state)
{
    s->loss_percent = 20;
    s->latency_ms = 500;
    s->latency_jitter_ms = 5000;
    s->stream_loss_percent = 10;
    live_through_a_day();
    s->loss_percent = s->stream_loss_percent = 0;
    scene_pass(s, DAY_MS);
    assert_both_see_the_same();
}

static void
ending_without_a_word_changes_nothing_about_the_end(void **state)
{
    for (int i = 0; i < 3; i++) {
        live_through_a_day();
        struct actor *a = i % 2 == 0 ? alice : bob;
        actor_crash(a);
        scene_pass(s, MINUTE_MS);
        actor_start(a);
    }
    scene_pass(s, DAY_MS);
    assert_both_see_the_same();
}

/* What was lost at the relay is said again, with what became of it, whatever comes first. */
static void
what_comes_again_late_is_changed_all_the_same(void **state)
{
    int64_t id;

    actor_offline(bob);
    id = actor_say(alice, bob, "first");
    scene_pass(s, 22 * HOUR_MS);
    assert_ok(message_edit(alice->engine, id, SPAN_STR("second"), SPAN_NONE));
    scene_pass(s, 20 * DAY_MS + 4 * HOUR_MS); /* the message is gone from the relay, the edit not */
    actor_online(bob);
    scene_settle(s);
    scene_pass(s, HOUR_MS);
    assert_history(bob, alice, "< second");
    assert_both_see_the_same();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, two_friends, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_bad_network_changes_nothing_about_the_end),
        TEST(ending_without_a_word_changes_nothing_about_the_end),
        TEST(what_comes_again_late_is_changed_all_the_same),
    };
    return cmocka_run_group_tests_name("scenarios-changed", tests, NULL, NULL);
}
