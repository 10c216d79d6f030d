/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * When the private halves of prekeys go (B4.5, B18.3): 31 days after the relay confirmed a
 * successor, and never by age.
 */
#include "tests/check.h"

#include "core/prekeys.h"

#define BEGUN INT64_C(1800000000)
#define KEPT (31 * SECONDS_A_DAY)

static struct db *db;
static struct device_keys device;

static int
first_keys(void **state)
{
    struct account_id account = {{1}};

    assert_ok(db_open_memory(&db));
    device_keys_generate(&account, 1, BEGUN, &device);
    assert_ok(prekeys_first(db, BEGUN));
    return 0;
}

static int
tear_down(void **state)
{
    device_keys_wipe(&device);
    db_close(db);
    return 0;
}

static void
make_opks(size_t count)
{
    struct opk_list list;

    assert_ok(prekeys_opks(db, &device, count, &list));
    assert_int_equal(list.count, count);
    assert_ok(prekeys_opks_confirmed(db, list.keys[count - 1].id));
}

/* What is left when the queue is drained at NOW_S. */
static void
assert_left(int64_t now_s, int64_t spks, int64_t ekss, int64_t opks)
{
    int64_t n;

    assert_ok(prekeys_erase(db, now_s));
    assert_ok(db_get_int(db, &n, "SELECT count(*) FROM spks", ""));
    assert_int_equal(n, spks);
    assert_ok(db_get_int(db, &n, "SELECT count(*) FROM ekss", ""));
    assert_int_equal(n, ekss);
    assert_ok(db_get_int(db, &n, "SELECT count(*) FROM opks", ""));
    assert_int_equal(n, opks);
}

static void
private_halves_go_a_month_after_a_successor_was_confirmed_and_never_by_age(void **state)
{
    int64_t made = BEGUN + 100 * SECONDS_A_DAY, confirmed = made + 100 * SECONDS_A_DAY;

    assert_left(made, 1, 1, 0);
    assert_ok(prekeys_anew(db, made));
    assert_left(confirmed, 2, 2, 0); /* nobody has heard of the successors */
    assert_ok(prekeys_bundle_confirmed(
        db, &(struct prekeys_in_bundle){.spk_id = 2, .eks_id = 2, .created_s = made}, confirmed));
    assert_left(confirmed + KEPT, 2, 2, 0);
    assert_left(confirmed + KEPT + 1, 1, 1, 0);
    assert_left(confirmed + 1000 * SECONDS_A_DAY, 1, 1, 0);
}

/* One whose successor was confirmed is not kept longer because that one has got a successor too. */
static void
a_later_successor_changes_nothing(void **state)
{
    int64_t first = BEGUN + 2 * SECONDS_A_DAY, second = first + 2 * SECONDS_A_DAY;

    assert_ok(prekeys_anew(db, first));
    assert_ok(
        prekeys_bundle_confirmed(db, &(struct prekeys_in_bundle){.spk_id = 2, .eks_id = 2}, first));
    assert_ok(prekeys_anew(db, second));
    assert_ok(prekeys_bundle_confirmed(db, &(struct prekeys_in_bundle){.spk_id = 3, .eks_id = 3},
                                       second));
    assert_left(first + KEPT, 3, 3, 0);
    assert_left(first + KEPT + 1, 2, 2, 0);
    assert_left(second + KEPT, 2, 2, 0);
    assert_left(second + KEPT + 1, 1, 1, 0);
}

static void
one_time_keys_go_a_month_after_recovery_and_those_made_since_stay(void **state)
{
    int64_t back = BEGUN + 100 * SECONDS_A_DAY;

    make_opks(3);
    assert_left(back, 1, 1, 3);
    assert_ok(prekeys_anew(db, back));
    make_opks(2);
    assert_left(back + KEPT, 2, 2, 5);
    assert_left(back + KEPT + 1, 2, 2, 2);
    assert_left(back + 1000 * SECONDS_A_DAY, 2, 2, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, first_keys, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(private_halves_go_a_month_after_a_successor_was_confirmed_and_never_by_age),
        TEST(a_later_successor_changes_nothing),
        TEST(one_time_keys_go_a_month_after_recovery_and_those_made_since_stay),
    };

    assert_ok(crypto_init());
    return cmocka_run_group_tests_name("core-prekeys", tests, NULL, NULL);
}
