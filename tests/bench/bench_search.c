/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Searching a history of 200,000 messages (aim: under 10 ms with a million), and what it costs that
 * words go: the tidying after a deletion, and the wiping after 1, 64 and 10,000 messages that
 * disappeared.
 */
#include "tests/core/pair.h"

#include <assert.h>
#include <stdio.h>
#include <time.h>

#include "core/disappearing.h"
#include "core/message_rows.h"
#include "core/search.h"
#include "core/wiping.h"
#include "tests/bench/bench.h"

#define MESSAGES 200000
#define PASSING 10000
#define CONVERSATIONS 500

static struct pair pair = {.folder = "."};
static struct person *const alice = &pair.people[ALICE];

static double
now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
live(int n, uint32_t expire_s)
{
    AUTO(tx_done) struct tx tx = {0};

    assert_ok(act_begin(alice->engine, &tx));
    for (int i = 0; i < n; i++) {
        char text[160];
        int64_t id;
        snprintf(text, sizeof text,
                 "Are you coming to the pub tonight, or to word%d? It is free%s, says name%d.",
                 i % 20000, i % 1000 == 0 ? " and rare" : "", i % 700);
        struct message_row row = {.contact = 1000 + i % CONVERSATIONS,
                                  .outgoing = true,
                                  .type = CONTENT_TEXT,
                                  .state = expire_s == 0 ? MESSAGE_READ : MESSAGE_KEPT,
                                  .text = SPAN_STR(text),
                                  .sent_ms = pair.now_ms,
                                  .expire_s = expire_s};
        assert_ok(message_insert(alice->engine, &row, &id));
    }
    assert_ok(act_end(alice->engine, &tx, OK));
}

static enum err
see(void *ctx, const struct message *m)
{
    return OK;
}

static void
look(void *arg)
{
    int64_t before;
    assert_ok(messages_search(alice->engine, arg, NULL, see, &before));
}

static void
measure(const char *name, const char *words, int64_t contact)
{
    struct search s = {.text = SPAN_STR(words), .contact = contact, .limit = 50};
    bench_print(name, bench_median(look, &s, 20), 0, "");
}

/* The steps that are due MS later, and the longest of them. */
static void
pass(const char *name, int64_t ms)
{
    double longest = 0;
    char line[80];

    pair.now_ms += ms;
    double begin = now_us();
    for (int i = 0; i < 3; i++) {
        double one = now_us();
        disappearing_step(alice->engine);
        wiping_step(alice->engine);
        longest = now_us() - one > longest ? now_us() - one : longest;
    }
    bench_print(name, now_us() - begin, 0, "");
    snprintf(line, sizeof line, "    the longest step");
    bench_print(line, longest, 0, "");
}

static void
remove_newest(void)
{
    AUTO(tx_done) struct tx tx = {0};
    int64_t id;

    assert_ok(db_get_int(alice->engine->db, &id, "SELECT max(id) FROM messages", ""));
    assert_ok(act_begin(alice->engine, &tx));
    assert_ok(act_end(alice->engine, &tx, message_remove(alice->engine, id)));
}

int
main(void)
{
    pair_open(&pair);
    for (int i = 0; i < MESSAGES; i += 500)
        live(500, 0);
    measure("search: a word in every message", "coming ", 0);
    measure("search: a rare word", "rare ", 0);
    measure("search: two words", "word77 name77 ", 0);
    measure("search: a beginning of three letters", "wor", 0);
    measure("search: a common word, one of 500 conversations", "coming ", 1007);
    measure("search: nothing found", "zyzzyva ", 0);
    remove_newest();
    pass("words tidied after a deletion", 2 * DAY_MS);
    measure("search: a rare word, tidied", "rare ", 0);
    live(1, 60);
    pass("one message disappears", 2 * MINUTE_MS);
    live(64, 60);
    pass("64 messages disappear", 2 * MINUTE_MS);
    live(PASSING, 60 * 60);
    live(1, 60);
    pass("one disappears, 10,000 others pass later", 2 * MINUTE_MS);
    pass("10,000 messages disappear", 2 * HOUR_MS);
    pair_close(&pair);
    return 0;
}
