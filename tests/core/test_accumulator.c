/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The sum over what must not go back: it follows every change, and finds what was changed past it.
 */
#include "tests/check.h"

#include <stdio.h>
#include <unistd.h>

#include "core/accumulator.h"
#include "crypto/secret.h"

static const struct subkey key = {.b = {5}};
static char path[64];

static int
set_up(void **state)
{
    struct db *db;

    snprintf(path, sizeof path, "/tmp/snug-accumulator-%d", (int)getpid());
    unlink(path);
    assert_ok(db_create(path, &key, &db));
    *state = db;
    return 0;
}

static int
tear_down(void **state)
{
    char side[80];

    db_close(*state);
    unlink(path);
    snprintf(side, sizeof side, "%s-wal", path);
    unlink(side);
    snprintf(side, sizeof side, "%s-shm", path);
    unlink(side);
    return 0;
}

static struct db *
reopen(void **state)
{
    struct db *db;

    db_close(STEAL(*state));
    assert_ok(db_open(path, &key, &db));
    *state = db;
    return db;
}

static struct ledger
ledger_of(struct db *db)
{
    struct ledger l;
    assert_ok(accumulator_get(db, &l));
    return l;
}

static bool
listed(const char *table)
{
    unsigned found = 0;

    for (size_t i = 0; accumulated_tables[i].table != NULL; i++)
        found += strcmp(accumulated_tables[i].table, table) == 0;
    for (size_t i = 0; tables_not_accumulated[i] != NULL; i++)
        found += strcmp(tables_not_accumulated[i], table) == 0;
    if (found != 1)
        fprintf(stderr, "core/accumulator.c: say whether %s is in the sum\n", table);
    return found == 1;
}

/* The shadows of the word search are made from what it searches. */
static void
each_table_is_in_the_sum_or_said_not_to_be(void **state)
{
    AUTO(query_done) struct query q;
    char table[80];
    bool all = true;

    assert_ok(db_query(*state, &q,
                       "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE "
                       "'sqlite%' AND name NOT LIKE 'words%'",
                       ""));
    while (query_next(&q)) {
        query_text(&q, 0, table, sizeof table);
        all = listed(table) && all;
    }
    assert_ok(query_end(&q));
    assert_true(all);
}

static void
change(struct db *db, int64_t n)
{
    assert_ok(db_run(db, "INSERT INTO cursors(queue,n) VALUES('device',?1)", "i", n));
    assert_ok(db_run(db, "UPDATE cursors SET n=n+1", ""));
    assert_ok(db_run(db, "INSERT OR REPLACE INTO cursors(queue,n) VALUES('device',7)", ""));
    assert_ok(db_run(db, "INSERT OR IGNORE INTO cursors(queue,n) VALUES('device',8)", ""));
    assert_ok(db_run(db, "INSERT INTO opks(id,secret) VALUES(4,x'aa'),(5,x'bb')", ""));
    assert_ok(db_run(db, "DELETE FROM opks WHERE id=4", ""));
    assert_ok(db_run(db, "INSERT INTO seen(hash,eks,at_s) VALUES(x'01',1,2),(x'02',1,2)", ""));
    assert_ok(db_run(db, "DELETE FROM seen", ""));
}

static void
every_kind_of_change_is_followed(void **state)
{
    struct ledger before = ledger_of(*state);

    change(*state, 1);
    assert_true(ledger_of(*state).gen > before.gen + 8);
    assert_false(accumulator_mixed(reopen(state)));
}

static void
the_same_rows_have_the_same_sum(void **state)
{
    struct ledger before = ledger_of(*state), after;

    assert_ok(db_run(*state, "INSERT INTO cursors(queue,n) VALUES('device',1)", ""));
    after = ledger_of(*state);
    assert_memory_not_equal(after.sum, before.sum, LEDGER_SUM);
    assert_ok(db_run(*state, "DELETE FROM cursors", ""));
    after = ledger_of(*state);
    assert_memory_equal(after.sum, before.sum, LEDGER_SUM);
    assert_true(after.gen > before.gen);
}

static void
what_is_rolled_back_is_taken_off_again(void **state)
{
    struct ledger before = ledger_of(*state), after;

    assert_ok(db_run(*state, "INSERT INTO cursors(queue,n) VALUES('a',1)", ""));
    before = ledger_of(*state);
    {
        AUTO(tx_done) struct tx outer = {0}, inner = {0};
        assert_ok(tx_begin(*state, &outer));
        assert_ok(tx_begin(*state, &inner));
        assert_ok(db_run(*state, "DELETE FROM cursors", ""));
        tx_done(&inner);
        assert_err(db_run(*state, "INSERT INTO cursors(queue,n) VALUES('b',1),('a',1)", ""),
                   ERR_EXISTS);
        assert_ok(tx_commit(&outer));
    }
    after = ledger_of(*state);
    assert_memory_equal(after.sum, before.sum, LEDGER_SUM);
    assert_false(accumulator_mixed(reopen(state)));
}

static void
columns_that_only_are_shown_do_not_count(void **state)
{
    struct ledger before;

    assert_ok(db_run(*state,
                     "INSERT INTO contacts(account,address,state,trust,created_ms) "
                     "VALUES(x'01','a@b',3,1,1)",
                     ""));
    before = ledger_of(*state);
    assert_ok(db_run(*state, "UPDATE contacts SET picture=x'0102',nickname='bob',heard_ms=5", ""));
    assert_int_equal(ledger_of(*state).gen, before.gen);
    assert_ok(db_run(*state, "UPDATE contacts SET their_generation=2", ""));
    assert_true(ledger_of(*state).gen > before.gen);
    assert_false(accumulator_mixed(reopen(state)));
}

/* As pages of another time would be: a row is there that the sum does not know. */
static void
what_the_sum_does_not_know_is_found_until_it_is_renewed(void **state)
{
    change(*state, 1);
    AUTO(buf_done) struct buf old = BUF(100);
    assert_ok(meta_get_bytes(*state, "ledger", &old));
    assert_ok(db_run(*state, "UPDATE cursors SET n=n+1", ""));
    assert_ok(meta_set_bytes(*state, "ledger", buf_span(&old)));
    assert_true(accumulator_mixed(reopen(state)));
    assert_ok(db_run(*state, "UPDATE cursors SET n=n+1", ""));
    assert_true(accumulator_mixed(reopen(state)));
    assert_ok(accumulator_renew(*state, 1000000));
    assert_false(accumulator_mixed(*state));
    assert_int_equal(ledger_of(*state).gen, 1000001);
    assert_false(accumulator_mixed(reopen(state)));
}

static void
a_lost_sum_is_found(void **state)
{
    assert_ok(db_run(*state, "DELETE FROM meta WHERE key='ledger'", ""));
    assert_true(accumulator_mixed(reopen(state)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_table_is_in_the_sum_or_said_not_to_be),
        TEST(every_kind_of_change_is_followed),
        TEST(the_same_rows_have_the_same_sum),
        TEST(what_is_rolled_back_is_taken_off_again),
        TEST(columns_that_only_are_shown_do_not_count),
        TEST(what_the_sum_does_not_know_is_found_until_it_is_renewed),
        TEST(a_lost_sum_is_found),
    };
    assert_ok(crypto_init());
    return cmocka_run_group_tests_name("core-accumulator", tests, NULL, NULL);
}
