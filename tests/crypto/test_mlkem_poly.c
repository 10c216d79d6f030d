/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <stdlib.h>

#include "crypto/mlkem_poly.h"

#define N MLKEM_N
#define Q MLKEM_Q

/* A different walk through the numbers for each test; nothing here is secret. */
static struct poly
some_poly(unsigned seed)
{
    struct poly p;
    srandom(seed);
    for (unsigned i = 0; i < N; i++)
        p.c[i] = (int16_t)(random() % (2 * Q - 1) - (Q - 1));
    return p;
}

static int
modulo_q(long v)
{
    return (int)((v % Q + Q) % Q);
}

static void
assert_same_modulo_q(const struct poly *a, const struct poly *b)
{
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(modulo_q(a->c[i]), modulo_q(b->c[i]));
}

static void
assert_reduced(const struct poly *p)
{
    for (unsigned i = 0; i < N; i++)
        assert_true(abs(p->c[i]) < Q);
}

/* The definition: modulo X^256 + 1, and modulo q. */
static struct poly
product_by_the_definition(const struct poly *a, const struct poly *b)
{
    long sum[N] = {0};
    struct poly p;
    for (unsigned i = 0; i < N; i++)
        for (unsigned j = 0; j < N; j++)
            sum[(i + j) % N] += (i + j < N ? 1 : -1) * (long)a->c[i] * b->c[j];
    for (unsigned i = 0; i < N; i++)
        p.c[i] = (int16_t)modulo_q(sum[i]);
    return p;
}

static void
product_through_the_ntt_is_the_product(void **state)
{
    for (unsigned seed = 1; seed <= 20; seed++) {
        struct poly a = some_poly(seed), b = some_poly(100 + seed);
        struct poly expected = product_by_the_definition(&a, &b), got = {0};
        poly_ntt(&a);
        poly_ntt(&b);
        assert_reduced(&a);
        poly_multiply_add(&got, &a, &b);
        poly_inverse_ntt(&got);
        assert_reduced(&got);
        assert_same_modulo_q(&got, &expected);
    }
}

static void
largest_coefficients_do_not_overflow(void **state)
{
    struct poly a, b, sum = {0}, expected;
    for (unsigned i = 0; i < N; i++) {
        a.c[i] = Q - 1;
        b.c[i] = i % 2 ? Q - 1 : 1 - Q;
    }
    expected = product_by_the_definition(&a, &b);
    for (unsigned i = 0; i < N; i++)
        expected.c[i] = (int16_t)modulo_q(3L * expected.c[i]);
    poly_ntt(&a);
    poly_ntt(&b);
    for (unsigned i = 0; i < 3; i++)
        poly_multiply_add(&sum, &a, &b);
    poly_inverse_ntt(&sum);
    assert_same_modulo_q(&sum, &expected);
}

static void
to_plain_takes_the_factor_of_a_product_out(void **state)
{
    struct poly a = some_poly(7), one = {.c = {1}}, product = {0};
    poly_ntt(&a);
    poly_ntt(&one);
    poly_multiply_add(&product, &a, &one);
    poly_to_plain(&product);
    assert_same_modulo_q(&product, &a);
}

static void
sum_and_difference_are_reduced(void **state)
{
    struct poly a = some_poly(8), b = some_poly(9), sum = a, difference = a;
    poly_add(&sum, &b);
    poly_subtract_from(&difference, &b);
    assert_reduced(&sum);
    assert_reduced(&difference);
    for (unsigned i = 0; i < N; i++) {
        assert_int_equal(modulo_q(sum.c[i]), modulo_q((long)a.c[i] + b.c[i]));
        assert_int_equal(modulo_q(difference.c[i]), modulo_q((long)b.c[i] - a.c[i]));
    }
}

/* Formula 4.7 in whole numbers: round(2^d / q * x), halves up, modulo 2^d. */
static unsigned
compressed(unsigned x, unsigned d)
{
    return (2 * (x << d) + Q) / (2 * Q) % (1u << d);
}

static unsigned
bits_at(const uint8_t *bytes, unsigned at, unsigned d)
{
    unsigned v = 0;
    for (unsigned i = 0; i < d; i++)
        v |= (bytes[(at + i) / 8] >> (at + i) % 8 & 1u) << i;
    return v;
}

static void
encode_compresses_every_number_as_the_formula_says(void **state)
{
    static const unsigned widths[] = {1, 4, 10, 12};
    for (unsigned w = 0; w < 4; w++) {
        unsigned d = widths[w];
        for (int first = 1 - Q; first < Q; first += N) {
            struct poly p;
            uint8_t bytes[32 * 12];
            for (int i = 0; i < N; i++)
                p.c[i] = (int16_t)(first + i < Q ? first + i : 0);
            poly_encode(&p, d, bytes);
            for (unsigned i = 0; i < N; i++) {
                unsigned x = (unsigned)modulo_q(p.c[i]);
                assert_int_equal(bits_at(bytes, i * d, d), d == 12 ? x : compressed(x, d));
            }
        }
    }
}

static void
decode_decompresses_every_number_as_the_formula_says(void **state)
{
    static const unsigned widths[] = {1, 4, 10, 12};
    for (unsigned w = 0; w < 4; w++) {
        unsigned d = widths[w];
        for (unsigned round = 0; round < 32; round++) {
            struct poly p;
            uint8_t bytes[32 * 12];
            srandom(round);
            for (unsigned i = 0; i < 32 * d; i++)
                bytes[i] = (uint8_t)random();
            poly_decode(bytes, d, &p);
            for (unsigned i = 0; i < N; i++) {
                unsigned v = bits_at(bytes, i * d, d);
                unsigned expected = d == 12 ? v : (2 * v * Q + (1u << d)) >> (d + 1);
                assert_int_equal(p.c[i], expected);
            }
        }
    }
}

static void
small_samples_lie_between_minus_two_and_two(void **state)
{
    uint8_t seed[32] = {1};
    struct poly p;
    unsigned seen[5] = {0};
    for (uint8_t n = 0; n < 40; n++) {
        poly_sample_small(seed, n, &p);
        for (unsigned i = 0; i < N; i++) {
            assert_in_range(p.c[i] + 2, 0, 4);
            seen[p.c[i] + 2]++;
        }
    }
    /* 1/16, 4/16, 6/16, 4/16, 1/16 of 10,240, within five standard deviations */
    static const unsigned expected[5] = {640, 2560, 3840, 2560, 640};
    for (unsigned i = 0; i < 5; i++)
        assert_in_range(seen[i], expected[i] - 250, expected[i] + 250);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(product_through_the_ntt_is_the_product),
        cmocka_unit_test(largest_coefficients_do_not_overflow),
        cmocka_unit_test(to_plain_takes_the_factor_of_a_product_out),
        cmocka_unit_test(sum_and_difference_are_reduced),
        cmocka_unit_test(encode_compresses_every_number_as_the_formula_says),
        cmocka_unit_test(decode_decompresses_every_number_as_the_formula_says),
        cmocka_unit_test(small_samples_lie_between_minus_two_and_two),
    };
    return cmocka_run_group_tests_name("crypto-mlkem_poly", tests, NULL, NULL);
}
