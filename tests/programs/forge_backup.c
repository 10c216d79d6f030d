/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * forge_backup IN OUT SEED SHARE [TABLE.COLUMN=NUMBER ...] [meta:KEY=VALUE ...]: a backup as an
 * enemy may make one who knows its pass-phrase (read from standard input): sealed as it should be,
 * and of its values SHARE in 1000 are others. For the test that puts such ones back.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/backup/reader.h"
#include "core/backup/values.h"
#include "core/files.h"
#include "crypto/stream.h"
#include "wire/pack.h"

#define UNCONST(p) ((void *)(uintptr_t)(p)) /* protobuf-c packs from what is not const */

struct forge {
    int fd;
    uint64_t at, records, clear, random;
    unsigned share;
    struct chunk_stream *stream;
    char table[BACKUP_NAME_MAX + 1];
    char columns[BACKUP_COLUMNS_MAX][BACKUP_NAME_MAX + 1];
    size_t count;
    char **orders;
    bool meta_done;
};

static uint64_t
next(struct forge *f)
{
    f->random ^= f->random << 13;
    f->random ^= f->random >> 7;
    f->random ^= f->random << 17;
    return f->random;
}

static enum err
out(struct forge *f, struct buf *sealed)
{
    TRY(buf_ok(sealed));
    TRY(fd_write(f->fd, buf_span(sealed), f->at));
    f->at += sealed->n;
    buf_clear(sealed);
    return OK;
}

static enum err
put(struct forge *f, Wire__BackupRecord *r)
{
    AUTO(buf_done) struct buf record = BUF(2 * BACKUP_RECORD_MAX), sealed = BUF(1 << 22);

    wire_pack(&record, &r->base);
    TRY(buf_ok(&record));
    uint8_t length[4];
    for (int i = 0; i < 4; i++)
        length[i] = (uint8_t)(record.n >> (24 - 8 * i));
    stream_seal(f->stream, SPAN(length, 4), &sealed);
    stream_seal(f->stream, buf_span(&record), &sealed);
    f->clear += 4 + record.n;
    f->records++;
    return out(f, &sealed);
}

/* What stays, so that it is an account at all. */
static bool
stays(const struct forge *f, const char *column)
{
    static const char *const kept[] = {
        "account.id",    "account.account",  "account.aik", "account.address", "manifests.account",
        "manifests.seq", "manifests.object", "meta.key",    "manifests.hash",  NULL};
    char name[2 * BACKUP_NAME_MAX + 2];

    const char *rule = backup_value_rule(f->table, column);

    if (rule != NULL && rule[1] >= '0' && rule[1] <= '9')
        return true; /* it would be refused */
    snprintf(name, sizeof name, "%s.%s", f->table, column);
    for (size_t i = 0; kept[i] != NULL; i++)
        if (strcmp(kept[i], name) == 0)
            return true;
    return false;
}

static void
bend(struct forge *f, Wire__BackupValue *v)
{
    static const int64_t numbers[] = {-1,
                                      0,
                                      1,
                                      2,
                                      3,
                                      4,
                                      5,
                                      6,
                                      7,
                                      8,
                                      9,
                                      14,
                                      20,
                                      40,
                                      50,
                                      63,
                                      64,
                                      99,
                                      255,
                                      256,
                                      65535,
                                      65536,
                                      1 << 30,
                                      INT64_C(1) << 31,
                                      INT64_C(1) << 32,
                                      INT64_C(1) << 40,
                                      INT64_MIN,
                                      INT64_MAX,
                                      INT64_MIN + 1,
                                      INT64_MAX - 1,
                                      -99,
                                      1800000000000LL};
    char *text;
    uint8_t *blob;
    static const char *const texts[] = {"",
                                        "../../../../tmp/owned",
                                        "\x1b]0;owned\x07\x1b[2J",
                                        "\u00e4",
                                        "a\nb\r\nc",
                                        ("\xe2\x80\xae"
                                         "gnp.exe"),
                                        "%s%s%s%n",
                                        "'; DROP TABLE messages;--",
                                        "/etc/passwd",
                                        "localhost:1",
                                        "alice@",
                                        "@",
                                        "host:99999999999",
                                        "+../../x",
                                        "\"*^"};
    size_t n;

    switch (v->kind_case) {
    case WIRE__BACKUP_VALUE__KIND_NUMBER:
        v->number = numbers[next(f) % (sizeof numbers / sizeof *numbers)];
        return;
    case WIRE__BACKUP_VALUE__KIND_TEXT:
        if (next(f) % 8 == 0) {
            n = next(f) % 70000;
            text = malloc(n + 1); /* goes with the process */
            memset(text, 'x', n);
            text[n / 2] = '\0';
            v->text = (ProtobufCBinaryData){n, (uint8_t *)text};
        } else {
            const char *t = texts[next(f) % (sizeof texts / sizeof *texts)];
            v->text = (ProtobufCBinaryData){strlen(t), UNCONST(t)};
        }
        return;
    case WIRE__BACKUP_VALUE__KIND_BLOB:
        n = next(f) % 4 == 0 ? v->blob.len : next(f) % (next(f) % 8 == 0 ? 70000 : 80);
        blob = malloc(n + 1);
        for (size_t i = 0; i < n; i++)
            blob[i] = (uint8_t)next(f);
        v->blob = (ProtobufCBinaryData){n, blob};
        return;
    default:
        return; /* none stays none */
    }
}

static enum err
on_begin(void *ctx, const Wire__BackupBegin *b)
{
    Wire__BackupRecord r = WIRE__BACKUP_RECORD__INIT;

    r.kind_case = WIRE__BACKUP_RECORD__KIND_BEGIN;
    r.begin = UNCONST(b);
    return put(ctx, &r);
}

static enum err
put_meta(struct forge *f)
{
    for (char **o = f->orders; *o != NULL; o++) {
        Wire__BackupRecord r = WIRE__BACKUP_RECORD__INIT;
        Wire__BackupRow row = WIRE__BACKUP_ROW__INIT;
        Wire__BackupValue a = WIRE__BACKUP_VALUE__INIT, b = WIRE__BACKUP_VALUE__INIT,
                          *list[] = {&a, &b};
        char *is = strchr(*o, '=');

        if (strncmp(*o, "meta:", 5) != 0 || is == NULL)
            continue;
        a.kind_case = WIRE__BACKUP_VALUE__KIND_TEXT;
        a.text = (ProtobufCBinaryData){(size_t)(is - *o) - 5, (uint8_t *)*o + 5};
        if (is[1] == '#') {
            b.kind_case = WIRE__BACKUP_VALUE__KIND_NUMBER;
            b.number = atoll(is + 2);
        } else {
            b.kind_case = WIRE__BACKUP_VALUE__KIND_BLOB;
            b.blob = (ProtobufCBinaryData){strlen(is + 1), (uint8_t *)is + 1};
        }
        row.n_values = 2;
        row.values = list;
        r.kind_case = WIRE__BACKUP_RECORD__KIND_ROW;
        r.row = &row;
        TRY(put(f, &r));
    }
    return OK;
}

static enum err
on_table(void *ctx, const Wire__BackupTable *t)
{
    struct forge *f = ctx;
    Wire__BackupRecord r = WIRE__BACKUP_RECORD__INIT;

    snprintf(f->table, sizeof f->table, "%s", t->name);
    f->count = t->n_columns;
    for (size_t i = 0; i < t->n_columns; i++)
        snprintf(f->columns[i], sizeof f->columns[i], "%s", t->columns[i]);
    r.kind_case = WIRE__BACKUP_RECORD__KIND_TABLE;
    r.table = UNCONST(t);
    TRY(put(f, &r));
    return strcmp(t->name, "meta") == 0 ? put_meta(f) : OK;
}

static enum err
on_row(void *ctx, const Wire__BackupRow *row)
{
    struct forge *f = ctx;
    Wire__BackupRecord r = WIRE__BACKUP_RECORD__INIT;
    Wire__BackupRow bent = WIRE__BACKUP_ROW__INIT;
    Wire__BackupValue values[BACKUP_COLUMNS_MAX], *list[BACKUP_COLUMNS_MAX];

    bent.n_values = row->n_values;
    bent.values = list;
    for (size_t i = 0; i < row->n_values; i++) {
        char name[2 * BACKUP_NAME_MAX + 2];

        values[i] = *row->values[i];
        list[i] = &values[i];

        if (!stays(f, f->columns[i]) && strcmp(f->columns[i], "id") != 0 &&
            next(f) % 1000 < f->share)
            bend(f, &values[i]);
        snprintf(name, sizeof name, "%s.%s=", f->table, f->columns[i]);
        for (char **o = f->orders; *o != NULL; o++)
            if (strncmp(*o, name, strlen(name)) == 0) {
                values[i].kind_case = WIRE__BACKUP_VALUE__KIND_NUMBER;
                values[i].number = atoll(*o + strlen(name));
            }
    }
    r.kind_case = WIRE__BACKUP_RECORD__KIND_ROW;
    r.row = &bent;
    return put(f, &r);
}

static enum err
on_file(void *ctx, const Wire__BackupFile *m)
{
    Wire__BackupRecord r = WIRE__BACKUP_RECORD__INIT;

    r.kind_case = WIRE__BACKUP_RECORD__KIND_FILE;
    r.file = UNCONST(m);
    return put(ctx, &r);
}

static enum err
on_data(void *ctx, struct span bytes)
{
    Wire__BackupRecord r = WIRE__BACKUP_RECORD__INIT;

    r.kind_case = WIRE__BACKUP_RECORD__KIND_DATA;
    r.data = (ProtobufCBinaryData){bytes.n, UNCONST(bytes.p)};
    return put(ctx, &r);
}

static enum err
forge(struct forge *f, int in, struct span pass)
{
    static const struct backup_taker takers = {
        .begin = on_begin, .table = on_table, .row = on_row, .file = on_file, .data = on_data};
    struct backup_taker t = takers;
    AUTO(buf_done) struct buf sealed = BUF(1 << 22);
    Wire__BackupRecord r = WIRE__BACKUP_RECORD__INIT;
    Wire__BackupEnd end = WIRE__BACKUP_END__INIT;
    uint8_t header[BACKUP_HEADER];
    struct backup_root root;
    struct secret32 key;

    TRY(backup_open(in, pass, &key));
    TRY(backup_root_make(pass, (struct slot_cost){1, 8}, &root));
    f->stream = SECRET_NEW(struct chunk_stream);
    struct secret32 fresh;
    backup_header_make(&root, header, &fresh);
    buf_put(&sealed, SPAN(header, sizeof header));
    stream_seal_begin(f->stream, &fresh, &sealed);
    TRY(out(f, &sealed));
    t.ctx = f;
    TRY(backup_read(in, &key, &t, NULL));
    end.records = f->records;
    r.kind_case = WIRE__BACKUP_RECORD__KIND_END;
    r.end = &end;
    TRY(put(f, &r));
    TRY(stream_seal_end(f->stream, &sealed));
    return out(f, &sealed);
}

int
main(int argc, char **argv)
{
    uint8_t pass[1024];
    struct forge f = {0};

    if (argc < 5)
        return 2;
    ssize_t n = read(0, pass, sizeof pass);
    int in = open(argv[1], O_RDONLY);
    f.fd = open(argv[2], O_RDWR | O_CREAT | O_TRUNC, 0600);
    f.random = strtoull(argv[3], NULL, 10) * 0x9e3779b97f4a7c15ULL + 88172645463325252ULL;
    f.share = (unsigned)atoi(argv[4]);
    f.orders = argv + 5;
    enum err e = crypto_init();
    if (e == OK)
        e = forge(&f, in, SPAN(pass, n > 0 ? (size_t)n : 0));
    if (e != OK)
        fprintf(stderr, "forge_backup: %s\n", err_why(e));
    return e != OK;
}
