/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What it takes until a message is safe: stored as received (opened, decrypted, applied, committed)
 * and stored as said, on files in the working directory, beside the least that a disk can do: an
 * append of one page with fdatasync.
 */
#include "tests/core/pair.h"

#include <assert.h>
#include <fcntl.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define RUNS 200
#define ITEMS (RUNS + 50)

static struct pair pair = {.folder = "."};
static size_t next;

static void
append(void *arg)
{
    static const uint8_t page[4096] = {1};
    int fd = *(int *)arg;
    ssize_t wrote = write(fd, page, sizeof page);
    assert(wrote == sizeof page);
    int synced = fdatasync(fd);
    assert(synced == 0);
}

static void
receive(void *arg)
{
    person_hand_over(arg, next++);
}

static void
say(void *arg)
{
    person_say(arg, "Are you coming to the pub tonight? The snug is free.");
}

int
main(void)
{
    struct person *alice = &pair.people[ALICE], *bob = &pair.people[BOB];
    int fd = open("bench-store-append", O_RDWR | O_CREAT | O_APPEND | O_TRUNC, 0600);
    assert(fd >= 0);
    double unit = bench_median(append, &fd, RUNS);

    pair_open(&pair);
    bob->away = true;
    person_say_many(alice, ITEMS, 0);
    pair_run(&pair, 60 * 1000);
    assert(bob->count == ITEMS);
    bench_print("append of a page, fdatasync", unit, 0, "");
    bench_print("message received and stored", bench_median(receive, bob, RUNS), unit, "append");
    bench_print("message said and stored", bench_median(say, alice, RUNS), unit, "append");
    pair_close(&pair);
    close(fd);
    unlink("bench-store-append");
    return 0;
}
