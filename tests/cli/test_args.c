/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <stdlib.h>
#include <time.h>

#include "cli/args.h"

#define USAGE "NAME TEXT [MORE] [--wait SECONDS] [--verified]"

static enum err
read_words(struct args *ret, const char *const *words)
{
    char *argv[16];
    int n = 0;

    for (; words[n] != NULL; n++)
        argv[n] = (char *)(uintptr_t)words[n];
    return args_read(USAGE, n, argv, ret);
}
#define READ(ret, ...) read_words(ret, (const char *const[]){__VA_ARGS__, NULL})

static void
args_read_finds_words_and_flags_in_any_order(void **state)
{
    struct args a;

    assert_ok(READ(&a, "--verified", "Angela", "--wait", "5", "hello"));
    assert_string_equal(args_word(&a, 0), "Angela");
    assert_string_equal(args_word(&a, 1), "hello");
    assert_null(args_word(&a, 2));
    assert_string_equal(args_flag(&a, "wait"), "5");
    assert_string_equal(args_flag(&a, "verified"), "");
    assert_ok(READ(&a, "Angela", "hello", "--wait=7"));
    assert_string_equal(args_flag(&a, "wait"), "7");
    assert_null(args_flag(&a, "verified"));
    assert_null(args_flag(&a, "wai"));
}

static void
args_read_takes_all_behind_two_dashes_for_words(void **state)
{
    struct args a;

    assert_ok(READ(&a, "--", "--verified", "-"));
    assert_string_equal(args_word(&a, 0), "--verified");
    assert_string_equal(args_word(&a, 1), "-");
    assert_null(args_flag(&a, "verified"));
}

static void
args_read_refuses_what_the_usage_does_not_say(void **state)
{
    struct args a;

    assert_err(READ(&a, "Angela"), ERR_USAGE);
    assert_err(READ(&a, "a", "b", "c", "d"), ERR_USAGE);
    assert_err(READ(&a, "a", "b", "--forever"), ERR_USAGE);
    assert_err(READ(&a, "a", "b", "--wait"), ERR_USAGE);
    assert_err(READ(&a, "a", "b", "--verified=yes"), ERR_USAGE);
    assert_err(READ(&a, "a", "b", "--="), ERR_USAGE);
    assert_err(READ(&a, "a", "b", "--verif"), ERR_USAGE);
    assert_err(args_read("", 1, (char *[]){(char[]){"x"}}, &a), ERR_USAGE);
}

static void
durations_have_units(void **state)
{
    long long ms = 5;

    assert_ok(duration_read("0", &ms));
    assert_int_equal(ms, 0);
    assert_ok(duration_read("90", &ms));
    assert_int_equal(ms, 90000);
    assert_ok(duration_read("30m", &ms));
    assert_int_equal(ms, 1800000);
    assert_ok(duration_read("7d", &ms));
    assert_int_equal(ms, 7LL * 86400000);
    assert_err(duration_read("", &ms), ERR_USAGE);
    assert_err(duration_read("m", &ms), ERR_USAGE);
    assert_err(duration_read("-1", &ms), ERR_USAGE);
    assert_err(duration_read("5mm", &ms), ERR_USAGE);
    assert_err(duration_read("5x", &ms), ERR_USAGE);
    assert_err(duration_read("99999999999999999999", &ms), ERR_USAGE);
}

static void
numbers_keep_their_bounds(void **state)
{
    long long n;

    assert_ok(number_read("500", 1, 500, &n));
    assert_int_equal(n, 500);
    assert_err(number_read("501", 1, 500, &n), ERR_USAGE);
    assert_err(number_read("0", 1, 500, &n), ERR_USAGE);
    assert_err(number_read("5a", 1, 500, &n), ERR_USAGE);
    assert_err(number_read("", 1, 500, &n), ERR_USAGE);
}

#define MINUTE 60000LL
#define DAY (24 * 60 * MINUTE)

/* 2026-11-22 23:00 UTC, in a place two hours ahead with summer time. */
static void
moments_are_by_the_clock_on_the_wall(void **state)
{
    long long now = 1795388400000LL, ms;

    setenv("TZ", "EET-2EEST,M3.5.0/3,M10.5.0/4", 1);
    tzset();
    assert_ok(moment_read("01:30", now, &ms));
    assert_int_equal(ms, now + 30 * MINUTE);
    assert_ok(moment_read("01:00", now, &ms)); /* it is just that: tomorrow */
    assert_int_equal(ms, now + DAY);
    assert_ok(moment_read("00:59", now, &ms));
    assert_int_equal(ms, now + DAY - MINUTE);
    assert_ok(moment_read("2026-11-24 01:00", now, &ms));
    assert_int_equal(ms, now + DAY);
    assert_ok(moment_read("2027-07-01 01:00", now, &ms)); /* an hour earlier by then */
    assert_int_equal((ms - now) % DAY, DAY - 60 * MINUTE);
    assert_ok(moment_read("30m", now, &ms));
    assert_int_equal(ms, now + 30 * MINUTE);
    assert_err(moment_read("2026-11-22 01:00", now, &ms), ERR_USAGE); /* past */
    assert_err(moment_read("2027-02-30 01:00", now, &ms), ERR_USAGE);
    assert_err(moment_read("25:00", now, &ms), ERR_USAGE);
    assert_err(moment_read("09:00 or so", now, &ms), ERR_USAGE);
    assert_err(moment_read("0", now, &ms), ERR_USAGE);
    assert_err(moment_read("", now, &ms), ERR_USAGE);
    assert_err(moment_read("soon", now, &ms), ERR_USAGE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(args_read_finds_words_and_flags_in_any_order),
        cmocka_unit_test(args_read_takes_all_behind_two_dashes_for_words),
        cmocka_unit_test(args_read_refuses_what_the_usage_does_not_say),
        cmocka_unit_test(durations_have_units),
        cmocka_unit_test(moments_are_by_the_clock_on_the_wall),
        cmocka_unit_test(numbers_keep_their_bounds),
    };

    return cmocka_run_group_tests_name("cli-args", tests, NULL, NULL);
}
