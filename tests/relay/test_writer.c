/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <poll.h>

#include "relay/writer.h"
#include "tests/fakes/store_memory.h"

static void
write_one(struct store *s, uint32_t n)
{
    struct record r = {.key = SPAN(&n, 4)};
    assert_ok(store_put(s, TABLE_ITEM, &r));
}

static void
wait_readable(const struct writer *w)
{
    struct pollfd p = {.fd = writer_fd(w), .events = POLLIN};
    assert_int_equal(poll(&p, 1, 10000), 1);
}

static void
the_thread_makes_batches_durable_in_order(void **state)
{
    struct store *s = store_memory_new();
    struct writer_report report;
    struct writer *w;
    uint64_t last = 0, ticket = 0;

    assert_ok(writer_new(s, COMMIT_BY_THREAD, &w));
    for (uint32_t i = 0; i < 3000; i++) {
        write_one(s, i);
        ticket = writer_ticket(w, 4096, 1000);
        assert_true(ticket >= last);
        last = ticket;
        assert_ok(writer_turn(w, &report));
        assert_true(report.durable_upto <= ticket);
    }
    while (report.durable_upto < ticket) {
        wait_readable(w);
        assert_ok(writer_turn(w, &report));
    }
    struct store *copy = store_memory_copy(s);
    assert_int_equal(store_memory_count(copy, TABLE_ITEM), 3000);
    store_close(copy);
    writer_free(w);
    store_close(s);
}

static void
on_demand_nothing_is_durable_before_a_flush(void **state)
{
    struct store *s = store_memory_new();
    struct writer_report report;
    struct writer *w;

    assert_ok(writer_new(s, COMMIT_ON_DEMAND, &w));
    assert_int_equal(writer_fd(w), -1);
    write_one(s, 1);
    uint64_t ticket = writer_ticket(w, 1, 1000);
    assert_ok(writer_turn(w, &report));
    assert_true(report.durable_upto < ticket);
    assert_ok(writer_flush(w, &report));
    assert_int_equal(report.durable_upto, ticket);
    assert_int_equal(report.refused, 0);
    writer_free(w);
    store_close(s);
}

static void
a_full_disk_refuses_one_batch_and_not_the_next(void **state)
{
    for (enum commit_mode mode = COMMIT_BY_THREAD; mode <= COMMIT_ON_DEMAND; mode++) {
        struct store *s = store_memory_new();
        struct writer_report report;
        struct writer *w;

        assert_ok(writer_new(s, mode, &w));
        store_memory_fail_next_commit(s, ERR_FULL);
        write_one(s, 1);
        uint64_t refused = writer_ticket(w, 1, 1000);
        assert_ok(writer_flush(w, &report));
        assert_int_equal(report.refused, refused);
        assert_true(report.rolled_back);
        assert_true(report.durable_upto < refused);
        assert_int_equal(store_memory_count(s, TABLE_ITEM), 0);

        write_one(s, 2);
        uint64_t ticket = writer_ticket(w, 1, 1000);
        assert_true(ticket > refused);
        assert_ok(writer_flush(w, &report));
        assert_int_equal(report.refused, 0);
        assert_int_equal(report.durable_upto, ticket);
        writer_free(w);
        store_close(s);
    }
}

static void
a_broken_disk_is_an_error(void **state)
{
    struct store *s = store_memory_new();
    struct writer_report report;
    struct writer *w;

    assert_ok(writer_new(s, COMMIT_ON_DEMAND, &w));
    store_memory_fail_next_commit(s, ERR_IO);
    write_one(s, 1);
    writer_ticket(w, 1, 1000);
    assert_err(writer_flush(w, &report), ERR_IO);
    writer_free(w);
    store_close(s);
}

static void
waiting_bytes_and_waiting_time_make_it_overloaded(void **state)
{
    struct store *s = store_memory_new();
    struct writer_report report;
    struct writer *w;

    assert_ok(writer_new(s, COMMIT_ON_DEMAND, &w));
    assert_false(writer_overloaded(w, 5000));
    writer_ticket(w, 4096, 1000);
    assert_false(writer_overloaded(w, 1250));
    assert_true(writer_overloaded(w, 1251));
    assert_ok(writer_flush(w, &report));
    assert_false(writer_overloaded(w, 9999));
    writer_ticket(w, 9 * 1024 * 1024, 9999);
    assert_true(writer_overloaded(w, 9999));
    writer_free(w);
    store_close(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_thread_makes_batches_durable_in_order),
        cmocka_unit_test(on_demand_nothing_is_durable_before_a_flush),
        cmocka_unit_test(a_full_disk_refuses_one_batch_and_not_the_next),
        cmocka_unit_test(a_broken_disk_is_an_error),
        cmocka_unit_test(waiting_bytes_and_waiting_time_make_it_overloaded),
    };
    return cmocka_run_group_tests_name("relay-writer", tests, NULL, NULL);
}
