/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A term is BLAKE2b-256, keyed, over table and row: each value with its type and length, columns in
 * their order. The sum is modulo 2^256. Terms are taken off and added by triggers, which write the
 * new sum in the transaction of the change, so that what SQLite rolls back is rolled back here too.
 */
#include "core/accumulator.h"

#include <assert.h>
#include <sodium.h>
#include <sqlcipher/sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/db_inside.h"
#include "crypto/kdf.h"
#include "crypto/secret.h"

#define LEDGER_BYTES (8 + LEDGER_SUM)
#define SQL_MAX 8192
#define LIST_MAX 2000

const struct accumulated accumulated_tables[] = {
    {"account", "display_name about picture profile_ms"},
    {"relays", "offset_s"},
    {"manifests", ""},
    {"shown_manifests", ""},
    {"spks", ""},
    {"ekss", ""},
    {"opks", ""},
    {"contacts", "nickname name about picture profile_ms profile_sent_ms request_text heard_ms "
                 "last_read receipts typing presence unreachable"},
    {"tokens", ""},
    {"sessions", ""},
    {"initial_keys", ""},
    {"seen", ""},
    {"seen_ids", ""},
    {"failures", ""},
    {"bundles", ""},
    {"chains_out", ""},
    {"chains_in", ""},
    {"chain_hashes", ""},
    {"gaps", ""},
    {"outbox", ""},
    {"cursors", ""},
    {"moving", ""},
    {"left_relays", ""},
    {"runs", ""},
    {"own_gaps", ""},
    {"fresh_resets", ""},
    {NULL, NULL},
};

/* What is shown, what was set, and what is made again from the rest. */
const char *const tables_not_accumulated[] = {
    "meta",
    "notices",
    "lookups",
    "messages",
    "receipts_due",
    "pacing",
    "message_versions",
    "reactions",
    "early_changes",
    "conversations",
    "attachments",
    "links",
    "healed",
    NULL,
};

struct accumulator {
    struct subkey key, anchor_key;
    uint8_t summing[LEDGER_SUM]; /* by the function `summed` */
    bool mixed;
};

static void
store_u64(uint8_t ret[8], uint64_t v)
{
    for (int i = 0; i < 8; i++)
        ret[i] = (uint8_t)(v >> (56 - 8 * i));
}

static uint64_t
load_u64(const uint8_t b[8])
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v = v << 8 | b[i];
    return v;
}

/* --- terms --- */

static void
put_value(crypto_generichash_state *h, sqlite3_value *v)
{
    int type = sqlite3_value_type(v);
    uint8_t head[9] = {(uint8_t)type};
    const void *bytes = NULL;
    size_t n = 0;

    if (type == SQLITE_INTEGER) {
        store_u64(head + 1, (uint64_t)sqlite3_value_int64(v));
    } else if (type != SQLITE_NULL) { /* there are no floating point numbers in our tables */
        bytes = type == SQLITE_TEXT ? (const void *)sqlite3_value_text(v) : sqlite3_value_blob(v);
        n = (size_t)sqlite3_value_bytes(v);
        store_u64(head + 1, n);
    }
    crypto_generichash_update(h, head, sizeof head);
    if (n > 0 && bytes != NULL)
        crypto_generichash_update(h, bytes, n);
}

/* Of a table's name and a row's values. */
static void
term_of(const struct accumulator *a, int count, sqlite3_value **values, uint8_t ret[LEDGER_SUM])
{
    crypto_generichash_state h;

    crypto_generichash_init(&h, a->key.b, sizeof a->key.b, LEDGER_SUM);
    for (int i = 0; i < count; i++)
        put_value(&h, values[i]);
    crypto_generichash_final(&h, ret, LEDGER_SUM);
    sodium_memzero(&h, sizeof h);
}

/* sodium's sums are little-endian; which one it is does not matter. */
static void
sum_change(uint8_t sum[LEDGER_SUM], const uint8_t term[LEDGER_SUM], int64_t sign)
{
    if (sign > 0)
        sodium_add(sum, term, LEDGER_SUM);
    else
        sodium_sub(sum, term, LEDGER_SUM);
}

/* counted(ledger, sign, table, values...): the ledger after this change. */
static void
counted(sqlite3_context *context, int count, sqlite3_value **values)
{
    const struct accumulator *a = sqlite3_user_data(context);
    uint8_t ledger[LEDGER_BYTES], term[LEDGER_SUM];

    if (sqlite3_value_bytes(values[0]) != LEDGER_BYTES) {
        sqlite3_result_error_code(context, SQLITE_CORRUPT);
        return;
    }
    memcpy(ledger, sqlite3_value_blob(values[0]), LEDGER_BYTES);
    term_of(a, count - 2, values + 2, term);
    sum_change(ledger + 8, term, sqlite3_value_int64(values[1]));
    store_u64(ledger, load_u64(ledger) + 1);
    sqlite3_result_blob(context, ledger, LEDGER_BYTES, SQLITE_TRANSIENT);
}

/* summed(table, values...): adds to what is being summed up. */
static void
summed(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct accumulator *a = sqlite3_user_data(context);
    uint8_t term[LEDGER_SUM];

    term_of(a, count, values, term);
    sum_change(a->summing, term, 1);
    sqlite3_result_int(context, 1);
}

/* --- its life --- */

void
accumulator_free(struct accumulator *a)
{
    secret_free(a);
}

enum err
accumulator_new(struct db *s, const struct subkey *db_key, struct accumulator **ret)
{
    struct accumulator *a = SECRET_NEW(struct accumulator);

    if (a == NULL)
        return fail(ERR_MEMORY, "not enough lockable memory for the keys");
    *a = (struct accumulator){0};
    hkdf(&(struct hkdf_input){.ikm = SPAN_OF(*db_key), .label = LABEL_STATE}, a->key.b,
         sizeof a->key.b);
    hkdf(&(struct hkdf_input){.ikm = SPAN_OF(*db_key), .label = LABEL_ANCHOR}, a->anchor_key.b,
         sizeof a->anchor_key.b);
    int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
    if (sqlite3_create_function(db_handle(s), "counted", -1, flags, a, counted, NULL, NULL) !=
            SQLITE_OK ||
        sqlite3_create_function(db_handle(s), "summed", -1, SQLITE_UTF8, a, summed, NULL, NULL) !=
            SQLITE_OK) {
        accumulator_free(a);
        return fail(ERR_MEMORY, "not enough memory");
    }
    *ret = a;
    return OK;
}

/* --- the tables --- */

/* Whether LIST, words between blanks, has WORD. */
static bool
has_word(const char *list, const char *word)
{
    size_t n = strlen(word);

    for (const char *at = list; (at = strstr(at, word)) != NULL; at++)
        if ((at == list || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
            return true;
    return false;
}

/* The columns of T that count, each behind PREFIX: ", NEW.a, NEW.b". */
static enum err
columns_of(struct db *s, const struct accumulated *t, const char *prefix, char ret[LIST_MAX])
{
    char sql[128];
    sqlite3_stmt *q = NULL;
    size_t n = 0;

    snprintf(sql, sizeof sql, "PRAGMA table_info(%s)", t->table);
    ret[0] = '\0';
    if (sqlite3_prepare_v2(db_handle(s), sql, -1, &q, NULL) != SQLITE_OK)
        return fail(ERR_DAMAGED, "the profile's database is damaged (tables)");
    while (sqlite3_step(q) == SQLITE_ROW && n < LIST_MAX) {
        const char *name = (const char *)sqlite3_column_text(q, 1);
        if (!has_word(t->without, name))
            n += (size_t)snprintf(ret + n, LIST_MAX - n, ",%s%s", prefix, name);
    }
    int rc = sqlite3_finalize(q);
    if (rc != SQLITE_OK || n == 0)
        return fail(ERR_DAMAGED, "the profile's database is damaged (tables)");
    assert(n < LIST_MAX);
    return OK;
}

static enum err
watch_table(struct db *s, const struct accumulated *t)
{
    char added[LIST_MAX], gone[LIST_MAX], plain[LIST_MAX], sql[4 * LIST_MAX + 1024];

    TRY(columns_of(s, t, "NEW.", added));
    TRY(columns_of(s, t, "OLD.", gone));
    TRY(columns_of(s, t, "", plain));
#define SET "BEGIN UPDATE meta SET value="
#define END " WHERE key='ledger'; END;"
    int n = snprintf(sql, sizeof sql,
                     "CREATE TEMP TRIGGER %1$s_added AFTER INSERT ON main.%1$s " SET
                     "counted(value,1,'%1$s'%2$s)" END
                     "CREATE TEMP TRIGGER %1$s_gone AFTER DELETE ON main.%1$s " SET
                     "counted(value,-1,'%1$s'%3$s)" END
                     "CREATE TEMP TRIGGER %1$s_changed AFTER UPDATE OF %4$s ON main.%1$s " SET
                     "counted(counted(value,-1,'%1$s'%3$s),1,'%1$s'%2$s)" END,
                     t->table, added, gone, plain + 1);
#undef SET
#undef END
    assert(n > 0 && (size_t)n < sizeof sql);
    return db_exec(s, sql);
}

enum err
accumulator_watch(struct db *s)
{
    /* Or what REPLACE takes away would not be counted. */
    TRY(db_exec(s, "PRAGMA recursive_triggers=ON"));
    for (const struct accumulated *t = accumulated_tables; t->table != NULL; t++)
        TRY(watch_table(s, t));
    return OK;
}

static enum err
sum_all(struct db *s)
{
    struct accumulator *a = db_accumulator(s);
    char columns[LIST_MAX], sql[LIST_MAX + 256];

    memset(a->summing, 0, LEDGER_SUM);
    for (const struct accumulated *t = accumulated_tables; t->table != NULL; t++) {
        TRY(columns_of(s, t, "", columns));
        snprintf(sql, sizeof sql, "SELECT count(summed('%1$s'%2$s)) FROM main.%1$s", t->table,
                 columns);
        TRY(db_exec(s, sql));
    }
    return OK;
}

/* --- their indexes --- */

struct index {
    char name[64], where[256]; /* where: of one of some rows only */
};

/* How to read TABLE's rows and no index: "NOT INDEXED" does, unless its rows lie in the index of
 * its primary key. */
static bool
has_rowid(struct db *s, const char *table, char ret_how[128])
{
    char sql[160];
    sqlite3_stmt *probe = NULL;

    snprintf(sql, sizeof sql, "SELECT rowid FROM main.%s", table);
    bool has = sqlite3_prepare_v2(db_handle(s), sql, -1, &probe, NULL) == SQLITE_OK;
    sqlite3_finalize(probe);
    if (has)
        snprintf(ret_how, 128, "NOT INDEXED");
    else
        snprintf(ret_how, 128, "INDEXED BY sqlite_autoindex_%s_1", table);
    return has;
}

/* The columns of an index, with the primary key's where the table has no other: ",a,b". */
static enum err
indexed_columns(struct db *s, const struct index *i, char ret[LIST_MAX])
{
    char sql[128];
    sqlite3_stmt *q = NULL;
    size_t n = 0;

    snprintf(sql, sizeof sql, "PRAGMA index_xinfo(%s)", i->name);
    if (sqlite3_prepare_v2(db_handle(s), sql, -1, &q, NULL) != SQLITE_OK)
        return fail(ERR_DAMAGED, "the profile's database is damaged (indexes)");
    while (sqlite3_step(q) == SQLITE_ROW && n < LIST_MAX) {
        const char *column = (const char *)sqlite3_column_text(q, 2);
        if (column != NULL) /* NULL: the rowid */
            n += (size_t)snprintf(ret + n, LIST_MAX - n, ",%s", column);
    }
    int rc = sqlite3_finalize(q);
    if (rc != SQLITE_OK || n == 0)
        return fail(ERR_DAMAGED, "the profile's database is damaged (indexes)");
    assert(n < LIST_MAX);
    return OK;
}

static enum err
sum_by(struct db *s, const char *sql, uint8_t ret[LEDGER_SUM])
{
    struct accumulator *a = db_accumulator(s);

    memset(a->summing, 0, LEDGER_SUM);
    TRY(db_exec(s, sql));
    memcpy(ret, a->summing, LEDGER_SUM);
    return OK;
}

/* Whether index I says of T's rows what they say: the same sum, read from the one and from the
 * other. */
static enum err
index_fits(struct db *s, const char *table, const struct index *i, bool *ret)
{
    char columns[LIST_MAX], how[128], sql[LIST_MAX + 512];
    uint8_t by_index[LEDGER_SUM], by_row[LEDGER_SUM];
    const char *row = has_rowid(s, table, how) ? ",rowid" : "";

    TRY(indexed_columns(s, i, columns));
    snprintf(sql, sizeof sql,
             "SELECT count(summed('%1$s'%2$s%3$s)) FROM main.%1$s INDEXED BY %4$s %5$s", table,
             columns, row, i->name, i->where);
    TRY(sum_by(s, sql, by_index));
    snprintf(sql, sizeof sql, "SELECT count(summed('%1$s'%2$s%3$s)) FROM main.%1$s %4$s %5$s",
             table, columns, row, how, i->where);
    TRY(sum_by(s, sql, by_row));
    *ret = memcmp(by_index, by_row, LEDGER_SUM) == 0;
    return OK;
}

static enum err
indexes_fit(struct db *s, const char *table, bool *ret)
{
    AUTO(query_done) struct query q;
    struct index i;
    int64_t last = 0;

    for (*ret = true; *ret;) {
        /* An index without a number of its own is the table itself. */
        TRY(db_query(s, &q,
                     "SELECT rowid,name,CASE WHEN sql LIKE '% WHERE %' THEN "
                     "substr(sql,instr(sql,' WHERE ')) ELSE '' END FROM main.sqlite_master WHERE "
                     "type='index' AND tbl_name=?1 AND rowid>?2 ORDER BY rowid LIMIT 1",
                     "ti", table, last));
        bool found = query_next(&q);
        if (found) {
            last = query_int(&q, 0);
            query_text(&q, 1, i.name, sizeof i.name);
            query_text(&q, 2, i.where, sizeof i.where);
        }
        TRY(query_end(&q));
        if (!found)
            return OK;
        TRY(index_fits(s, table, &i, ret));
    }
    return OK;
}

static enum err
all_indexes_fit(struct db *s, bool *ret)
{
    *ret = true;
    for (const struct accumulated *t = accumulated_tables; t->table != NULL && *ret; t++)
        TRY(indexes_fit(s, t->table, ret));
    return OK;
}

/* --- the ledger --- */

enum err
accumulator_get(struct db *s, struct ledger *ret)
{
    AUTO(buf_done) struct buf b = BUF(LEDGER_BYTES);

    TRY(meta_get_bytes(s, "ledger", &b));
    if (b.n != LEDGER_BYTES)
        return fail(ERR_DAMAGED, "the sum of the profile's database is damaged");
    ret->gen = load_u64(b.p);
    memcpy(ret->sum, b.p + 8, LEDGER_SUM);
    return OK;
}

const struct subkey *
accumulator_anchor_key(const struct db *s)
{
    return &db_accumulator(s)->anchor_key;
}

bool
accumulator_mixed(const struct db *s)
{
    return db_accumulator(s)->mixed;
}

enum err
accumulator_renew(struct db *s, uint64_t above)
{
    struct accumulator *a = db_accumulator(s);
    struct ledger l = {0};
    uint8_t bytes[LEDGER_BYTES];

    enum err found = accumulator_get(s, &l);
    if (found != OK && found != ERR_NOT_FOUND && found != ERR_DAMAGED)
        return found;
    if (a->mixed)
        TRY(db_exec(s, "REINDEX"));
    TRY(sum_all(s));
    store_u64(bytes, (l.gen > above ? l.gen : above) + 1);
    memcpy(bytes + 8, a->summing, LEDGER_SUM);
    TRY(meta_set_bytes(s, "ledger", SPAN(bytes, sizeof bytes)));
    a->mixed = false;
    return OK;
}

enum err
accumulator_check(struct db *s)
{
    struct accumulator *a = db_accumulator(s);
    struct ledger l;
    bool fit;

    enum err found = accumulator_get(s, &l);
    if (found != OK && found != ERR_NOT_FOUND && found != ERR_DAMAGED)
        return found;
    TRY(all_indexes_fit(s, &fit));
    TRY(sum_all(s));
    a->mixed = !fit || found != OK || sodium_memcmp(l.sum, a->summing, LEDGER_SUM) != 0;
    return OK;
}
