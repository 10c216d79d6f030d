/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "crypto/anchor.h"

static const struct subkey key = {.b = {1, 2, 3}}, other_key = {.b = {1, 2, 4}};
static const struct anchor_owner owner = {.key = &key, .account = {.b = {9}}, .device = 1};
static const struct anchor anchor = {
    .gen = 0x0102030405060708, .sum = {7, 8}, .time_s = 1800000000};

static void
anchor_opens_as_it_was_sealed(void **state)
{
    uint8_t data[ANCHOR_BYTES], again[ANCHOR_BYTES];
    struct anchor a;

    anchor_seal(&owner, &anchor, data);
    assert_ok(anchor_unseal(&owner, SPAN(data, sizeof data), &a));
    assert_true(a.gen == anchor.gen && a.time_s == anchor.time_s);
    assert_memory_equal(a.sum, anchor.sum, sizeof a.sum);
    anchor_seal(&owner, &anchor, again); /* nobody can tell that nothing changed */
    assert_memory_not_equal(data, again, sizeof data);
}

static void
anchor_of_another_store_device_or_account_is_refused(void **state)
{
    uint8_t data[ANCHOR_BYTES];
    struct anchor a = {.gen = 5};
    struct anchor_owner o;

    anchor_seal(&owner, &anchor, data);
    o = owner;
    o.key = &other_key;
    assert_err(anchor_unseal(&o, SPAN(data, sizeof data), &a), ERR_DECRYPT);
    o = owner;
    o.device = 2;
    assert_err(anchor_unseal(&o, SPAN(data, sizeof data), &a), ERR_DECRYPT);
    o = owner;
    o.account.b[31] ^= 1;
    assert_err(anchor_unseal(&o, SPAN(data, sizeof data), &a), ERR_DECRYPT);
    assert_true(a.gen == 5);
}

static void
anchor_with_any_bit_flipped_or_cut_is_refused(void **state)
{
    uint8_t data[ANCHOR_BYTES];
    struct anchor a;

    anchor_seal(&owner, &anchor, data);
    for (size_t bit = 0; bit < 8 * sizeof data; bit++) {
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_err(anchor_unseal(&owner, SPAN(data, sizeof data), &a), ERR_DECRYPT);
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t n = 0; n < sizeof data; n++)
        assert_err(anchor_unseal(&owner, SPAN(data, n), &a), ERR_DECRYPT);
    assert_ok(anchor_unseal(&owner, SPAN(data, sizeof data), &a));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anchor_opens_as_it_was_sealed),
        cmocka_unit_test(anchor_of_another_store_device_or_account_is_refused),
        cmocka_unit_test(anchor_with_any_bit_flipped_or_cut_is_refused),
    };
    return cmocka_run_group_tests_name("crypto-anchor", tests, NULL, NULL);
}
