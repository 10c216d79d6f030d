/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rules for records of a backup (B20.1): each is broken in a file that is sealed as it should
 * be, so that nothing but the rule can refuse it. A real backup is taken apart, changed in one
 * place, and sealed again.
 */
#include "tests/check.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/account.h"
#include "core/backup/reader.h"
#include "core/backup/restore.h"
#include "core/backup/writer.h"
#include "core/schema.h"
#include "crypto/manifest.h"
#include "crypto/stream.h"

#define NOW_MS 1800000000000LL
#define PASS SPAN_STR("a pass-phrase for backups")
#define CLEAR_MAX (4 * 1024 * 1024)
#define RECORDS_MAX 400

struct record {
    uint8_t *p;
    size_t n;
};

/* The records of a backup without the last one, which is made anew. */
struct fixture {
    char dir[64], path[80];
    struct backup_root root;
    struct record records[RECORDS_MAX];
    size_t count;
    uint64_t end; /* number that the last one has; 0: the right one */
    struct buf behind;
    bool endless; /* there is no last one */
};

/* --- apart, and together again --- */

static int64_t
now_ms(void *self)
{
    return NOW_MS;
}

static const char *
path_in(const struct fixture *f, const char *name)
{
    static char path[160];

    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    return path;
}

static struct record
packed(const Wire__BackupRecord *r)
{
    AUTO(buf_done) struct buf bytes = BUF(2 * BACKUP_RECORD_MAX);
    struct record ret = {.p = malloc(2 * BACKUP_RECORD_MAX)};

    assert_non_null(ret.p);
    wire_pack(&bytes, &r->base);
    assert_ok(buf_ok(&bytes));
    memcpy(ret.p, bytes.p, ret.n = bytes.n);
    return ret;
}

static void
put_at(struct fixture *f, size_t at, struct record r)
{
    assert_true(f->count < RECORDS_MAX);
    memmove(&f->records[at + 1], &f->records[at], (f->count - at) * sizeof r);
    f->records[at] = r;
    f->count++;
}

static void
take_apart(struct fixture *f)
{
    AUTO(secret32_wipe) struct secret32 key;
    AUTO(buf_done) struct buf clear = BUF(CLEAR_MAX);
    AUTO(fd_closep) int fd = open(f->path, O_RDONLY | O_CLOEXEC);
    static struct chunk_stream stream;
    static uint8_t sealed[CLEAR_MAX];
    size_t n, chunks;

    assert_ok(backup_open(fd, PASS, &key));
    assert_ok(fd_read(fd, sealed, sizeof sealed, BACKUP_HEADER, &n));
    chunks = (n - STREAM_HEADER + STREAM_SEALED_CHUNK - 1) / STREAM_SEALED_CHUNK;
    assert_ok(stream_open_begin(&stream, &key, n - STREAM_HEADER - chunks * STREAM_OVERHEAD));
    assert_ok(stream_open(&stream, SPAN(sealed, n), &clear));
    assert_ok(stream_open_end(&stream));
    for (struct reader in = READER(buf_span(&clear)); in.rest.n > 4;) {
        struct record r = {.n = read_u32(&in)};

        if (r.n == 0)
            break;
        r.p = malloc(r.n);
        read_bytes(&in, r.p, r.n);
        put_at(f, f->count, r);
    }
    free(f->records[--f->count].p);
}

static void
put_framed(struct buf *out, struct span bytes)
{
    buf_put_u32(out, (uint32_t)bytes.n);
    buf_put(out, bytes);
}

static void
seal(const struct fixture *f)
{
    AUTO(secret32_wipe) struct secret32 key;
    AUTO(buf_done) struct buf clear = BUF(CLEAR_MAX), sealed = BUF(CLEAR_MAX);
    AUTO(fd_closep) int fd = open(f->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    static struct chunk_stream stream;
    uint8_t header[BACKUP_HEADER];
    Wire__BackupRecord last = WIRE__BACKUP_RECORD__INIT;
    Wire__BackupEnd end = WIRE__BACKUP_END__INIT;

    for (size_t i = 0; i < f->count; i++)
        put_framed(&clear, SPAN(f->records[i].p, f->records[i].n));
    end.records = f->end != 0 ? f->end : f->count;
    last.kind_case = WIRE__BACKUP_RECORD__KIND_END;
    last.end = &end;
    struct record r = packed(&last);
    if (!f->endless)
        put_framed(&clear, SPAN(r.p, r.n));
    free(r.p);
    buf_put(&clear, buf_span(&f->behind));
    backup_header_make(&f->root, header, &key);
    buf_put(&sealed, SPAN(header, sizeof header));
    stream_seal_begin(&stream, &key, &sealed);
    stream_seal(&stream, buf_span(&clear), &sealed);
    assert_ok(stream_seal_end(&stream, &sealed));
    assert_ok(fd_write(fd, buf_span(&sealed), 0));
}

static enum err
check_it(const struct fixture *f)
{
    AUTO(secret32_wipe) struct secret32 key;
    struct backup_facts facts;

    seal(f);
    AUTO(fd_closep) int fd = open(f->path, O_RDONLY | O_CLOEXEC);
    TRY(backup_open(fd, PASS, &key));
    return backup_check(fd, &key, NULL, &facts);
}

static enum err
restore_it(const struct fixture *f)
{
    AUTO(secret32_wipe) struct secret32 key;
    AUTO(db_closep) struct db *db = NULL;
    AUTO(files_releasep) struct files *files = NULL;
    struct subkey store_key = {.b = {7}};
    struct backup_facts facts;
    char command[128];

    seal(f);
    AUTO(fd_closep) int fd = open(f->path, O_RDONLY | O_CLOEXEC);
    snprintf(command, sizeof command, "rm -rf %s/new*", f->dir);
    assert_int_equal(system(command), 0);
    assert_ok(backup_open(fd, PASS, &key));
    assert_ok(db_create(path_in(f, "new.db"), &store_key, &db));
    assert_ok(files_open(path_in(f, "new-files"), &files));
    return backup_restore(
        &(struct backup_restoring){
            .fd = fd, .key = &key, .db = db, .files = files, .now_ms = NOW_MS},
        &facts);
}

/* --- changing one --- */

static Wire__BackupRecord *
unpacked(const struct fixture *f, size_t at)
{
    Wire__BackupRecord *r;

    assert_ok(backup_record_read(SPAN(f->records[at].p, f->records[at].n), &r));
    return r;
}

/* The first record of KIND; of a table (and its rows) named NAME. */
static size_t
find(const struct fixture *f, Wire__BackupRecord__KindCase kind, const char *name)
{
    bool in = name == NULL;

    for (size_t i = 0; i < f->count; i++) {
        AUTO(backup_record_freep) Wire__BackupRecord *r = unpacked(f, i);

        if (name != NULL && r->kind_case == WIRE__BACKUP_RECORD__KIND_TABLE)
            in = strcmp(r->table->name, name) == 0;
        if (in && r->kind_case == kind)
            return i;
    }
    fail_msg("there is no such record");
    return 0;
}

#define FIND(kind, name) find(f, WIRE__BACKUP_RECORD__KIND_##kind, name)

/* As CALL says with the record at AT changed, and as it was again. */
static enum err
with(struct fixture *f, size_t at, const Wire__BackupRecord *changed,
     enum err (*call)(const struct fixture *f))
{
    struct record was = f->records[at];

    f->records[at] = packed(changed);
    enum err e = call(f);
    free(f->records[at].p);
    f->records[at] = was;
    return e;
}

/* The same with one more before AT. */
static enum err
with_more(struct fixture *f, size_t at, size_t of, enum err (*call)(const struct fixture *f))
{
    put_at(f, at, f->records[of]);
    enum err e = call(f);
    f->count--;
    memmove(&f->records[at], &f->records[at + 1], (f->count - at) * sizeof f->records[0]);
    return e;
}

static enum err
without(struct fixture *f, size_t at, enum err (*call)(const struct fixture *f))
{
    struct record was = f->records[at];

    f->count--;
    memmove(&f->records[at], &f->records[at + 1], (f->count - at) * sizeof was);
    enum err e = call(f);
    put_at(f, at, was);
    return e;
}

/* --- a small backup --- */

static void
fill(struct fixture *f, struct db *db, struct files *files)
{
    const struct world world = {.now_ms = now_ms};
    const struct account_wish wish = {
        .address = {.name = "alice", .host = "a.example", .port = 443},
        .display_name = "Alice",
        .invitation = ""};
    AUTO(recovery_seed_wipe) struct recovery_seed seed;
    static const uint8_t bytes[100000];
    AUTO(tx_done) struct tx tx = {0};
    struct file_name name;
    int fd;

    assert_ok(account_prepare(db, &world, &wish, &seed));
    assert_ok(files_create(files, &name, &fd));
    assert_ok(fd_write(fd, SPAN(bytes, sizeof bytes), 0));
    assert_ok(files_keep(files, &name, fd));
    fd_closep(&fd);
    assert_ok(tx_begin(db, &tx));
    assert_ok(db_run(db,
                     "INSERT INTO contacts(id,account,address,state,trust,created_ms) "
                     "VALUES(7,zeroblob(32),'bob@b.example',3,2,1)",
                     ""));
    assert_ok(db_run(db,
                     "INSERT INTO messages(id,contact,outgoing,msg_id,type,text,sent_ms,stored_ms,"
                     "state,state_ms) VALUES(4,7,0,zeroblob(16),1,'one',1,1,0,0)",
                     ""));
    assert_ok(db_run(db,
                     "INSERT INTO attachments(message,position,kind,name,mime,size,cipher_size,key,"
                     "file,state,moved) VALUES(4,0,0,'a','x/y',?1,?1,zeroblob(32),?2,4,?1)",
                     "it", (int64_t)sizeof bytes, name.text));
    assert_ok(tx_commit(&tx));
}

static int
set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    AUTO(db_closep) struct db *db = NULL;
    AUTO(files_releasep) struct files *files = NULL;
    struct subkey key = {.b = {7}};
    struct backup_written w;

    f->behind = BUF(1000);
    snprintf(f->dir, sizeof f->dir, "/tmp/snug-test-records-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof f->path, "%s/backup", f->dir);
    assert_ok(db_create(path_in(f, "history.db"), &key, &db));
    assert_ok(files_open(path_in(f, "files"), &files));
    fill(f, db, files);
    assert_ok(backup_root_make(PASS, SLOT_COST_TEST, &f->root));
    const struct backup_order o = {.db = db, .files = files, .root = &f->root, .now_ms = NOW_MS};
    assert_ok(backup_write_file(&o, f->path, &w));
    take_apart(f);
    assert_ok(check_it(f));
    assert_ok(restore_it(f));
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;
    char command[128];

    for (size_t i = 0; i < f->count; i++)
        free(f->records[i].p);
    buf_done(&f->behind);
    snprintf(command, sizeof command, "rm -rf %s", f->dir);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

/* --- the order --- */

static void
records_in_another_order_are_refused(void **state)
{
    struct fixture *f = *state;
    size_t table = FIND(TABLE, "contacts"), row = FIND(ROW, "contacts");
    size_t file = FIND(FILE, NULL), data = FIND(DATA, NULL), last = FIND(ROW, "attachments");

    assert_err(without(f, 0, check_it), ERR_DAMAGED);
    assert_err(with_more(f, 1, 0, check_it), ERR_DAMAGED); /* two beginnings */
    assert_err(with_more(f, 0, table, check_it), ERR_DAMAGED);
    assert_err(with_more(f, 1, row, check_it), ERR_DAMAGED);         /* of no table */
    assert_err(with_more(f, f->count, last, check_it), ERR_DAMAGED); /* behind the files */
    assert_err(without(f, file, check_it), ERR_DAMAGED);
    assert_err(without(f, data, check_it), ERR_DAMAGED);          /* too few bytes */
    assert_err(with_more(f, data, data, check_it), ERR_DAMAGED);  /* too many */
    assert_err(with_more(f, data, table, check_it), ERR_DAMAGED); /* among them */
    assert_err(with_more(f, data, file, check_it), ERR_DAMAGED);
    assert_err(with_more(f, table, data, check_it), ERR_DAMAGED);
}

static void
the_end_has_to_be_the_end(void **state)
{
    struct fixture *f = *state;
    static const uint8_t zeros[5], record[] = {0, 0, 0, 1, 0};

    f->end = f->count + 1;
    assert_err(check_it(f), ERR_DAMAGED);
    f->end = f->count - 1;
    assert_err(check_it(f), ERR_DAMAGED);
    f->end = 0;
    buf_put(&f->behind, SPAN(zeros, sizeof zeros));
    assert_ok(check_it(f));
    buf_put_u8(&f->behind, 1);
    assert_err(check_it(f), ERR_DAMAGED);
    buf_clear(&f->behind);
    buf_put(&f->behind, SPAN(record, sizeof record));
    assert_err(check_it(f), ERR_DAMAGED);
    buf_clear(&f->behind);
    f->endless = true;
    assert_err(check_it(f), ERR_DAMAGED);
}

static void
lengths_that_are_none_are_refused(void **state)
{
    struct fixture *f = *state;
    static const uint32_t lengths[] = {0, 5, BACKUP_RECORD_MAX, BACKUP_RECORD_MAX + 1, UINT32_MAX};

    f->endless = true;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        buf_clear(&f->behind);
        buf_put_u32(&f->behind, lengths[i]);
        assert_err(check_it(f), ERR_DAMAGED);
        buf_put(&f->behind, SPAN_STR("junk!"));
        assert_err(check_it(f), ERR_DAMAGED);
    }
    /* Of a kind that nobody knows: field 15. */
    buf_clear(&f->behind);
    f->endless = false;
    struct record was = f->records[1];
    f->records[1] = (struct record){.p = (uint8_t[]){0x7a, 1, 'x'}, .n = 3};
    assert_err(check_it(f), ERR_DAMAGED);
    f->records[1] = was;
}

/* --- the fields --- */

static void
a_beginning_is_whole(void **state)
{
    struct fixture *f = *state;
    AUTO(backup_record_freep) Wire__BackupRecord *r = unpacked(f, 0);
    Wire__BackupBegin good = *r->begin;
    char none[] = "nobody";

#define REFUSES(field, value, why)                                                                 \
    do {                                                                                           \
        r->begin->field = value;                                                                   \
        assert_err(with(f, 0, r, check_it), why);                                                  \
        *r->begin = good;                                                                          \
    } while (0)
    REFUSES(format, 0, ERR_DAMAGED);
    REFUSES(format, 2, ERR_NEWER);
    REFUSES(schema, 0, ERR_DAMAGED);
    REFUSES(created_ms, UINT64_MAX, ERR_DAMAGED);
    REFUSES(account.len, 31, ERR_DAMAGED);
    REFUSES(account.len, 0, ERR_DAMAGED);
    REFUSES(address, none, ERR_DAMAGED);
    REFUSES(device, 0, ERR_DAMAGED);
    REFUSES(device, DEVICE_ID_MAX + 1, ERR_DAMAGED);
    REFUSES(messages, UINT64_MAX, ERR_DAMAGED);
    REFUSES(contacts, UINT64_MAX, ERR_DAMAGED);
    REFUSES(files, UINT64_MAX, ERR_DAMAGED);
    REFUSES(bytes, UINT64_MAX, ERR_DAMAGED);
#undef REFUSES
    r->begin->schema = SCHEMA_VERSION + 1;
    assert_ok(with(f, 0, r, check_it)); /* whole, though it cannot be taken */
    assert_err(with(f, 0, r, restore_it), ERR_NEWER);
    *r->begin = good;
}

static void
names_and_numbers_of_tables_have_limits(void **state)
{
    struct fixture *f = *state;
    size_t at = FIND(TABLE, "contacts");
    AUTO(backup_record_freep) Wire__BackupRecord *r = unpacked(f, at);
    Wire__BackupTable good = *r->table;
    char longest[BACKUP_NAME_MAX + 2], *many[BACKUP_COLUMNS_MAX + 1];

    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    r->table->name = longest;
    assert_err(with(f, at, r, check_it), ERR_DAMAGED);
    *r->table = good;
    r->table->n_columns = 0;
    assert_err(with(f, at, r, check_it), ERR_DAMAGED);
    r->table->n_columns = good.n_columns - 1; /* fewer than the rows have values */
    assert_err(with(f, at, r, check_it), ERR_DAMAGED);
    for (size_t i = 0; i <= BACKUP_COLUMNS_MAX; i++)
        many[i] = good.columns[0];
    r->table->columns = many;
    r->table->n_columns = BACKUP_COLUMNS_MAX + 1;
    assert_err(with(f, at, r, check_it), ERR_DAMAGED);
    many[1] = longest;
    r->table->n_columns = 2;
    assert_err(with(f, at, r, check_it), ERR_DAMAGED);
    *r->table = good;
}

static void
values_files_and_their_bytes_have_limits(void **state)
{
    struct fixture *f = *state;
    size_t at = FIND(FILE, NULL), data = FIND(DATA, NULL), row = FIND(ROW, "contacts");
    AUTO(backup_record_freep)
    Wire__BackupRecord *r = unpacked(f, at), *d = unpacked(f, data), *w = unpacked(f, row);
    Wire__BackupFile good = *r->file;
    ProtobufCBinaryData bytes = d->data;
    static uint8_t large[BACKUP_DATA_MAX + 1];
    uint8_t broken[] = {0xff, 0xfe};
    char longest[BACKUP_NAME_MAX + 2];

    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    r->file->name = longest;
    assert_err(with(f, at, r, check_it), ERR_DAMAGED);
    *r->file = good;
    r->file->size = BLOB_CIPHER_MAX + 1;
    assert_err(with(f, at, r, check_it), ERR_DAMAGED);
    *r->file = good;
    d->data = (ProtobufCBinaryData){0, bytes.data};
    assert_err(with(f, data, d, check_it), ERR_DAMAGED);
    d->data = (ProtobufCBinaryData){sizeof large, large};
    assert_err(with(f, data, d, check_it), ERR_DAMAGED);
    d->data = bytes;
    w->row->n_values--;
    assert_err(with(f, row, w, check_it), ERR_DAMAGED);
    w->row->n_values++;
    Wire__BackupValue was = *w->row->values[2]; /* its address, a text */
    assert_int_equal(was.kind_case, WIRE__BACKUP_VALUE__KIND_TEXT);
    w->row->values[2]->text = (ProtobufCBinaryData){sizeof broken, broken};
    assert_err(with(f, row, w, check_it), ERR_DAMAGED);
    *w->row->values[2] = was;
}

/* --- what is taken into a store --- */

static void
tables_and_columns_that_are_not_of_a_backup_are_refused(void **state)
{
    static const char *const tables[] = {"sessions",
                                         "spks",
                                         "opks",
                                         "outbox",
                                         "cursors",
                                         "seen",
                                         "sqlite_master",
                                         "",
                                         "x",
                                         "runs",
                                         "contacts; DROP TABLE messages"};
    static const char *const columns[] = {"rowid", "id,account", "nickname)--", "device_keys", "*"};
    struct fixture *f = *state;
    size_t at = FIND(TABLE, "contacts");
    AUTO(backup_record_freep) Wire__BackupRecord *r = unpacked(f, at);
    Wire__BackupTable good = *r->table;
    char name[BACKUP_NAME_MAX + 1], *was = good.columns[3];

    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        snprintf(name, sizeof name, "%s", tables[i]);
        r->table->name = name;
        assert_err(with(f, at, r, restore_it), ERR_NEWER);
    }
    *r->table = good;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        snprintf(name, sizeof name, "%s", columns[i]);
        good.columns[3] = name;
        assert_err(with(f, at, r, restore_it), ERR_NEWER);
        good.columns[3] = was;
    }
}

static void
rows_that_break_a_rule_of_their_table_are_refused(void **state)
{
    struct fixture *f = *state;
    size_t at = FIND(ROW, "contacts");
    AUTO(backup_record_freep) Wire__BackupRecord *r = unpacked(f, at);
    Wire__BackupValue good[3];

    for (size_t i = 0; i < 3; i++)
        good[i] = *r->row->values[i];
    assert_err(with_more(f, at, at, restore_it), ERR_DAMAGED); /* its key twice */
    r->row->values[0]->kind_case = WIRE__BACKUP_VALUE__KIND_TEXT;
    r->row->values[0]->text = (ProtobufCBinaryData){5, (uint8_t *)(uintptr_t) "seven"};
    assert_err(with(f, at, r, restore_it), ERR_DAMAGED); /* no number for a key */
    *r->row->values[0] = good[0];
    r->row->values[1]->kind_case = WIRE__BACKUP_VALUE__KIND__NOT_SET;
    assert_err(with(f, at, r, restore_it), ERR_DAMAGED); /* no account */
    *r->row->values[1] = good[1];
    assert_ok(with(f, at, r, restore_it));
}

static void
an_account_that_does_not_fit_together_is_refused(void **state)
{
    struct fixture *f = *state;
    size_t row = FIND(ROW, "account"), manifest = FIND(ROW, "manifests");
    AUTO(backup_record_freep) Wire__BackupRecord *r = unpacked(f, row), *b = unpacked(f, 0);

    assert_err(without(f, row, restore_it), ERR_DAMAGED);
    assert_err(without(f, manifest, restore_it), ERR_DAMAGED);
    assert_int_equal(r->row->values[4]->kind_case, WIRE__BACKUP_VALUE__KIND_BLOB); /* its key */
    r->row->values[4]->blob.data[0] ^= 1;
    assert_err(with(f, row, r, restore_it), ERR_DAMAGED);
    r->row->values[4]->blob.data[0] ^= 1;
    r->row->values[1]->blob.data[0] ^= 1; /* who it is */
    assert_err(with(f, row, r, restore_it), ERR_DAMAGED);
    b->begin->account.data[0] ^= 1;
    assert_err(with(f, 0, b, restore_it), ERR_DAMAGED);
}

/* Put a value in the place of another for CALL. */
static enum err
with_value(struct fixture *f, size_t at, size_t column, struct span value,
           enum err (*call)(const struct fixture *f))
{
    AUTO(backup_record_freep) Wire__BackupRecord *r = unpacked(f, at);
    ProtobufCBinaryData was = r->row->values[column]->blob;

    r->row->values[column]->blob = (ProtobufCBinaryData){value.n, (uint8_t *)(uintptr_t)value.p};
    enum err e = with(f, at, r, call);
    r->row->values[column]->blob = was;
    return e;
}

static struct span forged_manifest;

static enum err
restore_with_forged_manifest(const struct fixture *f)
{
    struct fixture *changed = (struct fixture *)(uintptr_t)f;

    return with_value(changed, FIND(ROW, "manifests"), 2, forged_manifest, restore_it);
}

/* Each of them is sound by itself. */
static void
a_key_that_is_not_the_account_s_is_refused(void **state)
{
    struct fixture *f = *state;
    size_t row = FIND(ROW, "account"), manifest = FIND(ROW, "manifests");
    AUTO(backup_record_freep) Wire__BackupRecord *m = unpacked(f, manifest);
    AUTO(buf_done) struct buf ours = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    AUTO(buf_done) struct buf theirs = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    AUTO(account_key_wipe) struct account_key aik;
    AUTO(device_keys_wipe) struct device_keys device;
    struct ed25519_seed seed = {{7}};
    uint8_t key[ACCOUNT_KEY_BYTES];
    struct manifest draft, made;

    account_key_from_seed(&seed, &aik);
    account_key_write(&aik, key);
    struct span other = SPAN(key, sizeof key);
    assert_ok(manifest_verify(span_pb(m->row->values[2]->blob), &draft));
    draft.aik = aik.public;
    device_keys_generate(&draft.account, 1, draft.created, &device);
    assert_ok(device_entry_make(&device, &draft.devices[0]));
    assert_ok(manifest_sign(&draft, &aik, &ours, &made));
    draft.account = account_id_of(&aik.public);
    device_keys_generate(&draft.account, 1, draft.created, &device);
    assert_ok(device_entry_make(&device, &draft.devices[0]));
    assert_ok(manifest_sign(&draft, &aik, &theirs, &made));

    assert_err(with_value(f, row, 4, other, restore_it), ERR_DAMAGED);
    forged_manifest = buf_span(&ours);
    assert_err(restore_with_forged_manifest(f), ERR_DAMAGED);
    assert_err(with_value(f, row, 4, other, restore_with_forged_manifest), ERR_DAMAGED);
    forged_manifest = buf_span(&theirs);
    assert_err(restore_with_forged_manifest(f), ERR_DAMAGED);
    assert_err(with_value(f, row, 4, other, restore_with_forged_manifest), ERR_DAMAGED);
    assert_ok(restore_it(f));
}

static void
a_file_goes_by_no_name_but_its_own(void **state)
{
    static const char *const names[] = {"../../../etc/passwd", "/etc/passwd", "a", ".",
                                        "0123456789abcdef0123456789abcdeg"};
    struct fixture *f = *state;
    size_t at = FIND(FILE, NULL);
    AUTO(backup_record_freep) Wire__BackupRecord *r = unpacked(f, at);
    char name[BACKUP_NAME_MAX + 1], *was = r->file->name;

    r->file->name = name;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(name, sizeof name, "%s", names[i]);
        assert_true(with(f, at, r, restore_it) != OK);
    }
    r->file->name = was;
    assert_ok(with(f, at, r, restore_it));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(records_in_another_order_are_refused),
        TEST(the_end_has_to_be_the_end),
        TEST(lengths_that_are_none_are_refused),
        TEST(a_beginning_is_whole),
        TEST(names_and_numbers_of_tables_have_limits),
        TEST(values_files_and_their_bytes_have_limits),
        TEST(tables_and_columns_that_are_not_of_a_backup_are_refused),
        TEST(rows_that_break_a_rule_of_their_table_are_refused),
        TEST(an_account_that_does_not_fit_together_is_refused),
        TEST(a_key_that_is_not_the_account_s_is_refused),
        TEST(a_file_goes_by_no_name_but_its_own),
    };

    assert_ok(crypto_init());
    return cmocka_run_group_tests_name("core-backup_records", tests, NULL, NULL);
}
