/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "relay/quota.h"
#include "wire/limits.h"

#define NOON ((uint64_t)20000 * SECONDS_A_DAY * 1000 + 12 * 3600 * 1000)

static int
setup(void **state)
{
    struct quota *q;
    assert_ok(quota_new(&q));
    *state = q;
    return 0;
}

static int
teardown(void **state)
{
    quota_free(*state);
    return 0;
}

static void
a_bucket_gives_its_burst_and_then_its_rate(void **state)
{
    struct quota *q = *state;
    struct span who = SPAN_STR("token");
    uint64_t now = NOON;

    for (unsigned i = 0; i < TOKEN_RATE_BURST; i++)
        assert_int_equal(quota_take(q, QUOTA_TOKEN, who, 1, now), 0);
    assert_int_equal(quota_take(q, QUOTA_TOKEN, who, 1, now), 1);
    now += 3600 * 1000 / TOKEN_RATE_AN_HOUR + 1; /* time for one more */
    assert_int_equal(quota_take(q, QUOTA_TOKEN, who, 1, now), 0);
    assert_int_not_equal(quota_take(q, QUOTA_TOKEN, who, 1, now), 0);
}

static void
each_has_a_bucket_of_its_own(void **state)
{
    struct quota *q = *state;

    for (unsigned i = 0; i < CARDS_A_MINUTE; i++)
        assert_int_equal(quota_take(q, QUOTA_SOURCE_CARDS, SPAN_STR("a"), 1, NOON), 0);
    assert_int_not_equal(quota_take(q, QUOTA_SOURCE_CARDS, SPAN_STR("a"), 1, NOON), 0);
    assert_int_equal(quota_take(q, QUOTA_SOURCE_CARDS, SPAN_STR("b"), 1, NOON), 0);
    assert_int_equal(quota_take(q, QUOTA_SOURCE_KEYS, SPAN_STR("a"), 1, NOON), 0);
}

static void
what_counts_by_day_starts_anew_at_midnight(void **state)
{
    struct quota *q = *state;
    struct span who = SPAN_STR("t");

    assert_int_equal(quota_take(q, QUOTA_TOKEN_BYTES, who, TOKEN_BYTES_A_DAY, NOON), 0);
    assert_int_equal(quota_take(q, QUOTA_TOKEN_BYTES, who, 1, NOON), 12 * 3600 + 1);
    assert_int_equal(quota_used(q, QUOTA_TOKEN_BYTES, who, NOON), TOKEN_BYTES_A_DAY);
    uint64_t tomorrow = NOON + 12 * 3600 * 1000;
    assert_int_equal(quota_used(q, QUOTA_TOKEN_BYTES, who, tomorrow), 0);
    assert_int_equal(quota_take(q, QUOTA_TOKEN_BYTES, who, 1, tomorrow), 0);
}

static void
an_owners_lower_limit_holds_and_a_higher_one_does_not(void **state)
{
    struct quota *q = *state;

    assert_int_equal(quota_take_of(q, QUOTA_TOKEN_BYTES, SPAN_STR("a"), 4096, 4096, NOON), 0);
    assert_int_not_equal(quota_take_of(q, QUOTA_TOKEN_BYTES, SPAN_STR("a"), 1, 4096, NOON), 0);
    assert_int_not_equal(
        quota_take_of(q, QUOTA_TOKEN_BYTES, SPAN_STR("b"), TOKEN_BYTES_A_DAY + 1, UINT64_MAX, NOON),
        0);
}

static void
a_hundred_thousand_sources_find_a_place(void **state)
{
    struct quota *q = *state;

    for (uint32_t i = 0; i < 100000; i++)
        assert_int_equal(quota_take(q, QUOTA_SOURCE_UNKNOWN, SPAN(&i, 4), 1, NOON + i), 0);
}

/* More tokens than there are counters. */
#define MANY_TOKENS (1u << 18)

static void
using_many_tokens_gives_a_source_nothing_back(void **state)
{
    struct quota *q = *state;
    struct span source = SPAN_STR("source");

    assert_int_equal(quota_take(q, QUOTA_SOURCE_REGISTER, source, REGISTRATIONS_AN_HOUR, NOON), 0);
    for (uint32_t i = 0; i < MANY_TOKENS; i++)
        (void)quota_take(q, QUOTA_TOKEN, SPAN((const uint8_t *)&i, sizeof i), 1, NOON + 1);
    assert_int_not_equal(quota_take(q, QUOTA_SOURCE_REGISTER, source, 1, NOON + 2), 0);
}

static void
looking_at_counters_forgets_none(void **state)
{
    struct quota *q = *state;
    struct span token = SPAN_STR("token");

    assert_int_equal(quota_take(q, QUOTA_TOKEN_BYTES, token, 7, NOON), 0);
    for (uint32_t i = 0; i < MANY_TOKENS; i++)
        assert_int_equal(
            quota_used(q, QUOTA_TOKEN_BYTES, SPAN((const uint8_t *)&i, sizeof i), NOON + 1), 0);
    assert_int_equal(quota_used(q, QUOTA_TOKEN_BYTES, token, NOON + 2), 7);
}

int
main(void)
{
#define QUOTA_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        QUOTA_TEST(a_bucket_gives_its_burst_and_then_its_rate),
        QUOTA_TEST(each_has_a_bucket_of_its_own),
        QUOTA_TEST(what_counts_by_day_starts_anew_at_midnight),
        QUOTA_TEST(an_owners_lower_limit_holds_and_a_higher_one_does_not),
        QUOTA_TEST(a_hundred_thousand_sources_find_a_place),
        QUOTA_TEST(using_many_tokens_gives_a_source_nothing_back),
        QUOTA_TEST(looking_at_counters_forgets_none),
    };
    return cmocka_run_group_tests_name("relay-quota", tests, NULL, NULL);
}
