/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A store's file with pages of different times (B18.3), as a copy that was made while it was
 * written, or a restore that was torn, leaves it. Each page authenticates by itself, for all are of
 * one key. It is told to be damaged, or begins anew and heals, and nothing in between.
 */
#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/accumulator.h"
#include "core/anchor.h"
#include "tests/scenarios/network.h"

#define PAGE 4096

static struct scene *s;
static struct actor *alice, *bob;
static struct buf old, young, wal; /* files */

static void
file_read(const char *path, struct buf *ret)
{
    FILE *f = fopen(path, "rb");
    uint8_t chunk[PAGE];
    size_t n;

    assert_non_null(f);
    *ret = BUF(1 << 26);
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        buf_put(ret, SPAN(chunk, n));
    fclose(f);
    assert_ok(buf_ok(ret));
}

static void
file_write(const char *path, struct span bytes)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
    assert_int_equal(fclose(f), 0);
}

/* Bob's file, closed; he goes on. */
static void
take_file(struct buf *ret)
{
    actor_crash(bob);
    buf_done(ret);
    file_read(bob->path, ret);
    actor_start(bob);
    scene_settle(s);
}

static void
talk(const char *prefix, int count)
{
    char text[32];

    for (int i = 0; i < count; i++) {
        snprintf(text, sizeof text, "%s%d", prefix, i);
        actor_say(bob, alice, text);
        actor_say(alice, bob, text);
        scene_pass(s, MINUTE_MS);
    }
    scene_settle(s);
}

static int
two_friends(void **state)
{
    char path[80];

    s = scene_new();
    alice = scene_join_on_disk(s, "alice");
    bob = scene_join_on_disk(s, "bob");
    scene_befriend(s, alice, bob);
    talk("a", 3);
    take_file(&old);
    talk("b", 4);
    snprintf(path, sizeof path, "%s-wal", bob->path);
    file_read(path, &wal); /* as it lies beside the file of one that runs */
    assert_true(wal.n > 4 * PAGE);
    talk("c", 4);
    take_file(&young);
    return 0;
}

static int
tear_down(void **state)
{
    buf_done(&old);
    buf_done(&young);
    buf_done(&wal);
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

static size_t
pages(void)
{
    return (old.n < young.n ? old.n : young.n) / PAGE;
}

static bool
differs(size_t page)
{
    return memcmp(old.p + page * PAGE, young.p + page * PAGE, PAGE) != 0;
}

/* The young file with COUNT pages from FIRST on as they were. */
static void
mix(const char *path, size_t first, size_t n)
{
    AUTO(buf_done) struct buf b = BUF(1 << 26);

    buf_put(&b, buf_span(&young));
    assert_ok(buf_ok(&b));
    for (size_t p = first; p < first + n && p < pages(); p++)
        memcpy(b.p + p * PAGE, old.p + p * PAGE, PAGE);
    network_unlink(path);
    file_write(path, buf_span(&b));
}

/* None of what must not go back is left in disorder. */
static void
assert_in_order(struct db *db)
{
    AUTO(buf_done) struct buf b = BUF(1 << 16);

    assert_ok(db_get_bytes(db, &b, "PRAGMA integrity_check(1)", ""));
    buf_put_u8(&b, 0);
    for (const struct accumulated *t = accumulated_tables; t->table != NULL; t++)
        if (strstr((const char *)b.p, t->table) != NULL)
            fail_msg("%s goes unnoticed", (const char *)b.p);
}

enum outcome { DAMAGED, MIXED, GOOD };

static enum outcome
outcome_of(const char *path)
{
    struct db *db = NULL;
    enum err r = db_open(path, &bob->key, &db);

    if (r != OK) {
        assert_int_equal(r, ERR_DAMAGED);
        assert_non_null(strchr(err_why(r), ' '));
        return DAMAGED;
    }
    enum outcome o = accumulator_mixed(db) ? MIXED : GOOD;
    if (o == GOOD)
        assert_in_order(db);
    db_close(db);
    return o;
}

static void
no_page_of_an_older_copy_goes_unnoticed(void **state)
{
    size_t counts[3] = {0};
    char path[80];

    snprintf(path, sizeof path, "%s-mixed", bob->path);
    for (size_t p = 0; p < pages(); p++)
        if (differs(p)) {
            mix(path, p, 1);
            counts[outcome_of(path)]++;
        }
    network_unlink(path);
    print_message("of %zu pages: %zu damaged, %zu mixed, %zu of what is only shown\n", pages(),
                  counts[DAMAGED], counts[MIXED], counts[GOOD]);
    assert_true(counts[MIXED] >= 8);
}

static void
half_of_an_older_copy_does_not_go_unnoticed(void **state)
{
    char path[80];

    snprintf(path, sizeof path, "%s-mixed", bob->path);
    for (size_t parts = 2; parts <= 5; parts++)
        for (size_t i = 0; i < parts; i++) {
            mix(path, i * pages() / parts, pages() / parts);
            enum outcome o = outcome_of(path);
            assert_true(o != GOOD || i > 0); /* state lies in front; what is shown behind it */
        }
    network_unlink(path);
}

static void
assert_heals(const char *word, const char *notices)
{
    char sql[128];

    actor_start(bob);
    scene_pass(s, HOUR_MS);
    assert_int_equal(count(bob, notices), 1);
    assert_int_equal(anchor_state(bob->engine), ANCHOR_GOOD);
    actor_say(bob, alice, word);
    scene_pass(s, HOUR_MS);
    actor_say(alice, bob, word);
    scene_pass(s, DAY_MS);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM messages WHERE outgoing=0 AND text='%s'", word);
    assert_int_equal(count(alice, sql), 1);
    assert_int_equal(count(bob, sql), 1);
    assert_int_equal(count(alice, NOTICES("sent-twice")), 0);
    assert_int_equal(count(alice, NOTICES("different-before")), 0);
    actor_crash(bob);
    struct db *db = NULL;
    assert_ok(db_open(bob->path, &bob->key, &db));
    assert_false(accumulator_mixed(db));
    assert_in_order(db);
    db_close(db);
}

/* The first page that tells from the FIRST on. */
static size_t
page_that_tells(size_t first)
{
    for (size_t p = first; p < pages(); p++) {
        if (!differs(p))
            continue;
        mix(bob->path, p, 1);
        if (outcome_of(bob->path) == MIXED) {
            mix(bob->path, p, 1); /* as it was before it was opened */
            return p;
        }
    }
    return pages();
}

static void
what_is_noticed_heals(void **state)
{
    static const char *const words[] = {"once", "twice"};
    static const size_t from[] = {0, 23};

    for (size_t i = 0; i < 2; i++) {
        actor_crash(bob);
        assert_true(page_that_tells(from[i]) < pages());
        assert_heals(words[i], NOTICES("put-together"));
        actor_start(bob);
        assert_ok(db_run(engine_db(bob->engine), "DELETE FROM notices", ""));
        take_file(&old);
        talk(words[i], 3);
        take_file(&young);
    }
}

/* A new file beside which the log of an older one was left lying: the log counts. As it has all
 * that changed until then, this is an older state, which the anchor tells. */
static void
the_log_of_an_older_copy_is_noticed_and_heals(void **state)
{
    char path[80];

    actor_crash(bob);
    snprintf(path, sizeof path, "%s-wal", bob->path);
    for (int i = 0; i < 2; i++) {
        network_unlink(bob->path);
        file_write(bob->path, buf_span(&young));
        file_write(path, buf_span(&wal));
        if (i == 0)
            assert_int_equal(outcome_of(bob->path), GOOD);
    }
    assert_heals("still", NOTICES("put-back"));
}

/* Half of that log, as when it was torn: from there on it is the new file. */
static void
a_torn_log_of_an_older_copy_is_noticed(void **state)
{
    size_t noticed = 0;
    char mixed[80], path[96];

    snprintf(mixed, sizeof mixed, "%s-mixed", bob->path);
    snprintf(path, sizeof path, "%s-wal", mixed);
    for (size_t part = 1; part <= 8; part++) {
        network_unlink(mixed);
        file_write(mixed, buf_span(&young));
        file_write(path, SPAN(wal.p, wal.n * part / 9));
        noticed += outcome_of(mixed) != GOOD;
    }
    network_unlink(mixed);
    print_message("of 8 torn logs %zu are noticed at once\n", noticed);
    assert_true(noticed > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, two_friends, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_page_of_an_older_copy_goes_unnoticed),
        TEST(half_of_an_older_copy_does_not_go_unnoticed),
        TEST(what_is_noticed_heals),
        TEST(the_log_of_an_older_copy_is_noticed_and_heals),
        TEST(a_torn_log_of_an_older_copy_is_noticed),
    };
    return cmocka_run_group_tests_name("scenarios-mixed", tests, NULL, NULL);
}
