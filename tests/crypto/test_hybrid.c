/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "crypto/hybrid.h"
#include "tests/crypto/vectors.h"

/* Points of low order, and spellings of them beyond 2^255 - 19 (RFC 7748; cr.yp.to/ecdh.html). */
static const char *const low_order[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};
#define LOW_ORDER (sizeof low_order / sizeof low_order[0])

static struct x25519_public
low_order_point(size_t i)
{
    struct x25519_public p;
    assert_ok(hex_read(SPAN_STR(low_order[i]), p.b, sizeof p.b));
    return p;
}

static void
both_sides_of_a_prekey_agree(void **state)
{
    struct hybrid_secret secret;
    struct hybrid_public public;
    struct hybrid_ciphertext c[2];
    struct secret64 sent[2], received;
    hybrid_generate(&secret, &public);
    for (int i = 0; i < 2; i++) {
        assert_ok(hybrid_encapsulate(&public, &c[i], &sent[i]));
        assert_ok(hybrid_decapsulate(&secret, &c[i], &received));
        assert_memory_equal(sent[i].b, received.b, sizeof received.b);
    }
    assert_memory_not_equal(sent[0].b, sent[1].b, 32);
    assert_memory_not_equal(sent[0].b + 32, sent[1].b + 32, 32);
    assert_memory_not_equal(c[0].e.b, c[1].e.b, 32);
}

static void
each_half_depends_on_its_own_ciphertext(void **state)
{
    struct hybrid_secret secret;
    struct hybrid_public public;
    struct hybrid_ciphertext c;
    struct secret64 sent, received;
    hybrid_generate(&secret, &public);
    assert_ok(hybrid_encapsulate(&public, &c, &sent));
    c.kem.b[500] ^= 4;
    assert_ok(hybrid_decapsulate(&secret, &c, &received));
    assert_memory_not_equal(sent.b, received.b, 32);
    assert_memory_equal(sent.b + 32, received.b + 32, 32);
    c.kem.b[500] ^= 4;
    c.e.b[7] ^= 4;
    assert_ok(hybrid_decapsulate(&secret, &c, &received));
    assert_memory_equal(sent.b, received.b, 32);
    assert_memory_not_equal(sent.b + 32, received.b + 32, 32);
}

static void
points_of_low_order_are_refused_on_both_sides(void **state)
{
    struct hybrid_secret secret;
    struct hybrid_public public;
    struct hybrid_ciphertext c;
    struct secret64 ikm, untouched;
    hybrid_generate(&secret, &public);
    assert_ok(hybrid_encapsulate(&public, &c, &ikm));
    untouched = ikm;
    for (size_t i = 0; i < LOW_ORDER; i++) {
        c.e = low_order_point(i);
        assert_err(hybrid_decapsulate(&secret, &c, &ikm), ERR_DECRYPT);
        struct hybrid_public bad = public;
        bad.x = low_order_point(i);
        struct hybrid_ciphertext made = c;
        assert_err(hybrid_encapsulate(&bad, &made, &ikm), ERR_MALFORMED);
        assert_memory_equal(made.kem.b, c.kem.b, sizeof c.kem.b);
    }
    assert_memory_equal(ikm.b, untouched.b, sizeof ikm.b);
}

static void
agree_has_the_values_of_wycheproof_and_refuses_zero(void **state)
{
    static const uint8_t zero[32];
    json_t *file = wycheproof("x25519_test.json");
    int seen = 0, refused = 0;
    if (file == NULL)
        skip();
    for_each_test(file, group, test)
    {
        struct x25519_secret ours;
        struct x25519_public theirs;
        struct x25519_shared shared;
        uint8_t expected[32];
        hex_field_exact(test, "private", ours.b, 32);
        hex_field_exact(test, "public", theirs.b, 32);
        hex_field_exact(test, "shared", expected, 32);
        if (memcmp(expected, zero, 32) == 0) {
            assert_err(x25519_agree(&ours, &theirs, &shared), ERR_DECRYPT);
            refused++;
            continue;
        }
        assert_ok(x25519_agree(&ours, &theirs, &shared));
        assert_memory_equal(shared.b, expected, 32);
        seen++;
    }
    assert_true(seen > 400);
    assert_true(refused > 10);
    json_decref(file);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_of_a_prekey_agree),
        cmocka_unit_test(each_half_depends_on_its_own_ciphertext),
        cmocka_unit_test(points_of_low_order_are_refused_on_both_sides),
        cmocka_unit_test(agree_has_the_values_of_wycheproof_and_refuses_zero),
    };
    return cmocka_run_group_tests_name("crypto-hybrid", tests, NULL, NULL);
}
