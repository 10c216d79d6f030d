/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/db.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sqlcipher/sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/db_inside.h"
#include "core/schema.h"
#include "crypto/kdf.h"

#define PAGE_SIZE 4096
#define STATEMENTS_MAX                                                                             \
    2048 /* slots of the statement cache, a power of two; SQL literals in the program are fewer */

struct statement {
    const char *sql;
    sqlite3_stmt *stmt;
    bool busy;
};

struct db {
    sqlite3 *handle;
    struct subkey *key; /* locked memory; NULL: none is needed */
    int depth;          /* open tx */
    struct accumulator *accumulator;
    struct statement statements[STATEMENTS_MAX];
};

static enum err
fail_sqlite(sqlite3 *db, int rc, const char *doing)
{
    switch (rc & 0xff) {
    case SQLITE_NOMEM:
        return fail(ERR_MEMORY, "not enough memory while %s", doing);
    case SQLITE_FULL:
        return fail(ERR_FULL, "The disk is full; free some space and try again.");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return fail(ERR_DAMAGED, "the profile's database is damaged (%s)", doing);
    case SQLITE_CONSTRAINT:
        return fail(ERR_EXISTS, "a rule of the database was broken while %s: %s", doing,
                    db == NULL ? "" : sqlite3_errmsg(db));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fail(ERR_BUSY, "another process uses the profile's database");
    default:
        return fail(ERR_IO, "the profile's database cannot be used (%s, code %d)", doing, rc);
    }
}

enum err
db_exec(struct db *s, const char *sql)
{
    int rc = sqlite3_exec(s->handle, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? OK : fail_sqlite(s->handle, rc, "setting it up");
}

struct sqlite3 *
db_handle(struct db *s)
{
    return s->handle;
}

struct accumulator *
db_accumulator(const struct db *s)
{
    return s->accumulator;
}

/* --- statements --- */

static enum err
statement_get(struct db *s, const char *sql, struct statement **ret)
{
    size_t at = ((uintptr_t)sql >> 2) * 0x9e3779b1U % STATEMENTS_MAX;
    for (size_t tries = 0; tries < STATEMENTS_MAX; tries++, at = (at + 1) % STATEMENTS_MAX) {
        struct statement *st = &s->statements[at];
        if (st->sql == sql) {
            assert(!st->busy); /* one live query per SQL literal */
            *ret = st;
            return OK;
        }
        if (st->sql != NULL)
            continue;
        int rc = sqlite3_prepare_v2(s->handle, sql, -1, &st->stmt, NULL);
        if (rc == SQLITE_ERROR)
            fprintf(stderr, "bad SQL: %s\n", sqlite3_errmsg(s->handle));
        assert(rc != SQLITE_ERROR); /* our own mistake in the SQL */
        if (rc != SQLITE_OK)
            return fail_sqlite(s->handle, rc, "preparing");
        st->sql = sql;
        *ret = st;
        return OK;
    }
    assert(!"STATEMENTS_MAX is too small");
    return ERR_LIMIT;
}

static int
bind_one(sqlite3_stmt *stmt, int i, char letter, va_list *args)
{
    switch (letter) {
    case 'i':
        return sqlite3_bind_int64(stmt, i, va_arg(*args, int64_t));
    case 't': {
        const char *text = va_arg(*args, const char *);
        return text == NULL ? sqlite3_bind_null(stmt, i)
                            : sqlite3_bind_text(stmt, i, text, -1, SQLITE_TRANSIENT);
    }
    case 'b':
    case 's': {
        struct span b = va_arg(*args, struct span);
        const void *p = b.n == 0 && b.p != NULL ? "" : (const void *)b.p;
        if (p == NULL)
            return sqlite3_bind_null(stmt, i);
        return letter == 's' ? sqlite3_bind_text(stmt, i, p, (int)b.n, SQLITE_TRANSIENT)
                             : sqlite3_bind_blob(stmt, i, p, (int)b.n, SQLITE_TRANSIENT);
    }
    default:
        assert(!"unknown format letter");
        return SQLITE_MISUSE;
    }
}

static enum err
query_begin(struct db *s, struct query *ret, const char *sql, const char *format, va_list *args)
{
    struct statement *st;

    *ret = (struct query){.db = s, .err = OK};
    ret->err = statement_get(s, sql, &st);
    if (ret->err != OK)
        return ret->err;
    assert(strlen(format) == (size_t)sqlite3_bind_parameter_count(st->stmt));
    for (int i = 0; format[i] != '\0'; i++) {
        int rc = bind_one(st->stmt, i + 1, format[i], args);
        if (rc != SQLITE_OK) {
            sqlite3_clear_bindings(st->stmt);
            return ret->err = fail_sqlite(s->handle, rc, "binding");
        }
    }
    st->busy = true;
    ret->stmt = st;
    return OK;
}

static sqlite3_stmt *
stmt_of(const struct query *q)
{
    assert(q->stmt != NULL);
    return ((struct statement *)q->stmt)->stmt;
}

enum err
db_query(struct db *s, struct query *ret, const char *sql, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    enum err e = query_begin(s, ret, sql, format, &args);
    va_end(args);
    return e;
}

bool
query_next(struct query *q)
{
    if (q->err != OK || q->stmt == NULL)
        return false;
    int rc = sqlite3_step(stmt_of(q));
    if (rc == SQLITE_ROW)
        return true;
    if (rc != SQLITE_DONE)
        q->err = fail_sqlite(q->db->handle, rc, "reading or writing");
    return false;
}

int64_t
query_int(struct query *q, int column)
{
    return sqlite3_column_int64(stmt_of(q), column);
}

struct span
query_bytes(struct query *q, int column)
{
    const void *p = sqlite3_column_blob(stmt_of(q), column);
    int n = sqlite3_column_bytes(stmt_of(q), column);
    if (p == NULL && !query_is_null(q, column))
        return SPAN("", 0);
    return SPAN(p, p == NULL ? 0 : (size_t)n);
}

bool
query_is_null(struct query *q, int column)
{
    return sqlite3_column_type(stmt_of(q), column) == SQLITE_NULL;
}

enum err
query_exact(struct query *q, int column, uint8_t *ret, size_t n)
{
    struct span b = query_bytes(q, column);
    if (b.n != n)
        return fail(ERR_DAMAGED, "a value in the profile's database has the wrong length");
    memcpy(ret, b.p, n);
    return OK;
}

void
query_text(struct query *q, int column, char *ret, size_t size)
{
    struct span b = query_bytes(q, column);
    size_t n = b.n < size ? b.n : size - 1;
    if (n > 0)
        memcpy(ret, b.p, n);
    ret[n] = '\0';
}

void
query_done(struct query *q)
{
    struct statement *st = q->stmt;
    if (st == NULL)
        return;
    sqlite3_reset(st->stmt);
    sqlite3_clear_bindings(st->stmt);
    st->busy = false;
    q->stmt = NULL;
}

enum err
query_end(struct query *q)
{
    query_done(q);
    return q->err;
}

enum err
db_run(struct db *s, const char *sql, const char *format, ...)
{
    struct query q;
    va_list args;
    va_start(args, format);
    enum err e = query_begin(s, &q, sql, format, &args);
    va_end(args);
    TRY(e);
    while (query_next(&q))
        ;
    return query_end(&q);
}

enum err
db_get_int(struct db *s, int64_t *ret, const char *sql, const char *format, ...)
{
    AUTO(query_done) struct query q;
    va_list args;
    va_start(args, format);
    enum err e = query_begin(s, &q, sql, format, &args);
    va_end(args);
    TRY(e);
    bool found = query_next(&q);
    int64_t value = found ? query_int(&q, 0) : 0;
    TRY(query_end(&q));
    if (!found)
        return fail(ERR_NOT_FOUND, "there is no such entry");
    *ret = value;
    return OK;
}

enum err
db_get_bytes(struct db *s, struct buf *ret, const char *sql, const char *format, ...)
{
    AUTO(query_done) struct query q;
    va_list args;
    va_start(args, format);
    enum err e = query_begin(s, &q, sql, format, &args);
    va_end(args);
    TRY(e);
    bool found = query_next(&q);
    if (found)
        buf_put(ret, query_bytes(&q, 0));
    TRY(query_end(&q));
    if (!found)
        return fail(ERR_NOT_FOUND, "there is no such entry");
    return buf_ok(ret);
}

int64_t
db_last_id(struct db *s)
{
    return sqlite3_last_insert_rowid(s->handle);
}

int
db_changes(struct db *s)
{
    return sqlite3_changes(s->handle);
}

/* --- values of any kind --- */

size_t
query_columns(struct query *q)
{
    return (size_t)sqlite3_column_count(stmt_of(q));
}

void
query_value(struct query *q, int column, struct db_value *ret)
{
    switch (sqlite3_column_type(stmt_of(q), column)) {
    case SQLITE_NULL:
        *ret = (struct db_value){.kind = DB_NULL};
        return;
    case SQLITE_INTEGER:
        *ret = (struct db_value){.kind = DB_NUMBER, .number = query_int(q, column)};
        return;
    case SQLITE_TEXT:
        *ret = (struct db_value){.kind = DB_TEXT, .bytes = query_bytes(q, column)};
        return;
    default:
        *ret = (struct db_value){.kind = DB_BLOB, .bytes = query_bytes(q, column)};
    }
}

struct db_insert {
    struct db *db;
    sqlite3_stmt *stmt;
};

enum err
db_insert_new(struct db *s, const char *sql, struct db_insert **ret)
{
    struct db_insert *i = calloc(1, sizeof *i);

    if (i == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    i->db = s;
    int rc = sqlite3_prepare_v2(s->handle, sql, -1, &i->stmt, NULL);
    assert(rc != SQLITE_ERROR); /* our own mistake in the SQL */
    if (rc != SQLITE_OK) {
        free(i);
        return fail_sqlite(s->handle, rc, "preparing");
    }
    *ret = i;
    return OK;
}

static int
bind_value(sqlite3_stmt *stmt, int at, const struct db_value *v)
{
    const void *p = v->bytes.n == 0 ? "" : (const void *)v->bytes.p;

    switch (v->kind) {
    case DB_NUMBER:
        return sqlite3_bind_int64(stmt, at, v->number);
    case DB_BLOB:
        return sqlite3_bind_blob(stmt, at, p, (int)v->bytes.n, SQLITE_TRANSIENT);
    case DB_TEXT:
        return sqlite3_bind_text(stmt, at, p, (int)v->bytes.n, SQLITE_TRANSIENT);
    case DB_NULL:
    default:
        return sqlite3_bind_null(stmt, at);
    }
}

enum err
db_insert_row(struct db_insert *i, const struct db_value *values, size_t count)
{
    int rc = SQLITE_OK;

    assert((int)count == sqlite3_bind_parameter_count(i->stmt));
    for (size_t at = 0; at < count && rc == SQLITE_OK; at++)
        rc = bind_value(i->stmt, (int)at + 1, &values[at]);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(i->stmt);
    sqlite3_reset(i->stmt);
    sqlite3_clear_bindings(i->stmt);
    if (rc == SQLITE_DONE)
        return OK;
    if ((rc & 0xff) == SQLITE_CONSTRAINT || (rc & 0xff) == SQLITE_MISMATCH ||
        (rc & 0xff) == SQLITE_TOOBIG)
        return fail(ERR_MALFORMED, "a row breaks a rule of its table");
    return fail_sqlite(i->db->handle, rc, "writing");
}

void
db_insert_free(struct db_insert *i)
{
    if (i == NULL)
        return;
    sqlite3_finalize(i->stmt);
    free(i);
}

/* --- transactions --- */

static enum err
run_numbered(struct db *s, const char *verb, int depth)
{
    char sql[64];
    snprintf(sql, sizeof sql, "%s level%d", verb, depth);
    return db_exec(s, sql);
}

enum err
tx_begin(struct db *s, struct tx *ret)
{
    if (s->depth == 0)
        TRY(db_exec(s, "BEGIN IMMEDIATE"));
    else
        TRY(run_numbered(s, "SAVEPOINT", s->depth));
    *ret = (struct tx){.db = s, .depth = s->depth++};
    return OK;
}

enum err
tx_commit(struct tx *tx)
{
    struct db *s = tx->db;
    assert(s != NULL && s->depth == tx->depth + 1);
    if (tx->depth == 0)
        TRY(db_exec(s, "COMMIT")); /* on failure tx_done rolls back */
    else
        TRY(run_numbered(s, "RELEASE", tx->depth));
    s->depth--;
    tx->db = NULL;
    return OK;
}

void
tx_done(struct tx *tx)
{
    struct db *s = tx->db;
    if (s == NULL)
        return;
    assert(s->depth == tx->depth + 1);
    s->depth--;
    tx->db = NULL;
    if (sqlite3_get_autocommit(s->handle))
        return; /* a full disk or an I/O error has rolled back everything already */
    if (tx->depth == 0) {
        sqlite3_exec(s->handle, "ROLLBACK", NULL, NULL, NULL);
    } else {
        char sql[96];
        snprintf(sql, sizeof sql, "ROLLBACK TO level%d; RELEASE level%d", tx->depth, tx->depth);
        sqlite3_exec(s->handle, sql, NULL, NULL, NULL);
    }
}

/* --- opening --- */

/* The file's first 16 bytes: SQLCipher's salt, which we choose, so that it tells whose file this
 * is. */
static void
salt_of(const struct subkey *key, uint8_t ret[16])
{
    hkdf(&(struct hkdf_input){.ikm = SPAN_OF(*key), .label = LABEL_DB_SALT}, ret, 16);
}

static enum err
key_file(struct db *s, const struct subkey *key)
{
    uint8_t salt[16];
    char pragma[16 + 64 + 32 + 8], hex[65], salt_hex[33];

    s->key = SECRET_NEW(struct subkey);
    if (s->key == NULL)
        return fail(ERR_MEMORY, "no memory that stays out of swap");
    *s->key = *key;
    salt_of(key, salt);
    sodium_bin2hex(hex, sizeof hex, key->b, sizeof key->b);
    sodium_bin2hex(salt_hex, sizeof salt_hex, salt, sizeof salt);
    snprintf(pragma, sizeof pragma, "PRAGMA key=\"x'%s%s'\"", hex, salt_hex);
    int rc = sqlite3_exec(s->handle, pragma, NULL, NULL, NULL);
    sodium_memzero(pragma, sizeof pragma);
    sodium_memzero(hex, sizeof hex);
    return rc == SQLITE_OK ? OK : fail_sqlite(s->handle, rc, "keying");
}

/* 4.x has other defaults for new files and cannot read ours without being told; 3.4.1 knows none of
 * these and ignores them silently. */
static enum err
set_format(struct db *s)
{
    return db_exec(s, "PRAGMA cipher_compatibility=3; PRAGMA cipher_page_size=4096");
}

static enum err
set_up(struct db *s)
{
    return db_exec(s, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                      "PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY;"
                      "PRAGMA cache_size=-16384; PRAGMA busy_timeout=0");
}

static enum err
open_handle(const char *path, int flags, struct db **ret)
{
    struct db *s = calloc(1, sizeof *s);
    if (s == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    int rc = sqlite3_open_v2(path, &s->handle, flags, NULL);
    if (rc != SQLITE_OK) {
        enum err e = fail_sqlite(s->handle, rc, "opening");
        db_close(s);
        return e;
    }
    sqlite3_extended_result_codes(s->handle, 1);
    *ret = s;
    return OK;
}

static enum err
file_check(const char *path, const struct subkey *key)
{
    uint8_t head[16], salt[16];
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0)
        return errno == ENOENT ? fail(ERR_NOT_FOUND, "the profile's database is missing")
                               : fail(ERR_IO, "the profile's database cannot be read");
    bool known = fstat(fd, &st) == 0;
    ssize_t got = read(fd, head, sizeof head);
    close(fd);
    if (!known || got < 0)
        return fail(ERR_IO, "the profile's database cannot be read");
    if (st.st_size == 0)
        return fail(ERR_DAMAGED, "the profile's database is empty: its content was lost");
    if (st.st_size < PAGE_SIZE || got != sizeof head)
        return fail(ERR_DAMAGED, "the profile's database was cut off");
    salt_of(key, salt);
    if (sodium_memcmp(head, salt, sizeof head) != 0)
        return fail(ERR_PASSPHRASE, "this key is not the one the profile's database was made with");
    return OK;
}

/* A whole file has as many pages as its header says; pages still in the WAL count as there. */
static enum err
length_check(struct db *s, const char *path)
{
    struct stat st, wal = {0};
    char wal_path[4096];
    int64_t pages;

    TRY(db_get_int(s, &pages, "PRAGMA page_count", ""));
    snprintf(wal_path, sizeof wal_path, "%s-wal", path);
    if (stat(path, &st) != 0)
        return fail(ERR_IO, "the profile's database cannot be read");
    if (stat(wal_path, &wal) != 0)
        wal.st_size = 0;
    if (st.st_size / PAGE_SIZE + wal.st_size / PAGE_SIZE < pages ||
        (wal.st_size == 0 && st.st_size % PAGE_SIZE != 0))
        return fail(ERR_DAMAGED, "the profile's database was cut off");
    return OK;
}

static enum err
migrate(struct db *s, int64_t version)
{
    AUTO(tx_done) struct tx tx = {0};
    char pragma[64];

    if (version == SCHEMA_VERSION)
        return accumulator_check(s);
    TRY(tx_begin(s, &tx));
    for (int64_t v = version; v < SCHEMA_VERSION; v++)
        TRY(db_exec(s, schema_steps[v]));
    snprintf(pragma, sizeof pragma, "PRAGMA user_version=%d", SCHEMA_VERSION);
    TRY(db_exec(s, pragma));
    TRY(accumulator_renew(s, 0));
    return tx_commit(&tx);
}

/* The tables as they are to be, every change of which counts from here on (B18.3). */
static enum err
set_tables(struct db *s, const struct subkey *key, int64_t version)
{
    TRY(accumulator_new(s, key, &s->accumulator));
    TRY(migrate(s, version));
    return accumulator_watch(s);
}

enum err
db_create(const char *path, const struct subkey *db_key, struct db **ret)
{
    AUTO(db_closep) struct db *s = NULL;

    /* Made by ourselves, so that the mode is right from the first moment and nothing is
     * overwritten. */
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EEXIST ? fail(ERR_EXISTS, "there is a database already")
                               : fail(errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_IO,
                                      "The profile's database cannot be made: %m");
    close(fd);
    enum err e = open_handle(path, SQLITE_OPEN_READWRITE, &s);
    if (e == OK)
        e = key_file(s, db_key);
    if (e == OK)
        e = set_format(s);
    if (e == OK) /* can only be said of an empty file */
        e = db_exec(s, "PRAGMA auto_vacuum=INCREMENTAL");
    if (e == OK)
        e = set_up(s);
    if (e == OK)
        e = set_tables(s, db_key, 0);
    if (e != OK) {
        db_close(STEAL(s));
        unlink(path);
        return e;
    }
    *ret = STEAL(s);
    return OK;
}

enum err
db_open(const char *path, const struct subkey *db_key, struct db **ret)
{
    AUTO(db_closep) struct db *s = NULL;
    int64_t version;

    TRY(file_check(path, db_key));
    TRY(open_handle(path, SQLITE_OPEN_READWRITE, &s));
    TRY(key_file(s, db_key));
    TRY(set_format(s));
    TRY(db_get_int(s, &version, "PRAGMA user_version", ""));
    if (version > SCHEMA_VERSION)
        return fail(ERR_NEWER,
                    "this profile was written by a newer version of Snug (its format is "
                    "%lld, this program knows %d)",
                    (long long)version, SCHEMA_VERSION);
    if (version < 1)
        return fail(ERR_DAMAGED, "the profile's database has no content");
    TRY(length_check(s, path));
    TRY(set_up(s));
    TRY(set_tables(s, db_key, version));
    *ret = STEAL(s);
    return OK;
}

enum err
db_open_memory(struct db **ret)
{
    AUTO(db_closep) struct db *s = NULL;
    static const struct subkey key;

    TRY(open_handle(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &s));
    TRY(db_exec(s, "PRAGMA foreign_keys=ON"));
    TRY(set_tables(s, &key, 0));
    *ret = STEAL(s);
    return OK;
}

void
db_close(struct db *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < STATEMENTS_MAX; i++) {
        assert(!s->statements[i].busy);
        sqlite3_finalize(s->statements[i].stmt);
    }
    int rc = sqlite3_close(s->handle);
    assert(rc == SQLITE_OK);
    accumulator_free(s->accumulator);
    secret_free(s->key);
    sodium_memzero(s, sizeof *s);
    free(s);
}

enum err
db_open_snapshot(struct db *s, struct db **ret)
{
    AUTO(db_closep) struct db *other = NULL;
    const char *path = sqlite3_db_filename(s->handle, "main");
    int64_t tables;

    if (s->key == NULL || path == NULL || path[0] == '\0')
        return fail(ERR_STATE, "a store in memory has one connection");
    TRY(open_handle(path, SQLITE_OPEN_READWRITE, &other));
    TRY(key_file(other, s->key));
    TRY(set_format(other));
    TRY(db_exec(other, "PRAGMA query_only=ON; PRAGMA temp_store=MEMORY;"
                       "PRAGMA cache_size=-4096; PRAGMA busy_timeout=2000; BEGIN"));
    TRY(db_get_int(other, &tables, "SELECT count(*) FROM sqlite_master", "")); /* from here on */
    *ret = STEAL(other);
    return OK;
}

enum err
db_checkpoint(struct db *s)
{
    int64_t busy = 0;

    /* In memory there is no row. */
    enum err e = db_get_int(s, &busy, "PRAGMA wal_checkpoint(TRUNCATE)", "");
    if (e == OK && busy != 0)
        return fail(ERR_BUSY, "A backup is just being written; try again when it is done.");
    return e == ERR_NOT_FOUND ? OK : e;
}

enum err
db_size(struct db *s, struct db_size *ret)
{
    const char *path = sqlite3_db_filename(s->handle, "main");
    char wal_path[4096];
    struct stat wal;

    TRY(db_get_int(s, &ret->pages, "PRAGMA page_count", ""));
    TRY(db_get_int(s, &ret->free_pages, "PRAGMA freelist_count", ""));
    TRY(db_get_int(s, &ret->page_bytes, "PRAGMA page_size", ""));
    snprintf(wal_path, sizeof wal_path, "%s-wal", path);
    ret->wal_bytes = stat(wal_path, &wal) == 0 ? wal.st_size : 0;
    return OK;
}

enum err
db_write_anew(struct db *s)
{
    TRY(db_exec(s, "PRAGMA auto_vacuum=INCREMENTAL; VACUUM"));
    return db_checkpoint(s);
}

/* --- meta --- */

enum err
meta_get_int(struct db *s, const char *key, int64_t *ret)
{
    return db_get_int(s, ret, "SELECT value FROM meta WHERE key=?1", "t", key);
}

enum err
meta_set_int(struct db *s, const char *key, int64_t value)
{
    return db_run(s, "INSERT OR REPLACE INTO meta(key,value) VALUES(?1,?2)", "ti", key, value);
}

enum err
meta_get_bytes(struct db *s, const char *key, struct buf *ret)
{
    return db_get_bytes(s, ret, "SELECT CAST(value AS BLOB) FROM meta WHERE key=?1", "t", key);
}

enum err
meta_set_bytes(struct db *s, const char *key, struct span value)
{
    return db_run(s, "INSERT OR REPLACE INTO meta(key,value) VALUES(?1,?2)", "tb", key, value);
}
