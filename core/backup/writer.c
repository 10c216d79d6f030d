/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/backup/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/backup/tables.h"
#include "core/schema.h"
#include "crypto/stream.h"
#include "wire/check.h"
#include "wire/encoding.h"

#define FORMAT 1
#define WRITE_AT 262144 /* sealed bytes that are written at once */
#define SEALED_MAX (WRITE_AT + 2 * BACKUP_RECORD_MAX)
#define FILE_STATES "state IN (1,4,5)" /* whole ciphertexts: enum attachment_state */

struct writer {
    const struct backup_order *o;
    int fd;
    uint64_t at; /* in the file */
    struct chunk_stream *stream;
    struct buf record, sealed;
    uint64_t records, clear, total;
    struct backup_written ret;
};

static void
writer_done(struct writer *w)
{
    secret_free(w->stream);
    buf_done(&w->record);
    buf_done(&w->sealed);
}

static enum err
flush(struct writer *w, size_t from)
{
    if (w->sealed.n < from)
        return OK;
    TRY(buf_ok(&w->sealed));
    TRY(fd_write(w->fd, buf_span(&w->sealed), w->at));
    w->at += w->sealed.n;
    buf_clear(&w->sealed);
    return OK;
}

static enum err
seal(struct writer *w, struct span bytes)
{
    stream_seal(w->stream, bytes, &w->sealed);
    w->clear += bytes.n;
    return flush(w, WRITE_AT);
}

static enum err
put(struct writer *w, const Wire__BackupRecord *r)
{
    uint8_t length[4];

    TRY(backup_watch_check(w->o->watch));
    buf_clear(&w->record);
    wire_pack(&w->record, &r->base);
    TRY(buf_ok(&w->record));
    for (int i = 0; i < 4; i++)
        length[i] = (uint8_t)(w->record.n >> (24 - 8 * i));
    TRY(seal(w, SPAN(length, sizeof length)));
    TRY(seal(w, buf_span(&w->record)));
    w->records++;
    backup_watch_set(w->o->watch, w->clear, w->total);
    return OK;
}

/* --- what is in it --- */

static enum err
begin_read(struct writer *w, Wire__BackupBegin *b, struct account_id *account,
           char address[ADDRESS_MAX + 1])
{
    AUTO(query_done) struct query q;
    struct db_size size;
    int64_t messages, contacts, files = 0, bytes = 0;

    TRY(db_query(w->o->db, &q, "SELECT account,address,device FROM account WHERE id=1", ""));
    if (!query_next(&q))
        return fail(ERR_NOT_FOUND, "this profile has no account yet");
    TRY(query_exact(&q, 0, account->b, sizeof account->b));
    query_text(&q, 1, address, ADDRESS_MAX + 1);
    b->device = (uint32_t)query_int(&q, 2);
    TRY(query_end(&q));
    TRY(db_get_int(w->o->db, &messages, "SELECT count(*) FROM messages", ""));
    TRY(db_get_int(w->o->db, &contacts, "SELECT count(*) FROM contacts WHERE state=3", ""));
    if (w->o->files != NULL) {
        TRY(db_get_int(
            w->o->db, &files,
            "SELECT count(DISTINCT file) FROM attachments WHERE file<>'' AND " FILE_STATES, ""));
        TRY(db_get_int(
            w->o->db, &bytes,
            "SELECT ifnull(sum(cipher_size),0) FROM attachments WHERE file<>'' AND " FILE_STATES,
            ""));
    }
    TRY(db_size(w->o->db, &size));
    b->format = FORMAT;
    b->schema = SCHEMA_VERSION;
    b->created_ms = (uint64_t)w->o->now_ms;
    b->account = PB_OF(*account);
    b->address = address;
    b->messages = (uint64_t)messages;
    b->contacts = (uint64_t)contacts;
    b->files = (uint64_t)files;
    /* Indexes and the words of the search take up about the rest. */
    b->bytes = w->total = (uint64_t)(bytes + size.pages * size.page_bytes * 6 / 10);
    return OK;
}

static enum err
put_begin(struct writer *w)
{
    Wire__BackupRecord r = WIRE__BACKUP_RECORD__INIT;
    Wire__BackupBegin b;
    struct account_id account;
    char address[ADDRESS_MAX + 1];

    wire__backup_begin__init(&b);
    TRY(begin_read(w, &b, &account, address));
    r.kind_case = WIRE__BACKUP_RECORD__KIND_BEGIN;
    r.begin = &b;
    return put(w, &r);
}

static void
value_fill(const struct db_value *v, Wire__BackupValue *m)
{
    wire__backup_value__init(m);
    switch (v->kind) {
    case DB_NUMBER:
        m->kind_case = WIRE__BACKUP_VALUE__KIND_NUMBER;
        m->number = v->number;
        return;
    case DB_BLOB:
        m->kind_case = WIRE__BACKUP_VALUE__KIND_BLOB;
        m->blob = pb_span(v->bytes);
        return;
    case DB_TEXT:
        m->kind_case = WIRE__BACKUP_VALUE__KIND_TEXT;
        m->text = pb_span(v->bytes);
        return;
    case DB_NULL:
    default:
        return;
    }
}

static enum err
put_row(struct writer *w, struct query *q)
{
    Wire__BackupRecord r = WIRE__BACKUP_RECORD__INIT;
    Wire__BackupRow row = WIRE__BACKUP_ROW__INIT;
    Wire__BackupValue values[BACKUP_COLUMNS_MAX], *list[BACKUP_COLUMNS_MAX];

    row.n_values = query_columns(q);
    row.values = list;
    for (size_t i = 0; i < row.n_values; i++) {
        struct db_value v;

        query_value(q, (int)i, &v);
        value_fill(&v, &values[i]);
        list[i] = &values[i];
    }
    r.kind_case = WIRE__BACKUP_RECORD__KIND_ROW;
    r.row = &row;
    return put(w, &r);
}

static enum err
put_table_head(struct writer *w, const struct backup_table *t)
{
    Wire__BackupRecord r = WIRE__BACKUP_RECORD__INIT;
    Wire__BackupTable table;
    char name[BACKUP_NAME_MAX + 1], columns[2048], *list[BACKUP_COLUMNS_MAX], *at = columns;

    wire__backup_table__init(&table);
    snprintf(name, sizeof name, "%s", t->name);
    snprintf(columns, sizeof columns, "%s", t->columns);
    while (at != NULL && table.n_columns < BACKUP_COLUMNS_MAX)
        list[table.n_columns++] = strsep(&at, ",");
    table.name = name;
    table.columns = list;
    r.kind_case = WIRE__BACKUP_RECORD__KIND_TABLE;
    r.table = &table;
    return put(w, &r);
}

static enum err
put_table(struct writer *w, const struct backup_table *t)
{
    AUTO(query_done) struct query q = {0};

    TRY(put_table_head(w, t));
    TRY(db_query(w->o->db, &q, t->select, ""));
    while (query_next(&q)) {
        TRY(put_row(w, &q));
        w->ret.messages += strcmp(t->name, "messages") == 0;
    }
    return query_end(&q);
}

/* --- files --- */

static enum err
put_bytes(struct writer *w, int from, uint64_t size)
{
    Wire__BackupRecord r = WIRE__BACKUP_RECORD__INIT;
    uint8_t bytes[BACKUP_DATA_MAX];

    r.kind_case = WIRE__BACKUP_RECORD__KIND_DATA;
    for (uint64_t at = 0; at < size;) {
        size_t n = size - at < sizeof bytes ? (size_t)(size - at) : sizeof bytes;

        TRY(fd_read(from, bytes, n, at, &n));
        if (n == 0)
            return fail(ERR_DAMAGED, "A file of the profile became shorter.");
        r.data = (ProtobufCBinaryData){n, bytes};
        TRY(put(w, &r));
        at += n;
    }
    return OK;
}

/* One that was deleted meanwhile is not missed. */
static enum err
put_file(struct writer *w, const struct file_name *name)
{
    Wire__BackupRecord r = WIRE__BACKUP_RECORD__INIT;
    Wire__BackupFile file;
    AUTO(fd_closep) int fd = -1;
    char text[FILE_NAME_LEN + 1];

    enum err e = files_read(w->o->files, name, &fd);
    if (e != OK)
        return e == ERR_NOT_FOUND ? OK : e;
    memcpy(text, name->text, sizeof text);
    wire__backup_file__init(&file);
    file.name = text;
    TRY(fd_size(fd, &file.size));
    if (file.size > BLOB_CIPHER_MAX)
        return OK; /* it is none of ours */
    r.kind_case = WIRE__BACKUP_RECORD__KIND_FILE;
    r.file = &file;
    TRY(put(w, &r));
    w->ret.files++;
    return put_bytes(w, fd, file.size);
}

static enum err
put_files(struct writer *w)
{
    AUTO(query_done) struct query q = {0};

    TRY(db_query(w->o->db, &q,
                 "SELECT DISTINCT file FROM attachments WHERE file<>'' AND " FILE_STATES, ""));
    while (query_next(&q)) {
        struct file_name name;

        TRY(file_name_read(query_bytes(&q, 0), &name));
        TRY(put_file(w, &name));
    }
    return query_end(&q);
}

/* --- the end --- */

/* In pieces: what stream_seal_end adds by itself it holds at once. */
static enum err
put_padding(struct writer *w)
{
    static const uint8_t zeros[STREAM_CHUNK];
    uint64_t left = padme(w->clear) - w->clear;

    while (left > 0) {
        size_t n = left < sizeof zeros ? (size_t)left : sizeof zeros;

        TRY(backup_watch_check(w->o->watch));
        TRY(seal(w, SPAN(zeros, n)));
        left -= n;
    }
    return OK;
}

static enum err
put_end(struct writer *w)
{
    Wire__BackupRecord r = WIRE__BACKUP_RECORD__INIT;
    Wire__BackupEnd end = WIRE__BACKUP_END__INIT;

    end.records = w->records;
    r.kind_case = WIRE__BACKUP_RECORD__KIND_END;
    r.end = &end;
    TRY(put(w, &r));
    TRY(put_padding(w));
    TRY(stream_seal_end(w->stream, &w->sealed));
    return flush(w, 0);
}

static enum err
write_all(struct writer *w)
{
    AUTO(secret32_wipe) struct secret32 key;
    uint8_t header[BACKUP_HEADER];

    w->stream = SECRET_NEW(struct chunk_stream);
    if (w->stream == NULL)
        return fail(ERR_MEMORY, "no memory that stays out of swap");
    backup_header_make(w->o->root, header, &key);
    buf_put(&w->sealed, SPAN(header, sizeof header));
    stream_seal_begin(w->stream, &key, &w->sealed);
    TRY(put_begin(w));
    for (size_t i = 0; i < backup_table_count; i++)
        TRY(put_table(w, &backup_tables[i]));
    if (w->o->files != NULL)
        TRY(put_files(w));
    TRY(put_end(w));
    backup_watch_set(w->o->watch, w->clear, w->clear);
    return OK;
}

enum err
backup_write(const struct backup_order *o, int fd, struct backup_written *ret)
{
    AUTO(writer_done)
    struct writer w = {
        .o = o, .fd = fd, .record = BUF(BACKUP_RECORD_MAX), .sealed = BUF(SEALED_MAX)};

    TRY(write_all(&w));
    w.ret.bytes = w.at;
    *ret = w.ret;
    return OK;
}

/* --- its place --- */

/* FD, which has no name yet or the name FRESH, becomes NAME in FOLDER, unless there is one. */
static enum err
give_name(int folder, int fd, const char *fresh, const char *name)
{
    char open_file[32];

    snprintf(open_file, sizeof open_file, "/proc/self/fd/%d", fd);
    int bad = fresh[0] == '\0' ? linkat(AT_FDCWD, open_file, folder, name, AT_SYMLINK_FOLLOW)
                               : renameat2(folder, fresh, folder, name, RENAME_NOREPLACE);
    if (bad != 0 && fresh[0] != '\0' && (errno == EINVAL || errno == ENOSYS)) {
        bad = linkat(folder, fresh, folder, name, 0); /* a file system without it */
        if (bad == 0)
            unlinkat(folder, fresh, 0);
    }
    if (bad == 0)
        return OK;
    if (errno == EEXIST)
        return fail(ERR_EXISTS, "There is a file %s already.", name);
    return fd_failed("The backup cannot be given its name");
}

/* A file without a name, which a kill leaves nothing of; where there is no such thing one with. */
static enum err
make_file(int folder, char fresh[40], int *ret)
{
    char random[17];
    uint8_t bytes[8];
    int fd = openat(folder, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);

    fresh[0] = '\0';
    if (fd < 0) {
        randombytes_buf(bytes, sizeof bytes);
        hex_write(SPAN(bytes, sizeof bytes), random);
        snprintf(fresh, 40, ".snug-%s.part", random);
        fd = openat(folder, fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
    if (fd < 0)
        return fd_failed("No file can be made in that folder");
    *ret = fd;
    return OK;
}

enum err
backup_write_file(const struct backup_order *o, const char *path, struct backup_written *ret)
{
    char folder_path[PATH_MAX], fresh[40], *slash;
    AUTO(fd_closep) int folder = -1, fd = -1;

    if (path[0] != '/' || strlen(path) >= sizeof folder_path || path[strlen(path) - 1] == '/')
        return fail(ERR_USAGE, "Where a backup goes is the absolute path of a new file.");
    snprintf(folder_path, sizeof folder_path, "%s", path);
    slash = strrchr(folder_path, '/');
    slash[1] = '\0';
    folder = open(folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return errno == ENOENT ? fail(ERR_NOT_FOUND, "There is no folder %s.", folder_path)
                               : fd_failed("The folder cannot be opened");
    if (faccessat(folder, strrchr(path, '/') + 1, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return fail(ERR_EXISTS, "There is a file %s already.", path);
    TRY(make_file(folder, fresh, &fd));
    enum err e = backup_write(o, fd, ret);
    if (e == OK && fsync(fd) != 0)
        e = fd_failed("The backup cannot be written");
    if (e == OK)
        e = give_name(folder, fd, fresh, strrchr(path, '/') + 1);
    if (e != OK && fresh[0] != '\0')
        unlinkat(folder, fresh, 0);
    if (e == OK)
        fsync(folder); /* a file system that cannot is no reason to fail */
    return e;
}
