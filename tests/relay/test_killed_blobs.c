/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * kill -9 in the middle of uploads, on SQLite and real files: every attachment whose `done` was
 * answered is there, whole; the one that was on its way goes on from the part that is expected; and
 * nothing lies about that no record names.
 */
#include "tests/check.h"

#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relay/blob_files_disk.h"
#include "relay/store_sqlite.h"
#include "tests/relay/uploads.h"

#define ROUNDS 10
#define LONGEST_MS 100
#define PARTS 3
#define SIZE ((PARTS - 1) * BLOB_PART + 4321)

static char folder[64], db_path[96], blobs_path[96];

static struct relay *
relay_open(enum commit_mode mode)
{
    struct blob_files *files;
    struct store *store;

    assert_ok(store_sqlite_open(db_path, 0, &store));
    assert_ok(blob_files_disk_open(blobs_path, 0, &files));
    return relay_new_with(store, files, mode);
}

static void
wait_for(struct relay *r, const uint64_t *value, uint64_t least)
{
    while (*value < least) {
        struct pollfd p = {.fd = service_fd(r->service), .events = POLLIN};
        service_batch_end(r->service);
        if (*value < least)
            poll(&p, 1, -1);
        service_settle(r->service);
    }
}

/* Upload FIRST, FIRST + 1, ... for ever; each that was answered goes into the pipe. */
static _Noreturn void
upload_for_ever(const struct person *alice, struct token token, uint32_t first, int out)
{
    struct relay *r = relay_open(COMMIT_BY_THREAD);

    for (uint32_t n = first;; n++) {
        struct upload u = upload_new(n, SIZE);
        assert_int_equal(upload_announce(r, &u, alice, token), 201);
        wait_for(r, &r->committed, r->answer.ticket);
        for (uint32_t part = 0; part < PARTS; part++)
            assert_int_equal(upload_part(r, &u, part), 204);
        upload_done(r, &u);
        assert_int_equal(r->answer.kind, ANSWER_AFTER_WORK);
        wait_for(r, &r->work, r->answer.work);
        assert_int_equal(r->work_status, 204);
        assert_int_equal(r->work_kind, ANSWER_AFTER_COMMIT);
        wait_for(r, &r->committed, r->work_ticket);
        upload_free(&u);
        if (write(out, &n, sizeof n) != sizeof n)
            _exit(1);
    }
}

/* One life; the first number that was not answered. */
static uint32_t
live_and_die(const struct person *alice, struct token token, uint32_t first)
{
    uint32_t number, next = first;
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        upload_for_ever(alice, token, first, ends[1]);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &number, sizeof number), sizeof number);
    next = number + 1;
    usleep(randombytes_uniform(LONGEST_MS) * 1000 + randombytes_uniform(1000));
    kill(child, SIGKILL);
    while (read(ends[0], &number, sizeof number) == sizeof number)
        next = number + 1;
    close(ends[0]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    return next;
}

static enum err
count_file(void *ctx, uint64_t file)
{
    ++*(size_t *)ctx;
    return OK;
}

static size_t
file_count(const struct relay *r)
{
    size_t count = 0;
    assert_ok(blob_files_each(r->files, &count, count_file));
    return count;
}

/* Whatever became of it: announced (again), it is brought to its end. */
static void
finish_upload(struct relay *r, const struct person *alice, struct token token,
              const struct upload *u)
{
    assert_int_equal(upload_announce(r, u, alice, token), 201);
    if (upload_done(r, u) == 204)
        return;
    for (uint32_t part = upload_expected(r); part < PARTS; part++)
        assert_int_equal(upload_part(r, u, part), 204);
    assert_int_equal(upload_done(r, u), 204);
}

static void
no_finished_attachment_is_lost_in_a_kill_and_no_other_is_stuck(void **state)
{
    struct person alice = person_new("alice");
    struct relay *r = relay_open(COMMIT_AT_ONCE);
    uint32_t first = 0;

    relay_register(r, &alice, 0);
    struct token token = token_grant(r, &alice, 1, 7, WIRE__TOKEN_KIND__TOKEN_DELIVER, 0);
    relay_free(r);
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t next = live_and_die(&alice, token, first);
        r = relay_open(COMMIT_AT_ONCE);
        assert_true(file_count(r) <= next - first + 1);
        struct upload late = upload_new(next, SIZE);
        finish_upload(r, &alice, token, &late);
        upload_free(&late);
        assert_int_equal(file_count(r), next - first + 1);
        for (uint32_t n = first; n <= next; n++) {
            struct upload u = upload_new(n, SIZE);
            assert_int_equal(upload_get(r, &u, NULL), 200);
            assert_answer_is_of(r, &u, 0, SIZE);
            assert_int_equal(upload_delete(r, &u), 204);
            upload_free(&u);
        }
        assert_int_equal(file_count(r), 0);
        relay_free(r);
        first = next + 1;
    }
}

static int
setup(void **state)
{
    snprintf(folder, sizeof folder, "/tmp/snug-killed-blobs-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(db_path, sizeof db_path, "%s/relay.db", folder);
    snprintf(blobs_path, sizeof blobs_path, "%s/blobs", folder);
    return 0;
}

static int
teardown(void **state)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};

    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", db_path, suffixes[i]);
        unlink(name);
    }
    return rmdir(blobs_path) != 0 || rmdir(folder) != 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            no_finished_attachment_is_lost_in_a_kill_and_no_other_is_stuck, setup, teardown),
    };
    return cmocka_run_group_tests_name("relay-killed-blobs", tests, NULL, NULL);
}
