/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/account.h"
#include "core/backup/reader.h"
#include "core/backup/restore.h"
#include "core/backup/schedule.h"
#include "core/backup/tables.h"
#include "core/backup/writer.h"
#include "crypto/stream.h"

#define NOW_MS 1800000000000LL
#define MESSAGES 900
#define PASS SPAN_STR("a pass-phrase for backups")

struct fixture {
    char dir[64];
    struct subkey key;
    struct db *db;
    struct files *files;
    struct backup_root root;
    char backup[96];
};

static const char *
path_in(const struct fixture *f, const char *name)
{
    static char path[160];

    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    return path;
}

/* --- a profile --- */

static int64_t
now_ms(void *self)
{
    return NOW_MS;
}

static void
fill_messages(struct db *db)
{
    AUTO(tx_done) struct tx tx = {0};
    char text[400];

    assert_ok(tx_begin(db, &tx));
    assert_ok(db_run(db,
                     "INSERT INTO contacts(id,account,address,state,trust,created_ms,their_token) "
                     "VALUES(7,zeroblob(32),'bob@b.example',3,2,1,zeroblob(16))",
                     ""));
    assert_ok(db_run(db, "INSERT INTO conversations(contact,last_message) VALUES(7,?1)", "i",
                     (int64_t)MESSAGES));
    for (int i = 1; i <= MESSAGES; i++) {
        snprintf(text, sizeof text, "message %d of many, with w\xc3\xb6rds: %0*d", i, i % 300, i);
        assert_ok(db_run(db,
                         "INSERT INTO messages(id,contact,outgoing,msg_id,type,text,sent_ms,"
                         "stored_ms,state,state_ms,expire_s) VALUES(?1,7,?2,?3,1,?4,?1,?1,?5,0,?6)",
                         "iibtii", (int64_t)i, (int64_t)(i % 2), SPAN("0123456789abcdef", 16), text,
                         (int64_t)(i % 2 ? i % 3 + 1 : 0), (int64_t)(i % 10 == 5 ? 3600 : 0)));
    }
    assert_ok(meta_set_int(db, "set.typing", 1));
    assert_ok(meta_set_int(db, "due.spk", 5));
    assert_ok(tx_commit(&tx));
}

/* A file of SIZE, said to belong to message ID. */
static void
fill_file(struct fixture *f, int64_t id, size_t size)
{
    struct file_name name;
    uint8_t *bytes = malloc(size);
    int fd;

    assert_non_null(bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(i * 7 + size);
    assert_ok(files_create(f->files, &name, &fd));
    assert_ok(fd_write(fd, SPAN(bytes, size), 0));
    assert_ok(files_keep(f->files, &name, fd));
    fd_closep(&fd);
    free(bytes);
    assert_ok(db_run(f->db,
                     "INSERT INTO attachments(message,position,kind,name,mime,size,cipher_size,key,"
                     "file,state,moved) VALUES(?1,0,0,'a.bin','x/y',?2,?2,zeroblob(32),?3,4,?2)",
                     "iit", id, (int64_t)size, name.text));
}

static int
set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    const struct world world = {.now_ms = now_ms};
    const struct account_wish wish = {
        .address = {.name = "alice", .host = "a.example", .port = 443},
        .display_name = "Alice",
        .invitation = ""};
    AUTO(recovery_seed_wipe) struct recovery_seed seed;

    snprintf(f->dir, sizeof f->dir, "/tmp/snug-test-backup-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    memset(f->key.b, 7, sizeof f->key.b);
    assert_ok(db_create(path_in(f, "history.db"), &f->key, &f->db));
    assert_ok(files_open(path_in(f, "files"), &f->files));
    assert_ok(account_prepare(f->db, &world, &wish, &seed));
    fill_messages(f->db);
    fill_file(f, 4, 100000);
    fill_file(f, 6, 1);
    assert_ok(backup_root_make(PASS, SLOT_COST_TEST, &f->root));
    snprintf(f->backup, sizeof f->backup, "%s/b.backup", f->dir);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;
    char command[128];

    db_close(f->db);
    files_release(f->files);
    snprintf(command, sizeof command, "rm -rf %s", f->dir);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

static struct backup_order
order_of(struct fixture *f)
{
    return (struct backup_order){
        .db = f->db, .files = f->files, .root = &f->root, .now_ms = NOW_MS};
}

static void
make_backup(struct fixture *f)
{
    const struct backup_order o = order_of(f);
    struct backup_written w;

    assert_ok(backup_write_file(&o, f->backup, &w));
    assert_int_equal(w.files, 2);
}

/* --- reading one --- */

static enum err
check_file(const char *path, struct span passphrase, struct backup_facts *ret)
{
    AUTO(secret32_wipe) struct secret32 key;
    AUTO(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    TRY(backup_open(fd, passphrase, &key));
    return backup_check(fd, &key, NULL, ret);
}

static enum err
restore_file(struct fixture *f, struct db **ret, struct files **ret_files)
{
    AUTO(secret32_wipe) struct secret32 key;
    AUTO(fd_closep) int fd = open(f->backup, O_RDONLY | O_CLOEXEC);
    struct backup_facts facts;

    assert_true(fd >= 0);
    TRY(backup_open(fd, PASS, &key));
    assert_ok(db_create(path_in(f, "new.db"), &f->key, ret));
    assert_ok(files_open(path_in(f, "new-files"), ret_files));
    return backup_restore(
        &(struct backup_restoring){
            .fd = fd, .key = &key, .db = *ret, .files = *ret_files, .now_ms = NOW_MS},
        &facts);
}

static void
a_backup_says_what_is_in_it(void **state)
{
    struct fixture *f = *state;
    struct backup_facts facts;
    struct stat st;

    make_backup(f);
    assert_ok(check_file(f->backup, PASS, &facts));
    assert_string_equal(facts.address, "alice@a.example");
    assert_int_equal(facts.created_ms, NOW_MS);
    assert_int_equal(facts.messages, MESSAGES);
    assert_int_equal(facts.contacts, 1);
    assert_int_equal(facts.files, 2);
    assert_int_equal(facts.device, 1);
    assert_int_equal(stat(f->backup, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    /* Its size tells the Padmé size and nothing more. */
    uint64_t sealed = (uint64_t)st.st_size - BACKUP_HEADER;
    uint64_t clear = sealed - STREAM_HEADER -
                     STREAM_OVERHEAD * ((sealed + STREAM_SEALED_CHUNK - 1) / STREAM_SEALED_CHUNK);
    assert_int_equal(padme(clear), clear);
    assert_int_equal(stream_sealed_size(clear), sealed);
}

static void
all_that_belongs_to_the_account_comes_back(void **state)
{
    struct fixture *f = *state;
    AUTO(db_closep) struct db *db = NULL;
    AUTO(files_releasep) struct files *files = NULL;
    int64_t n;

    make_backup(f);
    assert_ok(restore_file(f, &db, &files));
#define COUNT(expected, sql)                                                                       \
    do {                                                                                           \
        assert_ok(db_get_int(db, &n, sql, ""));                                                    \
        assert_int_equal(n, expected);                                                             \
    } while (0)
    COUNT(MESSAGES - MESSAGES / 10, "SELECT count(*) FROM messages"); /* but what disappears soon */
    COUNT(1, "SELECT count(*) FROM messages WHERE id=898 AND text LIKE '%w\xc3\xb6rds%'");
    COUNT(0, "SELECT count(*) FROM messages WHERE outgoing=1 AND state IN (1,2)");
    COUNT(1, "SELECT count(*) FROM contacts WHERE their_token=zeroblob(16) AND trust=2");
    COUNT(1, "SELECT count(*) FROM meta WHERE key='set.typing' AND value=1");
    COUNT(0, "SELECT count(*) FROM account WHERE registered<>0");
    COUNT(1, "SELECT count(*) FROM account WHERE display_name='Alice'");
    COUNT(1, "SELECT count(*) FROM spks");
    COUNT(1, "SELECT count(*) FROM words WHERE words MATCH '\"message 898 of\"'");
    COUNT(2, "SELECT count(*) FROM attachments WHERE length(file)=32 AND state=4");
#undef COUNT
}

static void
the_files_come_back_as_they_were(void **state)
{
    struct fixture *f = *state;
    AUTO(db_closep) struct db *db = NULL;
    AUTO(files_releasep) struct files *files = NULL;
    AUTO(buf_done) struct buf text = BUF(64);
    AUTO(fd_closep) int fd = -1;
    struct file_name name;
    static uint8_t bytes[100001];
    size_t n;

    make_backup(f);
    assert_ok(restore_file(f, &db, &files));
    assert_ok(db_get_bytes(db, &text, "SELECT file FROM attachments WHERE message=4", ""));
    assert_ok(file_name_read(buf_span(&text), &name));
    assert_ok(files_read(files, &name, &fd));
    assert_ok(fd_read(fd, bytes, sizeof bytes, 0, &n));
    assert_int_equal(n, 100000);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(bytes[i], (uint8_t)(i * 7 + n));
}

static void
without_its_files_an_attachment_is_offered_again(void **state)
{
    struct fixture *f = *state;
    AUTO(db_closep) struct db *db = NULL;
    AUTO(files_releasep) struct files *files = NULL;
    struct backup_order o = order_of(f);
    struct backup_written w;
    int64_t n;

    o.files = NULL;
    assert_ok(backup_write_file(&o, f->backup, &w));
    assert_int_equal(w.files, 0);
    assert_ok(restore_file(f, &db, &files));
    assert_ok(db_get_int(db, &n, "SELECT count(*) FROM attachments WHERE state=0 AND file=''", ""));
    assert_int_equal(n, 2);
}

/* --- what is refused --- */

struct bytes {
    uint8_t *p;
    size_t n;
};

static struct bytes
load(const char *path)
{
    struct bytes b;
    AUTO(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint64_t size;

    assert_true(fd >= 0);
    assert_ok(fd_size(fd, &size));
    b.p = malloc(size + 1);
    assert_non_null(b.p);
    assert_ok(fd_read(fd, b.p, size + 1, 0, &b.n));
    assert_int_equal(b.n, size);
    return b;
}

static void
store(const char *path, const uint8_t *p, size_t n)
{
    AUTO(fd_closep) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_ok(fd_write(fd, SPAN(p, n), 0));
}

static void
a_cut_backup_is_refused_wherever_it_was_cut(void **state)
{
    struct fixture *f = *state;
    struct backup_facts facts;

    make_backup(f);
    struct bytes b = load(f->backup);
    size_t first = BACKUP_HEADER + STREAM_HEADER;
    for (size_t at = first; at < b.n; at += STREAM_SEALED_CHUNK) {
        for (int off = -1; off <= 1; off++) {
            store(f->backup, b.p, (size_t)((ssize_t)at + off));
            assert_err(check_file(f->backup, PASS, &facts), ERR_DAMAGED);
        }
    }
    for (size_t n = 0; n < BACKUP_HEADER + 64; n += 7) {
        store(f->backup, b.p, n);
        enum err e = check_file(f->backup, PASS, &facts);
        assert_true(e == ERR_DAMAGED || (n < 9 && e == ERR_MALFORMED));
    }
    store(f->backup, b.p, b.n - 1);
    assert_err(check_file(f->backup, PASS, &facts), ERR_DAMAGED);
    b.p[b.n] = 0;
    store(f->backup, b.p, b.n + 1);
    assert_err(check_file(f->backup, PASS, &facts), ERR_DAMAGED);
    free(b.p);
}

static void
a_flipped_bit_is_found_everywhere(void **state)
{
    struct fixture *f = *state;
    struct backup_facts facts;

    make_backup(f);
    struct bytes b = load(f->backup);
    for (size_t at = 0; at < b.n; at += at < BACKUP_HEADER + 60 ? 1 : b.n / 40) {
        b.p[at] ^= 1;
        store(f->backup, b.p, b.n);
        enum err e = check_file(f->backup, PASS, &facts);
        assert_true(at < 8    ? e == ERR_MALFORMED
                    : at == 8 ? e == ERR_DAMAGED || e == ERR_NEWER
                              : e == ERR_DAMAGED);
        b.p[at] ^= 1;
    }
    free(b.p);
}

static void
a_damaged_backup_is_not_restored(void **state)
{
    struct fixture *f = *state;
    AUTO(db_closep) struct db *db = NULL;
    AUTO(files_releasep) struct files *files = NULL;

    make_backup(f);
    struct bytes b = load(f->backup);
    b.p[b.n - 5] ^= 4; /* the very end of the padding */
    store(f->backup, b.p, b.n);
    free(b.p);
    assert_err(restore_file(f, &db, &files), ERR_DAMAGED);
}

static void
a_wrong_pass_phrase_is_told_from_damage(void **state)
{
    struct fixture *f = *state;
    struct backup_facts facts;

    make_backup(f);
    assert_err(check_file(f->backup, SPAN_STR("another one"), &facts), ERR_PASSPHRASE);
    assert_err(check_file(f->backup, SPAN_STR(""), &facts), ERR_USAGE);
}

static void
something_else_is_not_taken_for_a_backup(void **state)
{
    struct fixture *f = *state;
    struct backup_facts facts;

    assert_err(check_file(path_in(f, "history.db"), PASS, &facts), ERR_MALFORMED);
    store(f->backup, (const uint8_t *)"", 0);
    assert_err(check_file(f->backup, PASS, &facts), ERR_MALFORMED);
}

static void
a_newer_version_is_named_as_such(void **state)
{
    struct fixture *f = *state;
    struct backup_facts facts;

    make_backup(f);
    struct bytes b = load(f->backup);
    b.p[8] = 2;
    store(f->backup, b.p, b.n);
    free(b.p);
    assert_err(check_file(f->backup, PASS, &facts), ERR_NEWER);
}

/* --- writing --- */

static int
files_in(const char *path)
{
    DIR *d = opendir(path);
    int n = 0;

    assert_non_null(d);
    for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d))
        n += e->d_name[0] != '.' || strlen(e->d_name) > 2;
    closedir(d);
    return n;
}

static void
a_cancelled_backup_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct backup_order o = order_of(f);
    struct backup_watch watch = {.cancelled = true};
    struct backup_written w;
    int before = files_in(f->dir);

    o.watch = &watch;
    assert_err(backup_write_file(&o, f->backup, &w), ERR_STATE);
    assert_int_equal(files_in(f->dir), before);
}

static void
a_full_disk_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    const struct backup_order o = order_of(f);
    struct rlimit was, small = {150000, 150000};
    struct backup_written w;
    int before = files_in(f->dir);

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    small.rlim_max = was.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum err e = backup_write_file(&o, f->backup, &w);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    assert_true(e == ERR_FULL || e == ERR_IO);
    assert_int_equal(files_in(f->dir), before);
}

static void
nothing_is_written_over(void **state)
{
    struct fixture *f = *state;
    const struct backup_order o = order_of(f);
    struct backup_written w;

    make_backup(f);
    assert_err(backup_write_file(&o, f->backup, &w), ERR_EXISTS);
    assert_err(backup_write_file(&o, path_in(f, "none/b.backup"), &w), ERR_NOT_FOUND);
    assert_err(backup_write_file(&o, "b.backup", &w), ERR_USAGE);
}

static void
a_backup_is_of_one_moment_whatever_is_written_meanwhile(void **state)
{
    struct fixture *f = *state;
    struct backup_order o = order_of(f);
    struct backup_facts facts;
    struct backup_written w;

    assert_ok(db_open_snapshot(f->db, &o.db));
    assert_ok(db_run(f->db, "DELETE FROM messages WHERE id<=600", ""));
    assert_err(db_checkpoint(f->db), ERR_BUSY); /* the log is still read */
    assert_ok(backup_write_file(&o, f->backup, &w));
    db_close(o.db);
    assert_ok(db_checkpoint(f->db));
    assert_ok(check_file(f->backup, PASS, &facts));
    assert_int_equal(facts.messages, MESSAGES);
    assert_int_equal(w.messages, MESSAGES - MESSAGES / 10);
}

static void
a_kept_root_makes_backups_that_the_pass_phrase_opens(void **state)
{
    struct fixture *f = *state;
    struct backup_root_bytes bytes;
    struct backup_root again;
    struct backup_order o = order_of(f);
    struct backup_facts facts;
    struct backup_written w;

    backup_root_write(&f->root, &bytes);
    assert_ok(backup_root_read(SPAN_OF(bytes), &again));
    assert_err(backup_root_read(SPAN(bytes.b, 20), &again), ERR_DAMAGED);
    o.root = &again;
    assert_ok(backup_write_file(&o, f->backup, &w));
    assert_ok(check_file(f->backup, PASS, &facts));
}

static void
odd_numbers_of_others_keep_no_backup_from_being_restored(void **state)
{
    struct fixture *f = *state;
    AUTO(db_closep) struct db *db = NULL;
    AUTO(files_releasep) struct files *files = NULL;

    assert_ok(db_run(f->db,
                     "UPDATE messages SET sent_ms=9223372036854775807,seq=-9223372036854775807,"
                     "retained_ms=9007199254740993,type=70000 WHERE id=4",
                     ""));
    make_backup(f);
    assert_ok(restore_file(f, &db, &files));
}

/* Who knows the pass-phrase can seal anything; what comes of it is read from the store later. */
static void
what_no_store_can_hold_is_not_restored(void **state)
{
    static const char *const hostile[] = {
        "UPDATE messages SET state=99 WHERE id=4",
        "UPDATE messages SET state=-1 WHERE id=4",
        "UPDATE messages SET msg_id=x'00' WHERE id=4",
        "UPDATE messages SET text=x'ff00ff' WHERE id=4",
        "UPDATE contacts SET trust=3",
        "UPDATE contacts SET state='accepted'",
        "UPDATE contacts SET account=zeroblob(31)",
        "UPDATE attachments SET kind=3 WHERE message=4",
        "UPDATE attachments SET file='+../../../../../../tmp/x' WHERE message=4",
        "UPDATE attachments SET file='+0123456789abcdef0123456789abcde' WHERE message=4",
    };

    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        struct fixture *f;
        AUTO(db_closep) struct db *db = NULL;
        AUTO(files_releasep) struct files *files = NULL;
        struct backup_written w;

        assert_int_equal(set_up((void **)&f), 0);
        assert_ok(db_run(f->db, hostile[i], ""));
        const struct backup_order o = {.db = f->db, .root = &f->root, .now_ms = NOW_MS};
        assert_ok(backup_write_file(&o, f->backup, &w));
        if (restore_file(f, &db, &files) != ERR_DAMAGED)
            fail_msg("restored: %s", hostile[i]);
        db_close(STEAL(db));
        files_release(STEAL(files));
        tear_down((void **)&f);
    }
}

static void
make_empty(const char *path)
{
    AUTO(fd_closep) int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
}

#define HOUR_MS (60 * 60 * 1000LL)
#define DAY_MS (24 * HOUR_MS)

static void
one_that_failed_is_tried_again_after_an_hour_and_one_that_was_made_after_its_days(void **state)
{
    const int64_t now = 1000 * DAY_MS;
    struct backup_schedule s = {
        .every = BACKUP_DAILY, .has_root = true, .last_ms = now - 12 * HOUR_MS};

    assert_int_equal(backup_schedule_due(&s, now), now + 12 * HOUR_MS);
    s.every = BACKUP_WEEKLY;
    assert_int_equal(backup_schedule_due(&s, now), now - 12 * HOUR_MS + 7 * DAY_MS);
    s.last_ms = now - 8 * DAY_MS;
    assert_true(backup_schedule_due(&s, now) <= now);
    s.tried_ms = now;
    assert_int_equal(backup_schedule_due(&s, now), now + HOUR_MS);
    s.last_ms = s.tried_ms = now + 1000 * DAY_MS; /* the clock was wrong */
    assert_true(backup_schedule_due(&s, now) <= now);
    s.every = BACKUP_NEVER;
    assert_true(backup_schedule_due(&s, now) == INT64_MAX);
}

static void
one_that_was_made_while_the_clock_was_ahead_pushes_out_no_other(void **state)
{
    struct fixture *f = *state;
    char ahead[PATH_MAX], before[PATH_MAX], last[PATH_MAX];

    assert_ok(backup_path(f->dir, "default", NOW_MS + 1000000000000LL, ahead));
    assert_ok(backup_path(f->dir, "default", NOW_MS - 1000000, before));
    assert_ok(backup_path(f->dir, "default", NOW_MS, last));
    make_empty(ahead);
    make_empty(before);
    make_empty(last);
    assert_ok(backups_prune(f->dir, "default", 2, last));
    assert_int_equal(access(last, F_OK), 0);
    assert_int_equal(access(before, F_OK), 0);
    assert_int_not_equal(access(ahead, F_OK), 0);
    assert_ok(backups_prune(f->dir, "default", 1, last));
    assert_int_equal(access(last, F_OK), 0);
    assert_int_not_equal(access(before, F_OK), 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_backup_says_what_is_in_it),
        TEST(all_that_belongs_to_the_account_comes_back),
        TEST(the_files_come_back_as_they_were),
        TEST(without_its_files_an_attachment_is_offered_again),
        TEST(a_cut_backup_is_refused_wherever_it_was_cut),
        TEST(a_flipped_bit_is_found_everywhere),
        TEST(a_damaged_backup_is_not_restored),
        TEST(a_wrong_pass_phrase_is_told_from_damage),
        TEST(something_else_is_not_taken_for_a_backup),
        TEST(a_newer_version_is_named_as_such),
        TEST(a_cancelled_backup_leaves_nothing),
        TEST(a_full_disk_leaves_nothing),
        TEST(nothing_is_written_over),
        TEST(a_backup_is_of_one_moment_whatever_is_written_meanwhile),
        TEST(odd_numbers_of_others_keep_no_backup_from_being_restored),
        cmocka_unit_test(what_no_store_can_hold_is_not_restored),
        cmocka_unit_test(
            one_that_failed_is_tried_again_after_an_hour_and_one_that_was_made_after_its_days),
        TEST(one_that_was_made_while_the_clock_was_ahead_pushes_out_no_other),
        TEST(a_kept_root_makes_backups_that_the_pass_phrase_opens),
    };

    assert_ok(crypto_init());
    return cmocka_run_group_tests_name("core-backup-format", tests, NULL, NULL);
}
