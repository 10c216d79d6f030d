/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "relay/queue.h"
#include "tests/fakes/store_memory.h"

#define START ((uint64_t)1800000000) /* in 2027 */
#define ALICE ((struct queue_name){.account = 7, .device = 1})
#define REQUESTS ((struct queue_name){.account = 7, .device = 0})

static const uint8_t envelope[ENVELOPE_B1];

struct fixture {
    struct store *store;
    struct queues *queues;
    uint64_t now;
};

static int
setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){.store = store_memory_new(), .now = START};
    assert_ok(queues_new(f.store, f.now, &f.queues));
    *state = &f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    queues_free(f->queues);
    store_close(f->store);
    return 0;
}

static uint64_t
add(struct fixture *f, struct queue_name name, uint32_t tag)
{
    uint64_t n;
    assert_ok(queue_add(f->queues, name, tag, SPAN(envelope, sizeof envelope), f->now, &n));
    return n;
}

struct listed {
    uint64_t n[64];
    size_t count;
};

static enum err
list_visit(void *ctx, const struct kept_item *i, bool *stop)
{
    struct listed *l = ctx;
    assert_int_equal(i->envelope.n, sizeof envelope);
    l->n[l->count++] = i->n;
    return OK;
}

static struct listed
list(struct fixture *f, struct queue_name name, uint64_t after)
{
    struct listed l = {0};
    assert_ok(queue_each(f->queues, name, after, f->now, &l, list_visit));
    return l;
}

static struct queue_facts
facts(struct fixture *f, struct queue_name name)
{
    struct queue_facts ret;
    assert_ok(queue_facts(f->queues, name, f->now, &ret));
    return ret;
}

/* A new process on what is committed (and, with COPY, on a copy made earlier). */
static void
restart(struct fixture *f, struct store *copy)
{
    struct store *next = copy != NULL ? copy : store_memory_copy(f->store);
    queues_free(f->queues);
    store_close(f->store);
    f->store = next;
    assert_ok(queues_new(f->store, f->now, &f->queues));
}

static void
numbers_rise_and_items_come_in_order(void **state)
{
    struct fixture *f = *state;
    uint64_t a = add(f, ALICE, 1), b = add(f, ALICE, 2), c = add(f, ALICE, 1);

    assert_true(a < b && b < c);
    struct listed all = list(f, ALICE, 0);
    assert_int_equal(all.count, 3);
    assert_true(all.n[0] == a && all.n[1] == b && all.n[2] == c);
    assert_int_equal(list(f, ALICE, a).count, 2);
    assert_int_equal(list(f, ALICE, c).count, 0);
    assert_int_equal(facts(f, ALICE).highest, c);
    assert_int_equal(facts(f, ALICE).bytes, 3 * sizeof envelope);
}

static void
queues_are_apart(void **state)
{
    struct fixture *f = *state;

    add(f, ALICE, 1);
    assert_int_equal(list(f, REQUESTS, 0).count, 0);
    assert_int_equal(list(f, (struct queue_name){8, 1}, 0).count, 0);
}

static void
acknowledged_items_are_gone_at_once_and_from_the_store_after_a_flush(void **state)
{
    struct fixture *f = *state;
    uint64_t a = add(f, ALICE, 1), b = add(f, ALICE, 1);

    assert_ok(store_commit(f->store));
    assert_ok(queue_ack(f->queues, ALICE, a, f->now));
    assert_int_equal(list(f, ALICE, 0).count, 1);
    assert_int_equal(facts(f, ALICE).items, 1);
    assert_int_equal(store_memory_count(f->store, TABLE_ITEM), 2);
    assert_ok(queues_flush(f->queues));
    assert_int_equal(store_memory_count(f->store, TABLE_ITEM), 1);
    assert_ok(queue_ack(f->queues, ALICE, b, f->now));
    assert_ok(queue_ack(f->queues, ALICE, b, f->now));
    assert_int_equal(facts(f, ALICE).items, 0);
    assert_int_equal(facts(f, ALICE).acked, b);
}

static void
an_ack_above_what_was_assigned_takes_no_later_item(void **state)
{
    struct fixture *f = *state;

    add(f, ALICE, 1);
    assert_ok(queue_ack(f->queues, ALICE, UINT64_MAX, f->now));
    add(f, ALICE, 1);
    assert_int_equal(list(f, ALICE, 0).count, 1);
}

static void
an_unflushed_ack_is_a_redelivery_after_a_crash(void **state)
{
    struct fixture *f = *state;
    uint64_t a = add(f, ALICE, 1);

    assert_ok(store_commit(f->store));
    assert_ok(queue_ack(f->queues, ALICE, a, f->now));
    restart(f, NULL);
    assert_int_equal(list(f, ALICE, 0).count, 1);
}

static void
a_restart_never_uses_a_number_again(void **state)
{
    struct fixture *f = *state;
    uint64_t highest = 0;

    for (int i = 0; i < 20; i++) {
        uint64_t n = add(f, ALICE, 1); /* pushed, and never committed */
        assert_true(n > highest);
        highest = n;
        if (i % 3 == 0)
            f->now += 61;
        restart(f, NULL);
        assert_true(facts(f, ALICE).highest >= highest); /* a cursor of before is not too high */
    }
}

static void
a_copy_of_yesterday_never_uses_a_number_again(void **state)
{
    struct fixture *f = *state;
    uint64_t seen = add(f, ALICE, 1);

    assert_ok(store_commit(f->store));
    struct store *yesterday = store_memory_copy(f->store);
    for (int i = 0; i < 30; i++) {
        seen = add(f, ALICE, 1);
        assert_ok(store_commit(f->store));
        f->now += SECONDS_A_DAY / 30;
        restart(f, NULL);
    }
    restart(f, yesterday);
    assert_true(add(f, ALICE, 1) > seen);
}

static void
a_clock_set_back_does_not_set_numbers_back(void **state)
{
    struct fixture *f = *state;
    uint64_t n = add(f, ALICE, 1);

    f->now -= 100 * SECONDS_A_DAY;
    restart(f, NULL);
    assert_true(add(f, ALICE, 1) > n);
}

static void
a_rollback_forgets_items_but_not_their_numbers(void **state)
{
    struct fixture *f = *state;
    uint64_t a = add(f, ALICE, 1);

    assert_ok(store_commit(f->store));
    uint64_t lost = add(f, ALICE, 1);
    store_rollback(f->store);
    queues_rolled_back(f->queues);
    assert_int_equal(list(f, ALICE, 0).count, 1);
    assert_int_equal(facts(f, ALICE).items, 1);
    assert_true(list(f, ALICE, 0).n[0] == a);
    assert_true(add(f, ALICE, 1) > lost);
}

static void
items_expire_after_their_time_and_are_counted(void **state)
{
    struct fixture *f = *state;

    add(f, ALICE, 1);
    add(f, ALICE, 1);
    add(f, REQUESTS, 1);
    f->now += 10 * SECONDS_A_DAY;
    uint64_t late = add(f, ALICE, 1);
    f->now += 5 * SECONDS_A_DAY;
    assert_int_equal(facts(f, REQUESTS).items, 0);
    assert_int_equal(facts(f, ALICE).items, 3);
    f->now += 7 * SECONDS_A_DAY;
    assert_int_equal(facts(f, ALICE).items, 1);
    assert_int_equal(facts(f, ALICE).expired, 2);
    assert_ok(queues_flush(f->queues));
    assert_int_equal(store_memory_count(f->store, TABLE_ITEM), 1);
    assert_ok(queue_ack(f->queues, ALICE, late, f->now));
    assert_int_equal(facts(f, ALICE).expired, 0);
}

static void
a_sweep_finds_queues_that_nobody_asks_for(void **state)
{
    struct fixture *f = *state;

    assert_ok(kept_queue_put(f->store, 7, 1, &(struct kept_queue){0}));
    add(f, ALICE, 1);
    assert_ok(store_commit(f->store));
    f->now += 30 * SECONDS_A_DAY;
    restart(f, NULL);
    assert_ok(queues_sweep(f->queues, 10, f->now));
    assert_ok(queues_flush(f->queues));
    assert_int_equal(store_memory_count(f->store, TABLE_ITEM), 0);
    assert_int_equal(facts(f, ALICE).expired, 1);
}

static void
an_open_request_gives_way_after_a_day(void **state)
{
    struct fixture *f = *state;

    add(f, REQUESTS, 5); /* by invitation: never */
    uint64_t open = add(f, REQUESTS, 0);
    assert_err(queue_give_way(f->queues, REQUESTS, f->now), ERR_NOT_FOUND);
    f->now += 2 * SECONDS_A_DAY;
    uint64_t young = add(f, REQUESTS, 0);
    assert_ok(queue_give_way(f->queues, REQUESTS, f->now));
    assert_err(queue_give_way(f->queues, REQUESTS, f->now), ERR_NOT_FOUND);
    struct listed left = list(f, REQUESTS, 0);
    assert_int_equal(left.count, 2);
    assert_true(left.n[0] < open && left.n[1] == young);
}

static void
a_share_counts_one_tag(void **state)
{
    struct fixture *f = *state;
    struct queue_share share;

    add(f, ALICE, 1);
    add(f, ALICE, 2);
    add(f, ALICE, 1);
    assert_ok(queue_share(f->queues, ALICE, 1, f->now, &share));
    assert_int_equal(share.items, 2);
    assert_int_equal(share.bytes, 2 * sizeof envelope);
}

static void
many_queues_are_kept_apart(void **state)
{
    struct fixture *f = *state;

    for (uint32_t i = 1; i <= 5000; i++)
        add(f, (struct queue_name){i, 1}, i);
    for (uint32_t i = 1; i <= 5000; i++)
        assert_int_equal(facts(f, (struct queue_name){i, 1}).items, 1);
}

int
main(void)
{
#define QUEUE_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        QUEUE_TEST(numbers_rise_and_items_come_in_order),
        QUEUE_TEST(queues_are_apart),
        QUEUE_TEST(acknowledged_items_are_gone_at_once_and_from_the_store_after_a_flush),
        QUEUE_TEST(an_ack_above_what_was_assigned_takes_no_later_item),
        QUEUE_TEST(an_unflushed_ack_is_a_redelivery_after_a_crash),
        QUEUE_TEST(a_restart_never_uses_a_number_again),
        QUEUE_TEST(a_copy_of_yesterday_never_uses_a_number_again),
        QUEUE_TEST(a_clock_set_back_does_not_set_numbers_back),
        QUEUE_TEST(a_rollback_forgets_items_but_not_their_numbers),
        QUEUE_TEST(items_expire_after_their_time_and_are_counted),
        QUEUE_TEST(a_sweep_finds_queues_that_nobody_asks_for),
        QUEUE_TEST(an_open_request_gives_way_after_a_day),
        QUEUE_TEST(a_share_counts_one_tag),
        QUEUE_TEST(many_queues_are_kept_apart),
    };
    return cmocka_run_group_tests_name("relay-queue", tests, NULL, NULL);
}
