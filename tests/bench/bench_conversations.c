/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A long history: 1,000 conversations and 200,000 messages, half of them in one conversation. What
 * the list costs beside that of a tenth of the history, a page of a conversation, the longest time
 * that deleting 100,000 messages holds the loop up, and giving the disk its room back.
 */
#include "tests/core/pair.h"

#include <assert.h>
#include <stdio.h>
#include <time.h>

#include "core/clearing.h"
#include "core/outbox.h"
#include "core/storage.h"
#include "tests/bench/bench.h"

#define CONVERSATIONS 1000
#define MESSAGES 200000

static struct pair pair = {.folder = "."};
static struct person *const alice = &pair.people[ALICE];

static double
now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Of this process: a shared machine makes any step long now and then. */
static double
used_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
add_contacts(void)
{
    for (int n = 0; n < CONVERSATIONS; n++) {
        uint8_t account[32] = {(uint8_t)(n >> 8), (uint8_t)n, 1};
        assert_ok(db_run(alice->engine->db,
                         "INSERT INTO contacts(id,account,address,state,trust,created_ms) "
                         "VALUES(?1,?2,'somebody@relay.test',3,0,0)",
                         "ib", 1000 + (int64_t)n, SPAN(account, sizeof account)));
    }
}

/* N messages: every other one in the first conversation, the others going round. */
static void
live(int n)
{
    static int all;
    AUTO(tx_done) struct tx tx = {0};

    assert_ok(act_begin(alice->engine, &tx));
    for (int end = all + n; all < end; all++) {
        char text[128];
        int64_t id;
        snprintf(text, sizeof text,
                 "Are you coming to the pub tonight, or to number %d? It is free.", all % 5000);
        struct message_row row = {.contact = all % 2 == 0 ? 1000 : 1000 + all / 2 % CONVERSATIONS,
                                  .type = CONTENT_TEXT,
                                  .text = SPAN_STR(text),
                                  .mentions_me = all % 50 == 0,
                                  .sent_ms = pair.now_ms};
        assert_ok(message_insert(alice->engine, &row, &id));
    }
    assert_ok(act_end(alice->engine, &tx, OK));
}

static enum err
see_message(void *ctx, const struct message *m)
{
    return OK;
}

static enum err
see_conversation(void *ctx, const struct conversation *v)
{
    struct contact c;

    TRY(contact_get(alice->engine, v->contact, &c));
    return message_get(alice->engine, v->last_message, ctx, see_message);
}

static void
list(void *arg)
{
    bool more;
    assert_ok(conversations_each(alice->engine, &(struct conversations_page){.limit = 100}, NULL,
                                 see_conversation, &more));
}

static void
list_all(void *arg)
{
    bool more;
    assert_ok(conversations_each(alice->engine,
                                 &(struct conversations_page){.limit = CONVERSATIONS}, NULL,
                                 see_conversation, &more));
}

static void
page(void *arg)
{
    bool more;
    assert_ok(messages_each(alice->engine, &(struct messages_page){.contact = 1000, .limit = 50},
                            NULL, see_message, &more));
}

static void
print_steps(const char *what, int steps, double all_us, double longest_us)
{
    printf("%-40s %9.1f ms in %d steps, the longest %.1f ms of processor\n", what, all_us / 1e3,
           steps, longest_us / 1e3);
}

static bool
clearing_left(void)
{
    return person_count(alice, "SELECT count(*) FROM conversations WHERE clearing>0") > 0;
}

static void
delete_the_long_one(void)
{
    double begin = now_us(), longest = 0;
    int steps = 0;

    assert_ok(conversation_delete(alice->engine, 1000));
    double marked = now_us() - begin;
    for (; clearing_left(); steps++) {
        double at = used_us();
        clearing_step(alice->engine);
        longest = used_us() - at > longest ? used_us() - at : longest;
    }
    bench_print("conversation of 100,000 deleted: mark", marked, 0, "");
    print_steps("its rows", steps, now_us() - begin, longest);
}

static void
shrink(void)
{
    double begin = now_us(), longest = 0;
    int steps = 0;
    struct storage_file f;

    assert_ok(storage_file(alice->engine, &f));
    printf("database %lld KiB, free %lld KiB\n", (long long)f.database_bytes / 1024,
           (long long)f.free_bytes / 1024);
    for (bool more = true; more; steps++) {
        double at = used_us();
        assert_ok(storage_shrink(alice->engine, 0, &more));
        longest = used_us() - at > longest ? used_us() - at : longest;
    }
    print_steps("free pages given back", steps, now_us() - begin, longest);
    begin = now_us();
    assert_ok(db_write_anew(alice->engine->db));
    bench_print("the whole database written anew", now_us() - begin, 0, "");
}

int
main(void)
{
    pair_open(&pair);
    add_contacts();
    for (int i = 0; i < 10; i++)
        live(MESSAGES / 100);
    double small = bench_median(list, NULL, 50);
    bench_print("list of 100, 20,000 messages", small, 0, "");
    for (int i = 0; i < 90; i++)
        live(MESSAGES / 100);
    bench_print("list of 100, 200,000 messages", bench_median(list, NULL, 50), small, "of 20,000");
    bench_print("list of 1,000, 200,000 messages", bench_median(list_all, NULL, 20), small,
                "of 100, 20,000");
    bench_print("page of 50 of 100,000 messages", bench_median(page, NULL, 50), 0, "");
    delete_the_long_one();
    shrink();
    pair_close(&pair);
    return 0;
}
