/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * kill -9 at random points: a process delivers to itself through the service, the writer's thread
 * and SQLite, and says by a pipe which deliveries were answered; it is killed, and all of those
 * have to be there, each once, with a number above all before.
 */
#include "tests/check.h"

#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relay/kept_items.h"
#include "relay/store_sqlite.h"
#include "tests/relay/fixture.h"

#define ROUNDS 12
#define IN_FLIGHT 8
#define LONGEST_MS 120

static char folder[64];
static char path[96];

/* Deliver FIRST, FIRST + 1, ... for ever; each that was answered goes into the pipe. */
static _Noreturn void
deliver_for_ever(struct person *alice, struct token token, uint32_t first, int out)
{
    uint64_t tickets[IN_FLIGHT];
    uint32_t numbers[IN_FLIGHT], next = first;
    size_t waiting = 0;
    struct store *store;

    assert_ok(store_sqlite_open(path, 0, &store));
    struct relay *r = relay_new_on(store, COMMIT_BY_THREAD);
    for (;;) {
        while (waiting < IN_FLIGHT) {
            assert_int_equal(deliver_numbered(r, alice, token, next), 202);
            assert_int_equal(r->answer.kind, ANSWER_AFTER_COMMIT);
            tickets[waiting] = r->answer.ticket;
            numbers[waiting++] = next++;
        }
        struct pollfd p = {.fd = service_fd(r->service), .events = POLLIN};
        poll(&p, 1, -1);
        service_settle(r->service);
        size_t kept = 0;
        for (size_t i = 0; i < waiting; i++) {
            if (tickets[i] > r->committed) {
                tickets[kept] = tickets[i];
                numbers[kept++] = numbers[i];
            } else if (write(out, &numbers[i], sizeof numbers[i]) != sizeof numbers[i]) {
                _exit(1);
            }
        }
        waiting = kept;
    }
}

struct found {
    uint8_t *seen; /* by number */
    size_t size;
    uint64_t last_n;
};

static enum err
find_visit(void *ctx, const struct kept_item *i, bool *stop)
{
    struct found *f = ctx;
    uint32_t number;

    memcpy(&number, i->envelope.p + DELIVERY_MARK, sizeof number);
    assert_true(number < f->size);
    assert_int_equal(f->seen[number], 0);
    assert_true(i->n > f->last_n);
    f->seen[number] = 1;
    f->last_n = i->n;
    return OK;
}

/* One life: from a start to a kill. The answered numbers are marked in ANSWERED. */
static uint32_t
live_and_die(struct person *alice, struct token token, uint32_t first, uint8_t *answered)
{
    int ends[2];
    uint32_t number, highest = first;

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        deliver_for_ever(alice, token, first, ends[1]);
    }
    close(ends[1]);
    /* The kill's moment counts from the first answer, so that each life has some. */
    assert_int_equal(read(ends[0], &number, sizeof number), sizeof number);
    answered[number] = 1;
    usleep(randombytes_uniform(LONGEST_MS) * 1000 + randombytes_uniform(1000));
    kill(child, SIGKILL);
    while (read(ends[0], &number, sizeof number) == sizeof number) {
        answered[number] = 1;
        highest = number > highest ? number : highest;
    }
    close(ends[0]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    return highest + IN_FLIGHT + 1;
}

static void
nothing_that_was_answered_is_lost_in_a_kill(void **state)
{
    const size_t size = 2000000;
    struct person alice = person_new("alice");
    uint8_t *answered = calloc(1, size), *seen = calloc(1, size);
    struct store *store;
    uint32_t next = 0;
    size_t total = 0;

    assert_ok(store_sqlite_open(path, 0, &store));
    struct relay *r = relay_new_on(store, COMMIT_AT_ONCE);
    relay_register(r, &alice, 0);
    struct token token = token_grant(r, &alice, 1, 7, WIRE__TOKEN_KIND__TOKEN_DELIVER, 0);
    relay_free(r);

    uint64_t last_n = 0;
    for (int round = 0; round < ROUNDS; round++) {
        memset(answered, 0, size);
        memset(seen, 0, size);
        next = live_and_die(&alice, token, next, answered);
        assert_true(next < size);
        assert_ok(store_sqlite_open(path, 0, &store));
        struct found found = {.seen = seen, .size = size, .last_n = last_n};
        struct items_wanted all = {.account = 1, .device = 1, .envelopes = true};
        assert_ok(kept_items_each(store, &all, &found, find_visit));
        for (size_t i = 0; i < size; i++) {
            total += answered[i];
            if (answered[i] && !seen[i])
                fail_msg("delivery %zu was answered and is lost", i);
        }
        /* Room for the next life. */
        last_n = found.last_n;
        assert_ok(kept_items_drop(store, 1, 1, last_n));
        assert_ok(store_commit(store));
        store_close(store);
    }
    assert_true(total > ROUNDS);
    free(answered);
    free(seen);
}

static int
setup(void **state)
{
    snprintf(folder, sizeof folder, "/tmp/snug-killed-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/relay.db", folder);
    return 0;
}

static int
teardown(void **state)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};

    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        unlink(name);
    }
    return rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_that_was_answered_is_lost_in_a_kill, setup,
                                        teardown),
    };
    return cmocka_run_group_tests_name("relay-killed", tests, NULL, NULL);
}
