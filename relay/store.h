/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a relay keeps, as tables of records: a key, a short head and a body that may be large (an
 * envelope, a bundle). Which records there are is in relay/records.h; this is only how they are
 * kept. store_sqlite keeps them in SQLite; the tests' store_memory keeps them in memory, for
 * programs that may not link SQLite. Which of the two a program has is decided when it is linked.
 *
 * The one thing to know: a write is seen by every later read at once, survives the end of the
 * process after store_commit, and survives the end of the machine after a store_sync that began
 * after that commit. The two are apart so that the thread that serves requests never waits for a
 * disk: it commits, and the writer thread (relay/writer) syncs. 202 is answered after the sync.
 *
 * All calls are made on one thread, but for store_sync. After ERR_FULL or ERR_IO from a write or a
 * commit the transaction is spoilt: call store_rollback, which forgets every write since the last
 * commit. After any failure of store_sync the store must not be written again.
 */
#pragma once

#include "wire/buf.h"

struct store;

enum store_table {
    TABLE_META,
    TABLE_NAME,
    TABLE_ACCOUNT,
    TABLE_MANIFEST,
    TABLE_DEVICE,
    TABLE_OPK,
    TABLE_TOKEN,
    TABLE_ITEM,
    TABLE_QUEUE,
    TABLE_IDEM,
    TABLE_INVITATION,
    TABLE_BLOCKED_NAME,
    TABLE_BLOB,
    TABLE_BLOB_OWNER,
    TABLE_FETCH_KEY,
    TABLE_ANCHOR,
    TABLE_COUNT,
};

#define STORE_KEY_MAX 48

struct record {
    struct span key; /* 1 to STORE_KEY_MAX bytes, unique in its table, compared as bytes */
    struct span head;
    struct span body;
    size_t body_size; /* set by reads, also where the body itself was not asked for */
};

/* Wait for nothing; sync nothing; what was not committed is gone. NULL is fine. */
void store_close(struct store *s);

/* Insert, or replace the record with this key. ERR_FULL, ERR_IO. */
enum err store_put(struct store *s, enum store_table t, const struct record *r);

/* Fine where there is no such record. ERR_FULL, ERR_IO. */
enum err store_delete(struct store *s, enum store_table t, struct span key);

/* Delete every record with FIRST <= key <= LAST. ERR_FULL, ERR_IO. */
enum err store_delete_range(struct store *s, enum store_table t, struct span first,
                            struct span last);

/* The record with this key; its head and body are borrowed until the next call with S.
 * ERR_NOT_FOUND (with no sentence recorded: it is an everyday answer), ERR_IO. */
enum err store_get(struct store *s, enum store_table t, struct span key, struct record *ret);

/* Called for one record, which is borrowed for the call. It must not call the store. Set *stop to
 * end the scan early; an error ends it as well and is passed on. */
typedef enum err store_visit(void *ctx, const struct record *r, bool *stop);

struct scan {
    enum store_table table;
    struct span prefix; /* only keys that begin with it; empty: all */
    struct span after;  /* only keys greater than it; empty: from the first on */
    bool bodies;        /* read bodies too (else body is empty and body_size tells) */
};

/* Visit records in the order of their keys. ERR_IO, or the visitor's error. */
enum err store_scan(struct store *s, const struct scan *scan, store_visit *visit, void *ctx);

/* Keep what was written since the last commit, all or nothing. Nothing written: does nothing.
 * ERR_FULL, ERR_IO. */
enum err store_commit(struct store *s);

/* Forget what was written since the last commit. */
void store_rollback(struct store *s);

/* Wait until everything committed before this call is on the disk. May be called on another thread
 * at any time between open and close. ERR_IO: never to be tried again. */
enum err store_sync(struct store *s);
