/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A backup of 100,000 messages and 300 attachments, and its restore, in the working directory,
 * beside the same files copied through libsodium's secretstream in chunks of the same size, each to
 * the disk. And what memory either takes above what the process had: nothing is held as a whole.
 */
#include "tests/bench/bench.h"

#include <assert.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/account.h"
#include "core/backup/reader.h"
#include "core/backup/restore.h"
#include "core/backup/writer.h"
#include "crypto/secret.h"

#define MESSAGES 100000
#define ATTACHMENTS 300
#define ATTACHMENT_BYTES 200000
#define CHUNK 65536
#define PASS SPAN_STR("of a backup")
#define FOLDER "bench-backup-profile"

static void
must(enum err e)
{
    if (e == OK)
        return;
    fprintf(stderr, "bench-backup: %s\n", err_why(e));
    exit(1);
}

static double
now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* --- memory --- */

static long
status_kib(const char *key)
{
    char line[256];
    long kib = 0;
    FILE *f = fopen("/proc/self/status", "re");

    assert(f != NULL);
    while (fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, key, strlen(key)) == 0)
            kib = strtol(line + strlen(key), NULL, 10);
    fclose(f);
    return kib;
}

static long
peak_from_now(void)
{
    FILE *f = fopen("/proc/self/clear_refs", "we");

    if (f != NULL) {
        fputs("5", f);
        fclose(f);
    }
    return status_kib("VmRSS:");
}

/* --- a profile --- */

static int64_t
clock_ms(void *self)
{
    return 1800000000000LL;
}

static void
fill_messages(struct db *db)
{
    AUTO(tx_done) struct tx tx = {0};
    char text[200];

    must(tx_begin(db, &tx));
    must(db_run(db,
                "INSERT INTO contacts(id,account,address,state,trust,created_ms) "
                "VALUES(7,zeroblob(32),'bob@b.example',3,2,1)",
                ""));
    for (int64_t i = 1; i <= MESSAGES; i++) {
        uint8_t id[16];

        randombytes_buf(id, sizeof id);
        snprintf(text, sizeof text, "This is message %lld of a long conversation%.*s", (long long)i,
                 (int)(i % 100),
                 " in which a good many words were said, some of them more than once, as people do "
                 "when they talk to each other.");
        must(db_run(db,
                    "INSERT INTO messages(id,contact,outgoing,msg_id,type,text,sent_ms,stored_ms,"
                    "state,state_ms) VALUES(?1,7,?2,?3,1,?4,?1,?1,?5,0)",
                    "iibti", i, i % 2, SPAN(id, sizeof id), text, i % 2 ? (int64_t)3 : (int64_t)0));
    }
    must(tx_commit(&tx));
}

static void
fill_files(struct db *db, struct files *files)
{
    static uint8_t bytes[ATTACHMENT_BYTES];
    AUTO(tx_done) struct tx tx = {0};

    must(tx_begin(db, &tx));
    for (int64_t i = 1; i <= ATTACHMENTS; i++) {
        struct file_name name;
        int fd;

        randombytes_buf(bytes, sizeof bytes);
        must(files_create(files, &name, &fd));
        must(fd_write(fd, SPAN(bytes, sizeof bytes), 0));
        must(files_keep(files, &name, fd));
        close(fd);
        must(db_run(db,
                    "INSERT INTO attachments(message,position,kind,name,mime,size,cipher_size,key,"
                    "file,state,moved) VALUES(?1,0,0,'a','x/y',?2,?2,zeroblob(32),?3,4,?2)",
                    "iit", 2 * i, (int64_t)sizeof bytes, name.text));
    }
    must(tx_commit(&tx));
}

/* --- the peer --- */

static size_t
read_some(int fd, uint8_t *p, size_t size)
{
    size_t n = 0;

    for (ssize_t got; n < size && (got = read(fd, p + n, size - n)) > 0;)
        n += (size_t)got;
    return n;
}

/* FROM through the stream to TO, sealing or opening; on the disk when it returns. */
static void
stream_copy(const char *from, const char *to, bool seal)
{
    static const uint8_t key[32] = {1};
    static uint8_t in[CHUNK + 17], out[CHUNK + 17];
    uint8_t header[24], tag;
    crypto_secretstream_xchacha20poly1305_state s;
    int a = open(from, O_RDONLY | O_CLOEXEC);
    int b = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t n;

    assert(a >= 0 && b >= 0);
    if (seal) {
        crypto_secretstream_xchacha20poly1305_init_push(&s, header, key);
        assert(write(b, header, sizeof header) == sizeof header);
    } else {
        n = read_some(a, header, sizeof header);
        assert(n == sizeof header);
        crypto_secretstream_xchacha20poly1305_init_pull(&s, header, key);
    }
    while ((n = read_some(a, in, seal ? CHUNK : CHUNK + 17)) > 0) {
        unsigned long long made;
        int bad =
            seal ? crypto_secretstream_xchacha20poly1305_push(&s, out, &made, in, n, NULL, 0, 0)
                 : crypto_secretstream_xchacha20poly1305_pull(&s, out, &made, &tag, in, n, NULL, 0);
        ssize_t wrote = write(b, out, made);
        assert(bad == 0 && wrote == (ssize_t)made);
    }
    int synced = fsync(b);
    assert(synced == 0);
    close(a);
    close(b);
}

static void
run(const char *command)
{
    int status = system(command);
    assert(status == 0);
}

/* --- */

static void
print(const char *name, double us, double bytes, double peer_us, long kib)
{
    printf("%-28s %7.1f MB/s  %5.2f of the stream alone  %5.1f MB of memory\n", name, bytes / us,
           peer_us / us, (double)kib / 1000);
}

int
main(void)
{
    const struct world world = {.now_ms = clock_ms};
    const struct account_wish wish = {
        .address = {.name = "alice", .host = "a.example", .port = 443},
        .display_name = "Alice",
        .invitation = ""};
    struct recovery_seed seed;
    struct subkey key = {.b = {7}};
    struct secret32 backup_key;
    struct backup_root root;
    struct backup_written w;
    struct backup_facts facts;
    struct db *db, *snapshot, *new_db;
    struct files *files, *new_files;
    double seal_us, open_us, write_us, restore_us;
    long before, write_kib, restore_kib;

    must(crypto_init());
    run("rm -rf " FOLDER " && mkdir -p " FOLDER);
    must(db_create(FOLDER "/history.db", &key, &db));
    must(files_open(FOLDER "/files", &files));
    must(account_prepare(db, &world, &wish, &seed));
    fill_messages(db);
    fill_files(db, files);
    must(db_checkpoint(db));
    must(backup_root_make(PASS, SLOT_COST_TEST, &root));

    char path[4096];
    assert(realpath(FOLDER, path) != NULL);
    strncat(path, "/a.backup", sizeof path - strlen(path) - 1);
    must(db_open_snapshot(db, &snapshot));
    before = peak_from_now();
    double begun = now_us();
    must(backup_write_file(
        &(struct backup_order){
            .db = snapshot, .files = files, .root = &root, .now_ms = clock_ms(NULL)},
        path, &w));
    write_us = now_us() - begun;
    write_kib = status_kib("VmHWM:") - before;
    db_close(snapshot);

    /* The peer has as many bytes to do. */
    begun = now_us();
    stream_copy(FOLDER "/a.backup", FOLDER "/sealed", true);
    seal_us = now_us() - begun;
    begun = now_us();
    stream_copy(FOLDER "/sealed", FOLDER "/opened", false);
    open_us = now_us() - begun;

    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert(fd >= 0);
    must(backup_open(fd, PASS, &backup_key));
    must(db_create(FOLDER "/new.db", &key, &new_db));
    must(files_open(FOLDER "/new-files", &new_files));
    before = peak_from_now();
    begun = now_us();
    must(backup_restore(&(struct backup_restoring){.fd = fd,
                                                   .key = &backup_key,
                                                   .db = new_db,
                                                   .files = new_files,
                                                   .now_ms = clock_ms(NULL)},
                        &facts));
    must(db_checkpoint(new_db));
    restore_us = now_us() - begun;
    restore_kib = status_kib("VmHWM:") - before;
    assert(facts.messages == MESSAGES && facts.files == ATTACHMENTS);

    printf("%d messages, %d attachments: %.1f MB\n", MESSAGES, ATTACHMENTS, (double)w.bytes / 1e6);
    print("backup", write_us, (double)w.bytes, seal_us, write_kib);
    print("restore", restore_us, (double)w.bytes, open_us, restore_kib);
    close(fd);
    db_close(new_db);
    files_release(new_files);
    db_close(db);
    files_release(files);
    run("rm -rf " FOLDER);
    return 0;
}
