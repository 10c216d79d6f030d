/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <ctype.h>
#include <stdio.h>

#include "crypto/recovery.h"

static const struct recovery_seed seed = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};

static void
recovery_code_survives_writing_and_reading(void **state)
{
    struct recovery_seed random, again;
    char text[RECOVERY_CODE_LEN + 1];

    for (int i = 0; i < 50; i++) {
        recovery_seed_generate(&random);
        recovery_code_write(&random, text);
        assert_int_equal(strlen(text), RECOVERY_CODE_LEN);
        assert_ok(recovery_code_read(SPAN_STR(text), &again));
        assert_memory_equal(&random, &again, sizeof again);
    }
}

/* As somebody types it in: lower case, hyphens, two lines, blanks where there were none. */
static void
recovery_code_is_read_as_people_write_it(void **state)
{
    struct recovery_seed again;
    char text[RECOVERY_CODE_LEN + 1], loose[3 * RECOVERY_CODE_LEN];
    size_t n = 0;

    recovery_code_write(&seed, text);
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == ' ') {
            n += (size_t)snprintf(loose + n, sizeof loose - n, "%s", n % 3 ? "-" : " \r\n\t");
            continue;
        }
        loose[n++] = (char)tolower(*p);
    }
    assert_ok(recovery_code_read(SPAN(loose, n), &again));
    assert_memory_equal(&seed, &again, sizeof again);
}

static void
recovery_code_refuses_each_changed_letter_and_each_swap(void **state)
{
    struct recovery_seed again = {{9}};
    char text[RECOVERY_CODE_LEN + 1], bad[RECOVERY_CODE_LEN + 1];

    recovery_code_write(&seed, text);
    for (size_t i = 0; i < RECOVERY_CODE_LEN; i++) {
        if (text[i] == ' ')
            continue;
        memcpy(bad, text, sizeof bad);
        bad[i] = bad[i] == 'K' ? 'L' : 'K';
        assert_err(recovery_code_read(SPAN_STR(bad), &again), ERR_MALFORMED);
        bad[i] = '1'; /* no letter of base32 */
        assert_err(recovery_code_read(SPAN_STR(bad), &again), ERR_MALFORMED);
        size_t next = i + 1 < RECOVERY_CODE_LEN && text[i + 1] == ' ' ? i + 2 : i + 1;
        if (next >= RECOVERY_CODE_LEN || text[next] == text[i])
            continue;
        memcpy(bad, text, sizeof bad);
        bad[i] = text[next];
        bad[next] = text[i];
        assert_err(recovery_code_read(SPAN_STR(bad), &again), ERR_MALFORMED);
    }
    assert_int_equal(again.b[0], 9);
}

static void
recovery_code_refuses_too_few_and_too_many_letters(void **state)
{
    struct recovery_seed again;
    char text[RECOVERY_CODE_LEN + 2] = {0};

    recovery_code_write(&seed, text);
    for (size_t n = 0; n < RECOVERY_CODE_LEN; n++)
        assert_err(recovery_code_read(SPAN(text, n), &again), ERR_MALFORMED);
    text[RECOVERY_CODE_LEN] = 'A';
    assert_err(recovery_code_read(SPAN_STR(text), &again), ERR_MALFORMED);
}

/* Computed independently in Python: HKDF with info "snug/1 aik" || 00000001, then Ed25519. */
static void
account_keys_of_a_kit_are_its_own_and_differ(void **state)
{
    struct account_key a, b;

    recovery_account_key(&seed, 1, &a);
    recovery_account_key(&seed, 2, &b);
    assert_hex(a.secret.b, "7fb180b8195bd90999f25f5454b5d39cb349919492979dd4e10052a9c8c90db6"
                           "8d30c164ad73e285e9985fa78df1d386ac92cd1ef7de6e5def215ab252c7813f");
    assert_memory_not_equal(a.public.b, b.public.b, sizeof a.public.b);
    struct sha256 commitment = recovery_commitment(&seed, 1);
    struct sha256 of_b = account_key_commitment(&b.public);
    assert_memory_equal(commitment.b, of_b.b, sizeof of_b.b);
}

static void
recovery_find_knows_the_first_64_numbers(void **state)
{
    struct account_key k, found;
    uint32_t number = 0;

    recovery_account_key(&seed, 64, &k);
    assert_ok(recovery_find(&seed, &k.public, &found, &number));
    assert_int_equal(number, 64);
    assert_memory_equal(&k, &found, sizeof k);
    recovery_account_key(&seed, 65, &k);
    assert_err(recovery_find(&seed, &k.public, &found, &number), ERR_NOT_FOUND);
    assert_int_equal(number, 64);
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
        cmocka_unit_test(recovery_code_survives_writing_and_reading),
        cmocka_unit_test(recovery_code_is_read_as_people_write_it),
        cmocka_unit_test(recovery_code_refuses_each_changed_letter_and_each_swap),
        cmocka_unit_test(recovery_code_refuses_too_few_and_too_many_letters),
        cmocka_unit_test(account_keys_of_a_kit_are_its_own_and_differ),
        cmocka_unit_test(recovery_find_knows_the_first_64_numbers),
    };
    return cmocka_run_group_tests_name("crypto-recovery", tests, setup, NULL);
}
