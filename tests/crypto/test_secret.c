/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "crypto/secret.h"

static void
crypto_init_accepts_this_process(void **state)
{
    assert_ok(crypto_init());
    assert_ok(crypto_init());
}

static void
secret_alloc_gives_zeroed_memory_that_is_freed_by_scope(void **state)
{
    AUTO(secret_freep) struct secret64 *s = SECRET_NEW(struct secret64);
    static const uint8_t zero[64];
    assert_non_null(s);
    assert_memory_equal(s->b, zero, sizeof zero);
    memset(s, 0xa5, sizeof *s);
}

static void
secret_free_takes_null(void **state)
{
    secret_free(NULL);
}

static void
secret_wipe_by_scope_leaves_zeros(void **state)
{
    struct secret32 s;
    memset(&s, 0xa5, sizeof s);
    secret32_wipe(&s);
    for (size_t i = 0; i < sizeof s.b; i++)
        assert_int_equal(s.b[i], 0);
}

static void
secret_equal_sees_each_flipped_bit_and_another_length(void **state)
{
    struct secret32 a, b;
    memset(&a, 0x3c, sizeof a);
    b = a;
    assert_true(secret_equal(SPAN_OF(a), SPAN_OF(b)));
    for (size_t bit = 0; bit < 8 * sizeof b.b; bit++) {
        b.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(secret_equal(SPAN_OF(a), SPAN_OF(b)));
        b.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_false(secret_equal(SPAN_OF(a), SPAN(b.b, 31)));
    assert_true(secret_equal(SPAN_NONE, SPAN_NONE));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crypto_init_accepts_this_process),
        cmocka_unit_test(secret_alloc_gives_zeroed_memory_that_is_freed_by_scope),
        cmocka_unit_test(secret_free_takes_null),
        cmocka_unit_test(secret_wipe_by_scope_leaves_zeros),
        cmocka_unit_test(secret_equal_sees_each_flipped_bit_and_another_length),
    };
    return cmocka_run_group_tests_name("crypto-secret", tests, NULL, NULL);
}
