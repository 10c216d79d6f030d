/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "core/db.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/schema.h"
#include "tests/core/raw_pages.h"

struct fixture {
    char dir[64];
    char path[80];
    struct subkey key;
};

static int
set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/snug-test-db-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof f->path, "%s/history.db", f->dir);
    memset(f->key.b, 7, sizeof f->key.b);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;
    char path[128];
    unlink(f->path);
    snprintf(path, sizeof path, "%s-wal", f->path);
    unlink(path);
    snprintf(path, sizeof path, "%s-shm", f->path);
    unlink(path);
    assert_int_equal(rmdir(f->dir), 0);
    free(f);
    return 0;
}

/* A file with some hundred rows in it, closed. */
static void
make_file(struct fixture *f)
{
    struct db *db;
    AUTO(tx_done) struct tx tx = {0};
    char key[32];
    assert_ok(db_create(f->path, &f->key, &db));
    assert_ok(tx_begin(db, &tx));
    for (int i = 0; i < 500; i++) {
        snprintf(key, sizeof key, "key%d", i);
        assert_ok(meta_set_bytes(db, key, SPAN_STR("a value that takes some room in the file")));
    }
    assert_ok(tx_commit(&tx));
    db_close(db);
}

static void
read_file(const char *path, struct buf *ret)
{
    FILE *f = fopen(path, "rb");
    uint8_t block[4096];
    size_t n;
    assert_non_null(f);
    while ((n = fread(block, 1, sizeof block, f)) > 0)
        buf_put(ret, SPAN(block, n));
    fclose(f);
    assert_ok(buf_ok(ret));
}

static void
write_file(const char *path, struct span bytes)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
    fclose(f);
}

static void
assert_unchanged(struct fixture *f, struct span before)
{
    AUTO(buf_done) struct buf now = BUF(1 << 24);
    read_file(f->path, &now);
    assert_true(span_equal(buf_span(&now), before));
}

static void
db_reopens_with_what_was_committed_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    struct db *db;
    int64_t v;
    assert_ok(db_create(f->path, &f->key, &db));
    {
        AUTO(tx_done) struct tx tx = {0};
        assert_ok(tx_begin(db, &tx));
        assert_ok(meta_set_int(db, "kept", 1));
        {
            AUTO(tx_done) struct tx inner = {0};
            assert_ok(tx_begin(db, &inner));
            assert_ok(meta_set_int(db, "inner", 2));
        }
        assert_ok(tx_commit(&tx));
    }
    {
        AUTO(tx_done) struct tx tx = {0};
        assert_ok(tx_begin(db, &tx));
        assert_ok(meta_set_int(db, "lost", 3));
    }
    db_close(db);
    assert_ok(db_open(f->path, &f->key, &db));
    assert_ok(meta_get_int(db, "kept", &v));
    assert_int_equal(v, 1);
    assert_err(meta_get_int(db, "inner", &v), ERR_NOT_FOUND);
    assert_err(meta_get_int(db, "lost", &v), ERR_NOT_FOUND);
    db_close(db);
}

static void
db_file_is_private_and_holds_no_plaintext(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    AUTO(buf_done) struct buf bytes = BUF(1 << 24);
    make_file(f);
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    read_file(f->path, &bytes);
    assert_null(memmem(bytes.p, bytes.n, "some room", 9));
    assert_null(memmem(bytes.p, bytes.n, "SQLite", 6));
}

static void
db_create_refuses_to_overwrite(void **state)
{
    struct fixture *f = *state;
    struct db *db;
    make_file(f);
    assert_err(db_create(f->path, &f->key, &db), ERR_EXISTS);
    assert_ok(db_open(f->path, &f->key, &db));
    db_close(db);
}

static void
db_open_tells_a_wrong_key_from_damage_and_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct db *db;
    struct subkey wrong = f->key;
    AUTO(buf_done) struct buf whole = BUF(1 << 24);
    make_file(f);
    read_file(f->path, &whole);

    wrong.b[31] ^= 1;
    assert_err(db_open(f->path, &wrong, &db), ERR_PASSPHRASE);
    assert_unchanged(f, buf_span(&whole));

    static const size_t cuts[] = {1, 15, 4095, 4096, 8192, 12288 + 7};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        write_file(f->path, SPAN(whole.p, cuts[i]));
        assert_err(db_open(f->path, &f->key, &db), ERR_DAMAGED);
        assert_unchanged(f, SPAN(whole.p, cuts[i]));
    }
    write_file(f->path, SPAN(whole.p, whole.n - 4096));
    assert_err(db_open(f->path, &f->key, &db), ERR_DAMAGED);
    write_file(f->path, SPAN(whole.p, whole.n - 1));
    assert_err(db_open(f->path, &f->key, &db), ERR_DAMAGED);

    write_file(f->path, SPAN(whole.p, 0));
    assert_err(db_open(f->path, &f->key, &db), ERR_DAMAGED);
    assert_unchanged(f, SPAN(whole.p, 0));

    unlink(f->path);
    assert_err(db_open(f->path, &f->key, &db), ERR_NOT_FOUND);
    assert_int_equal(access(f->path, F_OK), -1);
    write_file(f->path, buf_span(&whole));
    assert_ok(db_open(f->path, &f->key, &db));
    db_close(db);
}

static enum err
read_all(struct db *db)
{
    AUTO(query_done) struct query q;
    size_t rows = 0;
    TRY(db_query(db, &q, "SELECT key,value FROM meta WHERE key<>'ledger'", ""));
    while (query_next(&q))
        rows++;
    TRY(query_end(&q));
    assert_int_equal(rows, 500);
    return OK;
}

static void
db_finds_a_flipped_bit_in_any_page_that_is_read(void **state)
{
    struct fixture *f = *state;
    AUTO(buf_done) struct buf whole = BUF(1 << 24);
    size_t found = 0, pages;
    make_file(f);
    read_file(f->path, &whole);
    pages = whole.n / 4096;
    for (size_t page = 0; page < pages; page++) {
        struct db *db;
        uint8_t *bit = whole.p + page * 4096 + 1234;
        *bit ^= 0x10;
        write_file(f->path, buf_span(&whole));
        enum err e = db_open(f->path, &f->key, &db);
        if (e == OK) {
            e = read_all(db); /* never other rows: read_all asserts that */
            db_close(db);
        } else {
            assert_unchanged(f, buf_span(&whole));
        }
        assert_true(e == OK || e == ERR_DAMAGED);
        found += e == ERR_DAMAGED;
        *bit ^= 0x10;
    }
    /* The pages of other tables are not read here; those of meta, at least ten, are. */
    assert_true(found >= 10);
}

static void
db_open_refuses_a_newer_schema(void **state)
{
    struct fixture *f = *state;
    struct db *db;
    make_file(f);
    assert_ok(db_open(f->path, &f->key, &db));
    assert_ok(db_run(db, "PRAGMA user_version=99", ""));
    db_close(db);
    AUTO(buf_done) struct buf whole = BUF(1 << 24);
    read_file(f->path, &whole);
    assert_err(db_open(f->path, &f->key, &db), ERR_NEWER);
    assert_unchanged(f, buf_span(&whole));
}

static void
db_full_disk_rolls_back_and_says_so(void **state)
{
    struct fixture *f = *state;
    struct db *db;
    int64_t v;
    make_file(f);
    assert_ok(db_open(f->path, &f->key, &db));
    assert_ok(db_run(db, "PRAGMA max_page_count=20", ""));
    {
        AUTO(tx_done) struct tx tx = {0};
        static uint8_t big[200000];
        assert_ok(tx_begin(db, &tx));
        assert_ok(meta_set_int(db, "before", 1));
        assert_err(meta_set_bytes(db, "big", SPAN(big, sizeof big)), ERR_FULL);
    }
    assert_err(meta_get_int(db, "before", &v), ERR_NOT_FOUND);
    assert_ok(read_all(db));
    db_close(db);
    assert_ok(db_open(f->path, &f->key, &db));
    assert_ok(read_all(db));
    db_close(db);
}

static int64_t
pragma(struct db *db, const char *sql)
{
    int64_t v = -1;
    assert_ok(db_get_int(db, &v, sql, ""));
    return v;
}

static void
assert_set_up(struct db *db)
{
    AUTO(buf_done) struct buf mode = BUF(16);
    assert_ok(db_get_bytes(db, &mode, "PRAGMA journal_mode", ""));
    assert_true(span_equal(buf_span(&mode), SPAN_STR("wal")));
    assert_int_equal(pragma(db, "PRAGMA synchronous"), 2); /* FULL */
    assert_int_equal(pragma(db, "PRAGMA secure_delete"), 1);
    assert_int_equal(pragma(db, "PRAGMA foreign_keys"), 1);
    assert_int_equal(pragma(db, "PRAGMA temp_store"), 2); /* MEMORY */
}

/* B18.2: most of it holds for one connection only. */
static void
every_open_is_synchronous_and_deletes_for_good(void **state)
{
    struct fixture *f = *state;
    struct db *db;
    assert_ok(db_create(f->path, &f->key, &db));
    assert_set_up(db);
    db_close(db);
    assert_ok(db_open(f->path, &f->key, &db));
    assert_set_up(db);
    db_close(db);
}

/* In pages that stay in use and in those that are free now. */
static void
what_is_deleted_is_in_no_page(void **state)
{
    struct fixture *f = *state;
    struct db *db;
    make_file(f);
    assert_true(raw_pages_with(f->path, f->key.b, "takes some room") > 5);
    assert_ok(db_open(f->path, &f->key, &db));
    assert_ok(db_run(db, "DELETE FROM meta WHERE key LIKE 'key%' AND key<>'key250'", ""));
    assert_ok(db_checkpoint(db));
    assert_int_equal(raw_pages_with(f->path, f->key.b, "takes some room"), 1);
    assert_ok(db_run(db, "DELETE FROM meta WHERE key='key250'", ""));
    assert_ok(db_checkpoint(db));
    assert_int_equal(raw_pages_with(f->path, f->key.b, "takes some room"), 0);
    db_close(db);
}

static void
query_refuses_values_of_the_wrong_length(void **state)
{
    struct db *db;
    AUTO(query_done) struct query q = {0};
    uint8_t out[4] = {9, 9, 9, 9};
    assert_ok(db_open_memory(&db));
    assert_ok(meta_set_bytes(db, "three", SPAN("abc", 3)));
    assert_ok(db_query(db, &q, "SELECT value FROM meta WHERE key=?1", "t", "three"));
    assert_true(query_next(&q));
    assert_err(query_exact(&q, 0, out, 4), ERR_DAMAGED);
    assert_int_equal(out[0], 9);
    assert_ok(query_end(&q));
    db_close(db);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(db_reopens_with_what_was_committed_and_nothing_else, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(db_file_is_private_and_holds_no_plaintext, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(db_create_refuses_to_overwrite, set_up, tear_down),
        cmocka_unit_test_setup_teardown(db_open_tells_a_wrong_key_from_damage_and_changes_nothing,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(db_finds_a_flipped_bit_in_any_page_that_is_read, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(db_open_refuses_a_newer_schema, set_up, tear_down),
        cmocka_unit_test_setup_teardown(db_full_disk_rolls_back_and_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_open_is_synchronous_and_deletes_for_good, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_deleted_is_in_no_page, set_up, tear_down),
        cmocka_unit_test(query_refuses_values_of_the_wrong_length),
    };
    assert_ok(crypto_init());
    return cmocka_run_group_tests_name("core-db", tests, NULL, NULL);
}
