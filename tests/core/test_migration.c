/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A profile of the first version with content, opened by this one: nothing of it is lost, and what
 * the later tables hold about it is there.
 */
#include "tests/core/pair.h"

#include <stdio.h>

#include "core/conversations.h"
#include "core/persona.h"
#include "core/schema.h"

static struct pair pair;
static struct person *const alice = &pair.people[ALICE], *const bob = &pair.people[BOB];

static int
set_up(void **state)
{
    pair = (struct pair){.seed = 3};
    pair_open(&pair);
    return 0;
}

static int
tear_down(void **state)
{
    pair_close(&pair);
    return 0;
}

/* --- back to the first version --- */

/* The store knows a statement by its address: each has a place of its own. */
static char texts[600][2048];
static size_t text_count;

static const char *
sql(const char *a, const char *b, const char *c, const char *d)
{
    char *text = texts[text_count++];
    assert_true(text_count < sizeof texts / sizeof *texts);
    assert_true((size_t)snprintf(text, sizeof texts[0], "%s%s%s%s", a, b, c, d) < sizeof texts[0]);
    return text;
}

static void
run(struct db *db, const char *text)
{
    assert_ok(db_run(db, text, ""));
}

struct names {
    char name[80][40];
    size_t count;
};

static void
names_of(struct db *db, const char *query, struct names *ret)
{
    AUTO(query_done) struct query q;
    int column = strncmp(query, "PRAGMA", 6) == 0;

    ret->count = 0;
    assert_ok(db_query(db, &q, query, ""));
    while (query_next(&q))
        query_text(&q, column, ret->name[ret->count++], sizeof ret->name[0]);
    assert_ok(query_end(&q));
}

static void
run_step(struct db *db, const char *step)
{
    char one[2048];

    for (const char *at = step, *end; (end = strstr(at, ";\n")) != NULL; at = end + 2) {
        assert_true(snprintf(one, sizeof one, "%.*s", (int)(end - at), at) < (int)sizeof one);
        run(db, sql(one, "", "", ""));
    }
}

#define TABLES                                                                                     \
    "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%' AND name NOT " \
    "LIKE 'kept_%'"

static void
put_aside(struct db *db)
{
    struct names tables;

    run(db, "DELETE FROM contacts WHERE state=6");
    names_of(db, "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%'", &tables);
    for (size_t i = 0; i < tables.count; i++)
        run(db, sql("DROP TABLE ", tables.name[i], "", ""));
    names_of(db, "SELECT name FROM sqlite_master WHERE type='view'", &tables);
    for (size_t i = 0; i < tables.count; i++)
        run(db, sql("DROP VIEW ", tables.name[i], "", ""));
    names_of(db, TABLES, &tables);
    for (size_t i = 0; i < tables.count; i++) {
        run(db, sql("CREATE TABLE kept_", tables.name[i], " AS SELECT * FROM ", tables.name[i]));
        run(db, sql("DROP TABLE ", tables.name[i], "", ""));
    }
}

/* The columns of the first version alone. */
static void
take_back(struct db *db, const char *table)
{
    struct names columns;
    char list[1024];
    size_t at = 0;

    names_of(db, sql("PRAGMA table_info(", table, ")", ""), &columns);
    for (size_t i = 0; i < columns.count; i++)
        at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", i == 0 ? "" : ",",
                               columns.name[i]);
    run(db, sql(sql("INSERT OR REPLACE INTO ", table, "(", list), ") SELECT ", list,
                sql(" FROM kept_", table, "", "")));
    run(db, sql("DROP TABLE kept_", table, "", ""));
}

static void
make_old(struct db *db)
{
    AUTO(tx_done) struct tx tx = {0};
    struct names tables;

    assert_ok(tx_begin(db, &tx));
    put_aside(db);
    run_step(db, schema_steps[0]);
    names_of(db, TABLES, &tables);
    assert_in_range(tables.count, 20, 30);
    for (size_t i = 0; i < tables.count; i++)
        take_back(db, tables.name[i]);
    names_of(db, "SELECT name FROM sqlite_master WHERE type='table' AND name LIKE 'kept_%'",
             &tables);
    for (size_t i = 0; i < tables.count; i++)
        run(db, sql("DROP TABLE ", tables.name[i], "", ""));
    run(db, "PRAGMA user_version=1");
    assert_ok(tx_commit(&tx));
}

/* Alice's profile becomes an old one in which CHANGE is; she is down after this. */
static void
go_back(const char *const changes[])
{
    static const struct subkey db_key = {.b = {1, 2, 3}};
    struct db *db;

    engine_close(STEAL(alice->engine));
    assert_ok(db_open(alice->path, &db_key, &db));
    make_old(db);
    for (size_t i = 0; changes[i] != NULL; i++)
        run(db, changes[i]);
    db_close(db);
}

/* --- what is there then --- */

static const char *const unread_from_m3[] = {
    "UPDATE contacts SET last_read=(SELECT id FROM messages WHERE text='m2') WHERE state=3",
    "INSERT INTO messages(contact,outgoing,msg_id,type,text,sent_ms,stored_ms,state,state_ms,"
    "chain,seq) SELECT contact,0,NULL,0,'',sent_ms,stored_ms,7,stored_ms,x'0102',99 FROM messages "
    "WHERE text='m5'",
    NULL};

static void
what_was_said_is_there_and_found_and_unread_as_before(void **state)
{
    struct conversation c;

    person_say_many(bob, 5, 1000);
    pair_run(&pair, HOUR_MS);
    person_say(alice, "an answer");
    pair_run(&pair, HOUR_MS);
    int64_t messages = person_count(alice, "SELECT count(*) FROM messages");
    int64_t last = person_count(alice, "SELECT max(id) FROM messages");
    go_back(unread_from_m3);
    person_crash(alice);

    assert_int_equal(person_count(alice, "SELECT count(*) FROM messages"), messages + 1);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM contacts WHERE state=6"), 1);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM words WHERE words MATCH 'm4'"), 1);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM words WHERE words MATCH 'answer'"),
                     1);
    assert_ok(conversation_get(alice->engine, alice->contact, &c));
    assert_false(c.hidden);
    assert_int_equal(c.last_message, last);
    assert_int_equal(c.unread, 3);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM messages WHERE unread=1"), 3);
    assert_ok(conversation_read(alice->engine, alice->contact));
    assert_ok(conversation_get(alice->engine, alice->contact, &c));
    assert_int_equal(c.unread, 3); /* as counting gives it */
    assert_int_equal(person_count(alice, "PRAGMA user_version"), SCHEMA_VERSION);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM runs"), 1);
}

static void
what_waited_goes_out_and_they_know_each_other(void **state)
{
    static const char *const nothing[] = {NULL};
    struct persona p;

    person_say(bob, "m1");
    pair_run(&pair, HOUR_MS);
    pair.status = 503;
    person_say(alice, "m1");
    pair_run(&pair, 1000);
    go_back(nothing);
    pair.status = 0;
    person_crash(alice);
    person_say(alice, "m2");
    pair_run(&pair, DAY_MS);
    pair_assert_heard(&pair, BOB, "m1 m2");
    assert_int_equal(person_count(alice, DELIVERED), 2);
    assert_int_equal(person_count(bob, RESETS), 0);
    assert_ok(persona_of(bob->engine, bob->contact, &p));
    assert_string_equal(p.name, "alice"); /* the first version told nobody */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_said_is_there_and_found_and_unread_as_before,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_waited_goes_out_and_they_know_each_other, set_up,
                                        tear_down),
    };
    assert_ok(crypto_init());
    return cmocka_run_group_tests_name("core-migration", tests, NULL, NULL);
}
