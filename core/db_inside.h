/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What core/db.c, core/db_statements.c and core/accumulator.c share and nobody else includes.
 */
#pragma once

#include "core/accumulator.h"

#define STATEMENTS_MAX                                                                             \
    2048 /* slots of the statement cache, a power of two; SQL literals in the program are fewer */

struct sqlite3;
struct sqlite3_stmt;

struct statement {
    const char *sql;
    struct sqlite3_stmt *stmt;
    bool busy;
};

struct db {
    struct sqlite3 *handle;
    struct subkey *key; /* locked memory; NULL: none is needed */
    int depth;          /* open tx */
    struct accumulator *accumulator;
    struct statement statements[STATEMENTS_MAX];
};

/* The error for SQLite's code RC, with a sentence; DB may be NULL. */
enum err db_fail(struct sqlite3 *db, int rc, const char *doing);

/* Before the connection is closed. */
void db_statements_end(struct db *s);

struct sqlite3 *db_handle(struct db *s);
struct accumulator *db_accumulator(const struct db *s);

/* Run SQL made at run time; several statements. */
enum err db_exec(struct db *s, const char *sql);

/* The functions that the sum is made with; the store's file has DB_KEY. Then either _renew (new
 * tables) or _check; then _watch, from which on every change counts. */
enum err accumulator_new(struct db *s, const struct subkey *db_key, struct accumulator **ret);
enum err accumulator_check(struct db *s);
enum err accumulator_watch(struct db *s);
void accumulator_free(struct accumulator *a); /* after the store is closed; NULL is fine */
