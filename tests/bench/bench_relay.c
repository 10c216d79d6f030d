/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Durable accepts a second through the service, the writer and SQLite, beside what the disk does
 * with a bare append and fdatasync of as many bytes in the same run. Absolute figures of a shared
 * machine mean little; the ratio is what is to be watched.
 *
 *     bench-relay [FOLDER]        on the file system of FOLDER, default the current one
 */
#include <assert.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "relay/store_sqlite.h"
#include "tests/check.h"
#include "tests/relay/fixture.h"

#define ACCOUNTS 64
#define EACH 200 /* deliveries to each account; below a token's share of a queue */
#define APPENDS 2000
#define REFUSALS 10000

static double
seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Appends of one envelope with fdatasync, one after the other, a second. */
static double
raw_rate(const char *folder)
{
    static const uint8_t bytes[ENVELOPE_B1] = {1};
    char name[512];

    snprintf(name, sizeof name, "%s/raw", folder);
    int fd = open(name, O_CREAT | O_WRONLY | O_APPEND, 0600);
    assert(fd >= 0);
    double start = seconds();
    for (int i = 0; i < APPENDS; i++) {
        ssize_t n = write(fd, bytes, sizeof bytes);
        int rc = fdatasync(fd);
        assert(n == (ssize_t)sizeof bytes && rc == 0);
    }
    double rate = APPENDS / (seconds() - start);
    close(fd);
    unlink(name);
    return rate;
}

struct recipient {
    struct person person;
    struct token token;
};

static void
wait_for(struct relay *r, uint64_t ticket)
{
    while (r->committed < ticket) {
        struct pollfd p = {.fd = service_fd(r->service), .events = POLLIN};
        poll(&p, 1, -1);
        service_settle(r->service);
    }
}

/* Accepts a second with IN_FLIGHT senders, each of which waits for its 202. */
static double
accept_rate(struct relay *r, const struct recipient *all, size_t in_flight, uint32_t *number)
{
    uint64_t *tickets = calloc(in_flight, sizeof *tickets);
    const size_t count = ACCOUNTS * EACH / 4;

    assert(tickets != NULL);
    double start = seconds();
    for (size_t i = 0; i < count; i++) {
        size_t sender = i % in_flight;
        wait_for(r, tickets[sender]);
        const struct recipient *to = &all[i % ACCOUNTS];
        unsigned status = deliver_numbered(r, &to->person, to->token, (*number)++);
        assert(status == 202);
        tickets[sender] = r->answer.ticket;
    }
    wait_for(r, tickets[(count - 1) % in_flight]);
    free(tickets);
    return (double)count / (seconds() - start);
}

static void
print_rate(const char *name, double rate, double raw)
{
    printf("%-44s %9.0f /s   %6.2f x append\n", name, rate, rate / raw);
}

/* Microseconds for a 404, of a name that is there or not, with a token that is not. */
static double
refusal_time(struct relay *r, const char *name, uint8_t seed)
{
    struct person p = person_new(name);
    struct token token;
    double start = seconds();

    for (int i = 0; i < REFUSALS; i++) {
        memset(token.b, seed, sizeof token.b);
        memcpy(token.b, &i, sizeof i);
        unsigned status = deliver_numbered(r, &p, token, 0);
        assert(status == 404);
    }
    return (seconds() - start) * 1e6 / REFUSALS;
}

static void
run(const char *folder)
{
    static struct recipient all[ACCOUNTS];
    char path[512];
    struct store *store;
    uint32_t number = 0;

    snprintf(path, sizeof path, "%s/relay.db", folder);
    assert_ok(store_sqlite_open(path, 0, &store));
    struct relay *r = relay_new_on(store, COMMIT_BY_THREAD);
    for (size_t i = 0; i < ACCOUNTS; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%zu", i);
        all[i].person = person_new(name);
        relay_register(r, &all[i].person, 0);
        all[i].token = token_grant(r, &all[i].person, 1, 7, WIRE__TOKEN_KIND__TOKEN_DELIVER, 0);
    }
    double raw = raw_rate(folder);
    print_rate("append 4 KiB + fdatasync", raw, raw);
    print_rate("accept, 1 sender", accept_rate(r, all, 1, &number), raw);
    print_rate("accept, 64 senders", accept_rate(r, all, 64, &number), raw);
    double again = raw_rate(folder);
    print_rate("append 4 KiB + fdatasync, again", again, raw);
    /* Two turns, so that the second of each shows what is noise. */
    for (uint8_t turn = 0; turn < 2; turn++) {
        printf("%-44s %9.2f us\n", "404, unknown name", refusal_time(r, "nobody", turn));
        printf("%-44s %9.2f us\n", "404, wrong token", refusal_time(r, "p7", turn));
    }
    relay_free(r);
}

int
main(int argc, char **argv)
{
    static const char *const names[] = {"relay.db", "relay.db-wal", "relay.db-shm",
                                        "relay.db.lock"};
    char folder[400];

    snprintf(folder, sizeof folder, "%s/bench-relay-XXXXXX", argc > 1 ? argv[1] : ".");
    if (mkdtemp(folder) == NULL) {
        perror(folder);
        return 1;
    }
    run(folder);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[512];
        snprintf(name, sizeof name, "%s/%s", folder, names[i]);
        unlink(name);
    }
    rmdir(folder);
    return 0;
}
