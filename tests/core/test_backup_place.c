/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where a backup is put (B20.2, B20.3): never over a file, whatever the file system can do; nothing
 * of one that is given up; and of those made by themselves the newest stay, and all that is not
 * one.
 */
#include "tests/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/account.h"
#include "core/backup/reader.h"
#include "core/backup/restore.h"
#include "core/backup/schedule.h"
#include "core/backup/writer.h"

#define NOW_MS 1800000000000LL
#define PASS SPAN_STR("a pass-phrase for backups")

struct fixture {
    char dir[64], out[96], path[128];
    struct db *db;
    struct files *files;
    struct backup_root root;
};

static int64_t
now_ms(void *self)
{
    return NOW_MS;
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
    struct subkey key = {.b = {7}};
    char path[96];

    snprintf(f->dir, sizeof f->dir, "/tmp/snug-test-place-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(path, sizeof path, "%s/history.db", f->dir);
    assert_ok(db_create(path, &key, &f->db));
    assert_ok(account_prepare(f->db, &world, &wish, &seed));
    snprintf(path, sizeof path, "%s/files", f->dir);
    assert_ok(files_open(path, &f->files));
    assert_ok(backup_root_make(PASS, SLOT_COST_TEST, &f->root));
    snprintf(f->out, sizeof f->out, "%s/out", f->dir);
    assert_int_equal(mkdir(f->out, 0700), 0);
    snprintf(f->path, sizeof f->path, "%s/b.backup", f->out);
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

static int
files_in(const char *path)
{
    DIR *d = opendir(path);
    int n = 0;

    assert_non_null(d);
    for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d))
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(d);
    return n;
}

static void
make_file(const struct fixture *f, const char *name)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", f->out, name);
    AUTO(fd_closep) int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_ok(fd_write(fd, SPAN_STR("mine"), 0));
}

static bool
is_there(const struct fixture *f, const char *name)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", f->out, name);
    return access(path, F_OK) == 0;
}

/* --- never over a file --- */

enum file_system { NAMELESS_FILES, NAMED_FILES, NO_RENAME_EITHER };

/* From here on this process has such a file system; and one that has just looked sees no file, as
 * when it comes to be while the backup is written. */
static int
become_poor(enum file_system fs, bool blind)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
    int bad = f == NULL;

    if (blind)
        bad |= seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOENT), SCMP_SYS(faccessat2), 0);
    if (fs != NAMELESS_FILES)
        bad |= seccomp_rule_add(f, SCMP_ACT_ERRNO(EOPNOTSUPP), SCMP_SYS(openat), 1,
                                SCMP_A2(SCMP_CMP_MASKED_EQ, O_TMPFILE, O_TMPFILE));
    if (fs == NO_RENAME_EITHER)
        bad |= seccomp_rule_add(f, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(renameat2), 0);
    bad |= seccomp_load(f);
    seccomp_release(f);
    return bad;
}

/* What backup_write_file says there. */
static enum err
write_there(const struct fixture *f, enum file_system fs, bool blind)
{
    const struct backup_order o = {.db = f->db, .root = &f->root, .now_ms = NOW_MS};
    struct backup_written w;
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0)
        _exit(become_poor(fs, blind) != 0 ? 255 : (int)backup_write_file(&o, f->path, &w));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 255);
    return (enum err)WEXITSTATUS(status);
}

static void
nothing_is_written_over_on_any_file_system(void **state)
{
    struct fixture *f = *state;
    uint8_t mine[4];
    size_t n;

    make_file(f, "b.backup");
    for (int fs = NAMELESS_FILES; fs <= NO_RENAME_EITHER; fs++)
        for (int blind = 0; blind <= 1; blind++) {
            assert_err(write_there(f, (enum file_system)fs, blind), ERR_EXISTS);
            assert_int_equal(files_in(f->out), 1);
            AUTO(fd_closep) int fd = open(f->path, O_RDONLY | O_CLOEXEC);
            assert_ok(fd_read(fd, mine, sizeof mine, 0, &n));
            assert_memory_equal(mine, "mine", sizeof mine);
        }
}

/* Not after all of it was written. */
static void
that_there_is_a_file_is_said_at_once(void **state)
{
    struct fixture *f = *state;
    struct backup_watch watch = {.cancelled = true};
    const struct backup_order o = {
        .db = f->db, .root = &f->root, .now_ms = NOW_MS, .watch = &watch};
    struct backup_written w;

    make_file(f, "b.backup");
    assert_err(backup_write_file(&o, f->path, &w), ERR_EXISTS);
}

static void
a_backup_gets_its_name_on_any_file_system(void **state)
{
    struct fixture *f = *state;

    for (int fs = NAMELESS_FILES; fs <= NO_RENAME_EITHER; fs++) {
        AUTO(secret32_wipe) struct secret32 key;
        struct backup_facts facts;
        struct stat s;

        assert_ok(write_there(f, (enum file_system)fs, false));
        assert_int_equal(files_in(f->out), 1); /* and no other name of it */
        AUTO(fd_closep) int fd = open(f->path, O_RDONLY | O_CLOEXEC);
        assert_int_equal(fstat(fd, &s), 0);
        assert_int_equal(s.st_mode & 0777, 0600);
        assert_int_equal(s.st_nlink, 1);
        assert_ok(backup_open(fd, PASS, &key));
        assert_ok(backup_check(fd, &key, NULL, &facts));
        assert_int_equal(unlink(f->path), 0);
    }
}

/* --- given up --- */

#define BIG 100000000

/* Many bytes, which take no room on the disk. */
static void
fill_big(struct fixture *f)
{
    struct file_name name;
    int fd;

    assert_ok(files_create(f->files, &name, &fd));
    assert_int_equal(ftruncate(fd, BIG), 0);
    assert_ok(files_keep(f->files, &name, fd));
    fd_closep(&fd);
    assert_ok(db_run(f->db,
                     "INSERT INTO contacts(id,account,address,state,trust,created_ms) "
                     "VALUES(7,zeroblob(32),'bob@b.example',3,2,1)",
                     ""));
    assert_ok(db_run(f->db,
                     "INSERT INTO messages(id,contact,outgoing,msg_id,type,text,sent_ms,stored_ms,"
                     "state,state_ms) VALUES(4,7,0,zeroblob(16),1,'one',1,1,0,0)",
                     ""));
    assert_ok(db_run(f->db,
                     "INSERT INTO attachments(message,position,kind,name,mime,size,cipher_size,key,"
                     "file,state,moved) VALUES(4,0,0,'a','x/y',?1,?1,zeroblob(32),?2,4,?1)",
                     "it", (int64_t)BIG, name.text));
}

struct writing {
    struct backup_order o;
    const char *path;
    enum err err;
    char why[128];
};

static void *
write_it(void *ctx)
{
    struct writing *w = ctx;
    struct backup_written written;

    w->err = backup_write_file(&w->o, w->path, &written);
    snprintf(w->why, sizeof w->why, "%s", err_why(w->err));
    return NULL;
}

/* As a lock does it to one that nobody waits for: it ends soon, in the middle. */
static void
one_that_is_given_up_while_it_is_written_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct backup_watch watch = {.cancelled = false};
    struct writing w = {
        .o = {.db = f->db, .files = f->files, .root = &f->root, .now_ms = NOW_MS, .watch = &watch},
        .path = f->path};
    pthread_t thread;

    fill_big(f);
    assert_int_equal(pthread_create(&thread, NULL, write_it, &w), 0);
    while (atomic_load(&watch.done) < BIG / 100)
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    atomic_store(&watch.cancelled, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(w.err, ERR_STATE);
    assert_string_equal(w.why, "It was cancelled.");
    assert_true(atomic_load(&watch.done) < BIG);
    assert_int_equal(files_in(f->out), 0);
}

/* --- those that stay --- */

static void
the_newest_stay_and_all_that_is_none_of_them(void **state)
{
    static const char *const
        old[] = {"20250101-000000", "20250101-000001", "20251231-235959"},
        *const newest[] = {"20260101-000000", "20260228-120000", "20260301-000000"},
        *const others[] = {
            "snug-another-20200101-000000.backup",     "snug-default-20200101-000000.backuq",
            "snug-default-20200101-000000.backup~",    "snug-default-20200101-000000.backup.part",
            "snug-default-2-20200101-000000.backup",   "snug-default-2020010a-000000.backup",
            "snug-default-20200101_000000.backup",     "snug-default-.backup",
            "old-snug-default-20200101-000000.backup", "holiday.jpg",
        };
    struct fixture *f = *state;
    char name[64], last[256];

    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "snug-default-%s.backup", newest[i]);
        make_file(f, name);
        snprintf(name, sizeof name, "snug-default-%s.backup", old[i]);
        make_file(f, name);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        make_file(f, others[i]);
    snprintf(last, sizeof last, "%s/snug-default-%s.backup", f->out, newest[2]);
    assert_ok(backups_prune(f->out, "default", 3, last));
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "snug-default-%s.backup", newest[i]);
        assert_true(is_there(f, name));
        snprintf(name, sizeof name, "snug-default-%s.backup", old[i]);
        assert_false(is_there(f, name));
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_true(is_there(f, others[i]));
    assert_ok(backups_prune(f->out, "default", 3, last));
    assert_int_equal(files_in(f->out), 3 + sizeof others / sizeof *others);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_written_over_on_any_file_system),
        TEST(that_there_is_a_file_is_said_at_once),
        TEST(a_backup_gets_its_name_on_any_file_system),
        TEST(one_that_is_given_up_while_it_is_written_leaves_nothing),
        TEST(the_newest_stay_and_all_that_is_none_of_them),
    };

    assert_ok(crypto_init());
    return cmocka_run_group_tests_name("core-backup_place", tests, NULL, NULL);
}
