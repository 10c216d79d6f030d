/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <sodium.h>

#include "crypto/point.h"

static enum err
check(const uint8_t u[32])
{
    struct signal_public k = {{0x05}};
    struct x25519_public x;

    memcpy(k.b + 1, u, 32);
    memcpy(x.b, u, 32);
    enum err e = point_check(&k);
    assert_int_equal(e, point_check_x25519(&x));
    return e;
}

static void
point_check_takes_what_we_make(void **state)
{
    struct signal_secret secret;
    struct signal_public public, again;

    for (int i = 0; i < 100; i++) {
        point_generate(&secret, &public);
        assert_ok(point_check(&public));
        point_of(&secret, &again);
        assert_memory_equal(public.b, again.b, sizeof again.b);
    }
}

static void
point_check_refuses_every_other_type_byte(void **state)
{
    struct signal_secret secret;
    struct signal_public public;

    point_generate(&secret, &public);
    for (int t = 0; t < 256; t++) {
        public.b[0] = (uint8_t)t;
        assert_int_equal(point_check(&public), t == 5 ? OK : ERR_MALFORMED);
    }
}

static void
point_check_refuses_the_top_bit_and_values_over_the_prime(void **state)
{
    struct signal_secret secret;
    struct signal_public public;
    uint8_t u[32];

    point_generate(&secret, &public);
    public.b[32] |= 0x80;
    assert_err(point_check(&public), ERR_MALFORMED);
    memset(u, 0xff, 32);
    u[31] = 0x7f;
    for (int low = 0xed; low <= 0xff; low++) { /* p and the 18 above it */
        u[0] = (uint8_t)low;
        assert_err(check(u), ERR_MALFORMED);
    }
    u[0] = 0xeb; /* p - 2 */
    assert_ok(check(u));
}

/* The rule is libsodium's verdict on the agreement (L5); the list of points must equal it. */
static void
point_check_agrees_with_the_agreement_of_libsodium(void **state)
{
    static const char *const low[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    uint8_t u[32], scalar[32] = {9}, shared[32];

    for (size_t i = 0; i < sizeof low / sizeof *low; i++) {
        assert_ok(hex_read(SPAN_STR(low[i]), u, 32));
        assert_int_equal(crypto_scalarmult(shared, scalar, u), -1);
        assert_err(check(u), ERR_MALFORMED);
    }
    for (int i = 0; i < 2000; i++) { /* small values, and random ones */
        if (i < 1000) {
            memset(u, 0, sizeof u);
            u[0] = (uint8_t)i;
            u[1] = (uint8_t)(i >> 8);
        } else {
            randombytes_buf(u, sizeof u);
            u[31] &= 0x3f;
        }
        bool sound = crypto_scalarmult(shared, scalar, u) == 0;
        assert_int_equal(check(u), sound ? OK : ERR_MALFORMED);
    }
}

static int
setup(void **state)
{
    assert_ok(crypto_init());
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(point_check_takes_what_we_make),
        cmocka_unit_test(point_check_refuses_every_other_type_byte),
        cmocka_unit_test(point_check_refuses_the_top_bit_and_values_over_the_prime),
        cmocka_unit_test(point_check_agrees_with_the_agreement_of_libsodium),
    };
    return cmocka_run_group_tests_name("crypto-point", tests, setup, NULL);
}
