/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * People who talk over a relay that drops, repeats, shuffles, holds back and replays what it said
 * to have taken (B6): once it is good again both sides hold the same, every message once, nothing
 * waits for ever, and there were no more session-resets than the limits allow.
 *
 *     test-scenarios-faults [NAME MESSAGES SEED]
 */
#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/changes.h"
#include "tests/scenarios/faults.h"
#include "tests/scenarios/network.h"

#define PEOPLE_MAX 3
#define RESETS_MAX 4096

/* When A began a new session with B by itself. */
struct resets {
    int64_t at_s[RESETS_MAX];
    size_t count;
};

struct pair {
    struct actor *from, *to;
    struct resets resets; /* of FROM to TO */
};

static struct scene *s;
static struct faults faults;
static struct actor *people[PEOPLE_MAX];
static struct pair pairs[PEOPLE_MAX * (PEOPLE_MAX - 1)];
static size_t people_count, pair_count;
static unsigned said;
static unsigned messages = 600;
/* A store in memory takes longer for each commit the larger it is. */
#define IN_MEMORY_MAX 20000
static int64_t silence_ms = 2 * MINUTE_MS; /* between bursts, at most as a rule */
static uint64_t seed = 1;

static void
set_up(size_t count)
{
    static const char *const names[] = {"alice", "bob", "carol"};

    s = scene_new();
    people_count = count;
    pair_count = 0;
    said = 0;
    for (size_t i = 0; i < count; i++)
        people[i] =
            messages > IN_MEMORY_MAX ? scene_join_on_disk(s, names[i]) : scene_join(s, names[i]);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            if (i < j)
                scene_befriend(s, people[i], people[j]);
            if (i != j)
                pairs[pair_count++] = (struct pair){.from = people[i], .to = people[j]};
        }
}

static int
two_friends(void **state)
{
    set_up(2);
    return 0;
}

static int
three_friends(void **state)
{
    set_up(3);
    return 0;
}

static int
tear_down(void **state)
{
    scene_free(s);
    return 0;
}

static uint64_t
below(uint64_t n)
{
    return scene_random(s) % n;
}

/* --- resets --- */

static int64_t
last_reset(const struct pair *p)
{
    int64_t at = 0;
    struct contact c = actor_contact(p->from, p->to);
    enum err found = db_get_int(engine_db(p->from->engine), &at,
                                "SELECT ifnull(reset_s,0) FROM failures WHERE account=?1", "b",
                                SPAN_OF(c.account));
    assert_true(found == OK || found == ERR_NOT_FOUND);
    return found == OK ? at : 0;
}

static void
look_at_resets(void)
{
    for (size_t i = 0; i < pair_count; i++) {
        struct resets *r = &pairs[i].resets;
        int64_t at = last_reset(&pairs[i]);
        if (at == 0 || (r->count > 0 && r->at_s[r->count - 1] == at))
            continue;
        assert_true(r->count < RESETS_MAX);
        r->at_s[r->count++] = at;
    }
}

/* B6.4: once an hour, three a day. */
static void
assert_resets_bounded(void)
{
    for (size_t i = 0; i < pair_count; i++) {
        const struct resets *r = &pairs[i].resets;
        print_message("%s began %zu sessions with %s anew\n", pairs[i].from->name, r->count,
                      pairs[i].to->name);
        for (size_t j = 1; j < r->count; j++)
            assert_true(r->at_s[j] - r->at_s[j - 1] >= 60L * 60);
        for (size_t j = 3; j < r->count; j++)
            assert_true(r->at_s[j] - r->at_s[j - 3] >= (int64_t)SECONDS_A_DAY);
    }
}

/* --- talking --- */

/* A message of the last few of A with B; 0: there is none. */
static int64_t
some_message(struct actor *a, struct actor *b, bool outgoing)
{
    int64_t id = 0;
    enum err found =
        db_get_int(engine_db(a->engine), &id,
                   "SELECT id FROM messages WHERE contact=?1 AND outgoing=?2 AND "
                   "type=1 AND deleted_ms=0 ORDER BY id DESC LIMIT 1 OFFSET ?3",
                   "iii", actor_contact(a, b).id, (int64_t)outgoing, (int64_t)below(8));
    assert_true(found == OK || found == ERR_NOT_FOUND);
    return found == OK ? id : 0;
}

/* ERR_STATE: that one cannot be changed any more. */
static void
change_something(struct actor *a, struct actor *b)
{
    static const char *const emojis[] = {"", "+", "-", "?"};
    char text[64];
    uint64_t what = below(20);
    int64_t id = some_message(a, b, what < 9);
    bool gone;
    enum err r = OK;

    if (id == 0)
        return;
    snprintf(text, sizeof text, "%s meant %u", a->name, said);
    if (what < 8)
        r = message_edit(a->engine, id, SPAN_STR(text), SPAN_NONE);
    else if (what < 9)
        r = message_delete(a->engine, id, &gone);
    else if (what < 18)
        r = message_react(a->engine, id, SPAN_STR(emojis[below(4)]));
    else
        r = what == 18 ? message_pin(a->engine, id) : message_unpin(a->engine, id);
    assert_true(r == OK || r == ERR_STATE);
}

static void
say_something(struct actor *a, struct actor *b)
{
    char text[64];

    said++;
    snprintf(text, sizeof text, "%s says %u", a->name, said);
    actor_say(a, b, text);
}

/* One or some, then silence: short mostly, at times for hours. */
static void
burst(struct pair *p)
{
    unsigned n = 1 + (unsigned)below(6);

    for (unsigned i = 0; i < n; i++) {
        if (below(5) == 0)
            change_something(p->from, p->to);
        else
            say_something(p->from, p->to);
        scene_pass(s, (int64_t)below(3 * SECOND_MS));
    }
    if (below(500) == 0)
        scene_pass(s, (int64_t)below(6 * HOUR_MS));
    else
        scene_pass(s, (int64_t)below((uint64_t)silence_ms));
    look_at_resets();
}

static void
talk(unsigned count)
{
    unsigned to = said + count;

    while (said < to)
        burst(&pairs[below(pair_count)]);
}

/* The relay is good again. The last word shows whether those before it came. */
static void
heal(void)
{
    faults_print(&faults);
    faults_end(&faults);
    for (int day = 0; day < 4; day++) {
        for (int64_t passed = 0; passed < DAY_MS; passed += HOUR_MS) {
            scene_pass(s, HOUR_MS);
            look_at_resets();
        }
        for (size_t i = 0; i < pair_count && day < 2; i++)
            say_something(pairs[i].from, pairs[i].to);
    }
}

/* --- what is left --- */

static int64_t
count_of(struct actor *a, const char *what, const char *sql)
{
    int64_t n;

    assert_ok(db_get_int(engine_db(a->engine), &n, sql, ""));
    if (n != 0)
        print_message("%s: %lld %s\n", a->name, (long long)n, what);
    return n;
}

static void
assert_nothing_waits(struct actor *a)
{
    int64_t n = 0;

    n += count_of(a, "in the outbox", "SELECT count(*) FROM outbox");
    n += count_of(a, "receipts due", "SELECT count(*) FROM receipts_due");
    n += count_of(a, "gaps open", "SELECT count(*) FROM gaps WHERE state=0");
    n += count_of(a, "gaps shown", "SELECT count(*) FROM messages WHERE type=0 AND state=7");
    n += count_of(a, "resets due", "SELECT count(*) FROM failures WHERE due_ms IS NOT NULL");
    n += count_of(a, "not delivered",
                  "SELECT count(*) FROM messages WHERE outgoing=1 AND state NOT IN (3,4)");
    n += count_of(a, "twice",
                  "SELECT count(*)-count(DISTINCT hex(msg_id)||contact) FROM messages WHERE "
                  "msg_id IS NOT NULL");
    assert_int_equal(n, 0);
}

/* What A holds of what AUTHOR said to the other, in the order of the messages' ids. */
static void
write_history(struct actor *a, struct actor *b, bool outgoing, struct buf *ret)
{
    AUTO(query_done) struct query q;

    assert_ok(db_query(engine_db(a->engine), &q,
                       "SELECT hex(m.msg_id)||' '||m.text||' '||m.edited_ms||' '||"
                       "m.deleted_ms||' '||(m.pinned_ms<>0)||' '||"
                       "ifnull((SELECT emoji FROM reactions r WHERE r.message=m.id AND "
                       "mine=1-m.outgoing),'')||char(10) FROM messages m WHERE contact=?1 AND "
                       "outgoing=?2 AND type=1 AND deleted_ms=0 ORDER BY m.msg_id",
                       "ii", actor_contact(a, b).id, (int64_t)outgoing));
    while (query_next(&q))
        buf_put(ret, query_bytes(&q, 0));
    assert_ok(query_end(&q));
    buf_put_u8(ret, 0);
    assert_ok(buf_ok(ret));
}

static void
say_difference(const char *a, const char *b)
{
    while (*a != '\0' && *b != '\0') {
        size_t n = strcspn(a, "\n");
        if (strncmp(a, b, n + 1) != 0)
            break;
        a += n + 1;
        b += n + 1;
    }
    fail_msg("%.*s\ninstead of\n%.*s", (int)strcspn(b, "\n"), b, (int)strcspn(a, "\n"), a);
}

static void
assert_equal(const struct pair *p)
{
    AUTO(buf_done) struct buf sent = BUF(1 << 26);
    AUTO(buf_done) struct buf received = BUF(1 << 26);

    write_history(p->from, p->to, true, &sent);
    write_history(p->to, p->from, false, &received);
    if (strcmp((char *)sent.p, (char *)received.p) != 0)
        say_difference((char *)sent.p, (char *)received.p);
}

/* Only what its author deleted may be named as missing. */
static void
assert_gone_were_deleted(const struct pair *p)
{
    AUTO(query_done) struct query q;
    size_t gone = 0;

    assert_ok(db_query(engine_db(p->to->engine), &q,
                       "SELECT chain,seq FROM messages WHERE contact=?1 AND type=0", "i",
                       actor_contact(p->to, p->from).id));
    while (query_next(&q)) {
        int64_t kept;
        gone++;
        assert_ok(db_get_int(engine_db(p->from->engine), &kept,
                             "SELECT count(*) FROM messages WHERE outgoing=1 AND chain=?1 AND "
                             "seq=?2 AND deleted_ms=0",
                             "bi", query_bytes(&q, 0), query_int(&q, 1)));
        assert_int_equal(kept, 0);
    }
    assert_ok(query_end(&q));
    if (gone > 0)
        print_message("%s: %zu named gaps\n", p->to->name, gone);
}

static void
assert_healed(void)
{
    assert_resets_bounded();
    for (size_t i = 0; i < people_count; i++)
        assert_nothing_waits(people[i]);
    for (size_t i = 0; i < pair_count; i++) {
        assert_equal(&pairs[i]);
        assert_gone_were_deleted(&pairs[i]);
    }
}

/* --- tests --- */

static void
whatever_the_relay_does_both_sides_are_equal_at_the_end(void **state)
{
    faults_begin(&faults, s, seed);
    talk(messages);
    heal();
    assert_healed();
}

/* So slowly that envelope keys, signed prekeys and tokens are replaced meanwhile. */
static void
weeks_of_it_leave_both_sides_equal_at_the_end(void **state)
{
    faults_begin(&faults, s, seed);
    silence_ms = 6 * HOUR_MS;
    talk(messages / 15);
    silence_ms = 2 * MINUTE_MS;
    heal();
    assert_healed();
}

static void
lose_session(const struct pair *p)
{
    struct contact c = actor_contact(p->from, p->to);

    assert_ok(db_run(engine_db(p->from->engine), "DELETE FROM sessions WHERE account=?1", "b",
                     SPAN_OF(c.account)));
}

/* Sessions break in the middle of it, on both sides at once too, so that resets cross. */
static void
three_people_whose_sessions_break_are_equal_at_the_end(void **state)
{
    faults_begin(&faults, s, seed);
    for (unsigned i = 0; i < 10; i++) {
        talk(messages / 50);
        if (i == 4)
            for (size_t j = 0; j < pair_count; j++)
                lose_session(&pairs[j]);
        else
            lose_session(&pairs[below(pair_count)]);
    }
    heal();
    assert_healed();
}

/* The relay keeps all that this one sends, and says that it has it. */
static bool
keeps_all(void *ctx, struct actor *from, struct scene_relay *r, struct span body)
{
    return from == ctx;
}

/* Nobody misses the last message, for nothing comes after it: it is said once more. */
static void
a_last_message_that_was_lost_arrives_without_another(void **state)
{
    say_something(people[0], people[1]);
    scene_settle(s);
    s->keeps = keeps_all;
    s->keeps_ctx = people[0];
    say_something(people[0], people[1]);
    say_something(people[0], people[1]);
    scene_settle(s);
    s->keeps = NULL;
    scene_pass(s, 2 * DAY_MS);
    assert_healed();
}

/* Whoever only listens would never say again what he holds. */
static void
lost_acknowledgements_are_made_up_for_without_a_word(void **state)
{
    s->keeps = keeps_all;
    s->keeps_ctx = people[1];
    for (int i = 0; i < 40; i++)
        say_something(people[0], people[1]);
    scene_pass(s, DAY_MS / 2);
    s->keeps = NULL;
    scene_pass(s, 2 * DAY_MS);
    assert_healed();
}

/* Five times in all, however long nobody answers. */
static void
a_silent_contact_is_told_again_five_times_at_most(void **state)
{
    int64_t repeats;

    say_something(people[0], people[1]);
    scene_settle(s);
    actor_offline(people[1]);
    say_something(people[0], people[1]);
    scene_settle(s);
    unsigned before = people[0]->anonymous;
    scene_pass(s, 17 * DAY_MS);
    assert_true(people[0]->anonymous - before <= 12); /* and what it asks for keys */
    assert_ok(db_get_int(engine_db(people[0]->engine), &repeats,
                         "SELECT repeats FROM pacing WHERE repeated_ms IS NOT NULL", ""));
    assert_int_equal(repeats, 5);
    actor_online(people[1]);
    scene_pass(s, DAY_MS);
    assert_int_equal(count_of(people[1], "messages", "SELECT count(*)-2 FROM messages"), 0);
}

/* A reset that is lost is waited for in vain; the repeat finds the session still broken. */
static void
a_lost_reset_is_sent_again(void **state)
{
    say_something(people[0], people[1]);
    say_something(people[1], people[0]);
    scene_settle(s);
    lose_session(&pairs[1]);
    s->keeps = keeps_all;
    s->keeps_ctx = people[1];
    say_something(people[0], people[1]);
    scene_pass(s, HOUR_MS);
    s->keeps = NULL;
    for (int i = 0; i < 3 * 24; i++) {
        scene_pass(s, HOUR_MS);
        look_at_resets();
    }
    assert_healed();
}

#define TEST(name, people) cmocka_unit_test_setup_teardown(name, people, tear_down)

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(a_last_message_that_was_lost_arrives_without_another, two_friends),
        TEST(lost_acknowledgements_are_made_up_for_without_a_word, two_friends),
        TEST(a_silent_contact_is_told_again_five_times_at_most, two_friends),
        TEST(a_lost_reset_is_sent_again, two_friends),
        TEST(weeks_of_it_leave_both_sides_equal_at_the_end, two_friends),
        TEST(whatever_the_relay_does_both_sides_are_equal_at_the_end, two_friends),
        TEST(three_people_whose_sessions_break_are_equal_at_the_end, three_friends),
    };
    if (argc == 4) {
        messages = (unsigned)strtoul(argv[2], NULL, 10);
        seed = strtoull(argv[3], NULL, 10);
    }
    return cmocka_run_group_tests_name(argc == 4 ? argv[1] : "scenarios-faults", tests, NULL, NULL);
}
