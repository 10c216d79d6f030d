/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "wire/labels.h"

static void
labels_are_unequal_and_none_is_a_prefix_of_another_with_its_zero(void **state)
{
    for (int a = 0; a < LABEL_COUNT; a++)
        for (int b = 0; b < LABEL_COUNT; b++)
            if (a != b) /* a label ends with a zero byte, so equality is the only way to collide */
                assert_string_not_equal(label_text((enum label)a), label_text((enum label)b));
    for (int a = 0; a < LABEL_COUNT; a++)
        assert_int_equal(strncmp(label_text((enum label)a), LABEL_PREFIX, strlen(LABEL_PREFIX)), 0);
}

/* The worked values of docs/PROTOCOL.md, computed independently in Python. */
static void
account_id_has_the_worked_values(void **state)
{
    struct ed25519_public a, b;
    for (uint8_t i = 0; i < 32; i++) {
        a.b[i] = i;
        b.b[i] = (uint8_t)(0x20 + i);
    }
    assert_hex(account_id_of(&a).b,
               "a83094aba1aeb219e946b79f2e9226de1e0ec383ede63c389cdcd0819d88310f");
    assert_hex(account_id_of(&b).b,
               "30c0fe4896befe22bf0132ac1be6215c1d8368fc21d365164226541cbe7672b7");
}

static void
token_hash_has_the_worked_value(void **state)
{
    struct token zero = {0};
    assert_hex(token_hash_of(&zero).b,
               "f6c4d195cfd67e7ad8ae66aca3292219e5cd505a78c6e2cacf8b832186078609");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_unequal_and_none_is_a_prefix_of_another_with_its_zero),
        cmocka_unit_test(account_id_has_the_worked_values),
        cmocka_unit_test(token_hash_has_the_worked_value),
    };
    return cmocka_run_group_tests_name("wire-labels", tests, NULL, NULL);
}
