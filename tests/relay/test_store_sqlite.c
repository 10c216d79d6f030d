/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What only the SQLite store can meet: files that are not ours, newer, damaged or in use.
 */
#include "tests/check.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "relay/store_sqlite.h"

/* A disk that fails: SQLite's calls, and the store's own, come here. */
static bool database_sync_fails, log_sync_fails;
static unsigned failed_syncs;

static bool
sync_fails(int fd)
{
    char link[64], path[256] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (readlink(link, path, sizeof path - 1) < 0)
        return false;
    size_t n = strlen(path);
    bool fails = (database_sync_fails && n > 3 && strcmp(path + n - 3, ".db") == 0) ||
                 (log_sync_fails && n > 4 && strcmp(path + n - 4, "-wal") == 0);
    failed_syncs += fails;
    errno = fails ? EIO : errno;
    return fails;
}

int
fsync(int fd)
{
    return sync_fails(fd) ? -1 : (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
    return sync_fails(fd) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

struct folder {
    char path[64];
    char db[96];
};

static int
setup(void **state)
{
    struct folder *f = calloc(1, sizeof *f);
    snprintf(f->path, sizeof f->path, "/tmp/snug-store-XXXXXX");
    if (mkdtemp(f->path) == NULL)
        return -1;
    snprintf(f->db, sizeof f->db, "%s/relay.db", f->path);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
    struct folder *f = *state;

    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", f->db, suffixes[i]);
        unlink(name);
    }
    int rc = rmdir(f->path);
    free(f);
    return rc;
}

static void
run_sql(const struct folder *f, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(f->db, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void
a_newer_schema_is_refused_with_a_clear_sentence(void **state)
{
    struct folder *f = *state;
    struct store *s;

    assert_ok(store_sqlite_open(f->db, 0, &s));
    store_close(s);
    run_sql(f, "PRAGMA user_version = 999");
    assert_err(store_sqlite_open(f->db, 0, &s), ERR_NEWER);
    assert_non_null(strstr(err_why(ERR_NEWER), "999"));
    assert_non_null(strstr(err_why(ERR_NEWER), "newer snug-relay"));
}

/* What versions 1 and 2 had not. */
static void
opens_after(const struct folder *f, const char *sql)
{
    struct record found, name = {.key = SPAN_STR("alice"), .head = SPAN_STR("kept")};
    struct store *s;

    assert_ok(store_sqlite_open(f->db, 0, &s));
    assert_ok(store_put(s, TABLE_NAME, &name));
    assert_ok(store_commit(s));
    store_close(s);
    run_sql(f, sql);
    assert_ok(store_sqlite_open(f->db, 0, &s));
    assert_ok(store_get(s, TABLE_NAME, name.key, &found));
    assert_ok(store_put(s, TABLE_BLOB, &name));
    assert_ok(store_put(s, TABLE_BLOB_OWNER, &name));
    assert_ok(store_put(s, TABLE_FETCH_KEY, &name));
    assert_ok(store_put(s, TABLE_ANCHOR, &name));
    assert_ok(store_commit(s));
    store_close(s);
    assert_ok(store_sqlite_open(f->db, 0, &s));
    assert_ok(store_get(s, TABLE_BLOB, name.key, &found));
    assert_ok(store_get(s, TABLE_ANCHOR, name.key, &found));
    store_close(s);
}

static void
a_store_of_the_first_version_gets_the_tables_it_lacks(void **state)
{
    opens_after(*state, "DROP TABLE blob; DROP TABLE blob_owner; DROP TABLE fetch_key;"
                        "DROP TABLE anchor; PRAGMA user_version = 1");
}

static void
a_store_of_the_second_version_gets_the_tables_it_lacks(void **state)
{
    opens_after(*state, "DROP TABLE fetch_key; DROP TABLE anchor; PRAGMA user_version = 2");
}

static void
another_programs_database_is_refused_and_unchanged(void **state)
{
    struct folder *f = *state;
    struct store *s;

    run_sql(f, "CREATE TABLE precious(a); INSERT INTO precious VALUES(1)");
    assert_err(store_sqlite_open(f->db, 0, &s), ERR_DAMAGED);
    run_sql(f, "INSERT INTO precious VALUES(2)");
}

static void
a_file_that_is_no_database_is_refused_and_unchanged(void **state)
{
    struct folder *f = *state;
    struct store *s;
    char text[4096], back[4096];

    memset(text, 'x', sizeof text);
    int fd = open(f->db, O_RDWR | O_CREAT, 0600);
    assert_int_equal(write(fd, text, sizeof text), sizeof text);
    assert_err(store_sqlite_open(f->db, 0, &s), ERR_DAMAGED);
    assert_int_equal(pread(fd, back, sizeof back, 0), sizeof back);
    assert_memory_equal(text, back, sizeof text);
    close(fd);
}

static void
a_second_relay_on_the_same_file_is_refused(void **state)
{
    struct folder *f = *state;
    struct store *s, *second;

    assert_ok(store_sqlite_open(f->db, 0, &s));
    assert_err(store_sqlite_open(f->db, 0, &second), ERR_BUSY);
    store_close(s);
    assert_ok(store_sqlite_open(f->db, 0, &second));
    store_close(second);
}

static void
nobody_else_may_read_the_files(void **state)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
    struct folder *f = *state;
    mode_t before = umask(0);
    struct store *s;

    assert_ok(store_sqlite_open(f->db, 0, &s));
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char name[128];
        struct stat st;
        snprintf(name, sizeof name, "%s%s", f->db, suffixes[i]);
        assert_int_equal(stat(name, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
    umask(before);
    store_close(s);
}

static void
the_log_is_copied_back_while_it_grows(void **state)
{
    struct folder *f = *state;
    struct store *s;
    uint8_t *body = calloc(1, 65536);
    char wal[128];

    snprintf(wal, sizeof wal, "%s-wal", f->db);
    assert_ok(store_sqlite_open(f->db, 0, &s));
    for (unsigned i = 0; i < 1500; i++) { /* 96 MiB in all */
        uint8_t key[2] = {(uint8_t)(i >> 8), (uint8_t)i};
        struct record r = {.key = SPAN(key, 2), .body = SPAN(body, 65536)};
        assert_ok(store_put(s, TABLE_ITEM, &r));
        assert_ok(store_commit(s));
    }
    FILE *file = fopen(wal, "r");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    assert_true(ftell(file) < 80 * 1024 * 1024);
    fclose(file);
    store_close(s);
    free(body);
}

static enum err
put_and_commit(struct store *s, unsigned n, struct span body)
{
    uint8_t key[2] = {(uint8_t)(n >> 8), (uint8_t)n};
    struct record r = {.key = SPAN(key, 2), .body = body};
    TRY(store_put(s, TABLE_ITEM, &r));
    return store_commit(s);
}

/* One transaction past the limit at which a commit copies the log back by itself. */
static void
a_failed_sync_of_a_commits_own_copying_is_not_tried_again(void **state)
{
    struct folder *f = *state;
    struct store *s;
    uint8_t *body = calloc(1, 1 << 20);

    assert_ok(store_sqlite_open(f->db, 0, &s));
    for (unsigned i = 0; i < 66; i++) {
        uint8_t key[2] = {1, (uint8_t)i};
        struct record r = {.key = SPAN(key, 2), .body = SPAN(body, 1 << 20)};
        assert_ok(store_put(s, TABLE_ITEM, &r));
    }
    failed_syncs = 0;
    database_sync_fails = true;
    enum err e = store_commit(s);
    database_sync_fails = false;
    assert_int_equal(failed_syncs, 1);
    assert_true(e == ERR_IO || put_and_commit(s, 1, SPAN(body, 1)) == ERR_IO);
    store_close(s);
    free(body);
}

/* What the kernel dropped may not be copied over what is whole. */
static void
a_store_whose_log_did_not_sync_is_closed_as_it_is(void **state)
{
    struct folder *f = *state;
    char wal[128];
    struct store *s;
    struct stat before, after;

    snprintf(wal, sizeof wal, "%s-wal", f->db);
    assert_ok(store_sqlite_open(f->db, 0, &s));
    assert_ok(put_and_commit(s, 1, SPAN_STR("body")));
    assert_int_equal(stat(f->db, &before), 0);
    log_sync_fails = true;
    assert_err(store_sync(s), ERR_IO);
    log_sync_fails = false;
    store_close(s);
    assert_int_equal(stat(wal, &after), 0);
    assert_int_equal(stat(f->db, &after), 0);
    assert_int_equal(before.st_size, after.st_size);
    assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof before.st_mtim);
}

/* A file system of two megabytes over the test's folder, seen by this process alone. */
static bool
small_disk(const struct folder *f)
{
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", f->path, "tmpfs", 0, "size=2m") == 0;
}

static enum err
count_visit(void *ctx, const struct record *r, bool *stop)
{
    ++*(unsigned *)ctx;
    return OK;
}

/* Commits of ten records until the disk says no. */
static unsigned
fill(struct store *s)
{
    static const uint8_t body[4096];
    unsigned committed = 0;
    enum err e = OK;

    while (e == OK) {
        for (unsigned i = 0; i < 10 && e == OK; i++) {
            unsigned n = committed + i;
            uint8_t key[2] = {(uint8_t)(n >> 8), (uint8_t)n};
            struct record r = {.key = SPAN(key, 2), .body = SPAN(body, sizeof body)};
            e = store_put(s, TABLE_ITEM, &r);
        }
        e = e == OK ? store_commit(s) : e;
        committed += e == OK ? 10 : 0;
    }
    assert_err(e, ERR_FULL);
    return committed;
}

static void
a_full_disk_refuses_a_commit_and_keeps_what_was(void **state)
{
    struct folder *f = *state;
    struct store *s;
    unsigned held = 0;

    if (!small_disk(f)) {
        print_message("skipped: a small disk can only be mounted by root\n");
        skip();
    }
    assert_ok(store_sqlite_open(f->db, 0, &s));
    unsigned committed = fill(s);
    store_rollback(s);
    assert_true(committed > 0);
    assert_ok(store_scan(s, &(struct scan){.table = TABLE_ITEM}, count_visit, &held));
    assert_int_equal(held, committed);
    assert_ok(store_sync(s));
    store_close(s);

    held = 0; /* and it is a whole database for the next process */
    assert_ok(store_sqlite_open(f->db, 0, &s));
    assert_ok(store_scan(s, &(struct scan){.table = TABLE_ITEM}, count_visit, &held));
    assert_int_equal(held, committed);
    store_close(s);
    umount(f->path);
}

int
main(void)
{
#define FILE_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        FILE_TEST(a_store_of_the_first_version_gets_the_tables_it_lacks),
        FILE_TEST(a_store_of_the_second_version_gets_the_tables_it_lacks),
        FILE_TEST(a_newer_schema_is_refused_with_a_clear_sentence),
        FILE_TEST(another_programs_database_is_refused_and_unchanged),
        FILE_TEST(a_file_that_is_no_database_is_refused_and_unchanged),
        FILE_TEST(a_second_relay_on_the_same_file_is_refused),
        FILE_TEST(nobody_else_may_read_the_files),
        FILE_TEST(a_full_disk_refuses_a_commit_and_keeps_what_was),
        FILE_TEST(the_log_is_copied_back_while_it_grows),
        FILE_TEST(a_failed_sync_of_a_commits_own_copying_is_not_tried_again),
        FILE_TEST(a_store_whose_log_did_not_sync_is_closed_as_it_is),
    };
    return cmocka_run_group_tests_name("relay-store-sqlite-files", tests, NULL, NULL);
}
