/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <stdio.h>

#include "core/backup/tables.h"
#include "core/backup/values.h"

static bool
listed(const char *list, const char *name)
{
    size_t n = strlen(name);

    for (const char *at = list; *at != '\0'; at += *at == ',') {
        size_t width = strcspn(at, ","), key = strcspn(at, "=,");

        if (key == n && memcmp(at, name, n) == 0)
            return true;
        at += width;
    }
    return false;
}

static size_t
length(const char *list)
{
    size_t n = list[0] != '\0';

    for (; *list != '\0'; list++)
        n += *list == ',';
    return n;
}

static bool
left_out(const char *table)
{
    for (size_t i = 0; i < backup_left_out_count; i++)
        if (strcmp(backup_left_out[i], table) == 0)
            return true;
    return false;
}

/* `gen` (B18.3) belongs to the copy that counts, wherever it stands. */
static void
check_columns(struct db *db, const struct backup_table *t)
{
    static char sql[64][96]; /* statements are known by their address */
    AUTO(query_done) struct query q;
    size_t known = 0, at = (size_t)(t - backup_tables);

    assert_true(at < 64);
    snprintf(sql[at], sizeof sql[at], "PRAGMA table_info(%s)", t->name);
    assert_ok(db_query(db, &q, sql[at], ""));
    while (query_next(&q)) {
        char column[64];

        query_text(&q, 1, column, sizeof column);
        bool in = listed(t->columns, column), out = listed(t->left, column);
        if (in == out && strcmp(column, "gen") != 0)
            fail_msg("decide in tables.def: is %s.%s in a backup?", t->name, column);
        if (in && backup_value_rule(t->name, column) == NULL)
            fail_msg("decide in values.def: what may %s.%s be?", t->name, column);
        known += in || out;
    }
    assert_ok(query_end(&q));
    assert_int_equal(known, length(t->columns) + length(t->left));
}

static void
every_column_of_the_store_is_in_a_backup_or_left_out_on_purpose(void **state)
{
    AUTO(query_done) struct query q;
    struct db *db;
    size_t tables = 0;

    assert_ok(db_open_memory(&db));
    assert_ok(db_query(db, &q,
                       "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE "
                       "'sqlite_%' AND name NOT LIKE 'words\\_%' ESCAPE '\\' UNION SELECT "
                       "'words_passing'",
                       ""));
    while (query_next(&q)) {
        char name[64];

        query_text(&q, 0, name, sizeof name);
        const struct backup_table *t = backup_table_named(name);
        if ((t != NULL) == left_out(name))
            fail_msg("decide in tables.def: is the table %s in a backup?", name);
        if (t != NULL)
            check_columns(db, t);
        tables++;
    }
    assert_ok(query_end(&q));
    assert_int_equal(tables, backup_table_count + backup_left_out_count);
    db_close(db);
}

static void
no_key_of_the_device_and_no_ratchet_is_in_a_backup(void **state)
{
    static const char *const never[] = {"spks",   "ekss",         "opks",   "sessions",
                                        "outbox", "initial_keys", "cursors"};

    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        assert_null(backup_table_named(never[i]));
    assert_false(backup_table_has(backup_table_named("account"), "device_keys"));
    assert_true(backup_table_has(backup_table_named("account"), "aik"));
}

static void
rows_are_put_in_with_what_the_left_out_columns_begin_as(void **state)
{
    AUTO(buf_done) struct buf sql = BUF(1024);
    char id[] = "id", address[] = "address";
    char *columns[] = {id, address};

    backup_table_insert(backup_table_named("account"), columns, 2, &sql);
    assert_true(span_equal(buf_span(&sql),
                           SPAN_STR("INSERT INTO account(id,address,device,device_keys,registered) "
                                    "VALUES(?1,?2,0,x'',0)")));
}

static bool
sound(const char *rule, struct db_value v)
{
    return backup_value_sound(rule, &v);
}

#define NUMBER(n) ((struct db_value){.kind = DB_NUMBER, .number = (n)})
#define TEXT(s) ((struct db_value){.kind = DB_TEXT, .bytes = SPAN((s), sizeof(s) - 1)})
#define BLOB(s) ((struct db_value){.kind = DB_BLOB, .bytes = SPAN((s), sizeof(s) - 1)})

static void
values_keep_to_their_rules(void **state)
{
    assert_string_equal(backup_value_rule("reactions", "sent_ms"), "n");
    assert_int_equal(strncmp(backup_value_rule("messages", "state"), "n10 ", 4), 0);
    assert_null(backup_value_rule("messages", "stat"));
    assert_null(backup_value_rule("opks", "id"));
    assert_true(sound("n2 x:t", NUMBER(2)) && !sound("n2 x:t", NUMBER(3)));
    assert_true(!sound("n2", NUMBER(-1)) && !sound("n2", TEXT("1")) && !sound("n2", BLOB("1")));
    assert_true(sound("n", NUMBER(INT64_MIN)) && sound("n x:n1", NUMBER(INT64_MAX)));
    assert_true(sound("t", TEXT("")) && !sound("t", BLOB("abc")) && !sound("t", NUMBER(1)));
    assert_true(sound("h2", TEXT("0f")) && sound("h2", TEXT("")) && !sound("h2", TEXT("0f0")));
    assert_true(!sound("h2", TEXT("0g")) && !sound("h2", TEXT("0\0")) && !sound("h2", BLOB("0f")));
    assert_true(sound("b2", BLOB("ab")) && sound("b2", BLOB("")) && !sound("b2", BLOB("a")));
    assert_true(sound("b", BLOB("abc")) && !sound("b", TEXT("a")));
    assert_true(sound("b2", (struct db_value){.kind = DB_NULL}));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_column_of_the_store_is_in_a_backup_or_left_out_on_purpose),
        cmocka_unit_test(no_key_of_the_device_and_no_ratchet_is_in_a_backup),
        cmocka_unit_test(values_keep_to_their_rules),
        cmocka_unit_test(rows_are_put_in_with_what_the_left_out_columns_begin_as),
    };

    assert_ok(crypto_init());
    return cmocka_run_group_tests_name("core-backup-tables", tests, NULL, NULL);
}
