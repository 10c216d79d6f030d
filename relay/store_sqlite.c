/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/store_sqlite.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#define SCHEMA_VERSION 3          /* 1: without blobs; 2: without fetch keys and anchors */
#define APPLICATION_ID 0x536e5231 /* "SnR1" */
#define PAGE_BYTES 4096
#define WAL_CHECKPOINT (8 * 1024 * 1024 / PAGE_BYTES)
#define WAL_HARD_LIMIT (64 * 1024 * 1024 / PAGE_BYTES)

/* All tables are alike: what differs is in the key and the head, see relay/records.h. */
static const char *const table_names[TABLE_COUNT] = {
    [TABLE_META] = "meta",
    [TABLE_NAME] = "name",
    [TABLE_ACCOUNT] = "account",
    [TABLE_MANIFEST] = "manifest",
    [TABLE_DEVICE] = "device",
    [TABLE_OPK] = "opk",
    [TABLE_TOKEN] = "token",
    [TABLE_ITEM] = "item",
    [TABLE_QUEUE] = "queue",
    [TABLE_IDEM] = "idem",
    [TABLE_INVITATION] = "invitation",
    [TABLE_BLOCKED_NAME] = "blocked_name",
    [TABLE_BLOB] = "blob",
    [TABLE_BLOB_OWNER] = "blob_owner",
    [TABLE_FETCH_KEY] = "fetch_key",
    [TABLE_ANCHOR] = "anchor",
};

enum statement { ST_PUT, ST_DELETE, ST_DELETE_RANGE, ST_GET, ST_SCAN, ST_SCAN_BODIES, ST_COUNT };

/* Inserts, or replaces head and body where the key is there. */
#define PUT_TEXT                                                                                   \
    "INSERT INTO %s(key, head, body) VALUES(?1, ?2, ?3)"                                           \
    " ON CONFLICT(key) DO UPDATE SET head = excluded.head, body = excluded.body"

static const char *const statement_texts[ST_COUNT] = {
    [ST_PUT] = PUT_TEXT,
    [ST_DELETE] = "DELETE FROM %s WHERE key = ?1",
    [ST_DELETE_RANGE] = "DELETE FROM %s WHERE key BETWEEN ?1 AND ?2",
    [ST_GET] = "SELECT key, head, length(body), body FROM %s WHERE key = ?1",
    [ST_SCAN] = "SELECT key, head, length(body) FROM %s WHERE key >= ?1 ORDER BY key",
    [ST_SCAN_BODIES] = "SELECT key, head, length(body), body FROM %s WHERE key >= ?1 ORDER BY key",
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *statements[TABLE_COUNT][ST_COUNT]; /* prepared when first used */
    bool in_transaction;
    uint8_t *scratch; /* what store_get lends out */
    size_t scratch_size;
    int lock_fd;
    int wal_fd; /* for store_sync; never written through */
    int wal_pages;

    sqlite3 *checkpoint_db;
    pthread_t checkpointer;
    bool checkpointer_runs;
    pthread_mutex_t copying; /* one checkpoint at a time */
    pthread_mutex_t mutex;   /* of the two below */
    pthread_cond_t wake;
    bool checkpoint_wanted, closing;
    atomic_bool lost; /* a sync or a copy failed: what is on the disk is not known any more */
};

static enum err
sqlite_failed(sqlite3 *db, int rc)
{
    int primary = rc & 0xff;
    const char *text = db != NULL ? sqlite3_errmsg(db) : sqlite3_errstr(rc);
    int reason = db != NULL && primary == SQLITE_IOERR ? sqlite3_system_errno(db) : 0;

    if (primary == SQLITE_FULL || reason == ENOSPC || reason == EDQUOT)
        return fail(ERR_FULL, "the relay's store is full");
    if (primary == SQLITE_NOMEM)
        return fail(ERR_MEMORY, "no memory for the relay's store");
    if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB)
        return fail(ERR_DAMAGED, "the relay's store is damaged: %s", text);
    if (primary == SQLITE_BUSY)
        return fail(ERR_BUSY, "the relay's store is in use by another process");
    return fail(ERR_IO, "the relay's store: %s", text);
}

static enum err
run(sqlite3 *db, const char *sql)
{
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? OK : sqlite_failed(db, rc);
}

/* The integer that SQL (one row, one column) yields. */
static enum err
number(sqlite3 *db, const char *sql, int64_t *ret)
{
    sqlite3_stmt *st;
    int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

    if (rc != SQLITE_OK)
        return sqlite_failed(db, rc);
    rc = sqlite3_step(st);
    int64_t value = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    if (rc != SQLITE_ROW)
        return sqlite_failed(db, rc);
    *ret = value;
    return OK;
}

/* So that it is ours alone to read; what SQLite puts beside it takes the same mode. */
static enum err
make_private(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0)
        return fail(ERR_IO, "cannot open %s: %s", path, strerror(errno));
    close(fd);
    return OK;
}

static enum err
connect_to(const char *path, sqlite3 **ret)
{
    sqlite3 *db = NULL;
    int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int rc = sqlite3_open_v2(path, &db, flags, NULL);
    enum err e = rc == SQLITE_OK ? OK : sqlite_failed(db, rc);

    if (e == OK)
        e = run(db, "PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;");
    if (e != OK) {
        sqlite3_close(db);
        return e;
    }
    *ret = db;
    return OK;
}

/* Also for a store of an earlier version, which lacks the tables that came later. */
static enum err
create_schema(sqlite3 *db)
{
    AUTO(buf_done) struct buf sql = BUF(16 * 1024);

    buf_put_str(&sql, "BEGIN IMMEDIATE;");
    for (int t = 0; t < TABLE_COUNT; t++)
        buf_printf(&sql,
                   "CREATE TABLE IF NOT EXISTS %s(id INTEGER PRIMARY KEY,"
                   " key BLOB NOT NULL UNIQUE, head BLOB NOT NULL, body BLOB NOT NULL);",
                   table_names[t]);
    buf_printf(&sql, "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT;",
               APPLICATION_ID, SCHEMA_VERSION);
    buf_put_u8(&sql, 0);
    TRY(buf_ok(&sql));
    return run(db, (const char *)sql.p);
}

/* Refuse what is not ours before anything is written. */
static enum err
check_schema(sqlite3 *db, bool *ret_incomplete)
{
    int64_t application, version, objects;

    TRY(number(db, "PRAGMA application_id", &application));
    TRY(number(db, "PRAGMA user_version", &version));
    TRY(number(db, "SELECT count(*) FROM sqlite_schema", &objects));
    bool empty = application == 0 && version == 0 && objects == 0;
    *ret_incomplete = empty || version < SCHEMA_VERSION;
    if (empty)
        return OK;
    if (application != APPLICATION_ID)
        return fail(ERR_DAMAGED, "the file is not the store of a relay");
    if (version > SCHEMA_VERSION)
        return fail(ERR_NEWER,
                    "the relay's store has schema %lld, written by a newer snug-relay; this one "
                    "knows schemas up to %d",
                    (long long)version, SCHEMA_VERSION);
    return OK;
}

/* A full disk or a reader in the way: the log grows until there is room or a gap. All else is never
 * tried again, for the second sync would say that the first one's pages are there. */
static void
checkpoint(struct store *s, sqlite3 *db, int mode)
{
    /* Past the hard limit the serving thread waits here for the copying that is under way: SQLite
     * would say BUSY at once, and the log would grow on meanwhile. */
    pthread_mutex_lock(&s->copying);
    int primary = sqlite3_wal_checkpoint_v2(db, NULL, mode, NULL, NULL) & 0xff;
    pthread_mutex_unlock(&s->copying);

    if (primary != SQLITE_OK && primary != SQLITE_BUSY && primary != SQLITE_LOCKED &&
        primary != SQLITE_FULL)
        atomic_store(&s->lost, true);
}

static void *
checkpoint_thread(void *arg)
{
    struct store *s = arg;

    pthread_mutex_lock(&s->mutex);
    while (!s->closing) {
        if (!s->checkpoint_wanted) {
            pthread_cond_wait(&s->wake, &s->mutex);
            continue;
        }
        s->checkpoint_wanted = false;
        pthread_mutex_unlock(&s->mutex);
        checkpoint(s, s->checkpoint_db, SQLITE_CHECKPOINT_PASSIVE);
        pthread_mutex_lock(&s->mutex);
    }
    pthread_mutex_unlock(&s->mutex);
    return NULL;
}

static int
on_wal_grown(void *ctx, sqlite3 *db, const char *name, int pages)
{
    ((struct store *)ctx)->wal_pages = pages;
    return SQLITE_OK;
}

static enum err
take_lock(const char *path, int *ret)
{
    AUTO(buf_done) struct buf name = BUF(4096 + 8);

    buf_printf(&name, "%s.lock", path);
    buf_put_u8(&name, 0);
    TRY(buf_ok(&name));
    int fd = open((const char *)name.p, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return fail(ERR_IO, "cannot open %s: %s", (const char *)name.p, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return fail(ERR_BUSY, "another snug-relay runs on %s", path);
    }
    *ret = fd;
    return OK;
}

static enum err
open_database(struct store *s, const char *path, uint64_t max_bytes)
{
    AUTO(buf_done) struct buf text = BUF(8192);
    bool incomplete = false;

    TRY(connect_to(path, &s->db));
    TRY(check_schema(s->db, &incomplete));
    /* NORMAL: a commit does not sync the log, store_sync does. The rest of what a crash needs
     * (syncing the log before it is copied back, and its header) SQLite does under NORMAL too. */
    buf_printf(&text, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                      "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -32768;"
                      "PRAGMA cache_spill = OFF; PRAGMA secure_delete = FAST;");
    if (max_bytes > 0)
        buf_printf(&text, "PRAGMA max_page_count = %llu;",
                   (unsigned long long)(max_bytes / PAGE_BYTES));
    buf_put_u8(&text, 0);
    TRY(buf_ok(&text));
    TRY(run(s->db, (const char *)text.p));
    if (incomplete)
        TRY(create_schema(s->db));
    sqlite3_wal_hook(s->db, on_wal_grown, s);

    buf_clear(&text);
    buf_printf(&text, "%s-wal", path);
    buf_put_u8(&text, 0);
    TRY(buf_ok(&text));
    s->wal_fd = open((const char *)text.p, O_RDONLY | O_CLOEXEC);
    if (s->wal_fd < 0)
        return fail(ERR_IO, "cannot open %s: %s", (const char *)text.p, strerror(errno));
    return store_sync(s);
}

static enum err
start_checkpointer(struct store *s, const char *path)
{
    TRY(connect_to(path, &s->checkpoint_db));
    TRY(run(s->checkpoint_db, "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"));
    if (pthread_create(&s->checkpointer, NULL, checkpoint_thread, s) != 0)
        return fail(ERR_MEMORY, "cannot start the checkpoint thread");
    s->checkpointer_runs = true;
    return OK;
}

enum err
store_sqlite_open(const char *path, uint64_t max_bytes, struct store **ret)
{
    struct store *s = calloc(1, sizeof *s);

    if (s == NULL)
        return fail(ERR_MEMORY, "no memory for the relay's store");
    s->lock_fd = s->wal_fd = -1;
    pthread_mutex_init(&s->mutex, NULL);
    pthread_mutex_init(&s->copying, NULL);
    pthread_cond_init(&s->wake, NULL);
    enum err e = take_lock(path, &s->lock_fd);
    if (e == OK)
        e = make_private(path);
    if (e == OK)
        e = open_database(s, path, max_bytes);
    if (e == OK)
        e = start_checkpointer(s, path);
    if (e != OK) {
        store_close(s);
        return e;
    }
    *ret = s;
    return OK;
}

/* The last to close copies the log back, unless the log may not be what was written. */
static void
close_database(struct store *s, sqlite3 *db)
{
    if (db != NULL && atomic_load(&s->lost))
        sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
    sqlite3_close(db);
}

void
store_close(struct store *s)
{
    if (s == NULL)
        return;
    pthread_mutex_lock(&s->mutex);
    s->closing = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->mutex);
    if (s->checkpointer_runs)
        pthread_join(s->checkpointer, NULL);
    for (int t = 0; t < TABLE_COUNT; t++)
        for (int k = 0; k < ST_COUNT; k++)
            sqlite3_finalize(s->statements[t][k]);
    close_database(s, s->checkpoint_db);
    close_database(s, s->db);
    if (s->wal_fd >= 0)
        close(s->wal_fd);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    pthread_mutex_destroy(&s->mutex);
    pthread_mutex_destroy(&s->copying);
    pthread_cond_destroy(&s->wake);
    free(s->scratch);
    free(s);
}

static enum err
prepare(struct store *s, enum store_table t, enum statement kind, sqlite3_stmt **ret)
{
    sqlite3_stmt **slot = &s->statements[t][kind];
    char sql[256];

    assert(t >= 0 && t < TABLE_COUNT);
    if (*slot == NULL) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(sql, sizeof sql, statement_texts[kind], table_names[t]);
#pragma GCC diagnostic pop
        int rc = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, slot, NULL);
        if (rc != SQLITE_OK)
            return sqlite_failed(s->db, rc);
    }
    *ret = *slot;
    return OK;
}

/* An empty span is an empty blob, not NULL. */
static void
bind(sqlite3_stmt *st, int place, struct span v)
{
    int rc = v.n == 0 ? sqlite3_bind_zeroblob(st, place, 0)
                      : sqlite3_bind_blob(st, place, v.p, (int)v.n, SQLITE_STATIC);
    assert(rc == SQLITE_OK);
}

static struct span
column(sqlite3_stmt *st, int i)
{
    const void *p = sqlite3_column_blob(st, i);
    return SPAN(p, p == NULL ? 0 : (size_t)sqlite3_column_bytes(st, i));
}

static enum err
step_write(struct store *s, sqlite3_stmt *st)
{
    if (!s->in_transaction) {
        TRY(run(s->db, "BEGIN IMMEDIATE"));
        s->in_transaction = true;
    }
    int rc = sqlite3_step(st);
    enum err e = rc == SQLITE_DONE ? OK : sqlite_failed(s->db, rc);
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
    return e;
}

enum err
store_put(struct store *s, enum store_table t, const struct record *r)
{
    sqlite3_stmt *st;

    assert(r->key.n > 0 && r->key.n <= STORE_KEY_MAX);
    TRY(prepare(s, t, ST_PUT, &st));
    bind(st, 1, r->key);
    bind(st, 2, r->head);
    bind(st, 3, r->body);
    return step_write(s, st);
}

enum err
store_delete(struct store *s, enum store_table t, struct span key)
{
    sqlite3_stmt *st;

    TRY(prepare(s, t, ST_DELETE, &st));
    bind(st, 1, key);
    return step_write(s, st);
}

enum err
store_delete_range(struct store *s, enum store_table t, struct span first, struct span last)
{
    sqlite3_stmt *st;

    TRY(prepare(s, t, ST_DELETE_RANGE, &st));
    bind(st, 1, first);
    bind(st, 2, last);
    return step_write(s, st);
}

static struct record
record_of(sqlite3_stmt *st, bool body)
{
    return (struct record){
        .key = column(st, 0),
        .head = column(st, 1),
        .body_size = (size_t)sqlite3_column_int64(st, 2),
        .body = body ? column(st, 3) : SPAN_NONE,
    };
}

/* Copy R into the scratch buffer, so that no statement stays open behind what is lent out. */
static enum err
lend(struct store *s, struct span key, const struct record *r, struct record *ret)
{
    size_t size = r->head.n + r->body.n + 1;

    if (size > s->scratch_size) {
        uint8_t *p = realloc(s->scratch, 2 * size);
        if (p == NULL)
            return fail(ERR_MEMORY, "no memory for a record");
        s->scratch = p;
        s->scratch_size = 2 * size;
    }
    if (r->head.n > 0)
        memcpy(s->scratch, r->head.p, r->head.n);
    if (r->body.n > 0)
        memcpy(s->scratch + r->head.n, r->body.p, r->body.n);
    *ret = (struct record){
        .key = key,
        .head = SPAN(s->scratch, r->head.n),
        .body = SPAN(s->scratch + r->head.n, r->body.n),
        .body_size = r->body.n,
    };
    return OK;
}

enum err
store_get(struct store *s, enum store_table t, struct span key, struct record *ret)
{
    sqlite3_stmt *st;
    enum err e;

    TRY(prepare(s, t, ST_GET, &st));
    bind(st, 1, key);
    int rc = sqlite3_step(st);
    if (rc == SQLITE_ROW) {
        struct record r = record_of(st, true);
        e = lend(s, key, &r, ret);
    } else {
        e = rc == SQLITE_DONE ? ERR_NOT_FOUND : sqlite_failed(s->db, rc);
    }
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
    return e;
}

/* The smallest key that a scan may visit: the prefix itself, or what follows AFTER. */
static struct span
scan_start(const struct scan *scan, uint8_t room[STORE_KEY_MAX + 1])
{
    if (scan->after.n == 0)
        return scan->prefix;
    assert(scan->after.n <= STORE_KEY_MAX);
    memcpy(room, scan->after.p, scan->after.n);
    room[scan->after.n] = 0;
    return SPAN(room, scan->after.n + 1);
}

static bool
begins_with(struct span key, struct span prefix)
{
    return prefix.n == 0 || (key.n >= prefix.n && memcmp(key.p, prefix.p, prefix.n) == 0);
}

enum err
store_scan(struct store *s, const struct scan *scan, store_visit *visit, void *ctx)
{
    uint8_t room[STORE_KEY_MAX + 1];
    sqlite3_stmt *st;
    enum err e = OK;
    bool stop = false;
    int rc;

    TRY(prepare(s, scan->table, scan->bodies ? ST_SCAN_BODIES : ST_SCAN, &st));
    bind(st, 1, scan_start(scan, room));
    while (e == OK && !stop && (rc = sqlite3_step(st)) != SQLITE_DONE) {
        if (rc != SQLITE_ROW) {
            e = sqlite_failed(s->db, rc);
            break;
        }
        struct record r = record_of(st, scan->bodies);
        if (!begins_with(r.key, scan->prefix))
            break;
        e = visit(ctx, &r, &stop);
    }
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
    return e;
}

static void
ask_for_checkpoint(struct store *s)
{
    pthread_mutex_lock(&s->mutex);
    s->checkpoint_wanted = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->mutex);
}

static enum err
check_not_lost(struct store *s)
{
    return atomic_load(&s->lost) ? fail(ERR_IO, "the relay's store did not keep what was written")
                                 : OK;
}

enum err
store_commit(struct store *s)
{
    TRY(check_not_lost(s));
    if (!s->in_transaction)
        return OK;
    TRY(run(s->db, "COMMIT"));
    s->in_transaction = false;
    if (s->wal_pages >= WAL_HARD_LIMIT)
        checkpoint(s, s->db, SQLITE_CHECKPOINT_RESTART);
    else if (s->wal_pages >= WAL_CHECKPOINT)
        ask_for_checkpoint(s);
    return check_not_lost(s);
}

void
store_rollback(struct store *s)
{
    /* After some errors SQLite has rolled back by itself. */
    if (s->in_transaction && sqlite3_get_autocommit(s->db) == 0)
        (void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    s->in_transaction = false;
}

enum err
store_sync(struct store *s)
{
    TRY(check_not_lost(s));
    if (fdatasync(s->wal_fd) != 0) {
        enum err e = fail(ERR_IO, "fdatasync of the relay's store: %s", strerror(errno));
        atomic_store(&s->lost, true);
        return e;
    }
    return OK;
}
