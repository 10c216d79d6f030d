/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * profile_secrets FOLDER: what a copy of a profile holds, one `TABLE.COLUMN HEX` a line: the keys
 * made from the pass-phrase, which is read from standard input, and every text and bytes in the
 * store. For the test that looks for them in an agent's memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/db.h"

#define NAMES_MAX 512

static void
tell(const char *what, struct span bytes)
{
    printf("%s ", what);
    for (size_t i = 0; i < bytes.n; i++)
        printf("%02x", bytes.p[i]);
    printf("\n");
}

static enum err
read_slots(const char *folder, struct buf *ret)
{
    char path[512];
    uint8_t bytes[SLOTS_FILE_MAX];

    snprintf(path, sizeof path, "%s/slots", folder);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return fail(ERR_IO, "%s: %m", path);
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    buf_put(ret, SPAN(bytes, n));
    return buf_ok(ret);
}

static enum err
keys(const char *folder, struct span passphrase, struct subkey *ret_db)
{
    static const struct {
        const char *name;
        enum label label;
    } derived[] = {{"key.db", LABEL_DB},
                   {"key.files", LABEL_FILES},
                   {"key.state", LABEL_STATE},
                   {"key.anchor", LABEL_ANCHOR},
                   {"key.log", LABEL_LOG}};
    AUTO(buf_done) struct buf file = BUF(SLOTS_FILE_MAX);
    struct master_key mk;
    struct subkey key;
    unsigned index;

    TRY(read_slots(folder, &file));
    TRY(slots_open(buf_span(&file),
                   &(struct slot_secret){.type = SLOT_PASSPHRASE, .passphrase = passphrase}, &mk,
                   &index));
    tell("key.master", SPAN(mk.b, sizeof mk.b));
    for (size_t i = 0; i < sizeof derived / sizeof derived[0]; i++) {
        subkey_derive(&mk, derived[i].label, &key);
        tell(derived[i].name, SPAN(key.b, sizeof key.b));
    }
    subkey_derive(&mk, LABEL_DB, ret_db);
    return OK;
}

/* What SQL, which names a table or column, says; the statement is kept by the text's address. */
static enum err
column(struct db *db, const char *table, const char *name)
{
    char *sql, what[160];
    struct query q;

    if (asprintf(&sql, "SELECT \"%s\" FROM \"%s\" WHERE typeof(\"%s\") IN ('text','blob')", name,
                 table, name) < 0)
        return fail(ERR_MEMORY, "no memory");
    snprintf(what, sizeof what, "%s.%s", table, name);
    TRY(db_query(db, &q, sql, ""));
    while (query_next(&q))
        tell(what, query_bytes(&q, 0));
    return query_end(&q);
}

struct names {
    char each[NAMES_MAX][64];
    size_t n;
};

static enum err
names(struct db *db, const char *sql, int at, struct names *ret)
{
    struct query q;

    ret->n = 0;
    TRY(db_query(db, &q, sql, ""));
    while (ret->n < NAMES_MAX && query_next(&q))
        query_text(&q, at, ret->each[ret->n++], sizeof ret->each[0]);
    return query_end(&q);
}

/* But of the words, which are those of the messages. */
static enum err
tables(struct db *db)
{
    static struct names table, of_table;
    char *sql;

    TRY(names(db,
              "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'words%' AND "
              "name NOT LIKE 'sqlite%'",
              0, &table));
    for (size_t t = 0; t < table.n; t++) {
        if (asprintf(&sql, "PRAGMA table_info(\"%s\")", table.each[t]) < 0)
            return fail(ERR_MEMORY, "no memory");
        TRY(names(db, sql, 1, &of_table));
        for (size_t i = 0; i < of_table.n; i++)
            TRY(column(db, table.each[t], of_table.each[i]));
    }
    return OK;
}

static enum err
run(const char *folder)
{
    char passphrase[1024], path[512];
    struct subkey db_key;
    struct db *db;

    TRY(crypto_init());
    ssize_t n = read(STDIN_FILENO, passphrase, sizeof passphrase);
    if (n <= 0)
        return fail(ERR_USAGE, "no pass-phrase");
    TRY(keys(folder, SPAN(passphrase, (size_t)n), &db_key));
    snprintf(path, sizeof path, "%s/history.db", folder);
    TRY(db_open(path, &db_key, &db));
    enum err e = tables(db);
    db_close(db);
    return e;
}

int
main(int argc, char **argv)
{
    enum err e = argc == 2 ? run(argv[1]) : fail(ERR_USAGE, "profile_secrets FOLDER");

    if (e != OK)
        fprintf(stderr, "profile_secrets: %s\n", err_why(e));
    return e != OK;
}
