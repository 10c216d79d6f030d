/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "crypto/mlkem.h"
#include "tests/crypto/mlkem_accumulated.h"
#include "tests/crypto/vectors.h"

static void
accumulated_runs_have_the_published_hashes(void **state)
{
    assert_mlkem_accumulated(100,
                             "8d65b902f28edc683cebee2872962fd165a4d197c9e24ec74caa4470270df0b7");
    assert_mlkem_accumulated(1000,
                             "5706194c22e3e0977b570e636de7364abce0609b341433cc4eb48062080b7c76");
}

static void
fresh_keys_agree_and_no_two_are_alike(void **state)
{
    struct mlkem_secret dk[2];
    struct mlkem_public ek[2];
    struct mlkem_ciphertext c[2];
    struct mlkem_shared sent[2], received;
    for (int i = 0; i < 2; i++) {
        mlkem_generate(&dk[i], &ek[i]);
        assert_true(mlkem_secret_valid(&dk[i]));
        assert_true(mlkem_public_valid(&ek[i]));
    }
    assert_memory_not_equal(ek[0].b, ek[1].b, sizeof ek[0].b);
    for (int i = 0; i < 2; i++) {
        assert_ok(mlkem_encapsulate(&ek[0], &c[i], &sent[i]));
        mlkem_decapsulate(&dk[0], &c[i], &received);
        assert_memory_equal(sent[i].b, received.b, sizeof received.b);
    }
    assert_memory_not_equal(c[0].b, c[1].b, sizeof c[0].b);
    assert_memory_not_equal(sent[0].b, sent[1].b, sizeof received.b);
    mlkem_decapsulate(&dk[1], &c[0], &received);
    assert_memory_not_equal(sent[0].b, received.b, sizeof received.b);
}

static void
decapsulate_rejects_each_flipped_byte_without_a_word(void **state)
{
    struct mlkem_secret dk;
    struct mlkem_public ek;
    struct mlkem_ciphertext c;
    struct mlkem_shared sent, received, again;
    mlkem_generate(&dk, &ek);
    assert_ok(mlkem_encapsulate(&ek, &c, &sent));
    for (size_t i = 0; i < sizeof c.b; i += 7) {
        c.b[i] ^= (uint8_t)(1 << i % 8);
        mlkem_decapsulate(&dk, &c, &received);
        mlkem_decapsulate(&dk, &c, &again);
        assert_memory_not_equal(sent.b, received.b, sizeof sent.b);
        assert_memory_equal(again.b, received.b, sizeof received.b);
        c.b[i] ^= (uint8_t)(1 << i % 8);
    }
}

static void
encapsulate_refuses_a_number_of_q_and_leaves_the_results_alone(void **state)
{
    struct mlkem_secret dk;
    struct mlkem_public ek;
    struct mlkem_ciphertext c = {{7}};
    struct mlkem_shared shared = {{7}};
    mlkem_generate(&dk, &ek);
    for (size_t i = 0; i + 3 <= 1152; i += 3) { /* two numbers in three bytes */
        struct mlkem_public bad = ek;
        bad.b[i] = 0x01; /* 3329 = 0xd01 */
        bad.b[i + 1] = (uint8_t)((bad.b[i + 1] & 0xf0) | 0x0d);
        assert_false(mlkem_public_valid(&bad));
        bad = ek;
        bad.b[i + 1] = (uint8_t)((bad.b[i + 1] & 0x0f) | 0x10);
        bad.b[i + 2] = 0xd0;
        assert_false(mlkem_public_valid(&bad));
        assert_err(mlkem_encapsulate(&bad, &c, &shared), ERR_MALFORMED);
    }
    assert_int_equal(c.b[0], 7);
    assert_int_equal(shared.b[0], 7);
}

static void
secret_valid_sees_a_damaged_key(void **state)
{
    struct mlkem_secret dk;
    struct mlkem_public ek;
    mlkem_generate(&dk, &ek);
    dk.b[1152 + 5] ^= 1;
    assert_false(mlkem_secret_valid(&dk));
    dk.b[1152 + 5] ^= 1;
    dk.b[1152 + 1184] ^= 0x80;
    assert_false(mlkem_secret_valid(&dk));
}

static void
generate_has_the_values_of_wycheproof(void **state)
{
    json_t *file = wycheproof("mlkem_768_keygen_seed_test.json");
    int seen = 0;
    if (file == NULL)
        skip();
    for_each_test(file, group, test)
    {
        struct mlkem_seed seed;
        struct mlkem_secret dk, expected_dk;
        struct mlkem_public ek, expected_ek;
        hex_field_exact(test, "seed", seed.b, sizeof seed.b);
        hex_field_exact(test, "dk", expected_dk.b, sizeof expected_dk.b);
        hex_field_exact(test, "ek", expected_ek.b, sizeof expected_ek.b);
        mlkem_generate_from(&seed, &dk, &ek);
        assert_memory_equal(dk.b, expected_dk.b, sizeof dk.b);
        assert_memory_equal(ek.b, expected_ek.b, sizeof ek.b);
        seen++;
    }
    assert_int_equal(seen, 100);
    json_decref(file);
}

static void
encapsulate_has_the_values_of_wycheproof(void **state)
{
    json_t *file = wycheproof("mlkem_768_encaps_test.json");
    int valid = 0, invalid = 0;
    if (file == NULL)
        skip();
    for_each_test(file, group, test)
    {
        AUTO(buf_done) struct buf key = hex_field(test, "ek");
        struct mlkem_message m;
        struct mlkem_public ek;
        struct mlkem_ciphertext c, expected_c;
        struct mlkem_shared shared, expected;
        if (key.n != sizeof ek.b)
            continue; /* our type has no other size */
        memcpy(ek.b, key.p, sizeof ek.b);
        hex_field_exact(test, "m", m.b, sizeof m.b);
        if (strcmp(text_field(test, "result"), "valid") != 0) {
            assert_err(mlkem_encapsulate_from(&ek, &m, &c, &shared), ERR_MALFORMED);
            invalid++;
            continue;
        }
        hex_field_exact(test, "c", expected_c.b, sizeof expected_c.b);
        hex_field_exact(test, "K", expected.b, sizeof expected.b);
        assert_ok(mlkem_encapsulate_from(&ek, &m, &c, &shared));
        assert_memory_equal(c.b, expected_c.b, sizeof c.b);
        assert_memory_equal(shared.b, expected.b, sizeof shared.b);
        valid++;
    }
    assert_int_equal(valid, 133);
    assert_int_equal(invalid, 112);
    json_decref(file);
}

static void
decapsulate_has_the_values_of_wycheproof(void **state)
{
    json_t *file = wycheproof("mlkem_768_test.json");
    int seen = 0;
    if (file == NULL)
        skip();
    for_each_test(file, group, test)
    {
        struct mlkem_seed seed;
        struct mlkem_secret dk;
        struct mlkem_public ek, expected_ek;
        struct mlkem_ciphertext c;
        struct mlkem_shared shared, expected;
        if (strcmp(text_field(test, "result"), "valid") != 0)
            continue; /* seeds and ciphertexts of other sizes, which our types do not have */
        hex_field_exact(test, "seed", seed.b, sizeof seed.b);
        hex_field_exact(test, "ek", expected_ek.b, sizeof expected_ek.b);
        hex_field_exact(test, "c", c.b, sizeof c.b);
        hex_field_exact(test, "K", expected.b, sizeof expected.b);
        mlkem_generate_from(&seed, &dk, &ek);
        assert_memory_equal(ek.b, expected_ek.b, sizeof ek.b);
        mlkem_decapsulate(&dk, &c, &shared);
        assert_memory_equal(shared.b, expected.b, sizeof shared.b);
        seen++;
    }
    assert_int_equal(seen, 153);
    json_decref(file);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accumulated_runs_have_the_published_hashes),
        cmocka_unit_test(fresh_keys_agree_and_no_two_are_alike),
        cmocka_unit_test(decapsulate_rejects_each_flipped_byte_without_a_word),
        cmocka_unit_test(encapsulate_refuses_a_number_of_q_and_leaves_the_results_alone),
        cmocka_unit_test(secret_valid_sees_a_damaged_key),
        cmocka_unit_test(generate_has_the_values_of_wycheproof),
        cmocka_unit_test(encapsulate_has_the_values_of_wycheproof),
        cmocka_unit_test(decapsulate_has_the_values_of_wycheproof),
    };
    return cmocka_run_group_tests_name("crypto-mlkem", tests, NULL, NULL);
}
