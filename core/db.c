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

/* The index of the log is made larger by writing to its file, which SQLite tells as an I/O error;
 * other errors of files keep their number. */
static bool
is_full(sqlite3 *db, int rc)
{
    int number = db == NULL ? 0 : sqlite3_system_errno(db);

    return (rc & 0xff) == SQLITE_FULL || rc == SQLITE_IOERR_SHMSIZE ||
           (((rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN) &&
            (number == ENOSPC || number == EDQUOT));
}

enum err
db_fail(sqlite3 *db, int rc, const char *doing)
{
    if (is_full(db, rc))
        return fail(ERR_FULL, "The disk is full; free some space and try again.");
    switch (rc & 0xff) {
    case SQLITE_NOMEM:
        return fail(ERR_MEMORY, "not enough memory while %s", doing);
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
    return rc == SQLITE_OK ? OK : db_fail(s->handle, rc, "setting it up");
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
    return rc == SQLITE_OK ? OK : db_fail(s->handle, rc, "keying");
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
        enum err e = db_fail(s->handle, rc, "opening");
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
    db_statements_end(s);
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
