/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "wire/pow.h"

static struct pow_seed
some_seed(void)
{
    struct pow_seed s;
    for (uint8_t i = 0; i < sizeof s.b; i++)
        s.b[i] = i;
    return s;
}

/* First answers for "hello", found independently in Python. */
static void
pow_search_finds_the_worked_answers(void **state)
{
    static const struct {
        unsigned bits;
        uint64_t nonce;
        unsigned has;
    } worked[] = {{0, 0, 0}, {1, 1, 3}, {8, 98, 9}, {12, 6057, 13}};
    struct pow_seed seed = some_seed();
    for (size_t i = 0; i < sizeof worked / sizeof *worked; i++) {
        uint64_t nonce = 0;
        assert_ok(pow_search(&seed, SPAN_STR("hello"), worked[i].bits, 100000, &nonce));
        assert_int_equal(nonce, worked[i].nonce);
        assert_true(pow_check(&seed, SPAN_STR("hello"), worked[i].has, nonce));
        assert_false(pow_check(&seed, SPAN_STR("hello"), worked[i].has + 1, nonce));
    }
    assert_true(pow_check(&seed, SPAN_STR("hello"), 16, 89062));
}

static void
pow_search_goes_on_where_it_stopped(void **state)
{
    struct pow_seed seed = some_seed();
    uint64_t nonce = 0;
    unsigned slices = 0;
    for (; slices < 1000; slices++) {
        enum err e = pow_search(&seed, SPAN_STR("hello"), 12, 100, &nonce);
        if (e == OK)
            break;
        assert_err(e, ERR_NOT_FOUND);
        assert_int_equal(nonce, (slices + 1) * 100);
    }
    assert_int_equal(nonce, 6057);
    assert_int_equal(slices, 60);
}

static void
pow_is_bound_to_seed_body_and_nonce(void **state)
{
    struct pow_seed seed = some_seed();
    assert_false(pow_check(&seed, SPAN_STR("hellp"), 12, 6057));
    assert_false(pow_check(&seed, SPAN_NONE, 12, 6057));
    assert_false(pow_check(&seed, SPAN_STR("hello"), 12, 6058));
    seed.b[15] ^= 1;
    assert_false(pow_check(&seed, SPAN_STR("hello"), 12, 6057));
}

static void
pow_of_more_bits_than_a_hash_has_is_never_done(void **state)
{
    struct pow_seed seed = some_seed();
    uint64_t nonce = UINT64_MAX - 1; /* and the nonce may wrap */
    assert_false(pow_check(&seed, SPAN_STR("hello"), 257, 0));
    assert_err(pow_search(&seed, SPAN_STR("hello"), UINT32_MAX, 3, &nonce), ERR_NOT_FOUND);
    assert_int_equal(nonce, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pow_search_finds_the_worked_answers),
        cmocka_unit_test(pow_search_goes_on_where_it_stopped),
        cmocka_unit_test(pow_is_bound_to_seed_body_and_nonce),
        cmocka_unit_test(pow_of_more_bits_than_a_hash_has_is_never_done),
    };
    return cmocka_run_group_tests_name("wire-pow", tests, NULL, NULL);
}
