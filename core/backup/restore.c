/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/backup/restore.h"

#include <stdio.h>

#include "core/backup/reader.h"
#include "core/backup/tables.h"
#include "core/backup/values.h"
#include "core/replacing.h"
#include "core/schema.h"
#include "crypto/manifest.h"

#define ROWS_AT_ONCE 20000 /* in a transaction */
#define DAMAGED "What stands in the backup does not fit together."

struct restoring {
    const struct backup_restoring *o; /* NULL: only looked at */
    struct backup_facts facts;
    struct tx tx;
    uint64_t rows;
    int64_t meta_rows;        /* of the fresh store */
    struct db_insert *insert; /* into the table of which rows come */
    const char *table;
    const char *rules[BACKUP_COLUMNS_MAX]; /* for their values */
    struct file_name name;                 /* of the file that comes */
    struct file_name old;
    int fd;
    uint64_t at;
};

static void
restoring_done(struct restoring *r)
{
    db_insert_free(r->insert);
    tx_done(&r->tx);
    fd_closep(&r->fd);
}

/* --- what comes --- */

static enum err
take_begin(void *ctx, const Wire__BackupBegin *b)
{
    struct restoring *r = ctx;

    if (r->o != NULL && b->schema > SCHEMA_VERSION)
        return fail(ERR_NEWER, "The backup was made by a newer version of Snug.");
    r->facts = (struct backup_facts){.created_ms = (int64_t)b->created_ms,
                                     .device = b->device,
                                     .messages = b->messages,
                                     .contacts = b->contacts};
    memcpy(r->facts.account.b, b->account.data, sizeof r->facts.account.b);
    snprintf(r->facts.address, sizeof r->facts.address, "%s", b->address);
    return OK;
}

static enum err
take_table(void *ctx, const Wire__BackupTable *t)
{
    struct restoring *r = ctx;
    AUTO(buf_done) struct buf sql = BUF(8192);
    const struct backup_table *known = backup_table_named(t->name);

    if (known == NULL)
        return fail(ERR_NEWER, "The backup was made by a newer version of Snug.");
    for (size_t i = 0; i < t->n_columns; i++) {
        r->rules[i] = backup_value_rule(known->name, t->columns[i]);
        if (!backup_table_has(known, t->columns[i]) || r->rules[i] == NULL)
            return fail(ERR_NEWER, "The backup was made by a newer version of Snug.");
    }
    backup_table_insert(known, t->columns, t->n_columns, &sql);
    buf_put_u8(&sql, 0);
    TRY(buf_ok(&sql));
    db_insert_free(STEAL(r->insert));
    r->table = known->name;
    return db_insert_new(r->o->db, (const char *)sql.p, &r->insert);
}

static struct db_value
value_of(const Wire__BackupValue *v)
{
    switch (v->kind_case) {
    case WIRE__BACKUP_VALUE__KIND_NUMBER:
        return (struct db_value){.kind = DB_NUMBER, .number = v->number};
    case WIRE__BACKUP_VALUE__KIND_BLOB:
        return (struct db_value){.kind = DB_BLOB, .bytes = span_pb(v->blob)};
    case WIRE__BACKUP_VALUE__KIND_TEXT:
        return (struct db_value){.kind = DB_TEXT, .bytes = span_pb(v->text)};
    default:
        return (struct db_value){.kind = DB_NULL};
    }
}

static enum err
take_row(void *ctx, const Wire__BackupRow *row)
{
    struct restoring *r = ctx;
    struct db_value values[BACKUP_COLUMNS_MAX];

    if (r->insert == NULL)
        return fail(ERR_DAMAGED, DAMAGED);
    for (size_t i = 0; i < row->n_values; i++) {
        values[i] = value_of(row->values[i]);
        if (!backup_value_sound(r->rules[i], &values[i]))
            return fail(ERR_DAMAGED, DAMAGED " (%s, %zu)", r->table, i + 1);
    }
    if (r->rows++ % ROWS_AT_ONCE == 0) {
        if (r->tx.db != NULL)
            TRY(tx_commit(&r->tx));
        TRY(tx_begin(r->o->db, &r->tx));
    }
    enum err e = db_insert_row(r->insert, values, row->n_values);
    return e == ERR_MALFORMED ? fail(ERR_DAMAGED, DAMAGED) : e;
}

static enum err
take_file(void *ctx, const Wire__BackupFile *f)
{
    struct restoring *r = ctx;

    r->facts.files++;
    if (r->o == NULL)
        return OK;
    TRY(file_name_read(SPAN_STR(f->name), &r->old));
    r->at = 0;
    return files_create(r->o->files, &r->name, &r->fd);
}

static enum err
take_data(void *ctx, struct span bytes)
{
    struct restoring *r = ctx;

    TRY(fd_write(r->fd, bytes, r->at));
    r->at += bytes.n;
    return OK;
}

/* It has another name here, and the mark that it is. */
static enum err
take_file_end(void *ctx)
{
    struct restoring *r = ctx;

    TRY(files_keep(r->o->files, &r->name, r->fd));
    fd_closep(&r->fd);
    r->fd = -1;
    return db_run(r->o->db, "UPDATE attachments SET file='+'||?2 WHERE file=?1 AND cipher_size=?3",
                  "tti", r->old.text, r->name.text, (int64_t)r->at);
}

/* --- what becomes of it --- */

/* What stands in a backup and is none of a backup's rows would be believed, too: of `meta` only
 * settings and the like, never where backups go to, nor what is under way. */
static enum err
check_meta(const struct restoring *r)
{
    AUTO(query_done) struct query q = {0};
    int64_t all, kept = r->meta_rows;

    TRY(db_get_int(r->o->db, &all, "SELECT count(*) FROM meta", ""));
    TRY(db_query(r->o->db, &q, backup_table_named("meta")->select, ""));
    while (query_next(&q))
        kept++;
    TRY(query_end(&q));
    return all == kept ? OK : fail(ERR_DAMAGED, DAMAGED);
}

/* Messages whose way out is not known any more; sending one again is known by its id. */
static enum err
settle_messages(struct db *db)
{
    TRY(db_run(db, "UPDATE messages SET state=6 WHERE outgoing=1 AND state IN (1,2)", ""));
    TRY(db_run(db,
               "INSERT INTO words(docid,text) SELECT id,text FROM messages WHERE text<>'' AND "
               "expire_s=0 AND due_ms IS NULL",
               ""));
    return db_run(db, "INSERT INTO words_passing(words_passing) VALUES('rebuild')", "");
}

/* Of what was not kept nothing is left in the list. */
static enum err
settle_conversations(struct db *db)
{
    TRY(db_run(db,
               "UPDATE conversations SET last_message=ifnull((SELECT id FROM messages m WHERE "
               "m.contact=conversations.contact AND id>gone_upto AND type<>0 AND due_ms IS NULL "
               "ORDER BY id DESC LIMIT 1),0) WHERE last_message<>0 AND last_message NOT IN "
               "(SELECT id FROM messages)",
               ""));
    return db_run(
        db,
        "UPDATE conversations SET draft_reply=CASE WHEN draft_reply IN (SELECT id FROM messages) "
        "THEN draft_reply ELSE 0 END, clearing=0, unread=(SELECT count(*) FROM messages m WHERE "
        "m.contact=conversations.contact AND unread=1 AND id>gone_upto), unread_mentions=(SELECT "
        "count(*) FROM messages m WHERE m.contact=conversations.contact AND unread=1 AND "
        "mentions_me=1 AND id>gone_upto)",
        "");
}

/* Files that did not come: received ones can be fetched while the relay has them. */
static enum err
settle_attachments(struct db *db)
{
    TRY(db_run(db,
               "UPDATE attachments SET file='',moved=0,state=CASE (SELECT outgoing FROM messages m "
               "WHERE m.id=message) WHEN 0 THEN CASE WHEN state IN (2,4) THEN 0 ELSE state END "
               "ELSE 6 END WHERE file NOT LIKE '+%'",
               ""));
    TRY(db_run(db, "UPDATE attachments SET file=substr(file,2) WHERE file<>''", ""));
    return db_run(db, "UPDATE attachments SET state=5,why='offline' WHERE state=1", "");
}

static enum err
settle_account(struct db *db)
{
    int64_t deleted;

    enum err e = meta_get_int(db, "account.deleted", &deleted);
    if (e == OK) /* it stays so */
        return meta_set_int(db, "account.deleted", 2);
    return e == ERR_NOT_FOUND ? OK : e;
}

/* The key is the one that the newest manifest was signed with, and that is of this account: by its
 * hash or a lineage, for a manifest alone may claim any. */
static enum err
check_account(struct db *db, const struct backup_facts *f)
{
    AUTO(account_key_wipe) struct account_key aik = {0};
    AUTO(buf_done) struct buf object = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    AUTO(query_done) struct query q = {0};
    struct account_id account;
    enum manifest_verdict verdict;
    struct manifest m;

    TRY(db_query(db, &q, "SELECT account,aik FROM account WHERE id=1", ""));
    if (!query_next(&q))
        return fail(ERR_DAMAGED, DAMAGED);
    TRY(query_exact(&q, 0, account.b, sizeof account.b));
    TRY(account_key_read(query_bytes(&q, 1), &aik));
    TRY(query_end(&q));
    TRY(db_get_bytes(db, &object,
                     "SELECT object FROM manifests WHERE account=?1 ORDER BY seq DESC LIMIT 1", "b",
                     SPAN_OF(account)));
    TRY(manifest_judge(buf_span(&object), &account, NULL, &m, &verdict));
    if (!span_equal(SPAN_OF(account), SPAN_OF(f->account)) ||
        !span_equal(SPAN_OF(m.aik), SPAN_OF(aik.public)))
        return fail(ERR_DAMAGED, DAMAGED);
    return OK;
}

static enum err
settle(struct restoring *r)
{
    struct db *db = r->o->db;

    if (r->tx.db == NULL)
        TRY(tx_begin(db, &r->tx));
    enum err e = check_account(db, &r->facts);
    if (e != OK && e != ERR_IO && e != ERR_FULL && e != ERR_MEMORY)
        return fail(ERR_DAMAGED, DAMAGED);
    TRY(e);
    TRY(check_meta(r));
    TRY(settle_messages(db));
    TRY(settle_conversations(db));
    TRY(settle_attachments(db));
    TRY(settle_account(db));
    TRY(replacing_prepare(db, &r->facts.account, r->o->now_ms / 1000));
    return tx_commit(&r->tx);
}

enum err
backup_check(int fd, const struct secret32 *key, struct backup_watch *watch,
             struct backup_facts *ret)
{
    AUTO(restoring_done) struct restoring r = {.fd = -1};
    const struct backup_taker taker = {.ctx = &r, .begin = take_begin, .file = take_file};

    TRY(backup_read(fd, key, &taker, watch));
    *ret = r.facts;
    return OK;
}

enum err
backup_restore(const struct backup_restoring *o, struct backup_facts *ret)
{
    AUTO(restoring_done) struct restoring r = {.o = o, .fd = -1};
    const struct backup_taker taker = {.ctx = &r,
                                       .begin = take_begin,
                                       .table = take_table,
                                       .row = take_row,
                                       .file = take_file,
                                       .data = take_data,
                                       .file_end = take_file_end};

    TRY(db_get_int(o->db, &r.meta_rows, "SELECT count(*) FROM meta", ""));
    TRY(backup_read(o->fd, o->key, &taker, o->watch));
    db_insert_free(STEAL(r.insert));
    TRY(settle(&r));
    *ret = r.facts;
    return OK;
}
