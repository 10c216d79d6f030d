/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The SQLCipher file of a profile: open, key, migrate, transactions, and a short way to run a
 * statement (B18.2). Only core/db.c knows how a file is keyed; core/db_statements.c beside it knows
 * SQLite's statements, core/accumulator.c its functions and triggers.
 *
 * The one thing to know: every state change is one transaction. `tx_begin` inside a transaction
 * makes a savepoint, so functions that need one compose; what was not committed is rolled back when
 * the `struct tx` leaves its scope.
 *
 * The salt in the first 16 bytes of the file is derived from the key, so that a wrong key and a
 * damaged file can be told apart: ERR_PASSPHRASE ("not the key of this file") against ERR_DAMAGED.
 */
#pragma once

#include "crypto/slots.h"
#include "wire/buf.h"

struct db;

/* Make a new file at PATH (which must not exist: ERR_EXISTS) with all tables. On failure nothing is
 * left behind. */
enum err db_create(const char *path, const struct subkey *db_key, struct db **ret);

/* Open an existing file. ERR_NOT_FOUND: no file; ERR_DAMAGED: empty, cut, or a page does not
 * authenticate; ERR_PASSPHRASE: made with another key; ERR_NEWER: written by a newer version. The
 * file is unchanged after each of these. Older schemas are migrated in one transaction. */
enum err db_open(const char *path, const struct subkey *db_key, struct db **ret);

/* A store in memory, for tests. */
enum err db_open_memory(struct db **ret);

/* Close; takes NULL. Statements must be done. */
void db_close(struct db *s);
static inline void
db_closep(struct db **s)
{
    db_close(*s);
}

/* Another connection to the file of S, for reading only: it sees what is committed now, and goes on
 * seeing just that whatever is written meanwhile, until it is closed. It may be used on another
 * thread than S, which stays open longer. ERR_STATE: S is in memory. */
enum err db_open_snapshot(struct db *s, struct db **ret);

/* Move the WAL into the file and cut it: after deleting what must be gone, and before a planned
 * end. ERR_BUSY: somebody still reads in it (db_open_snapshot). */
enum err db_checkpoint(struct db *s);

struct db_size {
    int64_t pages, free_pages, page_bytes;
    int64_t wal_bytes;
};
enum err db_size(struct db *s, struct db_size *ret);
/* Write all of it anew, without free pages and so that later ones can be given back one by one.
 * Takes as long as reading and writing the file twice, and its size in memory. */
enum err db_write_anew(struct db *s);

struct tx {
    struct db *db; /* NULL: not begun, or ended */
    int depth;
};

enum err tx_begin(struct db *s, struct tx *ret);
enum err tx_commit(struct tx *tx);
/* Rolls back what was not committed; for AUTO(tx_done) struct tx tx = {0}. */
void tx_done(struct tx *tx);

/* Statements. FORMAT has a letter for each parameter ?1, ?2 …: i int64_t, b struct span (SPAN_NONE:
 * NULL), t const char * (NULL: NULL), s struct span as text. Bound bytes are copied. SQL must be a
 * string literal: prepared statements are kept by its address. Errors: ERR_FULL, ERR_IO,
 * ERR_DAMAGED, ERR_EXISTS (a uniqueness constraint), ERR_MEMORY. */

/* Run to the end; rows are ignored. */
enum err db_run(struct db *s, const char *sql, const char *format, ...);

struct query {
    struct db *db;
    void *stmt;
    enum err err;
};

/* Begin a query. Read rows with `while (query_next(&q))`, then check query_end. At most one live
 * query per SQL literal. */
enum err db_query(struct db *s, struct query *ret, const char *sql, const char *format, ...);
bool query_next(struct query *q);
int64_t query_int(struct query *q, int column); /* columns from 0; NULL is 0 */
struct span query_bytes(struct query *q,
                        int column); /* valid until query_next or the end; NULL is SPAN_NONE */
bool query_is_null(struct query *q, int column);
/* Copy exactly N bytes; ERR_DAMAGED when the column has another length. */
enum err query_exact(struct query *q, int column, uint8_t *ret, size_t n);
/* Copy text into RET of SIZE bytes, cut to fit, always terminated. */
void query_text(struct query *q, int column, char *ret, size_t size);
/* End it and say whether all went well; query_done does the same without a word, for AUTO. */
enum err query_end(struct query *q);
void query_done(struct query *q);

/* A value of any kind; borrowed like query_bytes. */
struct db_value {
    enum { DB_NULL, DB_NUMBER, DB_BLOB, DB_TEXT } kind;
    int64_t number;
    struct span bytes;
};
size_t query_columns(struct query *q);
void query_value(struct query *q, int column, struct db_value *ret);

/* One statement for many rows, of which SQL needs not be a literal; it is ours, never a peer's.
 * ERR_MALFORMED: a rule of the table is broken by the row. */
struct db_insert;
enum err db_insert_new(struct db *s, const char *sql, struct db_insert **ret);
enum err db_insert_row(struct db_insert *i, const struct db_value *values, size_t count);
void db_insert_free(struct db_insert *i); /* NULL is fine */

/* The first column of the first row; ERR_NOT_FOUND when there is none. */
enum err db_get_int(struct db *s, int64_t *ret, const char *sql, const char *format, ...);
/* The same as bytes, appended to RET. */
enum err db_get_bytes(struct db *s, struct buf *ret, const char *sql, const char *format, ...);

int64_t db_last_id(struct db *s); /* rowid of the last insert */
int db_changes(struct db *s);     /* rows changed by the last db_run */

/* Small named values (table meta). ERR_NOT_FOUND when absent. */
enum err meta_get_int(struct db *s, const char *key, int64_t *ret);
enum err meta_set_int(struct db *s, const char *key, int64_t value);
enum err meta_get_bytes(struct db *s, const char *key, struct buf *ret);
enum err meta_set_bytes(struct db *s, const char *key, struct span value);
