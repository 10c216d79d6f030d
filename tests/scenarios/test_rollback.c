/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Copies of a store that are put back, and two that run at once (B18.3): it is noticed, it heals
 * without a question, and what contacts said and still hold arrives once.
 */
#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/anchor.h"
#include "core/prekeys.h"
#include "core/trust.h"
#include "tests/scenarios/network.h"
#include "wire/check.h"
#include "wire/pack.h"

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
    char path[128];

    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 2; j++) {
            snprintf(path, sizeof path, "%s-copy-%d", (j == 0 ? alice : bob)->path, i);
            unlink(path);
        }
    scene_free(s);
    return 0;
}

static int64_t
count(struct actor *a, const char *sql)
{
    int64_t n = -1;
    assert_ok(db_get_int(engine_db(a->engine), &n, sql, ""));
    return n;
}

#define NOTICES(kind) "SELECT count(*) FROM notices WHERE kind='" kind "'"
#define OWN_GAPS "SELECT ifnull(sum(claimed-held),0) FROM own_gaps"

/* A copy as a snapshot of the disk makes it, of one that goes on. */
static void
copy(struct actor *a, const char *name)
{
    actor_crash(a);
    actor_copy(a, name);
    actor_start(a);
}

static void
put_back(struct actor *a, const char *name)
{
    actor_crash(a);
    actor_restore(a, name);
    actor_start(a);
}

/* The lock as the agent does it. */
static void
close_in_order(struct actor *a)
{
    anchor_put_now(a->engine);
    for (int i = 0; i < 50 && anchor_putting(a->engine); i++)
        scene_pass(s, 100);
    assert_false(anchor_putting(a->engine));
    actor_crash(a);
}

static void
yesterdays_copy_heals_without_a_question(void **state)
{
    actor_say(alice, bob, "1");
    scene_settle(s);
    copy(bob, "0");
    scene_settle(s);
    for (int i = 2; i <= 4; i++) {
        char text[8];
        snprintf(text, sizeof text, "%d", i);
        actor_say(alice, bob, text);
        scene_pass(s, HOUR_MS);
        actor_say(bob, alice, text);
        scene_pass(s, HOUR_MS);
    }
    put_back(bob, "0");
    scene_pass(s, HOUR_MS);
    assert_int_equal(count(bob, NOTICES("put-back")), 1);
    actor_say(bob, alice, "again");
    actor_say(alice, bob, "5");
    scene_pass(s, 2 * HOUR_MS);
    assert_int_equal(count(bob, OWN_GAPS), 3);
    assert_int_equal(count(bob, "SELECT count(*) FROM messages WHERE outgoing=0 AND type=1"), 5);
    assert_int_equal(count(bob, "SELECT count(*) FROM messages WHERE outgoing=0 AND type=0"), 0);
    assert_history(alice, bob, "> 1\n> 2\n< 2\n> 3\n< 3\n> 4\n< 4\n> 5\n< again");
    assert_int_equal(count(alice, NOTICES("sent-twice")), 0);
    assert_int_equal(count(bob, NOTICES("put-back")), 1);
}

/* A contact has got to know keys that were made after the copy: nobody can open what is sealed to
 * them any more, although the relay gives the same numbers out again. */
static void
keys_of_what_was_lost_stop_nobody(void **state)
{
    actor_say(alice, bob, "1");
    scene_settle(s);
    copy(alice, "0");
    copy(bob, "0");
    scene_pass(s, HOUR_MS);
    put_back(bob, "0");
    scene_pass(s, HOUR_MS);
    put_back(alice, "0"); /* which makes new sessions, with the newest keys */
    scene_pass(s, HOUR_MS);
    actor_say(alice, bob, "2");
    scene_pass(s, HOUR_MS);
    put_back(bob, "0");
    scene_pass(s, HOUR_MS);
    actor_say(alice, bob, "3");
    scene_pass(s, HOUR_MS);
    actor_say(bob, alice, "4");
    scene_pass(s, HOUR_MS);
    assert_history(alice, bob, "> 1\n> 2\n> 3\n< 4");
    assert_int_equal(count(bob, "SELECT count(*) FROM messages WHERE outgoing=0 AND type=1"), 3);
    assert_int_equal(count(alice, NOTICES("put-back")), 1);
    assert_int_equal(count(bob, NOTICES("put-back")), 1);
}

/* Whether the relay is asked before or after a store knows that it was put back. */
static void
a_number_of_lost_keys_is_not_used_again(void **state)
{
    struct db *db = engine_db(bob->engine);
    int64_t id = count(bob, "SELECT max(id) FROM ekss"), now_s = s->now_ms / 1000;
    struct tx tx = {0};
    bool foreign;

    assert_ok(tx_begin(db, &tx));
    assert_ok(prekeys_anew(db, now_s));
    assert_int_equal(count(bob, "SELECT max(id) FROM ekss"), id + 1);
    assert_ok(prekeys_heed_ids(db, (uint32_t)id + 1, 0, now_s, &foreign));
    assert_int_equal(count(bob, "SELECT max(id) FROM ekss"), id + 2);
    assert_ok(prekeys_heed_ids(db, (uint32_t)id + 1, 0, now_s, &foreign));
    assert_int_equal(count(bob, "SELECT max(id) FROM ekss"), id + 2);
    tx_done(&tx);
}

static void
what_was_closed_in_order_goes_on_in_its_chain(void **state)
{
    actor_say(bob, alice, "1");
    scene_settle(s);
    int64_t chains = count(bob, "SELECT count(*) FROM chains_out");
    close_in_order(bob);
    actor_start(bob);
    scene_settle(s);
    actor_say(bob, alice, "2");
    scene_settle(s);
    assert_int_equal(count(bob, "SELECT count(*) FROM chains_out"), chains);
    actor_crash(bob);
    actor_start(bob);
    scene_settle(s);
    actor_say(bob, alice, "3");
    scene_settle(s);
    assert_int_equal(count(bob, "SELECT count(*) FROM chains_out"), chains + 1);
    assert_history(alice, bob, "< 1\n< 2\n< 3");
    assert_int_equal(count(bob, "SELECT count(*) FROM notices"), 0);
    assert_int_equal(count(bob, OWN_GAPS), 0);
}

/* Within ten minutes of the last anchor nobody can tell: contacts heal it. */
static void
a_copy_as_old_as_the_anchor_says_nothing_twice(void **state)
{
    actor_say(alice, bob, "1");
    scene_settle(s);
    copy(bob, "0");
    scene_pass(s, 20 * SECOND_MS);
    actor_say(alice, bob, "2");
    scene_pass(s, 5 * SECOND_MS);
    actor_say(bob, alice, "lost");
    scene_pass(s, 5 * SECOND_MS);
    put_back(bob, "0");
    scene_pass(s, 20 * SECOND_MS);
    actor_say(bob, alice, "other");
    scene_pass(s, HOUR_MS);
    actor_say(alice, bob, "3");
    actor_say(bob, alice, "end");
    scene_pass(s, DAY_MS);
    assert_int_equal(count(alice, NOTICES("sent-twice")), 0);
    assert_int_equal(count(bob, "SELECT count(*) FROM messages WHERE outgoing=0 AND type=1"), 3);
    assert_history(alice, bob, "> 1\n> 2\n< lost\n< other\n> 3\n< end");
    assert_int_equal(count(bob, OWN_GAPS), 1);
}

/* --- the relay's side --- */

struct forger {
    struct buf old;
    unsigned flips, olds, nones;
    uint64_t rising; /* the version that the old one is said to have */
};

static void
forge(void *ctx, struct actor *to, const char *path, struct buf *answer)
{
    struct forger *f = ctx;

    if (to != bob || strcmp(path, "/v1/anchor/stored") != 0 || answer->n < 40)
        return;
    if (f->rising > 0) {
        AUTO(anchor_freep) Wire__Anchor *m = NULL;

        assert_ok(anchor_read(buf_span(&f->old), &m));
        m->version = f->rising++;
        buf_clear(answer);
        wire_pack(answer, &m->base);
    } else if (f->flips > 0) {
        answer->p[answer->n - 20] ^= 1;
        f->flips--;
    } else if (f->olds > 0) {
        buf_clear(answer);
        buf_put(answer, buf_span(&f->old));
        f->olds--;
    } else if (f->old.n == 0) {
        buf_put(&f->old, buf_span(answer));
    }
}

static unsigned
hide(void *ctx, struct actor *to, const char *path, unsigned status)
{
    struct forger *f = ctx;

    if (to != bob || strcmp(path, "/v1/anchor/stored") != 0 || f->nones == 0)
        return status;
    f->nones--;
    return 404;
}

static void
restart(struct actor *a)
{
    actor_crash(a);
    actor_start(a);
    scene_pass(s, 30 * MINUTE_MS);
}

/* A flipped one, an old one, none at all: told, and nothing begins anew. */
static void
what_the_relay_loses_is_told_and_no_reason_to_begin_anew(void **state)
{
    struct forger f = {.old = BUF(4096)};
    int64_t sessions;

    s->tamper = forge;
    s->tamper_status = hide;
    s->tamper_ctx = &f;
    restart(bob); /* keeps an old anchor */
    assert_true(f.old.n > 0);
    actor_say(bob, alice, "1");
    scene_pass(s, HOUR_MS);
    sessions = count(bob, "SELECT min(started_s) FROM sessions");
    f.flips = 1;
    restart(bob);
    assert_int_equal(f.flips, 0);
    assert_int_equal(count(bob, NOTICES("anchor-lost")), 1);
    scene_pass(s, 2 * DAY_MS);
    f.olds = 1;
    restart(bob);
    assert_int_equal(f.olds, 0);
    assert_int_equal(count(bob, NOTICES("anchor-lost")), 2);
    scene_pass(s, 2 * DAY_MS);
    f.nones = 1;
    restart(bob);
    assert_int_equal(f.nones, 0);
    assert_int_equal(count(bob, NOTICES("anchor-lost")), 3);
    actor_say(bob, alice, "2");
    scene_pass(s, HOUR_MS);
    assert_int_equal(count(bob, NOTICES("put-back")), 0);
    assert_int_equal(count(bob, "SELECT min(started_s) FROM sessions"), sessions);
    assert_history(alice, bob, "< 1\n< 2");
    buf_done(&f.old);
}

/* Who closed in order finds none, one that does not open, an old one: the other copy that may be
 * there could have gone on from the same place. */
static void
what_was_closed_in_order_begins_new_chains_when_the_relay_lost_it(void **state)
{
    struct forger f = {.old = BUF(4096)};
    unsigned *const losses[] = {NULL, &f.nones, &f.flips, &f.olds};

    s->tamper = forge;
    s->tamper_status = hide;
    s->tamper_ctx = &f;
    restart(bob); /* keeps an old anchor */
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        actor_say(bob, alice, "before");
        scene_settle(s);
        int64_t chains = count(bob, "SELECT count(*) FROM chains_out");
        close_in_order(bob);
        if (losses[i] != NULL)
            *losses[i] = 1;
        actor_start(bob);
        scene_settle(s);
        assert_int_equal(f.nones + f.flips + f.olds, 0);
        actor_say(bob, alice, "after");
        scene_settle(s);
        assert_int_equal(count(bob, "SELECT count(*) FROM chains_out"),
                         chains + (losses[i] != NULL));
    }
    assert_int_equal(count(bob, NOTICES("put-back")), 0);
    buf_done(&f.old);
}

/* It opens, we put it once, and it is said to be newer than all: a copy that was put back would see
 * just that. */
static void
a_relay_that_shows_an_old_one_as_the_newest_drives_nobody_round_and_round(void **state)
{
    struct forger f = {.old = BUF(4096)};

    s->tamper = forge;
    s->tamper_ctx = &f;
    restart(bob);
    actor_say(bob, alice, "1");
    scene_pass(s, HOUR_MS);
    f.rising = 1000;
    for (int i = 0; i < 30; i++) {
        actor_crash(bob);
        actor_start(bob);
        scene_pass(s, 2 * MINUTE_MS);
    }
    assert_in_range(count(bob, NOTICES("put-back")), 1, 8);
    actor_say(bob, alice, "2");
    scene_pass(s, MINUTE_MS);
    f.rising = 0;
    restart(bob);
    scene_pass(s, HOUR_MS);
    assert_history(alice, bob, "< 1\n< 2");
    assert_int_equal(anchor_state(bob->engine), ANCHOR_GOOD);
    buf_done(&f.old);
}

static void
until_the_anchor_was_read_nothing_goes_but_for_half_a_minute(void **state)
{
    int64_t due;

    scene_settle(s);
    actor_crash(bob);
    actor_offline(bob);
    actor_start(bob);
    scene_pass(s, 20 * SECOND_MS);
    assert_false(anchor_lets_send(bob->engine, &due));
    scene_pass(s, 11 * SECOND_MS);
    assert_true(anchor_lets_send(bob->engine, &due));
    assert_int_equal(anchor_state(bob->engine), ANCHOR_UNREAD);
    actor_online(bob);
    scene_pass(s, MINUTE_MS);
    assert_int_equal(anchor_state(bob->engine), ANCHOR_GOOD);
}

/* --- pages of different times --- */

static void
a_store_put_together_from_several_begins_anew(void **state)
{
    actor_say(bob, alice, "1");
    scene_settle(s);
    /* As a page of another time would: past the sum. */
    AUTO(buf_done) struct buf ledger = BUF(100);
    assert_ok(meta_get_bytes(engine_db(bob->engine), "ledger", &ledger));
    assert_ok(db_run(engine_db(bob->engine), "UPDATE sessions SET started_s=started_s-1", ""));
    assert_ok(meta_set_bytes(engine_db(bob->engine), "ledger", buf_span(&ledger)));
    restart(bob);
    assert_int_equal(count(bob, NOTICES("put-together")), 1);
    actor_say(bob, alice, "2");
    actor_say(alice, bob, "3");
    scene_pass(s, HOUR_MS);
    assert_history(alice, bob, "< 1\n> 3\n< 2");
    restart(bob);
    assert_int_equal(count(bob, NOTICES("put-together")), 1);
}

/* --- two at once --- */

static void
of_two_copies_that_run_the_first_falls_silent(void **state)
{
    struct actor twin;

    scene_settle(s);
    actor_crash(bob);
    actor_copy(bob, "0");
    actor_start(bob);
    scene_settle(s);
    twin = *bob; /* the other copy: a machine of its own with the same keys */
    snprintf(twin.path, sizeof twin.path, "%s-twin", bob->path);
    network_unlink(twin.path);
    char from[128], command[300];
    snprintf(from, sizeof from, "%s-copy-0", bob->path);
    snprintf(command, sizeof command, "cp %s %s", from, twin.path);
    assert_int_equal(system(command), 0);
    struct actor *second = calloc(1, sizeof *second);
    assert_non_null(second);
    *second = twin;
    second->engine = NULL;
    s->actors[s->actor_count++] = second;
    actor_start(second);
    scene_pass(s, MINUTE_MS);
    assert_int_equal(anchor_state(bob->engine), ANCHOR_YIELDED);
    assert_int_equal(anchor_state(second->engine), ANCHOR_GOOD);
    assert_int_equal(count(bob, NOTICES("displaced")), 1);
    actor_say(alice, second, "to one");
    actor_say(bob, alice, "waits");
    actor_say(second, alice, "goes");
    scene_pass(s, DAY_MS);
    assert_int_equal(anchor_state(second->engine), ANCHOR_GOOD); /* no turns */
    assert_history(alice, bob, "> to one\n< goes");
    assert_ok(anchor_take_over(bob->engine));
    scene_pass(s, HOUR_MS);
    assert_int_equal(anchor_state(bob->engine), ANCHOR_GOOD);
    assert_int_equal(anchor_state(second->engine), ANCHOR_YIELDED);
    assert_int_equal(count(bob, NOTICES("put-back")), 1);
    assert_history(alice, bob, "> to one\n< goes\n< waits");
    assert_int_equal(count(bob, "SELECT count(*) FROM messages WHERE text='to one'"), 1);
    assert_int_equal(count(bob, OWN_GAPS), 1);
    assert_err(anchor_take_over(bob->engine), ERR_STATE);
}

/* --- at random --- */

static unsigned
dice(unsigned sides)
{
    return (unsigned)(scene_random(s) % sides);
}

static struct actor *
other(struct actor *a)
{
    return a == alice ? bob : alice;
}

static void
random_step(struct actor *a, unsigned *numbers, bool *copied)
{
    char text[16], name[4];
    unsigned slot = dice(2);

    snprintf(name, sizeof name, "%u", slot);
    switch (dice(12)) {
    case 0:
        restart(a);
        break;
    case 1:
        actor_crash(a);
        actor_start(a);
        break;
    case 2:
        copy(a, name);
        copied[slot] = true;
        break;
    case 3:
        close_in_order(a);
        actor_start(a);
        break;
    case 4:
        if (copied[slot])
            put_back(a, name);
        break;
    default:
        snprintf(text, sizeof text, "%c%u", a == alice ? 'a' : 'b', (*numbers)++);
        actor_say(a, other(a), text);
    }
}

/* What FROM holds of what it said, in its outbox or history, TO has once, and nothing else. */
static void
assert_all_arrived(struct actor *from, struct actor *to)
{
    AUTO(query_done) struct query q;
    int64_t twice = count(to, "SELECT count(*) FROM (SELECT text FROM messages WHERE type=1 AND "
                              "outgoing=0 GROUP BY text HAVING count(*)>1)");

    assert_int_equal(twice, 0);
    assert_ok(db_query(engine_db(from->engine), &q,
                       "SELECT text FROM messages WHERE type=1 AND outgoing=1", ""));
    while (query_next(&q)) {
        char text[16];
        int64_t n;
        query_text(&q, 0, text, sizeof text);
        assert_ok(db_get_int(engine_db(to->engine), &n,
                             "SELECT count(*) FROM messages WHERE type=1 AND outgoing=0 AND "
                             "text=?1",
                             "t", text));
        if (n != 1)
            fail_msg("%s: %s says %s, %s has it %d times", __func__, from->name, text, to->name,
                     (int)n);
    }
    assert_ok(query_end(&q));
}

static void
at_random(uint64_t seed, unsigned steps)
{
    unsigned numbers[2] = {1, 1};
    bool copied[2][2] = {{false}};

    s->random = seed;
    for (unsigned i = 0; i < steps; i++) {
        unsigned who = dice(2);

        random_step(who == 0 ? alice : bob, &numbers[who], copied[who]);
        scene_pass(s, (int64_t)dice(3) * (int64_t)dice(10 * MINUTE_MS));
    }
    /* Once all is quiet both say something, which shows what is missing. */
    for (int i = 0; i < 3; i++) {
        char text[16];

        scene_pass(s, DAY_MS);
        snprintf(text, sizeof text, "end%d", i);
        actor_say(alice, bob, text);
        actor_say(bob, alice, text);
    }
    scene_pass(s, 2 * DAY_MS);
    assert_all_arrived(alice, bob);
    assert_all_arrived(bob, alice);
    assert_int_equal(count(alice, NOTICES("sent-twice")), 0);
    assert_int_equal(count(bob, NOTICES("sent-twice")), 0);
    assert_int_equal(count(alice, NOTICES("different-before")), 0);
    assert_int_equal(count(bob, NOTICES("different-before")), 0);
}

static unsigned seeds = 2, steps = 25;

static void
kills_and_restores_at_random_lose_nothing(void **state)
{
    for (unsigned seed = 1; seed <= seeds; seed++) {
        print_message("seed %u\n", seed);
        at_random(seed * 7919, steps);
        tear_down(state);
        two_friends(state);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, two_friends, tear_down)

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(yesterdays_copy_heals_without_a_question),
        TEST(keys_of_what_was_lost_stop_nobody),
        TEST(a_number_of_lost_keys_is_not_used_again),
        TEST(what_was_closed_in_order_goes_on_in_its_chain),
        TEST(a_copy_as_old_as_the_anchor_says_nothing_twice),
        TEST(what_the_relay_loses_is_told_and_no_reason_to_begin_anew),
        TEST(what_was_closed_in_order_begins_new_chains_when_the_relay_lost_it),
        TEST(a_relay_that_shows_an_old_one_as_the_newest_drives_nobody_round_and_round),
        TEST(until_the_anchor_was_read_nothing_goes_but_for_half_a_minute),
        TEST(a_store_put_together_from_several_begins_anew),
        TEST(of_two_copies_that_run_the_first_falls_silent),
        TEST(kills_and_restores_at_random_lose_nothing),
    };
    if (argc > 2) { /* seeds, steps */
        seeds = (unsigned)atoi(argv[1]);
        steps = (unsigned)atoi(argv[2]);
        const struct CMUnitTest longer[] = {TEST(kills_and_restores_at_random_lose_nothing)};
        return cmocka_run_group_tests_name("scenarios-rollback-long", longer, NULL, NULL);
    }
    return cmocka_run_group_tests_name("scenarios-rollback", tests, NULL, NULL);
}
