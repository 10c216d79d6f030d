/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Statements: kept by the address of their SQL, bound, run and read; and values of any kind.
 */
#include <assert.h>
#include <sqlcipher/sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/db_inside.h"

/* NULL with the reason in `why`. */
static struct statement *
statement_get(struct db *s, const char *sql, enum err *why)
{
    size_t at = ((uintptr_t)sql >> 2) * 0x9e3779b1U % STATEMENTS_MAX;
    for (size_t tries = 0; tries < STATEMENTS_MAX; tries++, at = (at + 1) % STATEMENTS_MAX) {
        struct statement *st = &s->statements[at];
        if (st->sql == sql) {
            assert(!st->busy); /* one live query per SQL literal */
            return st;
        }
        if (st->sql != NULL)
            continue;
        int rc = sqlite3_prepare_v2(s->handle, sql, -1, &st->stmt, NULL);
        if (rc == SQLITE_ERROR)
            fprintf(stderr, "bad SQL: %s\n", sqlite3_errmsg(s->handle));
        assert(rc != SQLITE_ERROR); /* our own mistake in the SQL */
        if (rc != SQLITE_OK) {
            *why = db_fail(s->handle, rc, "preparing");
            return NULL;
        }
        st->sql = sql;
        return st;
    }
    assert(!"STATEMENTS_MAX is too small");
    *why = ERR_LIMIT;
    return NULL;
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
    *ret = (struct query){.db = s, .err = OK};
    struct statement *st = statement_get(s, sql, &ret->err);
    if (st == NULL)
        return ret->err;
    assert(strlen(format) == (size_t)sqlite3_bind_parameter_count(st->stmt));
    for (int i = 0; format[i] != '\0'; i++) {
        int rc = bind_one(st->stmt, i + 1, format[i], args);
        if (rc != SQLITE_OK) {
            sqlite3_clear_bindings(st->stmt);
            return ret->err = db_fail(s->handle, rc, "binding");
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
        q->err = db_fail(q->db->handle, rc, "reading or writing");
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

void
db_statements_end(struct db *s)
{
    for (size_t i = 0; i < STATEMENTS_MAX; i++) {
        assert(!s->statements[i].busy);
        sqlite3_finalize(s->statements[i].stmt);
    }
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
        return db_fail(s->handle, rc, "preparing");
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
    return db_fail(i->db->handle, rc, "writing");
}

void
db_insert_free(struct db_insert *i)
{
    if (i == NULL)
        return;
    sqlite3_finalize(i->stmt);
    free(i);
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
